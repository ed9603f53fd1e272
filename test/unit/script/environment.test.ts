import { describe, expect, it } from "vitest";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { shortListWarning } from "../../../engine/src/live/warnings.ts";
import { shortLists } from "../../../engine/src/script/environment.ts";

/** What Artillery's merge leaves behind. */
function merged(own: unknown, settings: unknown): ArtilleryScript {
  return {
    config: { engines: { mqtt: settings }, environments: { short: { engines: { mqtt: own } } } },
    _environment: "short",
  };
}

const STORM = { at: 1, fraction: 1, window: 1 };

describe("an environment's list that is shorter than the script's", () => {
  it("is told, with what remains", () => {
    const [list] = shortLists(merged({ storms: [{ fraction: 1 }] }, { storms: [STORM, STORM] }));
    expect(list && shortListWarning(list)).toMatch(
      /environment short lists 1 of config\.engines\.mqtt\.storms and the run has 2: .*\(storms: \[ …, null \]\)/,
    );
  });

  it("is none where the environment takes the others out, has as many, or there is no environment", () => {
    expect(shortLists(merged({ storms: [STORM, null] }, { storms: [STORM, null] }))).toEqual([]);
    expect(shortLists(merged({ storms: null }, { storms: null }))).toEqual([]);
    expect(shortLists(merged(null, { storms: [STORM, STORM] }))).toEqual([]);
    const without = { ...merged({ storms: [STORM] }, { storms: [STORM, STORM] }), _environment: undefined };
    expect(shortLists(without)).toEqual([]);
  });

  it("stands anywhere in the settings", () => {
    const own = { tls: { ca: ["a"] }, targets: [{ weight: 2 }] };
    const script = merged(own, { tls: { ca: ["a", "b"] }, targets: [{}, {}, {}] });
    expect(shortLists(script).map(({ path }) => path)).toEqual([
      "config.engines.mqtt.tls.ca",
      "config.engines.mqtt.targets",
    ]);
  });
});
