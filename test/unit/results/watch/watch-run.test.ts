import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { progressLine } from "../../../../results/src/console/progress.ts";
import { openStorms } from "../../../../results/src/judge/storm-progress.ts";
import { emptyRow } from "../../../../results/src/run/timeline.ts";
import { RunWatch } from "../../../../results/src/watch/watch-run.ts";
import { readWorkersNow } from "../../../../results/src/watch/workers-now.ts";
import {
  record,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  temporaryDirectory,
  writeRun,
} from "../../../support/run-files.ts";

const STORM_MS = TIME_ZERO_MS + 10_000;

/** 12 s into its storm; 100 connects and 50 requests in each of its last 2 s. */
function openWorker(workerId: string) {
  const cohorts = { one: stormCohort({ affected: 1000, recovered: 617 }) };
  return {
    record: record({
      workerId,
      state: "running",
      updatedAtMs: STORM_MS + 12_000,
      storms: [storm({ cohorts, closed: false, windowMs: 25_000 })],
    }),
    timeline: Array.from({ length: 220 }, (_, i) => ({
      ...emptyRow(TIME_ZERO_MS + i * 100, "one"),
      online: 900 + i,
      connects_accepted: i >= 200 ? 10 : 77,
      config_requests: i >= 200 ? 5 : 77,
    })),
  };
}

const watches: RunWatch[] = [];
afterEach(() => Promise.all(watches.splice(0).map((watch) => watch.stop())));

function watch(directory: string, log: (line: string) => void, progress = true): RunWatch {
  const made = new RunWatch({ directory: () => directory, log, progress, script: "{}\n" }, 10);
  watches.push(made);
  return made;
}

it("adds up the open storm of all workers", async () => {
  const workers = await readWorkersNow(writeRun([openWorker("1"), openWorker("2")]));
  const lines = openStorms(workers).map(progressLine);
  expect(lines).toEqual([
    "storm 1: 1,234 of 2,000 ready (61.7 %), online 2,238, 200 connects/s, 100 config requests/s, 12 s of 25 s",
  ]);
});

it("does not count what was before the storm", () => {
  const { record: at, timeline } = openWorker("1");
  const early = { ...at, updatedAtMs: STORM_MS + 500 };
  const rows = timeline.slice(0, 105).map((row, i) => ({ ...row, connects_accepted: i < 100 ? 99 : 10 }));
  expect(openStorms([{ record: early, rows }])[0]).toMatchObject({ connectsPerS: 100, sinceMs: 500 });
});

it("says nothing before a storm, after its window, and of what cannot be read", async () => {
  const before = storm({ startedAtMs: null, closed: false });
  const directory = writeRun([
    { record: record({ storms: [storm(), before] }) },
    { record: record({ workerId: "2" }) },
  ]);
  writeFileSync(join(directory, "worker-2.json"), "{");
  const workers = await readWorkersNow(directory);
  expect(workers).toHaveLength(1);
  expect(openStorms(workers)).toEqual([]);
  expect(await readWorkersNow(join(directory, "missing"))).toEqual([]);
});

it("reads only the end of a long timeline", async () => {
  const worker = openWorker("1");
  const long = Array.from({ length: 5000 }, (_, i) => emptyRow(TIME_ZERO_MS - 600_000 + i * 100, "one"));
  const [now] = await readWorkersNow(writeRun([{ ...worker, timeline: [...long, ...worker.timeline] }]));
  expect(now?.rows.length).toBeLessThan(4500);
  expect(now?.rows.length).toBeGreaterThan(1000);
  expect(openStorms(now ? [now] : [])[0]).toMatchObject({ online: 1119, connectsPerS: 100 });
});

it("prints a line once per flush, keeps script.json, and stops", async () => {
  const directory = writeRun([openWorker("1")]);
  const log = vi.fn<(line: string) => void>();
  const running = watch(directory, log);
  await vi.waitFor(() => expect(log).toHaveBeenCalled());
  expect(readFileSync(join(directory, "script.json"), "utf8")).toBe("{}\n");
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(log).toHaveBeenCalledTimes(1);
  await running.stop();
  writeRun([{ record: { ...openWorker("1").record, updatedAtMs: STORM_MS + 14_000 } }], dirname(directory));
  await new Promise((resolve) => setTimeout(resolve, 40));
  expect(log).toHaveBeenCalledTimes(1);
});

