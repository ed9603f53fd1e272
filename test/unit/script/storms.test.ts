import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expandStorms, storms } from "../../../engine/src/script/storms.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { latestEndMs, planEndMs } from "../../../engine/src/storm/schedule.ts";
import { problemsOf, scriptWith } from "./good-script.ts";

const plansOf = (list: unknown[]) =>
  validate(scriptWith({ mqtt: { storms: list, allowExec: true } })).plan?.storms;

describe("causes", () => {
  it("bring their own keys and defaults", () => {
    expect(
      plansOf([
        { at: 0, cause: "silent", fraction: 0.5, window: 10 },
        { at: 10, cause: "exec", command: ["sleep", 5], window: 10 },
        { at: 20, cause: "exec", command: ["true"], timeout: "5s", window: 10 },
        { at: 30, cause: "external", fraction: 0.25, window: 10 },
        { at: 640, cause: "external", fraction: 0.25, waitFor: "1m", window: 10 },
        { at: 710, cause: "silent", fraction: 1, nextWrite: "reset", window: 10 },
        { at: 720, cause: "silent", fraction: 1, nextWrite: "lost", window: 10 },
      ]),
    ).toEqual([
      { index: 1, atMs: 0, cause: "silent", fraction: 0.5, windowMs: 10_000 },
      {
        index: 2,
        atMs: 10_000,
        cause: "exec",
        fraction: null,
        windowMs: 10_000,
        exec: { command: ["sleep", "5"], timeoutMs: 30_000 },
      },
      {
        index: 3,
        atMs: 20_000,
        cause: "exec",
        fraction: null,
        windowMs: 10_000,
        exec: { command: ["true"], timeoutMs: 5000 },
      },
      { index: 4, atMs: 30_000, cause: "external", fraction: 0.25, windowMs: 10_000, waitForMs: 600_000 },
      { index: 5, atMs: 640_000, cause: "external", fraction: 0.25, windowMs: 10_000, waitForMs: 60_000 },
      { index: 6, atMs: 710_000, cause: "silent", fraction: 1, windowMs: 10_000, nextWrite: "reset" },
      { index: 7, atMs: 720_000, cause: "silent", fraction: 1, windowMs: 10_000 },
    ]);
  });

  it("have a name where the script says what happened", () => {
    const named = { name: "power cut", at: 0, fraction: "25 %", window: 10 };
    expect(plansOf([{ ...named, repeat: { times: 2, every: 20 } }])).toMatchObject([
      { index: 1, name: "power cut", fraction: 0.25 },
      { index: 2, name: "power cut" },
    ]);
    for (const name of ["", "a\nb", "x".repeat(61), true]) {
      expect(problemsOf({ mqtt: { storms: [{ ...named, name }] } })).toMatchObject([
        { path: "config.engines.mqtt.storms[0].name", value: name },
      ]);
    }
  });

  const COMMAND = "a list: the program and its arguments; no shell reads it";
  const FRACTION = "a share above 0 and up to 1, such as 0.25 or 25 %";
  const TIMES = "a whole number from 1 to 100";
  it.each<[object, string, unknown, string]>([
    [{ cause: "reset" }, "fraction", undefined, FRACTION],
    [{ cause: "silent", fraction: 0 }, "fraction", 0, FRACTION],
    [{ cause: "external" }, "fraction", undefined, FRACTION],
    [{ cause: "exec" }, "command", undefined, COMMAND],
    [{ cause: "exec", command: "reboot now" }, "command", "reboot now", COMMAND],
    [{ cause: "exec", command: [] }, "command", [], COMMAND],
    [{ cause: "exec", command: ["a"], fraction: 1 }, "fraction", 1, "nothing with the cause exec"],
    [{ cause: "exec", command: ["a"], waitFor: 5 }, "waitFor", 5, "nothing with the cause exec"],
    [{ fraction: 1, command: ["a"] }, "command", ["a"], "nothing with the cause reset"],
    [{ fraction: 1, timeout: "5s" }, "timeout", "5s", "nothing with the cause reset"],
    [{ cause: "silent", fraction: 1, waitFor: "5s" }, "waitFor", "5s", "nothing with the cause silent"],
    [{ cause: "silent", fraction: 1, nextWrite: "rst" }, "nextWrite", "rst", "lost, reset"],
    [{ fraction: 1, nextWrite: "reset" }, "nextWrite", "reset", "nothing with the cause reset"],
    [{ fraction: 1, repeat: { times: 0, every: 5 } }, "repeat.times", 0, TIMES],
    [{ fraction: 1, repeat: { times: 101, every: 5 } }, "repeat.times", 101, TIMES],
    [{ fraction: 1, repeat: { times: 2, every: 0 } }, "repeat.every", 0, "a duration above 0"],
  ])("refuse %j", (storm, path, value, allowed) => {
    expect(problemsOf({ mqtt: { allowExec: true, storms: [{ at: 1, window: 5, ...storm }] } })).toEqual([
      { path: `config.engines.mqtt.storms[0].${path}`, value, allowed },
    ]);
  });

  it("run a command only where the script allows it", () => {
    const list = [
      { at: 1, fraction: 1, window: 5 },
      { at: 10, cause: "exec", command: ["true"], window: 5, repeat: { times: 3, every: 10 } },
    ];
    expect(problemsOf({ mqtt: { storms: list, allowExec: true } })).toEqual([]);
    for (const allowExec of [undefined, false]) {
      const problems = problemsOf({
        mqtt: { storms: list, ...(allowExec === undefined ? {} : { allowExec }) },
      });
      expect(problems).toMatchObject([
        {
          path: "config.engines.mqtt.storms[1].cause",
          value: "exec",
          allowed: expect.stringContaining("config.engines.mqtt.allowExec is true"),
        },
      ]);
    }
  });
});

