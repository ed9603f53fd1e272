import { describe, expect, it } from "vitest";
import { conclusionOf } from "../../../../results/src/forecasting/conclusion.ts";
import {
  capacityFinding,
  failed,
  fleetFinding,
  outcome,
  policyFinding,
  question,
  readyAfter,
  search,
} from "../../../support/findings.ts";

const spirals = (fleet: number) => failed("metastable", { fleet });
const comesBack = (fleet: number, ms = 4000) => outcome({ fleet, ...readyAfter(ms) });

describe("the largest loss", () => {
  it("is one that was tried, beside the next larger one that was", () => {
    const found = search("below", {
      1000: comesBack(1000),
      2000: spirals(2000),
      1414: comesBack(1414, 16_000),
      1430: spirals(1430),
    });
    expect(conclusionOf(fleetFinding([found]))).toEqual([
      "With the script's own back-off (full-jitter 1 s to 30 s) the largest loss that was found to recover is 1,414 devices lost at once: 99 % of them are ready after 16 s. The next larger one that was tried, 1,430 devices lost at once (1.13 % more), does not: the fleet spirals: the load of those who are out keeps them out (METASTABLE).",
      "4 sizes of the fleet were tried, from 1,000 to 2,000 devices, until neighbours were at most 2 % apart; of what lies between them nothing is known.",
    ]);
  });

  it("of a share of the fleet names both; a window that is too short is told from a spiral further up", () => {
    const part = (fleet: number) => ({ fleet, affected: fleet / 4 });
    const found = search("below", {
      1000: outcome(part(1000)),
      2000: failed("metastable", part(2000)),
      1016: failed("recovering", part(1016)),
    });
    const [first, second] = conclusionOf(fleetFinding([found]));
    expect(first).toContain("is 250 of 1,000 devices lost at once");
    expect(first).toContain("devices are still coming back when the window of 25 s ends (RECOVERING)");
    expect(second).toBe(
      "The smallest loss that was tried and spirals (METASTABLE) is 500 of 2,000 devices lost at once.",
    );
  });

  it("says where more could be known by watching for longer", () => {
    const found = search("below", { 1000: comesBack(1000), 1010: failed("recovering", { fleet: 1010 }) });
    expect(conclusionOf(fleetFinding([found]))).toContain(
      "Whether it recovers later is not known, for its window ends before: --within has it watched for longer.",
    );
  });

  it("says where even the largest recovers, and where not even the smallest does", () => {
    expect(
      conclusionOf(fleetFinding([search("below", { 1000: comesBack(1000), 2000: comesBack(2000) })]))[0],
    ).toBe(
      "With the script's own back-off (full-jitter 1 s to 30 s) the largest loss that was tried recovers, 2,000 devices lost at once: 99 % of them are ready after 4 s. Larger ones were not tried.",
    );
    const none = search("below", { 2: spirals(2), 1: failed("stalled", { fleet: 1 }) });
    expect(conclusionOf(fleetFinding([none]))[0]).toBe(
      "With the script's own back-off (full-jitter 1 s to 30 s) not even the smallest loss that was tried recovers: 1 device lost at once; nobody comes back any more, under less load than the target is known to sustain (STALLED).",
    );
  });

  it("tells a fleet that was not at work before from one that the storm broke", () => {
    const found = search("below", {
      1000: comesBack(1000),
      1010: failed(null, { fleet: 1010, absence: "no-baseline", reason: "only 90 % had ever been ready" }),
    });
    expect(conclusionOf(fleetFinding([found]))[0]).toContain(
      "does not: even before the storm the fleet is not at work (NO VERDICT: only 90 % had ever been ready).",
    );
  });

  it("of few devices has no whole number between neighbours, which are further apart than others would be", () => {
    const found = search("below", { 40: comesBack(40), 41: spirals(41) });
    expect(conclusionOf(fleetFinding([found])).at(-1)).toBe(
      "2 sizes of the fleet were tried, from 40 to 41 devices, until no whole number was left between neighbours; of what lies between them nothing is known.",
    );
  });

  it("says what ended it", () => {
    const found = search("below", { 1000: comesBack(1000) }, { stopped: "2000 devices would not fit" });
    expect(conclusionOf(fleetFinding([found], { interrupted: true })).slice(1)).toEqual([
      "Only 1,000 devices were tried.",
      "The search ended there: 2000 devices would not fit.",
      "It was interrupted: what was not tried by then is not known.",
    ]);
    const two = search("below", { 1000: comesBack(1000), 2000: spirals(2000) });
    expect(conclusionOf(fleetFinding([two], { interrupted: true }))[1]).toBe(
      "2 sizes of the fleet were tried, from 1,000 to 2,000 devices; of what lies between them nothing is known.",
    );
    expect(conclusionOf(fleetFinding([search("below", {})]))).toEqual([
      "With the script's own back-off (full-jitter 1 s to 30 s) nothing was tried to its end.",
    ]);
  });
});