it("says nothing with progress: false, and makes no directory for a script that was refused", async () => {
  const log = vi.fn<(line: string) => void>();
  await watch(writeRun([openWorker("1")]), log, false).stop();
  const refused = join(temporaryDirectory(), "t");
  await watch(refused, log).stop();
  expect(existsSync(refused)).toBe(false);
  expect(log).not.toHaveBeenCalled();
});

it("says once that script.json cannot be written", async () => {
  const directory = writeRun([{ record: record() }]);
  mkdirSync(join(directory, "script.json.tmp"));
  const log = vi.fn<(line: string) => void>();
  await watch(directory, log).stop();
  expect(log.mock.calls).toEqual([[expect.stringContaining("script.json could not be written: EISDIR")]]);
});

it("has one container of those that share a folder speak for all", async () => {
  const of = (ordinal: number, state: "running" | "ended" = "running") => {
    const worker = openWorker(`${ordinal}-1`);
    const container = { ordinal, of: 3, process: `p${ordinal}` };
    return { ...worker, record: { ...worker.record, state, containerName: String(ordinal), container } };
  };
  const directory = writeRun([of(0, "ended"), of(1), of(2)]);
  const said = async (ordinal: number | null): Promise<unknown> => {
    const log = vi.fn<(line: string) => void>();
    const made = new RunWatch(
      { directory: () => directory, log, progress: true, script: "{}\n", ordinal },
      10,
    );
    watches.push(made);
    await vi.waitFor(() => expect(log).toHaveBeenCalled());
    await made.stop();
    return log.mock.calls[0]?.[0];
  };
  const all = "storm 1 on 3 containers: 1,851 of 3,000 ready (61.7 %)";
  expect(await said(1)).toContain(all);
  expect(await said(null)).toContain(all);
  expect(await said(2)).toBe("storms are open: container 1 shows how all containers go");
});

it("says once that all devices are ready, and speaks again when one is not", async () => {
  const at = (ready: number, sinceMs: number): object => {
    const { record: now, timeline } = openWorker("1");
    const cohorts = { one: stormCohort({ affected: 1000, recovered: 1000, readyAtEnd: ready }) };
    const storms = [storm({ cohorts, closed: false, windowMs: 25_000 })];
    return { record: { ...now, updatedAtMs: STORM_MS + sinceMs, storms }, timeline };
  };
  const lines: string[] = [];
  const said = (times: number): Promise<void> => vi.waitFor(() => expect(lines).toHaveLength(times));
  const directory = writeRun([at(999, 1000)]);
  const flush = (ready: number, sinceMs: number): void => {
    writeFileSync(
      join(directory, "worker-1.json"),
      JSON.stringify((at(ready, sinceMs) as { record: object }).record),
    );
  };
  watch(directory, (line) => lines.push(line));
  await said(1);
  flush(1000, 2000);
  await said(2);
  flush(1000, 4000);
  flush(1000, 6000);
  await new Promise((resolve) => setTimeout(resolve, 60));
  flush(998, 8000);
  await said(3);
  flush(1000, 10_000);
  await said(4);
  const more = at(1000, 11_000) as { record: { storms: { cohorts: Record<string, object> }[] } };
  const [only] = more.record.storms;
  if (only) only.cohorts = { one: stormCohort({ affected: 1100, recovered: 1100, readyAtEnd: 1100 }) };
  writeFileSync(join(directory, "worker-1.json"), JSON.stringify(more.record));
  await said(5);
  expect(lines.map((line) => / (\d[\d,]*) of 1,[01]00 ready/.exec(line)?.[1])).toEqual([
    "999",
    "1,000",
    "998",
    "1,000",
    "1,100",
  ]);
});
