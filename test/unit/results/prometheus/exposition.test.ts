import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkerFigures } from "artillery-engine-mqtt/contract";
import { expect, it } from "vitest";
import { MOST_NAMES } from "../../../../results/src/prometheus/bounded-names.ts";
import { exposition } from "../../../../results/src/prometheus/exposition.ts";
import { FAMILIES } from "../../../../results/src/prometheus/metrics.ts";
import { RunFigures } from "../../../../results/src/prometheus/run-figures.ts";
import { promtoolProblems, readScrape, sumOf } from "../../../support/prometheus.ts";
import { counters, hlogText, record, storm, stormCohort } from "../../../support/run-files.ts";

function figures(
  worker: string,
  changes: Partial<WorkerFigures> = {},
  recordChanges: Parameters<typeof record>[0] = {},
): WorkerFigures {
  return {
    record: record({
      workerId: worker,
      state: "running",
      cohorts: { a: { devices: 3, everOnline: 3 } },
      counters: { a: counters({ connectAttempts: 5, bytesSent: 100 }) },
      ...recordChanges,
    }),
    online: { a: 3 },
    ready: { a: 2 },
    refused: { a: {} },
    serverDisconnects: { a: {} },
    intervals: "",
    ...changes,
  };
}

const scrapeOf = (run: RunFigures, testRun = "t1"): ReturnType<typeof readScrape> =>
  readScrape(exposition(FAMILIES, run, testRun));

it("adds workers up, and a worker that told twice counts once", () => {
  const run = new RunFigures();
  run.take(figures("1"));
  run.take(figures("1", {}, { counters: { a: counters({ connectAttempts: 7 }) } }));
  run.take(figures("2"));
  const scrape = scrapeOf(run);
  expect(sumOf(scrape, "mqtt_devices_online")).toBe(6);
  expect(sumOf(scrape, "mqtt_devices_ready", { cohort: "a", test_run: "t1" })).toBe(4);
  expect(sumOf(scrape, "mqtt_connect_attempts_total", { cohort: "a" })).toBe(12);
});

it("a worker that has ended keeps its counts, and has nobody online; so has one that never said so", () => {
  const run = new RunFigures();
  run.take(figures("1", {}, { state: "interrupted" }));
  run.take(figures("2"));
  expect(sumOf(scrapeOf(run), "mqtt_devices_online")).toBe(3);
  run.end();
  const scrape = scrapeOf(run);
  // The series is there, at 0: one that is missing would stay at its last value in many a panel.
  expect(
    scrape.series.filter(({ name }) => name === "mqtt_devices_online").map(({ value }) => value),
  ).toEqual([0]);
  expect(sumOf(scrape, "mqtt_connect_attempts_total")).toBe(10);
  expect(sumOf(scrape, "mqtt_workers", { state: "interrupted" })).toBe(1);
});

it("buckets hold what was recorded, over flushes and workers", () => {
  const run = new RunFigures();
  const tag = "mqtt.connect_time;a";
  run.take(figures("1", { intervals: hlogText([{ [tag]: [900, 4_000] }]) }));
  run.take(
    figures("2", {
      intervals: hlogText([{ [tag]: [4_000, 7_000_000_000] }, { "mqtt.storm.2.ready_time;a": [45_000_000] }]),
    }),
  );
  const scrape = scrapeOf(run);
  const below = (le: string): number => sumOf(scrape, "mqtt_connect_time_seconds_bucket", { le });
  expect(["0.001", "0.0025", "0.005", "3600", "+Inf"].map(below)).toEqual([1, 1, 3, 3, 4]);
  expect(sumOf(scrape, "mqtt_connect_time_seconds_count")).toBe(4);
  expect(sumOf(scrape, "mqtt_connect_time_seconds_sum") / 7000.0089).toBeCloseTo(1, 2);
  expect(sumOf(scrape, "mqtt_storm_ready_time_seconds_bucket", { storm: "2", cohort: "a", le: "60" })).toBe(
    1,
  );
  expect(sumOf(scrape, "mqtt_storm_ready_time_seconds_bucket", { le: "30" })).toBe(0);
});