describe("storms for some cohorts", () => {
  const scenario = (name: string) => ({ name, engine: "mqtt", flow: [{ connect: {} }, { stayOnline: {} }] });
  const scenarios = ["sensors", "gateways", "consumers"].map(scenario);
  const script = (storm: object) => ({
    mqtt: { storms: [{ at: 1, fraction: 0.5, window: 5, ...storm }] },
    scenarios,
  });
  const planOf = (storm: object) => validate(scriptWith(script(storm))).plan?.storms[0];
  const problems = (storm: object) => problemsOf(script(storm));

  it.each<[object, number[] | undefined]>([
    [{ cohort: "gateways" }, [1]],
    [{ cohort: ["consumers", "sensors"] }, [0, 2]],
    [{ sparing: "consumers" }, [0, 1]],
    [{ sparing: ["consumers", "gateways"], cause: "silent" }, [0]],
    [{ cohort: ["sensors", "gateways", "consumers"] }, [0, 1, 2]],
    [{}, undefined],
  ])("%j", (storm, cohorts) => {
    expect(planOf(storm)?.cohorts).toEqual(cohorts);
  });

  it.each<[object, string, unknown, string]>([
    [{ cohort: "sensor" }, "cohort", "sensor", "names of scenarios: sensors, gateways, consumers"],
    [
      { sparing: ["consumers", "x"] },
      "sparing",
      ["consumers", "x"],
      "names of scenarios: sensors, gateways, consumers",
    ],
    [{ cohort: [] }, "cohort", [], "the name of a scenario, or a list of them"],
    [{ cohort: 7 }, "cohort", 7, "the name of a scenario, or a list of them"],
    [
      { cohort: "sensors", sparing: "consumers" },
      "sparing",
      "consumers",
      "nothing beside cohort, which says all that the storm is for",
    ],
    [
      { sparing: ["sensors", "gateways", "consumers"] },
      "sparing",
      ["sensors", "gateways", "consumers"],
      "fewer scenarios than all: a storm that spares everybody is none",
    ],
    [
      { cause: "external", cohort: "sensors" },
      "cohort",
      "sensors",
      "nothing with the cause external: the engine does not choose whose connections that one takes",
    ],
  ])("refuse %j", (storm, key, value, allowed) => {
    expect(problems(storm)).toEqual([{ path: `config.engines.mqtt.storms[0].${key}`, value, allowed }]);
  });
});

