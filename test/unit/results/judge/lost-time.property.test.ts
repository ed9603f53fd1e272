import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recoveryLoad, STRETCH_MS } from "../../../../results/src/judge/lost-time.ts";
import { emptyRow, type TimelineRow } from "../../../../results/src/run/timeline.ts";

const FLEET = 100;
const few = fc.integer({ min: 0, max: 60 });

/** Rows as any run might leave them, also such as contradict each other. */
const rows: fc.Arbitrary<TimelineRow[]> = fc
  .array(
    fc.record({
      online: fc.integer({ min: 0, max: FLEET }),
      ready: fc.integer({ min: 0, max: FLEET }),
      connect_attempts: few,
      connects_accepted: few,
      connects_refused: few,
      config_requests: few,
      config_responses: few,
      config_timeouts: few,
      late_responses: few,
      auth_requests: few,
      auth_responses: few,
      auth_failures: few,
    }),
    { minLength: 1, maxLength: 80 },
  )
  .map((all) => all.map((row, i) => ({ ...emptyRow(i * 100, ""), ...row })));

describe("the time that a storm took", () => {
  it("is all of the time in which devices were not ready, in parts that are not negative", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const { lost } = recoveryLoad(all, FLEET, 0, all.length * 100);
        const notReadyS = all.reduce((sum, { ready }) => sum + (FLEET - ready) / 10, 0);
        const parts = Object.values(lost);
        expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(notReadyS, 6);
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it("has whole stretches alone, with every event of theirs", () => {
    fc.assert(
      fc.property(rows, (all) => {
        const { stretches } = recoveryLoad(all, FLEET, 0, all.length * 100);
        expect(stretches).toHaveLength(Math.floor((all.length * 100) / STRETCH_MS));
        const within = all.slice(0, (stretches.length * STRETCH_MS) / 100);
        const accepted = within.reduce((sum, row) => sum + row.connects_accepted, 0);
        const found = stretches.reduce(
          (sum, { connectsAcceptedPerS }) => sum + (connectsAcceptedPerS * STRETCH_MS) / 1000,
          0,
        );
        expect(found).toBeCloseTo(accepted, 6);
      }),
    );
  });
});
