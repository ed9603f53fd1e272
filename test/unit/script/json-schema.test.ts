import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { WRITTEN } from "../../../script-schema.ts";
import { SCHEMA_PATH, schemaErrors } from "../../support/script-schema.ts";
import { scriptWith, withStorm } from "./good-script.ts";

const ROOT = join(import.meta.dirname, "../../..");
const files = ["scenarios", "scenarios/compare", "scenarios/kubernetes/my-fleet"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".yml"))
    .map((name) => join(folder, name)),
);
const committed = readFileSync(SCHEMA_PATH, "utf8");

type Json = Record<string, unknown>;

describe("script.schema.json", () => {
  it.each(Object.entries(WRITTEN))("%s is up to date: npm run schema", (path, text) => {
    expect(readFileSync(join(ROOT, path), "utf8") === text()).toBe(true);
  });

  it("says in its id which version it is of, and is shipped", () => {
    const { $id } = JSON.parse(committed) as { $id: string };
    const manifest = JSON.parse(readFileSync(join(ROOT, "engine/package.json"), "utf8")) as {
      version: string;
      files: string[];
      exports: Json;
    };
    expect($id).toContain(`artillery-engine-mqtt@${manifest.version}/script.schema.json`);
    expect(manifest.files).toContain("script.schema.json");
    expect(manifest.exports["./script.schema.json"]).toBe("./script.schema.json");
  });

  it("describes every key", () => expect(undescribed(JSON.parse(committed) as Json, "")).toEqual([]));
});

/** Paths of properties that say nothing of themselves. A reference says what its definition says. */
function undescribed(node: unknown, path: string): string[] {
  if (Array.isArray(node)) return node.flatMap((one, i) => undescribed(one, `${path}/${i}`));
  if (node === null || typeof node !== "object") return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === "if") return [];
    if (key !== "properties") return undescribed(value, `${path}/${key}`);
    return Object.entries(value as Record<string, Json>).flatMap(([name, property]) => {
      const bare = typeof property["description"] !== "string" && !("$ref" in property);
      // What is only said again, in an alternative.
      const repeats = name === "scenarios" && !("type" in property);
      return [...(bare && !repeats ? [`${path}/${name}`] : []), ...undescribed(property, `${path}/${name}`)];
    });
  });
}

describe.each(files)("%s", (path) => {
  const text = readFileSync(join(ROOT, path), "utf8");

  it("names the schema, and is accepted by it", () => {
    const named = /^# yaml-language-server: \$schema=(\S+)\n/.exec(text)?.[1];
    expect(named && relative(SCHEMA_PATH, join(ROOT, dirname(path), named))).toBe("");
    expect(schemaErrors(parse(text))).toEqual([]);
  });

  it("with any one value replaced is accepted where the engine accepts it", () => {
    const script = parse(text.replace("{{ $env.MQTT_TARGET }}", "mqtts://broker.example:8883")) as unknown;
    const falseAlarms = mutations(script, []).flatMap(({ where, changed }) => {
      const { problems } = validate(changed as ArtilleryScript);
      const errors = problems === null ? schemaErrors(changed) : [];
      return errors.length === 0 ? [] : [`${where}: ${errors[0]}`];
    });
    expect(falseAlarms).toEqual([]);
  });
});

const REPLACEMENTS: readonly unknown[] = [null, "true", 3, "3", "25 %", [], {}];

/** The script with one value of what the engine reads replaced, each value in turn. */
function mutations(script: unknown, path: readonly string[]): { where: string; changed: unknown }[] {
  const value = path.reduce<unknown>((at, key) => (at as Json)[key], script);
  const inside =
    value !== null && typeof value === "object"
      ? Object.keys(value).flatMap((key) => (isRead([...path, key]) ? mutations(script, [...path, key]) : []))
      : [];
  if (path.length < 2 || path.join(".") === "config.engines" || isArtillerys(path)) return inside;
  const own = REPLACEMENTS.map((replacement) => ({
    where: `${path.join(".")} = ${JSON.stringify(replacement)}`,
    changed: replaced(script, path, replacement),
  }));
  return [...own, ...inside];
}

/** Of Artillery's own part the engine says nothing. */
function isRead(path: readonly string[]): boolean {
  const [first, second, third] = path;
  if (first === "config")
    return second === undefined || (second === "engines" && (third ?? "mqtt") === "mqtt");
  return first === "scenarios";
}

