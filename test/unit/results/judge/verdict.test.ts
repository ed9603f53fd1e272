import { lastStretchMs, STORM_FATES, type StormFate } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  FEWEST_DEVICES,
  isAtLeastAsBad,
  type Judgement,
  judge,
  type StormEvidence,
  VERDICTS,
  type Verdict,
} from "../../../../results/src/judge/verdict.ts";

type Counts = StormEvidence["counts"];

/** 1,000 devices, all affected; who came back is ready at the end, unless `changes` says so. */
function counts(changes: Partial<Counts> = {}): Counts {
  const none = Object.fromEntries(STORM_FATES.map((fate) => [fate, 0])) as Record<StormFate, number>;
  const { affected = 1000, recovered = 500, fleet = affected } = changes;
  const fleetReadyAtEnd = fleet - affected + recovered;
  return { ...none, affected, recovered, fleet, readyAtEnd: recovered, fleetReadyAtEnd, ...changes };
}

const idle = { connectsPerS: 0, configRequestsPerS: 0 };
const unknown = { connectsPerS: null, configRequestsPerS: null };
const base: StormEvidence = {
  absence: null,
  closed: true,
  windowMs: 60_000,
  plannedWindowMs: null,
  awayMs: 0,
  longestBackoffMs: 30_000,
  counts: counts(),
  lastStretch: { ms: 30_000, back: 0, readyGained: 0 },
  offered: idle,
  sustained: { connectsPerS: 100, configRequestsPerS: 50 },
  regions: [],
  before: { configRequests: 0, configResponses: 0 },
};

const back = (n: number, readyGained = n): Partial<StormEvidence> => ({
  lastStretch: { ms: 30_000, back: n, readyGained },
});
const of = (changes: Partial<Counts>, more: Partial<StormEvidence> = {}): Partial<StormEvidence> => ({
  counts: counts(changes),
  ...more,
});
const judged = (changes: Partial<StormEvidence>, target = 0.99): Judgement =>
  judge({ ...base, ...changes }, target);

