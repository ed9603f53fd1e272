import { appendFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FILES } from "artillery-engine-mqtt/contract";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { phaseOf } from "../../../../results/src/live/phase.ts";
import { type RunSeen, RunTail } from "../../../../results/src/live/run-tail.ts";
import { bucketsOf } from "../../../../results/src/run/histogram.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import {
  record,
  storm,
  TIME_ZERO_MS,
  temporaryDirectory,
  timelineText,
  writeRun,
} from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

const figures = ({ fleet, slotMs, readyTimes }: RunSeen) => ({
  fleet,
  slotMs,
  readyTimes: [...readyTimes].map(([tag, histogram]) => [tag, [...bucketsOf(histogram)]]).sort(),
});

function rows(from: number, to: number, online: (i: number) => number, cohort = "one") {
  return Array.from({ length: to - from }, (_, k) => {
    const i = from + k;
    return { t_ms: TIME_ZERO_MS + i * 100, cohort, online: online(i), ready: online(i), connect_attempts: 1 };
  });
}

const rowText = (all: ReturnType<typeof rows>): string => timelineText(all).split("\n").slice(1).join("\n");

describe("RunTail", () => {
  it("has of a run that ended what the merged run has", async () => {
    const directory = writeRun([spiralWorker("1"), spiralWorker("2")]);
    const seen = await new RunTail(directory).look();
    const { timeline, histograms } = mergeRun(readRun([directory]));
    const fleet = new Map<number, { online: number; ready: number; attempts: number }>();
    for (const row of timeline) {
      const sum = fleet.get(row.t_ms) ?? { online: 0, ready: 0, attempts: 0 };
      sum.online += row.online;
      sum.ready += row.ready;
      sum.attempts += row.connect_attempts;
      fleet.set(row.t_ms, sum);
    }
    expect(seen.slotMs).toBe(100);
    expect(
      seen.fleet.map(({ tMs, online, ready, connect_attempts }) => [
        tMs - TIME_ZERO_MS,
        online,
        ready,
        connect_attempts,
      ]),
    ).toEqual([...fleet].map(([tMs, { online, ready, attempts }]) => [tMs, online, ready, attempts]));
    const tags = [...histograms.keys()].filter((tag) => tag.includes(".ready_time;")).sort();
    expect([...seen.readyTimes.keys()].sort()).toEqual(tags);
    for (const tag of tags)
      expect(seen.readyTimes.get(tag)?.totalCount).toBe(histograms.get(tag)?.totalCount);
    expect(phaseOf(seen)).toEqual({ kind: "ended", isInterrupted: false });
  });

  it("sees the same however the files grew", async () => {
    const directory = writeRun([spiralWorker("1"), spiralWorker("2")]);
    const whole = figures(await new RunTail(directory).look());
    const files = ["1", "2"].flatMap((id) =>
      [FILES.workerTimeline(id), FILES.workerHistograms(id)].map((name) => ({
        name,
        bytes: readFileSync(join(directory, name)),
      })),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }), {
          maxLength: 5,
        }),
        async (steps) => {
          const growing = temporaryDirectory();
          const tail = new RunTail(growing);
          for (const id of ["1", "2"])
            writeFileSync(
              join(growing, FILES.workerRecord(id)),
              readFileSync(join(directory, FILES.workerRecord(id))),
            );
          const written = files.map(() => 0);
          for (const step of [...steps, [1, 1, 1, 1]]) {
            for (const [i, { name, bytes }] of files.entries()) {
              const to = Math.max(written[i] ?? 0, Math.ceil(bytes.length * (step[i] ?? 1)));
              appendFileSync(join(growing, name), bytes.subarray(written[i], to));
              written[i] = to;
            }
            await tail.look();
          }
          expect(figures(await tail.look())).toEqual(whole);
        },
      ),
      {
        numRuns: 15,
        examples: [
          [
            [
              [0.0096, 0, 0, 0],
              [0, 0, 0.18, 0],
            ],
          ],
        ],
      },
    );
  });

  it("waits where there is nothing, and takes in workers that come later", async () => {
    const output = temporaryDirectory();
    const directory = join(output, "t-synthetic");
    const tail = new RunTail(directory);
    expect(phaseOf(await tail.look())).toEqual({ kind: "waiting" });
    const now = { updatedAtMs: Date.now(), state: "running" as const };
    writeRun([{ record: record({ workerId: "1", ...now }), timeline: rows(0, 20, () => 5) }], output);
    expect((await tail.look()).fleet.at(-1)).toMatchObject({ online: 5 });
    writeRun([{ record: record({ workerId: "2", ...now }), timeline: rows(0, 20, () => 7) }], output);
    const both = await tail.look();
    expect(both.fleet.at(-1)).toMatchObject({ online: 12, connect_attempts: 2 });
    expect(both.workers.map(({ id, online }) => [id, online])).toEqual([
      ["1", 5],
      ["2", 7],
    ]);
    expect(phaseOf(both)).toEqual({ kind: "running", silent: 0, of: 2 });
  });

  it("shows no more of the time than all workers have written, unless one is gone with its devices", async () => {
    const running = { state: "running" as const };
    const directory = writeRun([
      { record: record({ workerId: "1", ...running }), timeline: rows(0, 40, () => 5) },
      { record: record({ workerId: "2", ...running }), timeline: rows(0, 20, () => 7) },
    ]);
    const tail = new RunTail(directory);
    const lagging = await tail.look();
    expect(lagging.fleet).toHaveLength(20);
    expect(lagging.fleet.at(-1)).toMatchObject({ online: 12 });
    appendFileSync(join(directory, FILES.workerTimeline("1")), rowText(rows(40, 90, () => 5)));
    const gone = await tail.look();
    expect(gone.fleet).toHaveLength(90);
    expect(gone.fleet.map(({ online }) => online).slice(18, 22)).toEqual([12, 12, 5, 5]);
    expect(gone.workers.map(({ online }) => online)).toEqual([5, 0]);
    appendFileSync(join(directory, FILES.workerTimeline("2")), rowText(rows(85, 90, () => 6)));
    const back = await tail.look();
    expect(back.fleet.map(({ online }) => online).slice(83)).toEqual([5, 5, 11, 11, 11, 11, 11]);
  });

  it("reads all again where a file is another one", async () => {
    const directory = writeRun([{ record: record(), timeline: rows(0, 20, () => 5) }]);
    const tail = new RunTail(directory);
    await tail.look();
    rmSync(join(directory, FILES.workerTimeline("1")));
    writeFileSync(join(directory, FILES.workerTimeline("1")), timelineText(rows(0, 30, () => 9)));
    const { fleet } = await tail.look();
    expect(fleet).toHaveLength(30);
    expect(new Set(fleet.map(({ online }) => online))).toEqual(new Set([9]));
  });

  it("puts rows of a clock that is ahead where they belong, also once it is measured", async () => {
    const ahead = { reference: "1", offsetMs: 3000, uncertaintyMs: 5, measuredAtMs: TIME_ZERO_MS };
    const shifted = rows(30, 50, () => 7);
    const workers = (clock: typeof ahead | null) => [
      { record: record({ workerId: "1", containerName: "a" }), timeline: rows(0, 20, () => 5) },
      { record: record({ workerId: "2", containerName: "b", clock }), timeline: shifted },
    ];
    const output = temporaryDirectory();
    const tail = new RunTail(writeRun(workers(null), output));
    expect((await tail.look()).fleet).toHaveLength(40);
    writeRun(workers(ahead), output);
    const { fleet } = await tail.look();
    expect(fleet.map(({ online }) => online)).toEqual(Array.from({ length: 20 }, () => 12));
  });

  it("says how long a worker was silent by what it saw itself, and what cannot be read", async () => {
    let now = TIME_ZERO_MS + 31_000;
    const directory = writeRun([{ record: record({ state: "running" }), timeline: rows(0, 5, () => 1) }]);
    const tail = new RunTail(directory, () => now);
    expect(phaseOf(await tail.look())).toMatchObject({ kind: "running", silent: 0 });
    now += 12_000;
    expect(phaseOf(await tail.look())).toEqual({ kind: "silent", forMs: 12_000 });
    // The clock of that machine is far behind: it writes all the same.
    writeFileSync(
      join(directory, FILES.workerRecord("1")),
      JSON.stringify(record({ state: "running", updatedAtMs: TIME_ZERO_MS - 500_000, storms: [storm()] })),
    );
    expect(phaseOf(await tail.look())).toMatchObject({ kind: "running", silent: 0 });
    writeFileSync(join(directory, FILES.workerRecord("1")), "{");
    appendFileSync(join(directory, FILES.workerTimeline("1")), "1,2,3\n");
    writeFileSync(join(directory, "summary.json"), "[]");
    const seen = await tail.look();
    expect(seen.workers).toHaveLength(1);
    expect(seen.problems.join("\n")).toMatch(
      /worker-1\.json cannot be read: .*\n.*1 damaged row was skipped\n.*summary\.json is not a summary/,
    );
  });

  it("says whether anything came since the last look", async () => {
    const directory = writeRun([{ record: record(), timeline: rows(0, 5, () => 1) }]);
    const tail = new RunTail(directory);
    const news = async (): Promise<boolean> => (await tail.look()).hasNews;
    expect([await news(), await news()]).toEqual([true, false]);
    appendFileSync(join(directory, FILES.workerTimeline("1")), rowText(rows(5, 6, () => 1)));
    expect([await news(), await news()]).toEqual([true, false]);
    writeFileSync(join(directory, FILES.workerRecord("1")), JSON.stringify(record({ state: "interrupted" })));
    expect([await news(), await news()]).toEqual([true, false]);
    writeFileSync(join(directory, "summary.json"), "[]");
    expect([await news(), await news()]).toEqual([true, false]);
    writeFileSync(join(directory, FILES.workerRecord("1")), "{");
    expect([await news(), await news()]).toEqual([true, false]);
  });

  it("keeps no more the longer the run", async () => {
    const directory = writeRun([{ record: record(), timeline: rows(0, 20_000, (i) => i % 3) }]);
    const { fleet, slotMs } = await new RunTail(directory).look();
    expect(fleet.length).toBeLessThanOrEqual(1200);
    expect(slotMs).toBe(3200);
    expect(fleet.reduce((sum, slot) => sum + slot.connect_attempts, 0)).toBe(20_000);
  });
});