describe("storms that take their time, or last", () => {
  const planOf = (storm: object) =>
    validate(scriptWith({ mqtt: { storms: [{ at: 1, fraction: 0.5, window: "40s", ...storm }] } })).plan
      ?.storms[0];

  it.each<[object, object]>([
    [{ over: "30s" }, { overMs: 30_000 }],
    [{ for: "8s" }, { outage: { of: "power", forMs: 8000 } }],
    [{ for: "8s", outage: "network", cause: "silent" }, { outage: { of: "network", forMs: 8000 } }],
    [
      { over: "30s", for: "8s" },
      { overMs: 30_000, outage: { of: "power", forMs: 8000 } },
    ],
  ])("%j", (storm, expected) => {
    expect(planOf(storm)).toMatchObject(expected);
  });

  it.each<[object, string, unknown, string]>([
    [{ over: "40s" }, "window", "40s", "more than 40s: before that the last of its devices cannot come back"],
    [
      { over: "33s", for: "8s" },
      "window",
      "40s",
      "more than 41s: before that the last of its devices cannot come back",
    ],
    [{ outage: "network" }, "outage", "network", "nothing without for, which says how long"],
    [{ for: "8s", outage: "dark" }, "outage", "dark", "power, network"],
    [{ for: 0 }, "for", 0, "a duration above 0"],
    [
      { cause: "external", over: "8s" },
      "over",
      "8s",
      "nothing with the cause external: the engine does not choose when each connection goes",
    ],
    [
      { cause: "external", for: "8s" },
      "for",
      "8s",
      "nothing with the cause external: how long devices stay away is not the engine's to say",
    ],
  ])("refuse %j", (storm, key, value, allowed) => {
    const list = [{ at: 1, fraction: 0.5, window: "40s", ...storm }];
    expect(problemsOf({ mqtt: { storms: list } })).toEqual([
      { path: `config.engines.mqtt.storms[0].${key}`, value, allowed },
    ]);
  });
});

