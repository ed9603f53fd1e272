import { describe, expect, it } from "vitest";
import { validate } from "../../../engine/src/script/validate.ts";
import { problemsOf, scriptWith } from "./good-script.ts";

const SPEED = { every: "10s", topic: "speed/{{ deviceId }}", payload: { kmh: 50 } };

describe("telemetry", () => {
  it("stands by itself or in a list, with defaults", () => {
    const plans = [SPEED, [SPEED]].map(
      (telemetry) => validate(scriptWith({ scenario: { telemetry } })).plan?.cohorts[0]?.telemetry,
    );
    expect(plans[0]).toEqual([
      {
        every: 10_000,
        jitter: 0,
        topic: SPEED.topic,
        payload: SPEED.payload,
        qos: 0,
        retain: false,
        offline: "drop",
      },
    ]);
    expect(plans[1]).toEqual(plans[0]);
  });

  it.each<[string, unknown, string, string]>([
    ["no interval", { topic: "a" }, "scenarios[0].telemetry.every", "a duration"],
    ["an interval of 0", { ...SPEED, every: 0 }, "scenarios[0].telemetry.every", "a duration above 0"],
    [
      "jitter",
      [{ ...SPEED, jitter: "120 %" }],
      "scenarios[0].telemetry[0].jitter",
      "a share of the interval",
    ],
    [
      "more jitter than interval",
      { ...SPEED, jitter: "11s" },
      "scenarios[0].telemetry.jitter",
      "at most the interval",
    ],
    ["offline", { ...SPEED, offline: "keep" }, "scenarios[0].telemetry.offline", "drop, queue, or { queue:"],
    [
      "a queue",
      { ...SPEED, offline: { queue: 0 } },
      "scenarios[0].telemetry.offline.queue",
      "from 1 to 10000",
    ],
    ["a key", { ...SPEED, qoss: 1 }, "scenarios[0].telemetry.qoss", "one of the keys"],
    ["an empty list", [], "scenarios[0].telemetry", "a list of at least one publication"],
    [
      "a variable",
      { ...SPEED, payload: { v: "{{ vin }}" } },
      "scenarios[0].telemetry.payload.v",
      "a variable that exists",
    ],
  ])("%s is refused by its path", (_what, telemetry, path, allowed) => {
    const problems = problemsOf({ scenario: { telemetry } });
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]?.allowed).toContain(allowed);
  });
});
