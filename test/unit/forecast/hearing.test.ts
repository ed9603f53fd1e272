import { describe, expect, it } from "vitest";
import { hearOneAnother, isPublishedTo, mayMatch } from "../../../engine/src/forecast/hearing.ts";
import { prepareForecast } from "../../../engine/src/forecast/index.ts";
import type { FleetPlan } from "../../../engine/src/script/plan.ts";
import { type SmallForecast, scriptOf } from "../../support/forecast.ts";

const planOf = (scenario: object, more: SmallForecast = {}): FleetPlan =>
  prepareForecast(scriptOf({ ...more, scenario: { ...scenario } })).plan;
const FLOW = [{ connect: {} }, { stayOnline: {} }];

describe("whether a filter may match a topic", () => {
  it.each<[string, string, boolean]>([
    ["a/+/c", "a/b/c", true],
    ["a/{{ deviceId }}", "a/{{ deviceId }}", true],
    ["{{ topics }}", "anything", true],
    ["#", "a", true],
    ["a/#", "a", true],
    ["a/b/#", "{{ topic }}", true],
    ["$share/g/a/+", "a/b", true],
    ["commands/{{ deviceId }}", "telemetry/{{ deviceId }}", false],
    ["$share/g/a/+", "b/a", false],
    ["a/b", "a/c", false],
  ])("%s, %s: %s", (filter, topic, expected) => {
    expect(mayMatch(filter, topic)).toBe(expected);
  });
});

describe("devices hear one another", () => {
  it.each<[string, boolean, object]>([
    ["not where they only ask", false, {}],
    [
      "not where telemetry is for others",
      false,
      {
        telemetry: { every: "1s", topic: "up/{{ deviceId }}" },
        onConnect: [{ subscribe: { topics: "down/+" } }],
      },
    ],
    [
      "by telemetry",
      true,
      {
        telemetry: { every: "1s", topic: "up/{{ deviceId }}" },
        onConnect: [{ subscribe: { topics: "up/+" } }],
      },
    ],
    [
      "by a step within a step",
      true,
      {
        onConnect: [
          { subscribe: { topics: ["x", "up"] } },
          { loop: [{ publish: { topic: "up" } }], count: 1 },
        ],
      },
    ],
    [
      "by a will",
      true,
      {
        onConnect: [{ subscribe: { topics: "gone/+" } }],
        flow: [{ connect: { will: { topic: "gone/{{ deviceId }}" } } }, { stayOnline: {} }],
      },
    ],
  ])("%s", (_what, expected, scenario) => {
    expect(hearOneAnother(planOf(scenario))).toBe(expected);
  });

  it("who publishes is known for each filter", () => {
    const plan = planOf({ telemetry: { every: "1s", topic: "up/{{ deviceId }}" }, flow: FLOW });
    expect([isPublishedTo("up/#", plan), isPublishedTo("down/#", plan)]).toEqual([true, false]);
  });

  it("and then no sample stands for all", () => {
    const speaking = { onConnect: [{ subscribe: { topics: "a" } }, { publish: { topic: "a" } }] };
    expect(() => prepareForecast(scriptOf({ scenario: speaking }), { sample: 10 })).toThrow(
      "hear one another",
    );
    expect(prepareForecast(scriptOf({}), { sample: 10 }).devices).toBe(10);
  });
});
