/** Every YAML that the engine's pages show is a script that is valid, or such a part of one. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { validate } from "../../../engine/src/script/validate.ts";

const ROOT = join(import.meta.dirname, "../../..");
const pages = ["README.md", ...readdirSync(join(ROOT, "engine/docs")).map((name) => `docs/${name}`)];

const snippets = pages.flatMap((page) => {
  const text = readFileSync(join(ROOT, "engine", page), "utf8");
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(({ 1: yaml = "", index }) => {
    return [`${page}, line ${text.slice(0, index).split("\n").length}`, yaml] as const;
  });
});

type Keys = Record<string, unknown>;

/** Cohorts that pages name without showing them. */
const COHORTS: Keys[] = ["sensors", "consumers", "gateways"].map((name) => ({ name }));

/** What a page leaves out because it says nothing of it. */
function wholeScript(shown: Keys | unknown[]): ArtilleryScript {
  const isPart = !Array.isArray(shown) && ["config", "scenarios", "before"].some((key) => key in shown);
  const {
    config = {},
    scenarios = COHORTS,
    ...rest
  } = (isPart ? shown : {}) as {
    config?: Keys;
    scenarios?: Keys[];
  };
  const engines = (config["engines"] ?? {}) as { mqtt?: Keys };
  const settings = isPart ? engines.mqtt : Array.isArray(shown) ? {} : shown;
  const steps = Array.isArray(shown) ? { onConnect: shown } : {};
  const storms = [{ at: "20s", fraction: 0.25, cause: "reset", window: "20s" }];
  return {
    ...rest,
    config: {
      target: "mqtt://127.0.0.1:1883",
      phases: [{ duration: 10, arrivalRate: 200 }],
      ...config,
      engines: { mqtt: { storms, ...settings } },
    },
    scenarios: scenarios.map((scenario, i) => ({
      name: `devices ${i}`,
      engine: "mqtt",
      flow: [{ connect: {} }, { stayOnline: {} }],
      ...steps,
      ...scenario,
    })),
  } as ArtilleryScript;
}

it("are many, and these of what clients do and of messages among them", () => {
  const told = snippets.map(([, yaml]) => yaml).join("\n");
  const settings = [
    "onReason",
    "giveUpAfter",
    "rebootAfter",
    "factor",
    "jitter",
    "first",
    "retryAfter",
    "track",
  ];
  for (const one of settings) expect(told).toContain(`${one}:`);
  expect(snippets.length).toBeGreaterThan(15);
});

it.each(snippets)("%s", (_where, yaml) => {
  // Lists of steps of which a page shows none.
  const said = yaml.replaceAll(/^ +\w+: \[ … \]$/gm, "");
  const { problems } = validate(wholeScript(parse(said) as Keys));
  expect(problems).toBeNull();
});
