/** Stretches of a timeline, held against counting slot by slot. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { bestMeanPerS, meanPerS, sumBetween } from "../../../../results/src/judge/timeline-rates.ts";
import { emptyRow, type TimelineRow } from "../../../../results/src/run/timeline.ts";

const ROW_MS = 100;
const rowsOf = (
  cells: readonly { slot: number; cohort: string; count: number }[],
  offsetMs: number,
): TimelineRow[] =>
  cells
    .map(({ slot, cohort, count }) => ({
      ...emptyRow(slot * ROW_MS + offsetMs, cohort),
      connect_attempts: count,
    }))
    .sort((a, b) => a.t_ms - b.t_ms);

/** One number per row time that overlaps the stretch, empty ones as 0. */
function slots(rows: readonly TimelineRow[], fromMs: number, toMs: number): number[] {
  const grid = rows[0]?.t_ms ?? 0;
  const first = Math.floor((fromMs - grid) / ROW_MS);
  const all = new Array<number>(Math.max(1, Math.ceil((toMs - grid) / ROW_MS) - first)).fill(0);
  for (const row of rows) {
    const at = (row.t_ms - grid) / ROW_MS - first;
    if (at in all) all[at] = (all[at] ?? 0) + row.connect_attempts;
  }
  return all;
}

it("sums, means and best stretches are those of the slots", () => {
  const cell = fc.record({
    slot: fc.nat(60),
    cohort: fc.constantFrom("a", "b"),
    count: fc.nat(50),
  });
  fc.assert(
    fc.property(
      fc.array(cell, { maxLength: 40 }),
      fc.nat(99),
      fc.integer({ min: -500, max: 7000 }),
      fc.integer({ min: 1, max: 5000 }),
      fc.integer({ min: 1, max: 30 }),
      (cells, offsetMs, fromMs, lengthMs, width) => {
        const rows = rowsOf(cells, offsetMs);
        const toMs = fromMs + lengthMs;
        const all = slots(rows, fromMs, toMs);
        const sum = (some: readonly number[]): number => some.reduce((total, one) => total + one, 0);
        expect(sumBetween(rows, "connect_attempts", fromMs, toMs)).toBe(sum(all));
        expect(meanPerS(rows, "connect_attempts", fromMs, toMs)).toBeCloseTo((sum(all) * 10) / all.length);
        const wide = Math.min(width, all.length);
        const means = all.slice(wide - 1).map((_, i) => sum(all.slice(i, i + wide)));
        const best = bestMeanPerS(rows, "connect_attempts", fromMs, toMs, width * ROW_MS);
        expect(best).toBeCloseTo((Math.max(...means) * 10) / wide);
      },
    ),
  );
});