describe("a capacity", () => {
  it("is the least that was found to be enough, beside the next smaller one that was tried", () => {
    const late = { holds: false, value: 275, outcome: outcome(readyAfter(10_300)) };
    const base = search("above", { 500: comesBack(1000), 278: comesBack(1000, 9990) });
    const found = {
      ...base,
      points: [...base.points, late],
      bracket: { holds: 278, fails: 275 },
    };
    const within = { question: question({ withinMs: 10_000 }) };
    expect(conclusionOf(capacityFinding([found], within))[0]).toBe(
      "With the script's own back-off (full-jitter 1 s to 30 s) the least of the config service that was found to be enough is 278 answers per s: 99 % of them are ready after 9.99 s. With the next smaller value that was tried, 275 answers per s (1.08 % less), it is not: it recovers too late: 99 % are ready after 10.3 s, allowed are 10 s (RECOVERED).",
    );
  });

  it("that is a little too late never reads like one in time", () => {
    const late = { holds: false, value: 9, outcome: outcome(readyAfter(30_010)) };
    const base = search("above", { 10: comesBack(1000, 29_000) });
    const found = { ...base, points: [...base.points, late], bracket: { holds: 10, fails: 9 } };
    const within = { question: question({ withinMs: 30_000 }) };
    expect(conclusionOf(capacityFinding([found], within))[0]).toContain(
      "99 % are ready after 30,010 ms, allowed are 30 s",
    );
  });

  it("that lets too much through is not called enough", () => {
    const found = search("above", {
      1000: failed("metastable"),
      2000: failed("metastable"),
      250: comesBack(1000, 9000),
      248: failed("recovering"),
    });
    const sentences = conclusionOf(capacityFinding([found], { of: "broker" }));
    expect(sentences[0]).toContain("found to be enough is 250 connects per s");
    expect(sentences[1]).toBe(
      "More is not always enough: it may let more through than what stands behind it can take. With 2 values from 1,000 to 2,000 connects per s it does not recover; with the least of them, the fleet spirals: the load of those who are out keeps them out (METASTABLE).",
    );
    const none = search("above", { 1000: failed("metastable"), 1: failed("recovering") });
    expect(conclusionOf(capacityFinding([none], { of: "broker" }))[0]).toContain(
      "Nor is less, down to 1 connect per s: devices are still coming back",
    );
  });

  it("of the broker is in connects; where nothing is enough it says so", () => {
    const broken = search("above", { 1000: failed("stalled"), 2000: failed("stalled") });
    expect(conclusionOf(capacityFinding([broken], { of: "broker" }))[0]).toContain(
      "not even 2,000 connects per s of the broker are enough: nobody comes back any more",
    );
    const least = search("above", { 1000: comesBack(1000), 1: comesBack(1000) });
    expect(conclusionOf(capacityFinding([least]))[0]).toContain(
      "the least that was tried of the config service is enough, 1 answer per s",
    );
  });
});

it("one value alone is one in words as well", () => {
  const found = search("above", { 1: comesBack(1000) });
  expect(conclusionOf(capacityFinding([found])).at(-1)).toBe("Only 1 answer per s was tried.");
  const point = { policy: "aws-iot", holds: true, frontier: false, outcome: comesBack(1) };
  expect(conclusionOf(policyFinding([point]))[0]).toBe(
    "1 of 1 policy brings 1 device that is lost at once back within 25 s.",
  );
});

