import { describe, expect, it } from "vitest";
import { compareRounds, type Disclosure } from "../../../../results/src/comparison/comparison.ts";
import { consoleComparison } from "../../../../results/src/comparison/console.ts";
import { comparisonCsv } from "../../../../results/src/comparison/csv.ts";
import { renderComparison } from "../../../../results/src/comparison/page.ts";
import type { Phase } from "../../../../results/src/comparison/phase.ts";
import { emptyRound, type Round } from "../../../../results/src/comparison/round.ts";
import { spreadOf } from "../../../../results/src/comparison/spread.ts";

const DISCLOSURE: Disclosure = {
  scenario: "storm.yml",
  name: "storm (singlenode-storm-tcp-2K-100pct-fulljitter)",
  startedAt: "2026-01-01T00:00:00.000Z",
  endedAt: "2026-01-01T00:10:00.000Z",
  rounds: 2,
  reference: "a",
  machine: { CPU: "2 x test" },
  software: { Node: "v24" },
  seed: 42,
  script: "{}",
  complete: true,
};

function phase(p99: number | null, more: Partial<Phase> = {}): Phase {
  return {
    name: "storm 1: connection reset of 100 %",
    verdict: "recovered",
    verdictReason: null,
    devices: 100,
    ready: 100,
    readyMs: { p50: 10, p90: 20, p99, max: p99 },
    connectsPerS: 1000,
    amplification: { connect: 1, config: null },
    generatorSaturated: false,
    curve: { timesMs: [0, 10, 20], shares: [0, 0.5, 0.9] },
    ...more,
  };
}

function measured(broker: string, round: number, p99: number | null, more: Partial<Round> = {}): Round {
  return {
    ...emptyRound(broker, round, "measured", null),
    phases: [phase(p99)],
    attempts: 200,
    accepted: 200,
    ...more,
  };
}

const facts = (name: string) => ({ name, title: name.toUpperCase(), version: "1.0", notes: ["memory"] });

function compared(rounds: readonly Round[]) {
  const comparison = compareRounds(rounds, [facts("a"), facts("b")], DISCLOSURE);
  const [a, b] = comparison.brokers;
  if (a === undefined || b === undefined) throw new Error("no rows");
  const value = (row: typeof a, name: string) => row.phases[0]?.values.find((one) => one.name === name);
  return { comparison, a, b, value };
}

describe("spreadOf", () => {
  it.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3, n: 3 }],
    [[1, 2], { median: 1.5, min: 1, max: 2, n: 2 }],
    [[5, null, 7], { median: 7, min: 5, max: null, n: 3 }],
    [[5, null], { median: null, min: 5, max: null, n: 2 }],
    [[null, null], { median: null, min: null, max: null, n: 2 }],
  ])("of %j: what was not reached is larger than every number", (values, expected) => {
    expect(spreadOf(values)).toEqual(expected);
  });

  it("of nothing is nothing", () => {
    expect(spreadOf([])).toBeNull();
  });
});

describe("compareRounds", () => {
  it("takes ratios to the reference within the same round, whatever the order", () => {
    const { b, value } = compared([
      measured("a", 1, 100),
      measured("b", 2, 800),
      measured("a", 2, 400),
      measured("b", 1, 300),
    ]);
    const ready = value(b, "ready 99 %");
    expect(ready?.spread).toEqual({ median: 550, min: 300, max: 800, n: 2 });
    expect(ready?.ratio).toEqual({ median: 2.5, min: 2, max: 3, n: 2 });
  });

  it("has no ratio where the reference reached nothing, and `not reached` where the broker did", () => {
    const { b, value } = compared([
      measured("a", 1, null),
      measured("b", 1, 10),
      measured("a", 2, 10),
      measured("b", 2, null),
    ]);
    expect(value(b, "ready 99 %")?.ratio).toEqual({ median: null, min: null, max: null, n: 1 });
  });

  it("keeps a broker without figures as a row that says why", () => {
    const { comparison, b } = compared([
      measured("a", 1, 100),
      emptyRound("b", 1, "failed_to_start", "port in use"),
      emptyRound("b", 2, "not_applicable", "it does not speak MQTT 5.0"),
    ]);
    expect(b).toMatchObject({
      rounds: 2,
      measured: 0,
      phases: [],
      failures: ["round 1: port in use", "round 2: it does not speak MQTT 5.0"],
    });
    expect(consoleComparison(comparison, { colour: false })).toContain(
      "b: round 2: it does not speak MQTT 5.0",
    );
    expect(comparisonCsv(comparison)).toContain("failure,,,,,,,,,round 1: port in use");
    expect(renderComparison(comparison)).toContain("B: round 1: port in use");
  });

  it("counts verdicts and rounds in which the generator was the bottleneck", () => {
    const slow = measured("a", 2, null, {
      phases: [phase(null, { verdict: "stalled", generatorSaturated: true })],
    });
    const { a } = compared([measured("a", 1, 5), slow]);
    expect(a.phases[0]).toMatchObject({ verdicts: { recovered: 1, stalled: 1 }, generatorSaturated: 1 });
  });

  it("an error that a round did not have counts as none", () => {
    const { a } = compared([measured("a", 1, 5, { errors: { tcp_refused: 10 } }), measured("a", 2, 5)]);
    expect(a.errors).toEqual({ tcp_refused: { median: 5, min: 0, max: 10, n: 2 } });
  });
});

describe("what is shown", () => {
  const hostile = '<img src=x onerror=alert(1)>"\u001b[31m';

  it("escapes what brokers and files are called", () => {
    const rounds = [measured("a", 1, 5, { errors: { [hostile]: 1 } }), emptyRound("b", 1, "died", hostile)];
    const comparison = compareRounds(
      rounds,
      [{ ...facts("a"), title: hostile, notes: [hostile] }, facts("b")],
      {
        ...DISCLOSURE,
        name: hostile,
        script: hostile,
      },
    );
    const page = renderComparison(comparison);
    expect(page).not.toContain("<img");
    expect(page).not.toContain("\u001b");
    expect(page).toContain("default-src &#39;none&#39;");
    expect(consoleComparison(comparison, { colour: false })).not.toContain("\u001b");
  });

  it("writes no cell that a spreadsheet would compute", () => {
    const comparison = compareRounds(
      [emptyRound("b", 1, "died", "=1+1")],
      [facts("a"), facts("b")],
      DISCLOSURE,
    );
    expect(comparisonCsv(comparison)).not.toMatch(/,=1/);
  });

  it("prints a table per phase with ratios to the reference", () => {
    const text = consoleComparison(compared([measured("a", 1, 100), measured("b", 1, 250)]).comparison, {
      colour: false,
    });
    expect(text).toMatchInlineSnapshot(`
      "
      Brokers compared: storm (singlenode-storm-tcp-2K-100pct-fulljitter)
        2 rounds; median (lowest..highest); x: ratio to a in the same round

        ranking
          1. A: 99 % of the devices were ready again after 100 ms.
          2. B: 99 % of the devices were ready again after 250 ms, 2.50 times as long as A.

        storm 1: connection reset of 100 %
          broker    verdict  ready 50 %  ready 90 %  ready 99 %  ready 100 %  connects reached  connects per device  x ready 99 %
          a       recovered       10 ms       20 ms      100 ms       100 ms           1,000/s                1.00x             1
          b       recovered       10 ms       20 ms      250 ms       250 ms           1,000/s                1.00x         2.50x

        whole run
          broker  connect p99  subscribe p99  config request p99  errors  broker CPU  broker peak memory
          a                 -              -                   -       0           -                   -
          b                 -              -                   -       0           -                   -
      "
    `);
  });
});
