import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { wholeOf } from "../../../../results/src/live/live-feed.ts";
import { type LiveView, liveView } from "../../../../results/src/live/live-view.ts";
import { RunTail } from "../../../../results/src/live/run-tail.ts";
import { recoveryFigure } from "../../../../results/src/report/recovery-figures.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import {
  counters,
  generator,
  record,
  SATURATED,
  type SyntheticWorker,
  storm,
  stormCohort,
  TIME_ZERO_MS,
  temporaryDirectory,
  writeRun,
} from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

async function viewOf(
  directory: string,
  { now = TIME_ZERO_MS + 31_000, recentErrors = new Map<string, number>(), hasReport = false } = {},
): Promise<LiveView> {
  const seen = await new RunTail(directory, () => now).look();
  return liveView(seen, { directory: "runs/t", target: 0.99, hasReport, recentErrors });
}

/** What stands there, without tags. */
const words = (html = ""): string =>
  html
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** 100 devices, all cut at 10 s, of which so many are back at so many seconds since. */
function openWorker(
  workerId: string,
  sinceMs: number,
  changes: Parameters<typeof record>[0] = {},
): Partial<SyntheticWorker> {
  const cohorts = { one: stormCohort({ affected: 100, recovered: 40, readyAtEnd: 40 }) };
  return {
    record: record({
      workerId,
      state: "running",
      updatedAtMs: TIME_ZERO_MS + 10_000 + sinceMs,
      cohorts: { one: { devices: 100, everOnline: 100 } },
      storms: [
        storm({ cohorts, closed: false }),
        storm({ index: 2, atMs: 60_000, startedAtMs: null, closed: false }),
      ],
      counters: {
        one: counters({
          connectAttempts: 240,
          connectsAccepted: 140,
          connectsRefused: 60,
          configTimeouts: 7,
        }),
      },
      errors: { one: { "connack.server_busy": 60, connack_timeout: 33 } },
      ...changes,
    }),
    intervals: [{ "mqtt.storm.1.ready_time;one": Array.from({ length: 40 }, (_, i) => i * 50_000) }],
    timeline: Array.from({ length: (10_000 + sinceMs) / 100 }, (_, i) => ({
      t_ms: TIME_ZERO_MS + i * 100,
      cohort: "one",
      online: i < 100 ? 100 : 50,
      ready: i < 100 ? 100 : 40,
      connect_attempts: i < 100 ? 0 : 8,
    })),
  };
}

describe("a run that goes on", () => {
  const now = TIME_ZERO_MS + 14_500;

  it("says who is online, how the storm goes, and why tries fail", async () => {
    const directory = writeRun([openWorker("1", 4000), openWorker("2", 4000)]);
    const { parts, title, plots } = await viewOf(directory, {
      now,
      recentErrors: new Map([["connack_timeout", 12]]),
    });
    expect(title).toBe("100 online · mass reconnect t-synthetic");
    expect(words(parts["head"])).toMatch(
      /^Storm 1 is under way Run t-synthetic Target mqtt:\/\/broker:1883 Fleet 200 devices in 1 cohort Workers 2 of 2 report/,
    );
    expect(words(parts["figures"])).toBe(
      "devices online 100 of 200 devices ready 80 of 200 connect attempts 160 per s config requests 0 per s became ready (goodput) 0 per s",
    );
    expect(words(parts["storm-1"])).toBe(
      "Open Storm 1: Connection reset of 100 % 80 of the 200 affected devices are ready (40 %; the target is 99 %), 4 s of the window of 20 s are over.",
    );
    expect(words(parts["storm-2"])).toBe(
      "To come Storm 2: Connection reset of 100 % It comes at 60 s, in 46 s.",
    );
    expect(words(parts["errors"])).toContain(
      "Of 480 connect attempts 120 were refused; 14 config requests timed out.",
    );
    expect(words(parts["errors"])).toContain(
      "connack.server_busy 120 0 the broker refused CONNECT with this reason",
    );
    expect(words(parts["errors"])).toContain("connack_timeout 66 12 no CONNACK in time");
    expect(words(parts["generator"])).toContain("Keeps up");
    expect(words(parts["workers"])).toContain("1 reports 100 50 40 140 2 ms 40 %");
    expect(parts["alerts"]).toBe("");
    const [fleet, , recovery] = plots;
    expect(fleet).toMatchObject({ id: "plot-fleet", marks: [{ from: 10, to: 30, label: "storm 1" }] });
    expect(fleet?.data[1]?.slice(98, 102)).toEqual([200, 200, 100, 100]);
    // The curve ends now, at what was reached.
    expect(recovery).toMatchObject({ id: "plot-recovery-1", xRange: [0, 20] });
    expect(recovery?.data[0]?.at(-1)).toBe(4);
    expect(recovery?.data[1]?.at(-1)).toBe(0.4);
  });

  it("names a worker that is silent, its container, and a generator that is saturated", async () => {
    const saturated = { ...openWorker("1", 4000) };
    const other = openWorker("2", 4000, { containerName: "b", generator: generator(SATURATED) });
    const directory = writeRun([saturated, other]);
    const tail = new RunTail(directory, () => now + 20_000);
    const seen = await tail.look();
    const alive = seen.workers.map((worker) => ({ ...worker, silentMs: worker.id === "1" ? 12_000 : 0 }));
    const { parts } = liveView(
      { ...seen, workers: alive },
      { directory: "d", target: 0.99, hasReport: false, recentErrors: new Map() },
    );
    expect(words(parts["alerts"])).toBe(
      "Worker 1 silent for 12 s. It was killed, or hangs; its devices are not counted while it stays so.",
    );
    expect(words(parts["head"])).toContain("Workers 1 of 2 report");
    expect(words(parts["workers"])).toContain("1 this machine silent for 12 s 100");
    expect(words(parts["workers"])).toContain("2 container b reports 100");
    expect(words(parts["generator"])).toContain("Saturated It stood still for 40 % of the time");
  });
});

