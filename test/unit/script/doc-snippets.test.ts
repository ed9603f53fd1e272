/** Every YAML that the pages show is a script that is valid, or such a part of one. */
import { expect, it } from "vitest";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { USER_BLOCKS } from "../../support/pages.ts";
import { schemaErrors } from "../../support/script-schema.ts";

/** What other programs read: GitHub's workflows (their commands are held by test/unit/pages/commands.test.ts), Prometheus, Kubernetes. */
const OF_OTHERS = /^(jobs|scrape_configs|groups|apiVersion):/m;
const snippets = USER_BLOCKS.filter(({ language, text }) => language === "yaml" && !OF_OTHERS.test(text)).map(
  ({ page, line, text }) => [`${page}, line ${line}`, text] as const,
);

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
  // Lists of steps of which a page shows none, and a target that Artillery takes from the environment.
  const shown = yaml.replaceAll(/^ +\w+: \[ … \]$/gm, "");
  const said = parse(
    shown.replace(/target: "\{\{ \$env\.\w+ \}\}"/, "target: mqtts://broker.example:8883"),
  ) as Keys;
  const script = wholeScript("plugins" in said ? { config: said } : said);
  expect(schemaErrors(script)).toEqual([]);
  const { problems } = validate(script);
  expect(problems).toBeNull();
});