describe("policies", () => {
  const point = (policy: string, ms: number, connectsPerS: number, frontier: boolean) => ({
    policy,
    holds: true,
    frontier,
    outcome: outcome({ ...readyAfter(ms), peak: { connectsPerS, configRequestsPerS: connectsPerS } }),
  });
  const spiral = { policy: "immediate", holds: false, frontier: false, outcome: failed("metastable") };

  it("names the frontier, and what is better than the script's own", () => {
    const sentences = conclusionOf(
      policyFinding([
        point("script (fixed 5 s)", 9000, 1000, false),
        point("full-jitter 1 s to 30 s", 4000, 1000, true),
        point("uniform 30 s", 30_000, 50, true),
        point("full-jitter 5 s to 30 s", 5000, 400, true),
        spiral,
      ]),
    );
    expect(sentences).toEqual([
      "4 of 5 policies bring 1,000 devices that are lost at once back within 25 s; the fleet spirals with 1 (METASTABLE).",
      "The fastest is full-jitter 1 s to 30 s (99 % ready after 4 s, at most 1,000 connects/s); the lightest is uniform 30 s (99 % ready after 30 s, at most 50 connects/s).",
      "On the frontier, where no other is as fast and as light, are: full-jitter 1 s to 30 s; full-jitter 5 s to 30 s; uniform 30 s.",
      "script (fixed 5 s) takes 9 s at 1,000 connects/s; as fast and as light, and better in one of the two: full-jitter 1 s to 30 s; full-jitter 5 s to 30 s.",
    ]);
  });

  it("with which a part of the fleet alone was there are told from those with a verdict of all", () => {
    const away = { ...spiral, outcome: failed("metastable", { fleet: 598, due: 1000 }) };
    expect(conclusionOf(policyFinding([point("uniform 30 s", 9000, 50, true), spiral, away]))[0]).toBe(
      "1 of 3 policies bring 598 to 1,000 devices that are lost at once back within 25 s; the fleet spirals with 1 (METASTABLE), the fleet is not at work before the storm with 1.",
    );
  });

  it("that are equal are named together, and none of them is the fastest", () => {
    const [one, other] = [point("fixed 5 s", 5000, 200, true), point("aws-iot", 5000, 200, true)];
    expect(conclusionOf(policyFinding([one, other])).slice(1)).toEqual([
      "2 are equal, and the whole frontier, for no other is as fast or as light (99 % ready after 5 s, at most 200 connects/s): fixed 5 s; aws-iot.",
    ]);
    expect(conclusionOf(policyFinding([one, other, point("uniform 30 s", 29_000, 50, true)]))[1]).toBe(
      "The fastest are, all equal, fixed 5 s; aws-iot (99 % ready after 5 s, at most 200 connects/s); the lightest is uniform 30 s (99 % ready after 29 s, at most 50 connects/s).",
    );
  });

  it("says what becomes of the script's own, and where the losses differ", () => {
    const own = { ...spiral, policy: "script (immediate)" };
    const other = point("uniform 30 s", 9000, 50, true);
    const smaller = { ...other, outcome: { ...other.outcome, affected: 900 } };
    expect(conclusionOf(policyFinding([own, smaller]))).toEqual([
      "1 of 2 policies bring 900 to 1,000 devices that are lost at once back within 25 s; the fleet spirals with 1 (METASTABLE).",
      "Not all had the same loss, but from 900 to 1,000 devices: some of the others were not online when the storm came.",
      "uniform 30 s (99 % ready after 9 s, at most 50 connects/s) is the whole frontier: no other is as fast or as light.",
      "With the script's own back-off (immediate) it does not: the fleet spirals: the load of those who are out keeps them out (METASTABLE).",
    ]);
    expect(conclusionOf(policyFinding([]))).toEqual(["Nothing was tried to its end."]);
  });
});