it("says since when nothing is heard of a run that was killed", async () => {
  const { parts, title } = await viewOf(writeRun([openWorker("1", 4000)]), { now: TIME_ZERO_MS + 44_000 });
  expect(title).toBe("silent · t-synthetic");
  expect(words(parts["head"])).toContain("No word from this run for 30 s");
  expect(words(parts["alerts"])).toContain(
    "Silent for 30 s. Workers write every 2 s: this run was killed, or it hangs.",
  );
  expect(words(parts["storm-1"])).toContain("Over Storm 1");
  expect(words(parts["storm-1"])).toContain(
    "40 of the 100 affected devices were ready (40 %; the target is 99 %) at the last word of it, before the window of 20 s was over.",
  );
  expect(words(parts["storm-2"])).toContain("Did not happen");
});

it("waits, and says where", async () => {
  const { title, parts, plots } = await viewOf(join(temporaryDirectory(), "t"));
  expect([title, words(parts["head"]), plots]).toEqual([
    "Waiting for a run",
    "Waiting for a run to begin in runs/t",
    [],
  ]);
});

it("has of a run that ended the verdicts and the curves of its report", async () => {
  const directory = writeRun([spiralWorker("1"), spiralWorker("2")]);
  const run = mergeRun(readRun([directory]));
  const summary = buildSummary(run, { target: 0.99, problems: [], fail: { unrecovered: 0.01 } });
  writeFileSync(join(directory, "summary.json"), JSON.stringify(summary));
  const { parts, plots } = await viewOf(directory, { hasReport: true });
  expect(words(parts["head"])).toContain("The fleet did not recover from the storm");
  expect(parts["head"]).toContain('<a href="report">');
  expect(words(parts["storm-1"])).toContain("Metastable Storm 1");
  expect(words(parts["storm-1"])).toContain("Gate failed: storm 1");
  const [recovery] = curvesOf(run).recovery;
  const [storm] = summary.storms;
  const drawn = recovery && storm && recoveryFigure(recovery, storm, 0.99).spec;
  expect(drawn?.data.length).toBe(4);
  expect(plots.find(({ id }) => id === "plot-recovery-1")?.data).toEqual(drawn?.data);
});

it("lets no text of others out of its place", async () => {
  const name = `</script><img src=x onerror=alert(1)>" onfocus="alert(1)`;
  const worker = openWorker("1", 4000, {
    testRunId: "t",
    target: name,
    cohorts: { [name]: { devices: 1, everOnline: 1 } },
    errors: { [name]: { [name]: 3 } },
    storms: [storm({ name, cohorts: { [name]: stormCohort({ affected: 2, recovered: 1 }) } })],
    containerName: name,
  });
  const { parts, layout, plots } = await viewOf(
    writeRun([worker, openWorker("2", 4000, { testRunId: "t" })]),
  );
  const all = [layout, ...Object.values(parts)].join("\n");
  expect(all).not.toContain("<img");
  expect(all).not.toContain('" onfocus');
  expect(all).toContain("&lt;img");
  expect(plots.length).toBeGreaterThan(2);
});

it("is sent whole in little: ten minutes of five workers, four storms", async () => {
  const storms = [1, 2, 3, 4].map((index) =>
    storm({
      index,
      atMs: index * 120_000,
      windowMs: 60_000,
      startedAtMs: TIME_ZERO_MS + index * 120_000,
      cohorts: {
        one: stormCohort({ affected: 2000, recovered: 2000 }),
        two: stormCohort({ affected: 2000, recovered: 2000 }),
      },
    }),
  );
  const ready = (index: number, cohort: string): [string, number[]] => [
    `mqtt.storm.${index}.ready_time;${cohort}`,
    Array.from({ length: 2000 }, (_, i) => Math.round(i * 15_013.7)),
  ];
  const interval = Object.fromEntries(
    [1, 2, 3, 4].flatMap((index) => [ready(index, "one"), ready(index, "two")]),
  );
  const workers = ["1", "2", "3", "4", "5"].map((workerId) => ({
    record: record({
      workerId,
      storms,
      cohorts: { one: { devices: 2000, everOnline: 2000 }, two: { devices: 2000, everOnline: 2000 } },
    }),
    intervals: [interval],
    timeline: Array.from({ length: 6000 }, (_, i) => i).flatMap((i) =>
      ["one", "two"].map((cohort) => ({
        t_ms: TIME_ZERO_MS + i * 100,
        cohort,
        online: 2000 - ((i * 37) % 800),
        ready: 1900 - ((i * 61) % 900),
        connect_attempts: (i * 13) % 70,
        config_requests: (i * 7) % 60,
        storm_ready: (i * 5) % 50,
      })),
    ),
  }));
  const view = await viewOf(writeRun(workers));
  const bytes = JSON.stringify(wholeOf(view)).length;
  if (process.env["SHOW_SIZE"]) console.log(`${bytes} bytes`);
  expect(bytes).toBeLessThan(400_000);
});
