import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { cannotTellAnswers } from "../../../engine/src/script/steps/request.ts";
import { validate } from "../../../engine/src/script/validate.ts";

const ROOT = join(import.meta.dirname, "../../..");
const files = ["scenarios", "scenarios/compare", "scenarios/kubernetes/my-fleet"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => join(folder, name)),
);
/** The script that the README shows. */
const readme = /## A script\n+```yaml\n([\s\S]*?)```/.exec(
  readFileSync(join(ROOT, "README.md"), "utf8"),
)?.[1];

describe.each([
  ...files.map((path) => [path, readFileSync(join(ROOT, path), "utf8")] as const),
  ["README.md", readme ?? ""] as const,
])("%s", (_path, text) => {
  it("is valid, and can tell every answer from that to an earlier request", () => {
    // Artillery puts in what stands in the environment before the engine sees the script.
    const asArtilleryGivesIt = text.replace("{{ $env.MQTT_TARGET }}", "mqtts://broker.example:8883");
    const { plan, problems } = validate(parse(asArtilleryGivesIt) as ArtilleryScript);
    expect(problems).toBe(null);
    const unable = plan?.cohorts.filter(
      ({ onConnect, flow }) => cannotTellAnswers(onConnect) || cannotTellAnswers(flow),
    );
    expect(unable).toEqual([]);
  });
});
