import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { renderProblems } from "../../../engine/src/script/problem.ts";
import { engineSettings } from "../../../engine/src/script/schema.ts";
import { STEPS } from "../../../engine/src/script/steps/index.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { scriptWith } from "./good-script.ts";

/** Words of the script's own language as keys and values: pure noise would never get past the first check. */
const words = [
  ...STEPS.map(({ name }) => name),
  ...Object.keys(engineSettings.shape),
  ...[
    "topics",
    "topic",
    "responseTopic",
    "capture",
    "as",
    "json",
    "for",
    "every",
    "count",
    "over",
    "whileTrue",
  ],
  ...[
    "preset",
    "policy",
    "base",
    "cap",
    "at",
    "fraction",
    "window",
    "cause",
    "clean",
    "expiry",
    "capacity",
    "scaleUp",
  ],
  ...["name", "engine", "flow", "onConnect", "weight", "beforeScenario", "fields", "loadAll"],
];
const key = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...words) }, fc.string({ maxLength: 8 }));
const leaf = fc.oneof(
  fc.constantFrom(
    "mqtt",
    "lab",
    "10s",
    "500ms",
    "{{ deviceId }}",
    "{{ x.y[0] }}",
    "{{ $f(1) }}",
    "{{",
    "mqttjs",
    "mqtt://a",
  ),
  fc.constantFrom(4, 5, 0, 1, 0.5, -1, 1e300, null, true, false, undefined),
  fc.string(),
  fc.webUrl(),
  fc.double(),
);
const { anything } = fc.letrec((tie) => ({
  anything: fc.oneof(
    { maxDepth: 6, depthIdentifier: "script" },
    leaf,
    fc.array(tie("anything"), { maxLength: 4, depthIdentifier: "script" }),
    fc.dictionary(key, tie("anything"), { maxKeys: 4, noNullPrototype: true, depthIdentifier: "script" }),
  ),
}));
const steps = fc.array(
  fc.oneof(
    fc
      .record({ step: fc.constantFrom(...words), spec: anything, extra: anything })
      .map(({ step, spec, extra }) =>
        extra === undefined ? { [step]: spec } : { [step]: spec, count: extra },
      ),
    anything,
  ),
  { maxLength: 4 },
);
const scenario = fc.record(
  { engine: fc.constant("mqtt"), name: leaf, flow: steps, onConnect: steps, beforeScenario: anything },
  { requiredKeys: ["engine", "flow"] },
);

function expectReadable(script: ArtilleryScript): void {
  for (const hasHook of [true, false]) {
    const { plan, problems } = validate(script, hasHook);
    expect(plan === null).toBe(problems !== null);
    if (problems === null) continue;
    expect(problems.length).toBeGreaterThan(0);
    for (const { path, allowed } of problems) {
      expect(path).toMatch(/^(config|scenarios|before|after)\b/);
      expect(allowed).not.toMatch(/^(Invalid|Unrecognized|Too |undefined|$)/);
    }
    expect(renderProblems(problems).split("\n")).toHaveLength(problems.length + 1);
  }
}

const runs = { numRuns: 500 };

describe("validate takes whatever a file may hold: it never throws, and every message is the engine's own", {
  timeout: 30_000,
}, () => {
  it("under config.engines.mqtt", () => {
    const settings = fc.oneof(
      anything,
      fc.record(Object.fromEntries(Object.keys(engineSettings.shape).map((name) => [name, anything])), {
        requiredKeys: [],
      }),
    );
    fc.assert(
      fc.property(settings, (mqtt) => expectReadable(scriptWith({ mqtt }))),
      runs,
    );
  });

  it("as scenarios", () => {
    const scenarios = fc.oneof(anything, fc.array(fc.oneof(scenario, anything), { maxLength: 3 }));
    fc.assert(
      fc.property(scenarios, fc.option(fc.constant("mqtt"), { nil: undefined }), (list, engine) => {
        const script = scriptWith({ scenarios: list });
        if (engine !== undefined) script.config.engine = engine;
        expectReadable(script);
      }),
      runs,
    );
  });

  it("as steps", () => {
    fc.assert(
      fc.property(steps, steps, (flow, onConnect) => {
        expectReadable(scriptWith({ scenario: { flow, onConnect } }));
      }),
      runs,
    );
  });

  it("as hooks", () => {
    const hook = fc.oneof(
      anything,
      fc.record({ engine: fc.constant("mqtt"), flow: fc.oneof(steps, anything) }),
    );
    fc.assert(
      fc.property(hook, hook, (before, after) => {
        expectReadable(scriptWith({ before, after }));
      }),
      runs,
    );
  });

  it("as target, variables and payload", () => {
    const target = fc.oneof(
      anything,
      fc.string().map((text) => `mqtt://${text}`),
    );
    fc.assert(
      fc.property(target, anything, anything, (target, variables, payload) => {
        const config = { target, variables: variables as Record<string, unknown>, payload };
        expectReadable(scriptWith({ config }));
      }),
      runs,
    );
  });
});