describe("verdict at a target of 99 %", () => {
  const cases: [string, Partial<StormEvidence>, Verdict | null][] = [
    ["all came back", of({ recovered: 1000 }), "recovered"],
    ["exactly the target", of({ recovered: 990 }), "recovered"],
    ["one device short", of({ recovered: 989 }), "stalled"],
    ["few devices, all back", of({ affected: 3, recovered: 3 }), "recovered"],
    [
      "load that runs on does not undo a recovery",
      of({ recovered: 990 }, { offered: { connectsPerS: 1000, configRequestsPerS: 1000 } }),
      "recovered",
    ],
    [
      "back, and 11 lost again",
      of({ recovered: 1000, readyAtEnd: 989, fleetReadyAtEnd: 989, lostAtEnd: 11, lostAgain: 11 }),
      "relapsed",
    ],
    [
      "back, and lost by the end: within what the target allows",
      of({ recovered: 1000, readyAtEnd: 990, fleetReadyAtEnd: 990, lostAtEnd: 10, lostAgain: 10 }),
      "recovered",
    ],
    [
      "back, and those that the storm left alone are lost",
      of({
        affected: 100,
        recovered: 100,
        fleet: 1000,
        fleetReadyAtEnd: 500,
        unaffectedLost: 500,
        lostAtEnd: 500,
      }),
      "relapsed",
    ],
    [
      "a small storm whose devices are all lost again, in a fleet that hardly notices",
      of({
        affected: 100,
        recovered: 100,
        fleet: 100_000,
        readyAtEnd: 0,
        fleetReadyAtEnd: 99_900,
        lostAgain: 100,
        lostAtEnd: 100,
      }),
      "relapsed",
    ],
    [
      "back, but others were out before and still are",
      of({ affected: 180, recovered: 180, fleet: 300, alreadyOffline: 120, fleetReadyAtEnd: 180 }),
      "stalled",
    ],
    ["1 % came back in the last stretch", back(10), "recovering"],
    ["just under 1 %", back(9), "stalled"],
    ["one device came back, and one was missing", of({ recovered: 989 }, back(1)), "recovering"],
    [
      "as many lost as came back: flapping",
      of({ recovered: 900, lostAtEnd: 890, readyAtEnd: 10, fleetReadyAtEnd: 10 }, back(100, 1)),
      "stalled",
    ],
    [
      "those who are out offer what the target sustains in connects",
      { offered: { connectsPerS: 100, configRequestsPerS: 0 } },
      "metastable",
    ],
    ["just under it", { offered: { connectsPerS: 99.9, configRequestsPerS: 49.9 } }, "stalled"],
    ["in config requests", { offered: { connectsPerS: 0, configRequestsPerS: 50 } }, "metastable"],
    [
      "and nobody knows what it sustains",
      { offered: { connectsPerS: 10, configRequestsPerS: 9 }, sustained: unknown },
      null,
    ],
    ["nothing, and nobody knows what it sustains", { sustained: unknown }, "stalled"],
    [
      "little in connects, and nobody knows what it sustains in config requests",
      {
        offered: { connectsPerS: 10, configRequestsPerS: 900 },
        sustained: { connectsPerS: 100, configRequestsPerS: null },
      },
      null,
    ],
    ["nobody came back, and some have not noticed that they were lost", of({ unaware: 11 }), null],
    ["one in a hundred has not", of({ unaware: 10 }), "stalled"],
    ["nobody came back in a window shorter than a wait", { longestBackoffMs: 60_001 }, null],
    ["some did", { longestBackoffMs: 60_001, ...back(100) }, "recovering"],
    ["never came", { absence: { kind: "did-not-happen", reason: "did not happen" }, closed: false }, null],
    ["nobody affected", of({ affected: 0, recovered: 0, fleet: 10 }), null],
    ["all affected devices left", of({ recovered: 0, leftByScript: 1000, fleetLeftByScript: 1000 }), null],
    ["half left, half came back", of({ leftByScript: 500, fleetLeftByScript: 500 }), "recovered"],
    ["not watched to its end", { closed: false }, null],
    [
      "not watched to its end, though all were back by then",
      of({ recovered: 1000 }, { closed: false }),
      null,
    ],
    ["never ready before", of({ neverReady: 1000 }), null],
    ["too few ready before", of({ neverReady: 11 }), null],
    ["as many ready before as the target asks for", of({ neverReady: 10 }), "stalled"],
    ["one short of enough devices", of({ affected: FEWEST_DEVICES - 1, recovered: 0 }), null],
    ["just enough devices", of({ affected: FEWEST_DEVICES, recovered: 0 }), "stalled"],
    [
      "few affected, but a whole fleet lost",
      of({ affected: 1, recovered: 1, fleet: 1000, readyAtEnd: 0, fleetReadyAtEnd: 0, lostAtEnd: 1000 }),
      "relapsed",
    ],
  ];
  it.each(cases)("%s", (_, changes, verdict) => {
    expect(judged(changes).verdict).toBe(verdict);
  });

  it("says why there is none, in a word as well", () => {
    const absences = cases
      .map(([, changes]) => judged(changes))
      .filter(({ verdict }) => verdict === null)
      .map(({ absence }) => absence);
    expect(new Set(absences)).toEqual(
      new Set([
        "window-too-short",
        "capacity-unknown",
        "did-not-happen",
        "nobody-affected",
        "cut-short",
        "no-baseline",
        "too-few-devices",
      ]),
    );
    for (const [, changes] of cases) {
      const { verdict, absence, reason } = judged(changes);
      expect((verdict === null) === (absence !== null)).toBe(true);
      expect(reason).not.toBe("");
    }
  });

  it("says why", () => {
    expect(judged({ offered: { connectsPerS: 123.4, configRequestsPerS: 60 } }).reason).toBe(
      "50 % of the affected devices were ready inside the window (target 99 %); nobody came back in the last 30 s, yet those " +
        "who are out offered 123 connects/s, at least the 100 accepted before the storm and 60 config requests/s, at least " +
        "the 50 answered before the storm",
    );
    expect(judged({ offered: { connectsPerS: 1.5, configRequestsPerS: 0 } }).reason).toBe(
      "50 % of the affected devices were ready inside the window (target 99 %); nobody came back in the last 30 s, and those " +
        "who are out offered 1.5 of 100 connects/s and 0 of 50 config requests/s that the target is known to sustain: " +
        "something is broken, not overloaded",
    );
    expect(judged(of({ affected: 100_000, recovered: 98_999 })).reason).toContain("98.99 % of the affected");
    expect(judged(back(12)).reason).toBe(
      "50 % of the affected devices were ready inside the window (target 99 %); 12 devices came back in the last 30 s: " +
        "the window is too short",
    );
    expect(judged({ longestBackoffMs: 90_000 }).reason).toContain(
      "a device may wait 90 s between two attempts: a window of 60 s is too short to tell",
    );
    expect(judged(of({ affected: 3, recovered: 2 })).reason).toBe(
      "too few devices to tell: 66.66 % of the affected devices were ready inside the window (target 99 %), and 1 device of " +
        "3 were out at its end; it takes 20",
    );
  });
});

describe("regions", () => {
  const region = (name: string, offered: number, sustained: number | null) => ({
    name,
    offered: { connectsPerS: offered, configRequestsPerS: 0 },
    sustained: { connectsPerS: sustained, configRequestsPerS: null },
  });
  it("are judged each by what it sustains: one that survives is overloaded, all together are not", () => {
    const offered = { connectsPerS: 75, configRequestsPerS: 0 };
    const whole = { offered, sustained: { connectsPerS: 126, configRequestsPerS: null } };
    expect(judged(whole).verdict).toBe("stalled");
    const regions = [region("eu", 0, 63), region("ap", 75, 32), region("us", 0, 31)];
    const { verdict, reason } = judged({ ...whole, regions });
    expect(verdict).toBe("metastable");
    expect(reason).toContain("75 connects/s in region ap, at least the 32 accepted before the storm");
    // None of them was overloaded, though together they are asked for more than they ever sustained at one time.
    const idle = [region("eu", 40, 63), region("ap", 30, 32), region("us", 0, 31)];
    const stalled = judged({ ...whole, regions: idle });
    expect(stalled.verdict).toBe("stalled");
    expect(stalled.reason).toContain("40 of 63 connects/s in region eu and 30 of 32 connects/s in region ap");
    expect(stalled.reason).not.toContain("region us");
  });

  it("of which one was never asked before are not said to be broken", () => {
    const offered = { connectsPerS: 75, configRequestsPerS: 0 };
    const whole = { offered, sustained: { connectsPerS: 126, configRequestsPerS: null } };
    const { verdict, absence, reason } = judged({
      ...whole,
      regions: [region("eu", 0, 63), region("us", 75, null)],
    });
    expect([verdict, absence]).toEqual([null, "capacity-unknown"]);
    expect(reason).toContain("offered 75 connects/s in region us, and the target was never seen to take any");
  });
});