describe("repetitions", () => {
  it("become storms of their own", () => {
    const plans = plansOf([
      { at: 5, fraction: 0.5, window: 5, repeat: { times: 3, every: 10 } },
      { at: 40, cause: "close", fraction: 1, window: 5 },
    ]);
    expect(plans?.map(({ index, atMs, cause }) => [index, atMs, cause])).toEqual([
      [1, 5000, "reset"],
      [2, 15_000, "reset"],
      [3, 25_000, "reset"],
      [4, 40_000, "close"],
    ]);
  });

  it.each<[string, object[], string, unknown, string]>([
    [
      "closer than their windows",
      [{ at: 1, fraction: 1, window: "5s", repeat: { times: 4, every: "4s" } }],
      "[0].repeat.every",
      "4s",
      "5s or more (windows may not overlap: the repetition before ends then)",
    ],
    [
      "into the next storm",
      [
        { at: 1, fraction: 1, window: 5, repeat: { times: 3, every: 10 } },
        { at: 15, fraction: 1, window: 5, repeat: { times: 2, every: 10 } },
      ],
      "[1].at",
      15,
      "26s or later (storms stand in the order of their times: the storm before ends then)",
    ],
    [
      "before an external storm can have come",
      [
        { at: 1, cause: "external", fraction: 1, waitFor: "10s", window: 5 },
        { at: 10, fraction: 1, window: 5 },
      ],
      "[1].at",
      10,
      "16s or later (windows may not overlap: the storm before ends then)",
    ],
  ])("point to what the script says: %s", (_what, list, path, value, allowed) => {
    expect(problemsOf({ mqtt: { storms: list } })).toEqual([
      { path: `config.engines.mqtt.storms${path}`, value, allowed },
    ]);
  });

  it("are not more than a hundred together", () => {
    const list = [0, 1].map((i) => ({
      at: i * 1000,
      fraction: 1,
      window: 1,
      repeat: { times: 60, every: 2 },
    }));
    expect(problemsOf({ mqtt: { storms: list } })).toEqual([
      {
        path: "config.engines.mqtt.storms",
        value: "a list of 120 storms, repetitions counted",
        allowed: "100 storms at most",
      },
    ]);
  });

  it("keep number, order, place and spacing, whatever the list", () => {
    const spec = fc.record({
      at: fc.integer({ min: 0, max: 1000 }),
      fraction: fc.constant(0.5),
      window: fc.integer({ min: 1, max: 100 }),
      repeat: fc.option(
        fc.record({ times: fc.integer({ min: 1, max: 10 }), every: fc.integer({ min: 1, max: 100 }) }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(fc.array(spec, { maxLength: 8 }), (list) => {
        const parsed = storms.parse(list);
        const expanded = expandStorms(parsed);
        expect(expanded.map(({ plan }) => plan.index)).toEqual(expanded.map((_, i) => i + 1));
        list.forEach(({ at, repeat }, place) => {
          const own = expanded.filter((one) => one.place === place).map(({ plan }) => plan.atMs);
          const { times, every } = repeat ?? { times: 1, every: 0 };
          expect(own).toEqual(Array.from({ length: times }, (_, i) => (at + i * every) * 1000));
        });
        // A list that is found good never overlaps, expanded.
        const plans = validate(scriptWith({ mqtt: { storms: list } })).plan?.storms ?? [];
        plans.forEach((plan, i) => {
          const next = plans[i + 1];
          if (next !== undefined) expect(next.atMs).toBeGreaterThanOrEqual(latestEndMs(plan));
        });
        const last = plans.at(-1);
        expect(planEndMs(plans)).toBe(last === undefined ? null : last.atMs + last.windowMs);
      }),
    );
  });
});

describe("reconnect", () => {
  const CAPPED = "exponential, full-jitter, equal-jitter, decorrelated-jitter";
  it.each<[object, string, string]>([
    [{ window: "5s" }, "window", "nothing with the policy full-jitter; for uniform"],
    [{ policy: "exponential", window: "5s" }, "window", "nothing with the policy exponential; for uniform"],
    [{ policy: "uniform", base: "5s" }, "base", `nothing with the policy uniform; for fixed, ${CAPPED}`],
    [{ policy: "immediate", base: "5s" }, "base", `nothing with the policy immediate; for fixed, ${CAPPED}`],
    [{ policy: "fixed", cap: "5s" }, "cap", `nothing with the policy fixed; for ${CAPPED}`],
    [{ policy: "uniform", cap: "5s" }, "cap", `nothing with the policy uniform; for ${CAPPED}`],
  ])("says nothing that its policy does not do: %j", (reconnect, key, allowed) => {
    const storm = { at: 1, fraction: 1, window: 1 };
    expect(problemsOf({ mqtt: { storms: [storm], reconnect } })).toEqual([
      { path: `config.engines.mqtt.reconnect.${key}`, value: "5s", allowed },
    ]);
  });

  it.each([
    [{ policy: "uniform", window: "5s" }],
    [{ policy: "fixed", base: "5s" }],
    [{ policy: "decorrelated-jitter", base: "1s", cap: "5s" }],
  ])("takes what its policy reads: %j", (reconnect) => {
    expect(problemsOf({ mqtt: { storms: [{ at: 1, fraction: 1, window: 1 }], reconnect } })).toEqual([]);
  });
});