/** Which engine runs a scenario, and what is no scenario, is judged by Artillery. */
function isArtillerys([first, , key, ...rest]: readonly string[]): boolean {
  return first === "scenarios" && rest.length === 0 && (key === undefined || key === "engine");
}

function replaced(value: unknown, [key, ...rest]: readonly string[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((one, i) => (String(i) === key ? replaced(one, rest, replacement) : one));
  return { ...(value as Json), [key]: replaced((value as Json)[key], rest, replacement) };
}

const inFlow = (...steps: unknown[]): ArtilleryScript =>
  scriptWith({ scenario: { flow: [{ connect: {} }, ...steps, { stayOnline: {} }] } });

describe("a script of the wrong shape is refused by both", () => {
  it.each<[what: string, script: ArtilleryScript]>([
    ["an unknown setting", scriptWith(withStorm({ keepAlive: "60s" }))],
    ["an unknown key of reconnect", scriptWith(withStorm({ reconnect: { polcy: "fixed" } }))],
    ["an unknown policy", scriptWith(withStorm({ reconnect: { policy: "jitter" } }))],
    ["a duration without unit", scriptWith(withStorm({ connectTimeout: "10 sek" }))],
    ["a negative duration", scriptWith(withStorm({ connectTimeout: -1 }))],
    ["a version of MQTT", scriptWith(withStorm({ protocolVersion: 3 }))],
    ["a number that is none", scriptWith(withStorm({ seed: "many" }))],
    ["a boolean that is none", scriptWith(withStorm({ allowExec: "yes" }))],
    ["a storm without a window", scriptWith({ mqtt: { storms: [{ at: 1, fraction: 1 }] } })],
    [
      "a storm of an unknown cause",
      scriptWith({ mqtt: { storms: [{ at: 1, window: 5, fraction: 1, cause: "rst" }] } }),
    ],
    ["a fraction above 1", scriptWith({ mqtt: { storms: [{ at: 1, window: 5, fraction: 25 }] } })],
    [
      "a fraction with a wrong unit",
      scriptWith({ mqtt: { storms: [{ at: 1, window: 5, fraction: "25 pc" }] } }),
    ],
    ["storms that are no list", scriptWith({ mqtt: { storms: { at: 1, window: 5, fraction: 1 } } })],
    ["one region", scriptWith(withStorm({ targets: [{ name: "eu", url: "mqtt://eu" }] }))],
    ["settings that are no object", scriptWith({ mqtt: "fast" })],
    ["an unknown key of a scenario", scriptWith({ scenario: { onconnect: [] } })],
    ["an empty flow", scriptWith({ scenario: { flow: [] } })],
    ["telemetry without a topic", scriptWith({ scenario: { telemetry: { every: "5s" } } })],
    ["a reaction without steps", scriptWith({ scenario: { onMessage: [{ topic: "a" }] } })],
    ["an unknown step", inFlow({ subscribed: { topics: "a" } })],
    ["a step of another place", scriptWith({ scenario: { onConnect: [{ connect: {} }] } })],
    [
      "a step of a flow within a loop of onConnect",
      scriptWith({ scenario: { onConnect: [{ loop: [{ connect: {} }], count: 2 }] } }),
    ],
    ["two steps in one", inFlow({ publish: { topic: "a" }, subscribe: { topics: "a" } })],
    ["an unknown key of a step", inFlow({ publish: { topic: "a", quos: 1 } })],
    ["a key of another step", inFlow({ publish: { topic: "a" }, jitter: "1s" })],
    ["an unknown QoS", inFlow({ publish: { topic: "a", qos: 3 } })],
    ["a step that is text", inFlow("connect")],
    ["a request without a topic for the answer", inFlow({ request: { topic: "a" } })],
    [
      "an unknown key of a will",
      scriptWith({ scenario: { flow: [{ connect: { will: { topic: "a", qoS: 1 } } }, { stayOnline: {} }] } }),
    ],
    ["a step of a flow in a hook", scriptWith({ before: { engine: "mqtt", flow: [{ connect: {} }] } })],
    ["an unknown key of lab", scriptWith({ before: { engine: "mqtt", flow: [{ lab: { tsl: true } }] } })],
    ["a condition that is no text", inFlow({ publish: { topic: "a" }, ifTrue: true })],
  ])("%s", (_what, script) => {
    expect(validate(script).problems).not.toBeNull();
    expect(schemaErrors(script)).not.toEqual([]);
  });

  it("of the plugin's settings too", () => {
    const of = (results: unknown) =>
      schemaErrors(scriptWith({ config: { plugins: { "mqtt-results": results } } }));
    expect(
      of({ fail: { verdict: "degraded", cohorts: { "a b": { readyP99: "5m" } } }, target: "99 %" }),
    ).toEqual([]);
    expect(of({ fail: { cohorts: [{ name: "a", readyP99: 5 }] } })).toEqual([]);
    expect(of(null)).toEqual([]);
    expect(of({ fial: {} })).not.toEqual([]);
    expect(of({ report: ["pdf"] })).not.toEqual([]);
    expect(of({ fail: { cohorts: { a: { readyp99: 5 } } } })).not.toEqual([]);
  });
});

/** Rules that a schema does not hold: engine/README.md, "Editors and types". Where one of these is refused by the schema too, the docs are out of date. */
describe("what only the engine refuses", () => {
  it.each<[rule: string, script: ArtilleryScript]>([
    [
      "a key that goes with another policy",
      scriptWith(withStorm({ reconnect: { policy: "immediate", cap: "5s" } })),
    ],
    [
      "keys that exclude each other",
      scriptWith(withStorm({ reconnect: { preset: "mqttjs", policy: "fixed" } })),
    ],
    ["bounds between values", scriptWith(withStorm({ reconnect: { base: "10s", cap: "5s" } }))],
    ["whole seconds", scriptWith(withStorm({ keepalive: "1500ms" }))],
    [
      "storms in the order of time",
      scriptWith({
        mqtt: {
          storms: [
            { at: 20, window: 5, fraction: 1 },
            { at: 10, window: 5, fraction: 1 },
          ],
        },
      }),
    ],
    ["keys of MQTT 5 with 3.1.1", scriptWith(withStorm({ receiveMaximum: 10 }))],
    ["topics", inFlow({ publish: { topic: "a/#" } })],
    ["variables that nothing sets", inFlow({ publish: { topic: "{{ nothing }}" } })],
    ["functions that the processor lacks", inFlow({ function: "login" })],
    [
      "text of a number that is out of bounds",
      scriptWith(withStorm({ receiveMaximum: "70000", protocolVersion: 5 })),
    ],
  ])("%s", (_rule, script) => {
    expect(validate(script).problems).not.toBeNull();
    expect(schemaErrors(script)).toEqual([]);
  });
});

describe("what Artillery does with a script before the engine sees it", () => {
  it("templates in settings, parts in environments, other engines and other keys are accepted", () => {
    const script = {
      ...scriptWith({
        mqtt: {
          seed: "{{ $env.SEED }}",
          reconnect: { policy: "{{ $env.POLICY }}" },
          keepalive: "{{ $env.K }}",
        },
        config: {
          environments: {
            small: { engines: { mqtt: { storms: [null, { fraction: "10 %" }], reconnect: null } } },
          },
          http: { timeout: 5 },
          plugins: { ensure: {} },
        },
      }),
      "x-anchors": {},
    };
    expect(schemaErrors(script)).toEqual([]);
    expect(schemaErrors({ ...script, scenarios: [{ flow: [{ get: { url: "/" } }] }] })).toEqual([]);
  });

  it("a typing error in an environment is refused, and so is a scenario of the engine that config names", () => {
    const environments = { small: { engines: { mqtt: { sotrms: [] } } } };
    expect(schemaErrors(scriptWith({ config: { environments } }))).not.toEqual([]);
    const scenarios = [{ flow: [{ conect: {} }] }];
    expect(schemaErrors(scriptWith({ config: { engine: "mqtt" }, scenarios }))).not.toEqual([]);
    expect(schemaErrors(scriptWith({ scenarios }))).toEqual([]);
  });

  it("steps in lists of their own, as YAML's anchors give them", () => {
    expect(schemaErrors(inFlow([{ think: 1 }, { log: "hello" }]))).toEqual([]);
    expect(schemaErrors(inFlow([{ thnik: 1 }]))).not.toEqual([]);
  });
});
