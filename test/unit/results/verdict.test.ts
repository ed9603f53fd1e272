import { describe, expect, it } from "vitest";
import { judge, type StormEvidence } from "../../../results/src/verdict.ts";

const idle = { peakPerS: 1000, lastQuarterPerS: 0 };
const running = { peakPerS: 1000, lastQuarterPerS: 250 };
const base: StormEvidence = {
  absence: null,
  closed: true,
  affected: 1000,
  recovered: 500,
  readyInLastQuarter: 0,
  connectAttempts: idle,
  configRequests: idle,
};

describe("verdict at a target of 99 %", () => {
  const cases: [string, Partial<StormEvidence>, string | null][] = [
    ["all recovered", { recovered: 1000 }, "recovered"],
    ["exactly the target", { recovered: 990 }, "recovered"],
    ["one device short", { recovered: 989 }, "degraded"],
    ["recovered wins over load that still runs", { recovered: 990, connectAttempts: running }, "recovered"],
    ["load fell", {}, "degraded"],
    ["connect attempts at 25 % of their peak", { connectAttempts: running }, "metastable"],
    ["config requests at 25 % of their peak", { configRequests: running }, "metastable"],
    ["just under 25 %", { connectAttempts: { peakPerS: 1000, lastQuarterPerS: 249.9 } }, "degraded"],
    [
      "1 % became ready in the last quarter",
      { connectAttempts: running, readyInLastQuarter: 10 },
      "degraded",
    ],
    ["just under 1 %", { connectAttempts: running, readyInLastQuarter: 9 }, "metastable"],
    [
      "no load at all is not metastable",
      { connectAttempts: { peakPerS: 0, lastQuarterPerS: 0 } },
      "degraded",
    ],
    ["never came", { absence: "did not happen", closed: false }, null],
    ["nobody affected", { affected: 0, recovered: 0 }, null],
    ["not watched to its end", { closed: false, connectAttempts: running }, null],
    ["not watched to its end, but the target was reached", { closed: false, recovered: 995 }, "recovered"],
  ];
  it.each(cases)("%s", (_, changes, verdict) => {
    expect(judge({ ...base, ...changes }, 0.99).verdict).toBe(verdict);
  });

  it("says why", () => {
    const reason = (changes: Partial<StormEvidence>): string => judge({ ...base, ...changes }, 0.99).reason;
    expect(reason({ absence: "did not happen" })).toBe("did not happen");
    expect(reason({ affected: 0 })).toBe("no device affected");
    expect(reason({ closed: false })).toBe("not watched to its end");
    expect(reason({ affected: 100_000, recovered: 98_999 })).toContain("98.99 % of the affected");
    expect(reason({ readyInLastQuarter: 10 })).toBe(
      "50 % of the affected devices were ready inside the window (target 99 %); more were still becoming ready when it ended",
    );
    expect(reason({ connectAttempts: running, configRequests: running })).toBe(
      "50 % of the affected devices were ready inside the window (target 99 %); at its end hardly any became ready, " +
        "yet connect attempts ran at 25 % of their peak and config requests ran at 25 % of their peak",
    );
  });
});
