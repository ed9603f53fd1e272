import { expect, it } from "vitest";
import { holdFigure, slowerResult } from "../../../../results/src/comparison/slower.ts";
import { type RehearsalOptions, rehearsal } from "../../../support/paired-runs.ts";
import { summaryOf } from "../../../support/synthetic-run.ts";

const run = (options: RehearsalOptions = {}) => summaryOf([rehearsal(options)]);
const one = run();

it.each([
  { was: 1000, is: 1200, says: "held" },
  { was: 1000, is: 1201, says: "slower" },
  { was: 1000, is: 400, says: "held" },
  { was: 1000, is: null, says: "slower" },
  { was: null, is: 1000, says: "held" },
  { was: null, is: null, says: "neither" },
])("of $was ms in A and $is ms in B, 20 % allowed, says $says", ({ was, is, says }) => {
  expect(holdFigure({ ms: was, windowMs: 20_000 }, { ms: is, windowMs: 20_000 }, 0.2)).toBe(says);
});

it("does not know of B whose window is shorter than A took, nor of A whose window is shorter than B took", () => {
  expect(holdFigure({ ms: 15_000, windowMs: 20_000 }, { ms: null, windowMs: 10_000 }, 0.2)).toBe("unknown");
  expect(holdFigure({ ms: null, windowMs: 10_000 }, { ms: 15_000, windowMs: 20_000 }, 0.2)).toBe("unknown");
});

it("holds p50, p90 and p99 of the fleet and of each cohort, in every storm", () => {
  const { checks, exit } = slowerResult(run({ storms: 2 }), run({ storms: 2, slow: 1.1 }), 0.2);
  expect(checks.map(({ storm: index, cohort, figure }) => `${index} ${cohort} ${figure}`)).toEqual(
    [1, 2].flatMap((index) =>
      [null, "meters", "gateways"].flatMap((cohort) =>
        ["p50", "p90", "p99"].map((figure) => `${index} ${cohort} ready ${figure}`),
      ),
    ),
  );
  expect(exit.code).toBe(0);
});

it("finds B slower that takes 1.5 times as long, not A", () => {
  const slow = run({ slow: 1.5 });
  expect(slowerResult(one, slow, 0.2).exit.code).toBe(6);
  expect(slowerResult(one, slow, 0.51).exit.code).toBe(0);
  expect(slowerResult(slow, one, 0.2).exit.code).toBe(0);
});

it("finds B slower that never got there while A did", () => {
  const { checks, exit } = slowerResult(one, run({ back: 0.95 }), 5);
  expect(checks.filter(({ cohort }) => cohort === null).map(({ outcome }) => outcome)).toEqual([
    "held",
    "held",
    "slower",
  ]);
  expect(exit.code).toBe(6);
});

it.each<{ why: string; a?: RehearsalOptions; b: RehearsalOptions; said: string }>([
  { why: "B lacks a storm", a: { storms: 2 }, b: {}, said: "storm 2: B has no such storm" },
  {
    why: "the storm is another one",
    b: { changes: { cause: "close" } },
    said: "storm 1: another storm: connection reset of 100 % in A, connection close of 100 % in B",
  },
  {
    why: "the fleet is another one",
    b: { devices: { meters: 60, gateways: 40 } },
    said: "storm 1: another fleet: 200 devices in A, 100 in B",
  },
  {
    why: "B was cut short",
    b: { changes: { closed: false } },
    said: "storm 1: B has no verdict (cut-short)",
  },
  {
    why: "nobody came back in either",
    a: { back: 0 },
    b: { back: 0 },
    said: "no percentile was reached in either run",
  },
])("does not pass where $why", ({ a, b, said }) => {
  const result = slowerResult(a === undefined ? one : run(a), run(b), 0.2);
  expect(result.notCompared.join("\n")).toContain(said);
  expect(result.exit.code).toBe(5);
});

it("does not pass a run that is incomplete, and names what only B has without failing it", () => {
  const worker = rehearsal();
  const killed = summaryOf([{ ...worker, record: { ...worker.record, state: "running" } }]);
  const { notCompared, exit } = slowerResult(one, killed, 0.2);
  expect(notCompared).toContain("B is incomplete: what is missing may have been slow");
  expect(exit.code).toBe(5);
  expect(slowerResult(one, run({ storms: 2 }), 0.2)).toMatchObject({
    onlyInB: [
      "storm 2: only in B",
      "storm 2, cohort meters: only in B",
      "storm 2, cohort gateways: only in B",
    ],
    exit: { code: 0 },
  });
});

it("has nothing to hold where A has no storm", () => {
  const none = summaryOf([{ record: { ...rehearsal().record, storms: [] } }]);
  expect(slowerResult(none, none, 0.2)).toMatchObject({ notCompared: ["A has no storm"], exit: { code: 5 } });
});
