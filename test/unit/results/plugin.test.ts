import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { postUnwritten } from "../../../engine/src/capture/unwritten.ts";
import { summarySchema } from "../../../results/src/judge/summary-schema.ts";
import { record, temporaryDirectory, writeRun } from "../../support/run-files.ts";
import { spiralWorker } from "../../support/synthetic-run.ts";

// vitest may run tests in worker threads, where the plugin rightly does nothing
vi.mock("node:worker_threads", async (original) => ({ ...(await original<object>()), isMainThread: true }));
const { LEGACY_METRICS_FORMAT, Plugin } = await import("../../../results/src/index.ts");

const artillery = { testRunId: "t-synthetic", log: vi.fn<(text: string) => void>(), suggestedExitCode: 0 };

beforeEach(() => {
  artillery.log.mockReset();
  artillery.suggestedExitCode = 0;
  Object.assign(globalThis, { artillery });
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function cleanup(config: object): Promise<void> {
  const plugin = new Plugin({ config: { plugins: { "mqtt-results": config } } }, null);
  return new Promise((resolve) => plugin.cleanup(resolve));
}
const printed = (): string => artillery.log.mock.calls.flat().join("\n");

it("writes the merged files and prints, after a worker's last flush", async () => {
  const worker = spiralWorker("1");
  const directory = writeRun([
    { ...worker, record: { ...worker.record, state: "running", updatedAtMs: Date.now() } },
  ]);
  setTimeout(() => writeFileSync(join(directory, "worker-1.json"), JSON.stringify(worker.record)), 120);
  await cleanup({ output: dirname(directory) });
  expect(
    readdirSync(directory)
      .filter((name) => !name.startsWith("worker-"))
      .sort(),
  ).toEqual([
    "junit.xml",
    "merged.hlog",
    "percentiles.csv",
    "report.html",
    "script.json",
    "summary.json",
    "timeline.csv",
  ]);
  const summary = summarySchema.parse(JSON.parse(readFileSync(join(directory, "summary.json"), "utf8")));
  expect(summary).toMatchObject({ complete: true, workers: 1 });
  expect(printed()).toContain("METASTABLE");
  expect(printed()).toContain("summary.json");
  expect(artillery.suggestedExitCode).toBe(0);
});

it("writes only what was asked for", async () => {
  const directory = writeRun([spiralWorker("1")]);
  await cleanup({ output: dirname(directory), report: ["json"] });
  expect(readdirSync(directory)).not.toContain("timeline.csv");
  expect(artillery.log).not.toHaveBeenCalled();
});

it("suggests exit code 2 for a fleet that was never online, and leaves a higher one alone", async () => {
  const cohorts = { one: { devices: 10, everOnline: 0 } };
  const output = dirname(writeRun([{ record: record({ cohorts }) }]));
  await cleanup({ output });
  expect(artillery.suggestedExitCode).toBe(2);
  expect(printed()).toContain("EXIT 2: no device of the whole fleet was ever online");
  artillery.suggestedExitCode = 11;
  await cleanup({ output });
  expect(artillery.suggestedExitCode).toBe(11);
});

it("says so in one line if there are no worker files", async () => {
  const output = temporaryDirectory();
  await cleanup({ output });
  expect(artillery.log.mock.calls).toEqual([
    [`mqtt-results: no worker files in ${join(output, "t-synthetic")}`],
  ]);
});

it("never throws out of cleanup: a failure is a line and exit code 3", async () => {
  const output = temporaryDirectory();
  writeFileSync(join(output, "t-synthetic"), "a file where a directory should be");
  await cleanup({ output });
  expect(printed()).toContain("the results of the run could not be read, merged or written");
  expect(artillery.suggestedExitCode).toBe(3);
});

it("does not wait for a worker that was killed long ago, and says what is missing", async () => {
  const directory = writeRun([{ record: record({ state: "running" }) }, spiralWorker("2")]);
  const startedMs = performance.now();
  await cleanup({ output: dirname(directory) });
  expect(performance.now() - startedMs).toBeLessThan(2500);
  const summary = summarySchema.parse(JSON.parse(readFileSync(join(directory, "summary.json"), "utf8")));
  expect(summary.complete).toBe(false);
  expect(summary.missing).toEqual(["worker 1 was killed: worker-1.json ends at 2026-11-20T10:00:31.000Z"]);
  expect(printed()).toContain("INCOMPLETE RUN: worker 1 was killed");
});

it("still prints, and writes what it can, when a file cannot be written", async () => {
  const directory = writeRun([spiralWorker("1")]);
  mkdirSync(join(directory, "percentiles.csv.tmp"));
  await cleanup({ output: dirname(directory) });
  expect(artillery.suggestedExitCode).toBe(3);
  expect(printed()).toContain("METASTABLE");
  expect(printed()).toMatch(/mqtt-results: \S*percentiles\.csv could not be written: EISDIR/);
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(["summary.json", "timeline.csv"]));
});

it("prints without being asked to where a file cannot be written", async () => {
  const directory = writeRun([spiralWorker("1")]);
  mkdirSync(join(directory, "summary.json.tmp"));
  await cleanup({ output: dirname(directory), report: ["json"] });
  expect(artillery.suggestedExitCode).toBe(3);
  expect(printed()).toContain("METASTABLE");
  expect(printed()).toMatch(/mqtt-results: \S*summary\.json could not be written: EISDIR/);
});

it("knows of the lab's end what could not be written during the run, and writes it", async () => {
  const directory = writeRun([spiralWorker("1")]);
  const plugin = new Plugin(
    { config: { plugins: { "mqtt-results": { output: dirname(directory) } } } },
    null,
  );
  const labEnd = { name: "the lab's broker", how: "SIGKILL", atMs: Date.parse("2026-11-20T10:00:20Z") };
  postUnwritten({ labEnd, problem: "ENOSPC" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  await new Promise<void>((resolve) => plugin.cleanup(resolve));
  expect(printed()).toContain("INCOMPLETE RUN: the lab's broker ended at 2026-11-20T10:00:20.000Z (SIGKILL)");
  expect(printed()).toContain(
    "mqtt-results: the end of the lab could not be written during the run (ENOSPC); written now",
  );
  expect(artillery.suggestedExitCode).toBe(5);
  expect(JSON.parse(readFileSync(join(directory, "lab.json"), "utf8"))).toEqual({
    schemaVersion: 1,
    ended: [labEnd],
  });
});

it("fails the run that does what `fail` forbids, also without console report", async () => {
  const output = dirname(writeRun([spiralWorker("1")]));
  await cleanup({ output, report: ["json"], fail: { unrecovered: "1 %" } });
  expect(artillery.suggestedExitCode).toBe(4);
  expect(printed()).toContain(
    "gate failed: storm 1, cohort spiral: 75 % unrecovered (30 of 40), allowed 1 %",
  );
});

it("fails a gate where nothing was measured", async () => {
  await cleanup({ output: temporaryDirectory(), fail: { verdict: "metastable" } });
  expect(artillery.suggestedExitCode).toBe(4);
  expect(printed()).toContain("gate failed: nothing was measured");
});

it("prints every problem of its configuration and exits with 1", () => {
  const exit = vi.spyOn(process, "exit").mockImplementation(() => {
    throw new Error("exit");
  });
  const stderr = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  expect(() => new Plugin({ config: { plugins: { "mqtt-results": { target: 2, x: 1 } } } }, null)).toThrow(
    "exit",
  );
  expect(exit).toHaveBeenCalledWith(1);
  expect(stderr.mock.calls.join("")).toContain("config.plugins.mqtt-results.target: 2 is not allowed");
});

it("does nothing in a worker", async () => {
  vi.stubEnv("LOCAL_WORKER_ID", "1");
  await cleanup({ nonsense: true });
  expect(artillery.log).not.toHaveBeenCalled();
});

it("asks Artillery for its current metrics format", () => {
  expect(LEGACY_METRICS_FORMAT).toBe(false);
});

it("leaves the verdict to the container that ends last, where several share the folder", async () => {
  const worker = (ordinal: number, changes: object) => {
    const spiral = spiralWorker(`${ordinal}-1`);
    const container = { ordinal, of: 2, process: `p${ordinal}` };
    return { ...spiral, record: { ...spiral.record, containerName: String(ordinal), container, ...changes } };
  };
  const running = { state: "running", updatedAtMs: Date.now() + 3000 } as const;
  const directory = writeRun([worker(0, {}), worker(1, running)]);
  await cleanup({ output: dirname(directory), report: ["json", "console"] });
  expect(printed()).toContain("container 1 of this run still at work: the last to end judges all");
  expect(readdirSync(directory)).not.toContain("summary.json");
  expect(artillery.suggestedExitCode).toBe(0);

  artillery.log.mockReset();
  writeRun([worker(0, {}), worker(1, {})], dirname(directory));
  await cleanup({ output: dirname(directory), report: ["json", "console"] });
  const summary = summarySchema.parse(JSON.parse(readFileSync(join(directory, "summary.json"), "utf8")));
  expect(summary).toMatchObject({ complete: true, workers: 2 });
}, 15_000);

describe("live", () => {
  async function page(): Promise<string> {
    await expect.poll(printed).toMatch(/mqtt-results: live at http:/);
    return /http:\S+/.exec(printed())?.[0] ?? "";
  }
  const begin = (config: object): InstanceType<typeof Plugin> =>
    new Plugin({ config: { plugins: { "mqtt-results": config } } }, null);
  const end = (plugin: InstanceType<typeof Plugin>): Promise<void> =>
    new Promise((resolve) => plugin.cleanup(resolve));

  it("shows the run, then its verdicts, says once where, and is gone with it", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const plugin = begin({ output: dirname(directory), report: ["json"], live: true });
    const url = await page();
    const answer = await fetch(`${url}events`);
    await end(plugin);
    const events = await answer.text();
    expect(events).toContain("Metastable");
    expect(events).toMatch(/event: over\ndata: null\n\n$/);
    expect(printed().match(/live at/g)).toHaveLength(1);
    await expect(fetch(url)).rejects.toThrow();
    // The page of a run leads to no report: it would be gone before it is read.
    expect(events).not.toContain('href=\\"report\\"');
  });

  it("warns of a port that is not to be had, and goes on", async () => {
    const output = dirname(writeRun([spiralWorker("1")]));
    const first = begin({ output, report: ["json"], live: true });
    const port = Number(new URL(await page()).port);
    artillery.log.mockReset();
    const second = begin({ output, report: ["json"], live: { port } });
    await end(second);
    expect(printed()).toBe(
      `mqtt-results: no live page: port ${port} of 127.0.0.1 is in use; give another, or none for any that is free; the run goes on without it`,
    );
    expect(artillery.suggestedExitCode).toBe(0);
    await end(first);
  });

  it("says nothing with --quiet", async () => {
    const argv = process.argv;
    process.argv = ["node", "artillery", "run", "-q", "script.yml"];
    try {
      await cleanup({ output: dirname(writeRun([spiralWorker("1")])), live: true });
    } finally {
      process.argv = argv;
    }
    expect(artillery.log).not.toHaveBeenCalled();
  });
});
