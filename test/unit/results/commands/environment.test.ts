/** Artillery's own options `--environment` and `--target`, applied as `artillery run` does. */

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadScript } from "../../../../results/src/commands/script-to-forecast.ts";
import { forecastCommand, scriptOf } from "../../../support/forecast-command.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

const environments = {
  small: { phases: [{ arrivalRate: 10 }] },
  remote: { target: "mqtt://broker:1883", engines: { mqtt: { seed: 9 } } },
};

describe("--environment", () => {
  it("changes what it names, key by key and place by place", async () => {
    const { code, out } = await forecastCommand([scriptOf({ environments }), "-e", "small"]);
    expect(code).toBe(0);
    // 5 s of 10 instead of 44 devices a second.
    expect(out).toContain("lab: 50 devices");
  });

  it("that the script does not have is refused with those that it has", async () => {
    const { code, err } = await forecastCommand([scriptOf({ environments }), "--environment", "prod"]);
    expect(code).toBe(1);
    expect(err).toContain("--environment prod: is not in config.environments of ");
    expect(err).toContain("allowed: small, remote");
    expect((await forecastCommand([scriptOf(), "-e", "prod"])).err).toContain(
      "allowed: a script with config.environments",
    );
  });

  it("comes before the target, which comes before all", async () => {
    const path = scriptOf({ environments });
    expect(loadScript(path, { environment: "remote" }).config["target"]).toBe("mqtt://broker:1883");
    const target = "mqtt://other:1883";
    const { config } = loadScript(path, { environment: "remote", target });
    expect(config).toMatchObject({
      target,
      engines: { mqtt: { seed: 9, reconnect: { policy: "immediate" } } },
    });
    const { out } = await forecastCommand([path, "-t", target, "--fraction", "0.5"]);
    expect(out).toContain(`${target}: 220 devices`);
  });

  it("is merged as Artillery merges it", () => {
    // Artillery brings lodash, and merges with it.
    const { merge } = createRequire(import.meta.url)("lodash") as { merge(...all: object[]): object };
    const leaf = fc.oneof(fc.integer(), fc.string(), fc.boolean());
    const { tree } = fc.letrec<{ tree: unknown; node: unknown }>((tie) => ({
      tree: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("node"), { noNullPrototype: true }),
      node: fc.oneof({ maxDepth: 3 }, leaf, tie("tree"), fc.array(tie("node"), { maxLength: 3 })),
    }));
    const path = join(temporaryDirectory(), "script.json");
    fc.assert(
      fc.property(tree, tree, (config, over) => {
        fc.pre(!mixes(config, over));
        const own = { ...(config as object), environments: { one: over } };
        writeFileSync(path, JSON.stringify({ config: own }));
        const { environments: _, ...merged } = loadScript(path, { environment: "one" }).config;
        expect(merged).toEqual(merge(structuredClone(config as object), structuredClone(over as object)));
      }),
      { numRuns: 200 },
    );
  });
});

/** A list meets a map somewhere: what becomes of both is nothing that anybody means. */
function mixes(under: unknown, over: unknown): boolean {
  if (typeof under !== "object" || typeof over !== "object" || under === null || over === null) return false;
  if (Array.isArray(under) !== Array.isArray(over)) return true;
  const [a, b] = [under, over] as Record<string, unknown>[];
  return Object.keys(a ?? {}).some((key) => mixes(a?.[key], b?.[key]));
}