describe("the last stretch", () => {
  it.each([
    [60_000, 0, 15_000],
    [60_000, 10_000, 15_000],
    [60_000, 30_000, 30_000],
    [30_000, 30_000, 30_000],
    // The wait is too long for the window: what comes back in its last quarter is still seen.
    [20_000, 30_000, 5000],
  ])("of a window of %d ms, with waits up to %d ms, is %d ms", (windowMs, longestMs, stretchMs) => {
    expect(lastStretchMs(windowMs, longestMs)).toBe(stretchMs);
  });
});

describe("severity", () => {
  it("orders verdicts: recovered < recovering < stalled = relapsed < metastable", () => {
    const worse = (as: Verdict): Verdict[] => VERDICTS.filter((one) => isAtLeastAsBad(one, as));
    expect(worse("recovered")).toEqual([...VERDICTS]);
    expect(worse("recovering")).toEqual(["recovering", "stalled", "relapsed", "metastable"]);
    expect(worse("stalled")).toEqual(["stalled", "relapsed", "metastable"]);
    expect(worse("relapsed")).toEqual(worse("stalled"));
    expect(worse("metastable")).toEqual(["metastable"]);
  });
});

describe("for any storm", () => {
  /** Fates that a fleet can really have. */
  const fates = fc
    .record({
      affected: fc.nat(500),
      others: fc.nat(500),
      recovered: fc.nat(500),
      held: fc.nat(500),
      othersReady: fc.nat(500),
    })
    .map(({ affected, others, recovered, held, othersReady }) => {
      const came = Math.min(recovered, affected);
      const stayed = Math.min(held, came);
      const atWork = Math.min(othersReady, others);
      return counts({
        affected,
        recovered: came,
        fleet: affected + others,
        readyAtEnd: stayed,
        fleetReadyAtEnd: stayed + atWork,
        lostAgain: came - stayed,
        unaffectedLost: others - atWork,
        lostAtEnd: came - stayed + others - atWork,
      });
    });
  const rates = fc.record({ connectsPerS: fc.nat(1000), configRequestsPerS: fc.nat(1000) });
  const capacity = fc.option(fc.integer({ min: 1, max: 1000 }));
  const known = fc.record({ connectsPerS: capacity, configRequestsPerS: capacity });
  const evidence = fc
    .record({
      fates,
      offered: rates,
      sustained: known,
      back: fc.nat(500),
      windowMs: fc.integer({ min: 1, max: 100_000 }),
      awayMs: fc.constant(0),
    })
    .map(({ fates: some, back: n, ...rest }): StormEvidence => {
      const lastStretch = { ms: 30_000, back: Math.min(n, some.recovered), readyGained: 0 };
      return { ...base, ...rest, counts: some, lastStretch };
    });

  it("says recovered exactly where the target share came back and is there at the end, of the affected and of the fleet", () => {
    fc.assert(
      fc.property(evidence, fc.constantFrom(0.5, 0.9, 0.99, 1), (storm, target) => {
        const { affected, recovered, readyAtEnd, fleet, fleetReadyAtEnd } = storm.counts;
        const enough = (part: number, whole: number): boolean => part >= whole * target - 1e-9;
        const holds =
          affected > 0 &&
          enough(recovered, affected) &&
          enough(readyAtEnd, affected) &&
          enough(fleetReadyAtEnd, fleet);
        expect(judge(storm, target).verdict === "recovered").toBe(holds);
      }),
    );
  });

  it("gets no better when fewer are ready at the end, and no worse when less is offered", () => {
    const severity = (verdict: Verdict | null): number => (verdict === null ? -1 : VERDICTS.indexOf(verdict));
    fc.assert(
      fc.property(evidence, (storm) => {
        const { verdict, absence } = judge(storm, 0.99);
        const lost = judge(
          { ...storm, counts: { ...storm.counts, readyAtEnd: 0, fleetReadyAtEnd: 0 } },
          0.99,
        ).verdict;
        if (verdict !== "recovered" && storm.counts.affected > 0) expect(lost).not.toBe("recovered");
        const calm = judge({ ...storm, offered: idle }, 0.99).verdict;
        // What was never seen to be taken cannot be held against what was offered.
        if (absence !== "capacity-unknown") expect(severity(calm)).toBeLessThanOrEqual(severity(verdict));
        expect(calm).not.toBe("metastable");
      }),
    );
  });
});
