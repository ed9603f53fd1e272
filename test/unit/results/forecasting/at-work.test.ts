import { describe, expect, it } from "vitest";
import {
  arrivedByMs,
  dueAt,
  isThere,
  leaveByThemselves,
} from "../../../../results/src/forecasting/at-work.ts";
import { recoversWithin } from "../../../../results/src/forecasting/outcome.ts";
import { failureWords, outcomeWords } from "../../../../results/src/forecasting/words.ts";
import { failed, outcome, question } from "../../../support/findings.ts";

describe("a fleet of which a part alone was there", () => {
  const part = outcome({ fleet: 598, due: 1000 });

  it("has not recovered, whatever became of that part, and is said to be no whole one", () => {
    expect(recoversWithin(part, null)).toBe(false);
    expect(recoversWithin(outcome({ fleet: 990, due: 1000 }), null)).toBe(true);
    expect(outcomeWords(part, false)).toBe("NOT AT WORK: 598 of 1,000 there");
    expect(outcomeWords(failed("metastable", { fleet: 598, due: 1000 }), false)).toContain("NOT AT WORK");
    expect(failureWords(part, question())).toBe(
      "even before the storm the fleet is not at work (NOT AT WORK: only 598 of 1,000 devices were there when it came)",
    );
  });

  it("keeps the reason of a storm without a verdict", () => {
    const none = failed(null, { fleet: 598, due: 1000, absence: "no-baseline", reason: "only 50 %" });
    expect(outcomeWords(none, false)).toBe("NO VERDICT: not at work before");
    expect(failureWords(none, question())).toContain("(NO VERDICT: only 50 %)");
  });
});

describe("how many are due", () => {
  it("are all, once the last has arrived", () => {
    const arrivals = [
      { fromMs: 0, everyMs: 10, count: 100 },
      { fromMs: 5000, everyMs: 100, count: 30 },
    ];
    expect(arrivedByMs(arrivals)).toBe(8000);
    expect(dueAt({ at: 8000, happened: true }, 130, 8000)).toBe(130);
    expect(dueAt({ at: 7999, happened: true }, 130, 8000)).toBeNull();
    expect(dueAt({ at: 9000, happened: false }, 130, 8000)).toBeNull();
    expect(isThere({ fleet: 1, due: null })).toBe(true);
  });

  it("is the script's own choice where devices leave before its last storm is over", () => {
    const staying = { flow: [{ connect: {} }, { loop: [{ publish: {} }], count: 2 }, { stayOnline: {} }] };
    expect(leaveByThemselves([staying, { flow: [{ connect: {} }, { stayOnline: null }] }])).toBe(false);
    expect(leaveByThemselves([staying, { flow: [{ connect: {} }, { stayOnline: { for: "5s" } }] }])).toBe(
      true,
    );
    expect(leaveByThemselves([{ flow: [{ connect: {} }] }])).toBe(true);
    const reconnects = [{ connect: {} }, { loop: [{ disconnect: {} }, { connect: {} }] }, { stayOnline: {} }];
    expect(leaveByThemselves([{ flow: reconnects }])).toBe(true);
  });
});