it("reasons have series of their own up to a bound, whatever brokers answer, and none goes down", () => {
  const run = new RunFigures();
  const reasons = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`reason ${i}`, i + 1]));
  run.take(figures("1", { refused: { a: reasons(2) } }));
  run.take(figures("1", { refused: { a: { late: 9, ...reasons(500) } } }));
  const { series } = scrapeOf(run);
  const refused = series.filter(({ name }) => name === "mqtt_connect_refused_total");
  expect(refused).toHaveLength(MOST_NAMES + 1);
  expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(9 + (500 * 501) / 2);
  expect(refused.find(({ labels }) => labels["reason"] === "reason 1")?.value).toBe(2);
});

it("names of scripts and brokers stay inside their label", () => {
  const run = new RunFigures();
  const cohort = 'a "quoted" C:\\new\nline } 1';
  run.take(
    figures("1", { online: { [cohort]: 1 } }, { cohorts: { [cohort]: { devices: 1, everOnline: 1 } } }),
  );
  expect(exposition(FAMILIES, run, "t")).toContain(
    'mqtt_devices_online{test_run="t",cohort="a \\"quoted\\" C:\\\\new\\nline } 1"} 1\n',
  );
});

it("storms have their instant, their devices and what these did, by cohort", () => {
  const run = new RunFigures();
  const cohorts = { a: stormCohort({ affected: 2, recovered: 1, connectAttempts: 4 }) };
  run.take(
    figures(
      "1",
      {},
      {
        storms: [
          storm({ name: "power cut", cohorts, closed: false }),
          storm({ index: 2, startedAtMs: null }),
        ],
      },
    ),
  );
  run.take(figures("2", {}, { storms: [storm({ name: "power cut", cohorts })] }));
  const scrape = scrapeOf(run);
  expect(sumOf(scrape, "mqtt_storm_affected_devices", { storm: "1", cohort: "a" })).toBe(4);
  expect(sumOf(scrape, "mqtt_storm_recovered_devices")).toBe(2);
  expect(sumOf(scrape, "mqtt_storm_connect_attempts_total")).toBe(8);
  expect(sumOf(scrape, "mqtt_storm_open", { storm: "1" })).toBe(1);
  expect(sumOf(scrape, "mqtt_storm_start_timestamp_seconds")).toBe((storm().startedAtMs ?? 0) / 1000);
  expect(sumOf(scrape, "mqtt_storm_info", { cause: "reset", event: "power cut" })).toBe(1);
});

it("follows Prometheus' rules of names: base units, _total for counters alone, no name twice", () => {
  const names = FAMILIES.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, type, help, labels } of FAMILIES) {
    expect(name).toMatch(/^(?:mqtt|process)_[a-z0-9_]+$/);
    expect(name.endsWith("_total"), name).toBe(type === "counter");
    expect(name, name).not.toMatch(/_(?:ms|us|milliseconds|gauge|counter|histogram)(?:_|$)/);
    expect(help, name).toMatch(/^[A-Z1].+\.$/);
    expect(labels, name).not.toContain("le");
  }
});

it("the page lists every metric as the endpoint tells it, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../../results/docs/prometheus.md"), "utf8");
  const rows = FAMILIES.map(({ name, labels, help }) => {
    const shown = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${shown} | ${help.replace(/\.$/, "")} |`;
  });
  expect(page.split("\n").filter((line) => /^\| `/.test(line))).toEqual(rows);
});

it("samples have the labels that the table says, and no other", () => {
  const run = new RunFigures();
  const tag = "mqtt.connect_time;a";
  run.take(
    figures(
      "1",
      { intervals: hlogText([{ [tag]: [900] }]), refused: { a: { timeout: 1 } } },
      { storms: [storm({ cohorts: { a: stormCohort() } })] },
    ),
  );
  expect(promtoolProblems(exposition(FAMILIES, run, "t")) ?? "").toBe("");
  for (const { name, labels, samples } of FAMILIES) {
    for (const sample of samples(run)) {
      const own = Object.keys(sample.labels).filter((label) => label !== "le");
      expect(own, name).toEqual([...labels]);
    }
  }
});
