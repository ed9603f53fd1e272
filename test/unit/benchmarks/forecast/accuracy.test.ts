import { describe, expect, it } from "vitest";
import { accuracyOf } from "../../../../benchmarks/forecast/accuracy.ts";
import { HELD_OUT_PAIRS } from "../../../../benchmarks/forecast/held-out-pairs.ts";
import type { Outcome, StormOutcome } from "../../../../benchmarks/forecast/outcome.ts";
import { SEEN_PAIRS } from "../../../../benchmarks/forecast/seen-pairs.ts";
import { studyCsv, studyTable } from "../../../../benchmarks/forecast/study-table.ts";

const STORM: StormOutcome = {
  index: 1,
  fleet: 100,
  affected: 100,
  recovered: 100,
  readyMs: { p50: 1000, p90: 2000, p99: 3000 },
  verdict: "recovered",
};

function outcome(...storms: Partial<StormOutcome>[]): Outcome {
  return { storms: storms.map((one, i) => ({ ...STORM, index: i + 1, ...one })), generatorSaturated: false };
}

describe("how near a forecast came", () => {
  it("has errors as shares of what was measured, and 15 % of it are near enough", () => {
    const found = accuracyOf(outcome({}), outcome({ readyMs: { p50: 1150, p90: 1700, p99: 3000 } }));
    const [storm] = found.storms;
    expect(storm?.times.p50.error).toBeCloseTo(0.15, 10);
    expect(storm?.times.p90.error).toBeCloseTo(-0.15, 10);
    expect([found.isWithin, found.verdictsAgree]).toEqual([true, true]);
    expect(accuracyOf(outcome({}), outcome({ readyMs: { p50: 1151, p90: 2000, p99: 3000 } })).isWithin).toBe(
      false,
    );
  });

  it("is right where neither reached it, and wrong where one did", () => {
    const none = { p50: null, p90: null, p99: null };
    expect(accuracyOf(outcome({ readyMs: none }), outcome({ readyMs: none })).isWithin).toBe(true);
    const one = accuracyOf(outcome({ readyMs: none }), outcome({}));
    expect(one.isWithin).toBe(false);
    expect(one.storms[0]?.times.p50).toEqual({ measuredMs: null, forecastMs: 1000, error: null });
  });

  it("is as bad as its worst storm", () => {
    const found = accuracyOf(outcome({}, {}), outcome({}, { verdict: "stalled" }));
    expect([found.isWithin, found.verdictsAgree]).toEqual([true, false]);
  });
});

describe("the table of the study", () => {
  const rows = [
    {
      pair: "one",
      broker: "lab",
      generatorSaturated: true,
      accuracy: accuracyOf(outcome({}), outcome({ readyMs: { p50: 1100, p90: null, p99: null } })),
    },
  ];

  it("says what misses, and how many do not", () => {
    const table = studyTable(rows);
    expect(table).toContain("1.00 / 1.10    +10.0 %");
    expect(table).toContain("2.00 / -       one of them");
    expect(table).toContain("both recovered  MISS  generator saturated");
    expect(table).toContain("0 of 1 pairs have 50, 90 and 99 % ready within 15 %");
    expect(table).toContain("1 of 1 pairs have the same verdicts");
  });

  it("has a row per storm as CSV, empty where a time was not reached", () => {
    const [header = "", row = ""] = studyCsv(rows).split("\n");
    expect(header.split(",").slice(0, 7)).toEqual([
      "pair",
      "broker",
      "storm",
      "affected",
      "p50_measured_ms",
      "p50_forecast_ms",
      "p50_error",
    ]);
    expect(row).toBe("one,lab,1,100,1000,1100,0.1,2000,,,3000,,,recovered,recovered,true,false,true");
  });
});

const PAIRS = [...SEEN_PAIRS, ...HELD_OUT_PAIRS];

describe("the pairs", () => {
  it.each([
    ["seen", SEEN_PAIRS],
    ["held out", HELD_OUT_PAIRS],
  ])("that were %s are at least twelve besides the scenarios, of lab and Mosquitto", (_set, pairs) => {
    const own = pairs.filter(({ script }) => script.kind === "own");
    expect(own.length).toBeGreaterThanOrEqual(12);
    expect(new Set(own.map(({ broker }) => broker))).toEqual(new Set(["lab", "mosquitto"]));
  });

  it("have each a name and a reason of its own, and no two scripts are the same", () => {
    expect(new Set(PAIRS.map(({ name }) => name)).size).toBe(PAIRS.length);
    expect(new Set(PAIRS.map(({ why }) => why)).size).toBe(PAIRS.length);
    expect(new Set(PAIRS.map(({ script }) => JSON.stringify(script))).size).toBe(PAIRS.length);
  });
});
