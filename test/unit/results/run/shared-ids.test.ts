import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sharedIds } from "../../../../results/src/run/shared-ids.ts";
import { record } from "../../../support/run-files.ts";

/** Names whom the first sentences are about. */
const who = (records: readonly WorkerRecord[]): string[] =>
  sharedIds(records).map((sentence) => sentence.replace(/ gave their devices.*/, ""));

describe("client ids that several processes gave at the same time", () => {
  it("are found as by looking at every pair", () => {
    const worker = fc.record({
      testRunId: fc.constantFrom("a", "b", "c"),
      workerId: fc.constantFrom("1", "2"),
      startedAtMs: fc.nat(20),
      lastedMs: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(worker, { maxLength: 12 }), (workers) => {
        const records = workers.map(({ lastedMs, ...own }) =>
          record({ ...own, updatedAtMs: own.startedAtMs + lastedMs }),
        );
        const runs = [...new Set(records.map(({ testRunId }) => testRunId))];
        const pairs = records.flatMap((a, i) =>
          records.slice(i + 1).flatMap((b) => {
            const overlap = a.startedAtMs < b.updatedAtMs && b.startedAtMs < a.updatedAtMs;
            if (!overlap) return [];
            if (a.testRunId === b.testRunId) {
              return a.workerId === b.workerId ? `two workers ${a.workerId} of run ${a.testRunId}` : [];
            }
            const [first, second] = [a.testRunId, b.testRunId].sort(
              (x, y) => runs.indexOf(x) - runs.indexOf(y),
            );
            return `run ${first} and run ${second}`;
          }),
        );
        const expected = [...new Set(pairs)];
        const found = who(records);
        expect(found.slice(0, 5).every((one) => expected.includes(one))).toBe(true);
        if (expected.length <= 5) expect(found.sort()).toEqual(expected.sort());
        else expect(found.at(-1)).toBe(`and ${expected.length - 5} more pairs of runs`);
      }),
    );
  });

  it("are said of a few pairs, however many there are", () => {
    const records = Array.from({ length: 10_000 }, (_, i) => record({ testRunId: `t-${i}` }));
    const said = who(records);
    expect(said).toHaveLength(6);
    expect(said[0]).toBe("run t-0 and run t-1");
    expect(said.at(-1)).toBe("and 995 more pairs of runs at least");
    const copies = Array.from({ length: 10_000 }, () => record());
    expect(who(copies)).toEqual(["two workers 1 of run t-synthetic"]);
  });
});
