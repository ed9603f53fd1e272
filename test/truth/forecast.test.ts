import { describe, expect, it } from "vitest";
import { accuracyOf, isWithin } from "../../benchmarks/forecast/accuracy.ts";
import { forecastOf } from "../../benchmarks/forecast/forecasted.ts";
import { measure } from "../../benchmarks/forecast/measured.ts";
import type { Pair, StormSpec } from "../../benchmarks/forecast/pair.ts";

/** Other files run beside this one: it is no measurement, and is to find a model that has gone wrong. */
const TOLERANCE = 0.25;

const NONE = new AbortController().signal;

const FLEET: Omit<StormSpec, "reconnect" | "window" | "configService" | "timeout"> = {
  devices: 300,
  arriveInS: 5,
  fraction: 1,
  cause: "reset",
  ask: "mqtt",
};

function pairOf(name: string, spec: StormSpec): Pair {
  return { name, broker: "lab", why: "The study at small size.", script: { kind: "own", spec } };
}

describe("a forecast beside the run that it forecasts", () => {
  it("says when 99 % are ready again, and the same verdict, for a fleet that recovers", async () => {
    const pair = pairOf("small-full-jitter", {
      ...FLEET,
      reconnect: { policy: "full-jitter", base: "2s", cap: "30s" },
      window: "7s",
      configService: { capacity: 100, queueLimit: 10_000 },
      timeout: "5s",
    });
    const [measured, forecast] = [(await measure(pair, NONE)).outcome, await forecastOf(pair)];
    const [storm] = accuracyOf(measured, forecast).storms;
    expect([storm?.measuredVerdict, storm?.forecastVerdict]).toEqual(["recovered", "recovered"]);
    expect(storm && isWithin(storm.times.p99, TOLERANCE), JSON.stringify(storm)).toBe(true);
  });

  it("says the same verdict for a fleet that spirals", async () => {
    const pair = pairOf("small-spiral", {
      ...FLEET,
      reconnect: { policy: "immediate" },
      window: "12s",
      configService: { capacity: 80, queueLimit: 100_000 },
      timeout: "1s",
    });
    const [measured, forecast] = [(await measure(pair, NONE)).outcome, await forecastOf(pair)];
    const [storm] = accuracyOf(measured, forecast).storms;
    expect([storm?.measuredVerdict, storm?.forecastVerdict]).toEqual(["metastable", "metastable"]);
    expect(storm?.times.p99, JSON.stringify(storm)).toEqual({ measuredMs: null, forecastMs: null, error: 0 });
  });
});
