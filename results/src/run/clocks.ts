import { safeFileName, TIMELINE_ROW_MS, type WorkerRecord } from "artillery-engine-mqtt/contract";
import { getOrAdd } from "./get-or-add.ts";

/** A worker's clock against the one that most workers of its run were held against. */
export interface ClockReading {
  /** Milliseconds; negative where it is behind. */
  aheadMs: number;
  /** It is right within so much. */
  uncertaintyMs: number;
}

export type Clocks = ReadonlyMap<WorkerRecord, ClockReading>;

interface Rooted extends ClockReading {
  /** What the chain of references ends with. */
  root: string;
}

/** What is known of the workers' clocks; one that was not measured is not there. Workers of several runs have nothing in common. */
export function clocksOf(records: readonly WorkerRecord[]): Clocks {
  const known = new Map<WorkerRecord, ClockReading>();
  for (const run of Map.groupBy(records, ({ testRunId }) => testRunId).values()) addRun(known, run);
  return known;
}

function addRun(known: Map<WorkerRecord, ClockReading>, run: readonly WorkerRecord[]): void {
  const byId = new Map(run.map((record) => [safeFileName(record.workerId), record]));
  const rooted = new Map(run.map((record) => [record, follow(record, byId)]));
  const sizes = new Map<string, number>();
  for (const one of rooted.values()) if (one) sizes.set(one.root, (sizes.get(one.root) ?? 0) + 1);
  const [common] = [...sizes].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))[0] ?? [];
  // The threads of a container have one clock, and one that was measured speaks for all.
  const ofContainers = new Map<string, ClockReading>();
  for (const [record, one] of rooted) {
    if (one === null || one.root !== common) continue;
    const { aheadMs, uncertaintyMs } = one;
    known.set(record, { aheadMs, uncertaintyMs });
    getOrAdd(ofContainers, record.containerName, () => ({ aheadMs, uncertaintyMs }));
  }
  for (const record of run) {
    const ofContainer = ofContainers.get(record.containerName);
    if (!known.has(record) && ofContainer !== undefined) known.set(record, ofContainer);
  }
}

/** Follows references to the end; null where they go in a circle, which no engine writes. */
function follow(record: WorkerRecord, byId: ReadonlyMap<string, WorkerRecord>): Rooted | null {
  const seen = new Set<WorkerRecord>();
  let aheadMs = 0;
  let uncertaintyMs = 0;
  for (let at = record; !seen.has(at); ) {
    seen.add(at);
    if (at.clock === null) return { root: safeFileName(at.workerId), aheadMs, uncertaintyMs };
    const { reference } = at.clock;
    aheadMs += at.clock.offsetMs;
    uncertaintyMs += at.clock.uncertaintyMs;
    const next = byId.get(reference);
    if (next === undefined) return { root: reference, aheadMs, uncertaintyMs };
    at = next;
  }
  return null;
}

/** By how much times of a worker are off: by nothing where its clock was not measured, or may as well be right. */
export function aheadMs(clocks: Clocks, record: WorkerRecord): number {
  const reading = clocks.get(record);
  return reading === undefined || Math.abs(reading.aheadMs) <= reading.uncertaintyMs ? 0 : reading.aheadMs;
}

/** Epoch milliseconds of this worker's clock on the common one. */
export function onCommonClock(clocks: Clocks, record: WorkerRecord, epochMs: number): number {
  return epochMs - aheadMs(clocks, record);
}

/** Whole rows by which a worker's timeline is to be moved: rows stand on multiples of their width. */
export function rowsMovedMs(clocks: Clocks, record: WorkerRecord): number {
  return -Math.round(aheadMs(clocks, record) / TIMELINE_ROW_MS) * TIMELINE_ROW_MS;
}
