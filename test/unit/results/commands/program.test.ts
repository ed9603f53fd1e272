import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { summarySchema } from "../../../../results/src/judge/summary-schema.ts";
import { rehearsal } from "../../../support/paired-runs.ts";
import { record, storm, TIME_ZERO_MS, temporaryDirectory, writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runCommand(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: false,
  });
  return { code, out, err };
}

const readSummary = (directory: string) =>
  summarySchema.parse(JSON.parse(readFileSync(join(directory, "summary.json"), "utf8")));

describe("report", () => {
  it("writes and prints everything again", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const { code, out } = await command("report", directory);
    expect(code).toBe(0);
    expect(out).toContain("METASTABLE");
    expect(readdirSync(directory)).toEqual(
      expect.arrayContaining([
        "summary.json",
        "percentiles.csv",
        "timeline.csv",
        "merged.hlog",
        "report.html",
      ]),
    );
  });
  it("takes target and fail from the run's script, unless they are given", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const plugins = { "mqtt-results": { target: 0.7, fail: { unrecovered: 0.5 } } };
    writeFileSync(join(directory, "script.json"), JSON.stringify({ config: { plugins } }));
    const asRun = await command("report", directory);
    expect(asRun.code).toBe(4);
    expect(asRun.out).toContain("storm 1, cohort spiral: 75 % unrecovered (30 of 40), allowed 50 %");
    expect(readSummary(directory).recoveryTarget).toBe(0.7);
    expect((await command("report", directory, "--fail-unrecovered", "80 %", "--target", "0.5")).code).toBe(
      0,
    );
    expect(readSummary(directory)).toMatchObject({ recoveryTarget: 0.5, gate: [] });
    expect(readFileSync(join(directory, "report.html"), "utf8")).toContain("unrecovered");
  });
  it("does not take a damaged script.json for one without fail", async () => {
    const directory = writeRun([spiralWorker("1")]);
    writeFileSync(join(directory, "script.json"), "{");
    const { code, err } = await command("report", directory);
    expect(code).toBe(3);
    expect(err).toContain(`script.json of ${directory} is damaged`);
    expect((await command("report", directory, "--fail-unrecovered", "0.8")).code).toBe(0);
  });
  it("adds up machines of one run into another directory", async () => {
    const [a, b] = [writeRun([spiralWorker("1")]), writeRun([spiralWorker("2")])];
    const output = join(temporaryDirectory(), "merged");
    expect((await command("report", a, b, `${a}/`, "--output", output)).code).toBe(0);
    expect(readSummary(output)).toMatchObject({
      workers: 2,
      testRunId: "t-synthetic",
      fleet: { devices: 200 },
    });
    expect(existsSync(join(a, "summary.json"))).toBe(false);
  });
  it("adds up several runs, each on its own time zero", async () => {
    const first = spiralWorker("1");
    const laterMs = 3_600_037;
    const later = {
      ...first,
      record: {
        ...first.record,
        testRunId: "t-later",
        startedAtMs: first.record.startedAtMs + laterMs,
        updatedAtMs: first.record.updatedAtMs + laterMs,
        timeZeroMs: TIME_ZERO_MS + laterMs,
        storms: first.record.storms.map((one) => ({ ...one, startedAtMs: TIME_ZERO_MS + 10_000 + laterMs })),
      },
      timeline: first.timeline.map((row) => ({ ...row, t_ms: row.t_ms + 3_600_000 })),
    };
    const output = temporaryDirectory();
    await command("report", writeRun([first]), writeRun([later]), "--output", output);
    const summary = readSummary(output);
    expect(summary.testRunId).toBe("t-synthetic + t-later");
    expect(summary.storms[0]).toMatchObject({ affected: 200, peak: { connectAttemptsPerS: 180 } });
  });
  it("refuses runs that gave the same client ids to their devices at the same time", async () => {
    const { record: own, ...files } = spiralWorker("1");
    const meanwhile = (changes: object) => ({
      ...files,
      record: { ...own, testRunId: "t-other", ...changes },
    });
    const both = (other: ReturnType<typeof meanwhile>) =>
      command(
        "report",
        writeRun([{ ...files, record: own }]),
        writeRun([other]),
        "--output",
        temporaryDirectory(),
      );
    const refused = await both(meanwhile({}));
    expect(refused.code).toBe(3);
    expect(refused.err).toContain(
      "run t-synthetic and run t-other gave their devices the same client ids (device-000000 …) at mqtt://broker:1883 at the same time",
    );
    // This is a second machine that was given the first one's run id.
    const sameRun = await both(meanwhile({ testRunId: own.testRunId, startedAtMs: own.startedAtMs + 7 }));
    expect(sameRun.err).toContain("two workers 1 of run t-synthetic gave their devices the same client ids");
    for (const other of [
      { clientIds: "b-device-000000" },
      { clientIds: null },
      { target: "mqtt://other:1883" },
      { startedAtMs: own.updatedAtMs, updatedAtMs: own.updatedAtMs + 1 },
      { testRunId: own.testRunId, workerId: "2" },
    ]) {
      expect((await both(meanwhile(other))).code, JSON.stringify(other)).toBe(0);
    }
  });
  it("does not add up copies, nor runs of different scripts", async () => {
    const a = spiralWorker("1");
    const copy = await command("report", writeRun([a]), writeRun([a]));
    expect(copy.code).toBe(3);
    expect(copy.err).toContain("worker 1 of run t-synthetic is there twice: a copy?");
    const other = { record: record({ testRunId: "t-b", storms: [storm({ cause: "close" })] }) };
    const different = await command("report", writeRun([a]), writeRun([other]));
    expect(different.code).toBe(3);
    expect(different.err).toContain(
      "storm 1 is reset of 1 at 10000 ms for 20000 ms in run t-synthetic, but close of 1",
    );
  });
  it.each([
    [["--report", "json,pdf"], '--report: "pdf" is not allowed; allowed: a list of console, json'],
    [["--target", "2"], "--target: 2 is not allowed; allowed: a share from 0 to 1"],
    [["--fail-ready-p99", "soon"], '--fail-ready-p99: "soon" is not allowed; allowed: a duration'],
    [
      ["--fail-verdict", "bad"],
      '--fail-verdict: "bad" is not allowed; allowed: one of degraded, recovering, stalled',
    ],
    [["--bogus"], "unknown option '--bogus'"],
  ])("refuses %j with exit code 1 before it reads", async (args, message) => {
    const { code, err } = await command("report", "nowhere", ...args);
    expect(err).toContain(message);
    expect(code).toBe(1);
  });
  it.each([
    { given: "1d", read: "86400 s" },
    { given: "1h", read: "3600 s" },
    { given: "90s", read: "90 s" },
    { given: "5", read: "5 s" },
  ])("reads --fail-ready-p99 $given as $read", async ({ given, read }) => {
    const { code, out } = await command("report", writeRun([spiralWorker("1")]), "--fail-ready-p99", given);
    expect(code).toBe(4);
    expect(out).toContain(`cohort spiral: ready p99 from the loss not reached, allowed ${read}`);
  });
  it("says which file could not be written and ends with 3", async () => {
    const directory = writeRun([spiralWorker("1")]);
    mkdirSync(join(directory, "timeline.csv"));
    const { code, out, err } = await command("report", directory);
    expect(code).toBe(3);
    expect(out).toContain("METASTABLE");
    expect(err).toContain(`${join(directory, "timeline.csv")} could not be written`);
  });
});

describe("show", () => {
  it("prints from summary.json, or from the worker files, and writes nothing", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const before = readdirSync(directory);
    const fromWorkers = await command("show", directory);
    expect(readdirSync(directory)).toEqual(before);
    await command("report", directory);
    for (const name of before) rmSync(join(directory, name));
    expect(await command("show", directory)).toEqual(fromWorkers);
    const { out } = await command("show", directory, "--json");
    expect(JSON.parse(out)).toEqual(readSummary(directory));
  });
  it("names the path and what is missing", async () => {
    const directory = writeRun([spiralWorker("1")]);
    const cases: [string, string][] = [
      [join(directory, "nowhere"), "nowhere: no such directory"],
      [join(directory, "worker-1.json"), "worker-1.json is a file; give the directory of a run"],
      [
        temporaryDirectory(),
        "no worker files (worker-<id>.json, worker-<id>.hlog, worker-<id>.timeline.csv)",
      ],
      [dirname(directory), `there are runs below it:\n  ${directory}`],
    ];
    for (const [path, message] of cases) {
      const { code, out, err } = await command("show", path);
      expect([code, out]).toEqual([3, ""]);
      expect(err).toContain(message);
      expect(err).toContain(path);
    }
  });
  it("says where summary.json is damaged or of another version", async () => {
    const directory = writeRun([spiralWorker("1")]);
    writeFileSync(join(directory, "summary.json"), "{");
    expect((await command("show", directory)).err).toContain("summary.json cannot be read");
    writeFileSync(join(directory, "summary.json"), '{"schemaVersion":9}');
    expect((await command("show", directory)).err).toContain(
      "is not a summary of this version: schemaVersion",
    );
  });
});

describe("diff", () => {
  it("prints two runs, or JSON", async () => {
    const [a, b] = [writeRun([spiralWorker("1")]), writeRun([spiralWorker("2")])];
    const { code, out } = await command("diff", a, b);
    expect(code).toBe(0);
    expect(out).toContain(
      "Storm 1: connection reset of 100 %, cohort cached: A RECOVERED, B RECOVERED (generator saturated)",
    );
    const json = JSON.parse((await command("diff", a, b, "--json")).out);
    expect(json.storms[1]).toMatchObject({
      storm: 1,
      cohort: "cached",
      verdict: { a: "recovered", b: "recovered" },
    });
    expect(json.slower).toBeNull();
  });
  it.each([
    { share: "20 %", slow: 1.1, code: 0, said: "--fail-slower 20 %: B is not slower in any of 9 figures" },
    { share: "5%", slow: 1.1, code: 6, said: "--fail-slower 5 %: B is slower in 9 of 9 figures" },
    {
      share: "0.05",
      slow: 1.1,
      code: 6,
      said: "storm 1, cohort meters: ready p50 1.26 s in B, 1.15 s in A, 9.99 % slower",
    },
    { share: "150 %", slow: 2, code: 0, said: "--fail-slower 150 %: B is not slower" },
  ])("ends with $code for --fail-slower $share of a run that takes $slow times as long", async (row) => {
    const [a, b] = [writeRun([rehearsal()]), writeRun([rehearsal({ slow: row.slow })])];
    const { code, out } = await command("diff", a, b, "--fail-slower", row.share);
    expect(out).toContain(row.said);
    expect(code).toBe(row.code);
    const json = await command("diff", a, b, "--fail-slower", row.share, "--json");
    expect(json.code).toBe(row.code);
    expect(JSON.parse(json.out).slower.exit.code).toBe(row.code);
  });
  it("ends with 5 where a part of A could not be compared, and says which", async () => {
    const [a, b] = [writeRun([rehearsal({ storms: 2 })]), writeRun([rehearsal()])];
    const { code, out } = await command("diff", a, b, "--fail-slower", "20 %");
    expect(out).toContain("not compared: storm 2: B has no such storm");
    expect(code).toBe(5);
  });
  it("writes a page, beside JSON on standard output too, and says where it cannot", async () => {
    const [a, b] = [writeRun([rehearsal()]), writeRun([rehearsal({ slow: 1.5 })])];
    const path = join(temporaryDirectory(), "pages", "diff.html");
    const { code, out, err } = await command("diff", a, b, "--json", "--html", path);
    expect([code, JSON.parse(out).storms.length]).toEqual([0, 3]);
    expect(err).toContain("diff.html");
    expect(readFileSync(path, "utf8")).toContain('<h2 id="storms">Storms</h2>');
    const refused = await command("diff", a, b, "--html", temporaryDirectory());
    expect(refused.err).toContain("could not be written");
    expect(refused.code).toBe(3);
  });
  it("needs worker files for a page, not for the text", async () => {
    const a = writeRun([rehearsal()]);
    const summary = temporaryDirectory();
    await command("report", a, "--output", summary);
    expect((await command("diff", a, summary)).code).toBe(0);
    const { code, err } = await command("diff", a, summary, "--html", join(summary, "diff.html"));
    expect(err).toContain("no worker files");
    expect(code).toBe(3);
  });
  it.each(["20", "-1", "a lot", "2000 %", ""])("refuses --fail-slower %j with exit code 1", async (share) => {
    const { code, err } = await command("diff", "nowhere", "nowhere", "--fail-slower", share);
    expect(err).toContain('allowed: a share from 0 to 1 such as 0.2, or a percentage such as "20 %"');
    expect(code).toBe(1);
  });
});

describe("compare", () => {
  const compare = (runTimeout: string) =>
    command("compare", "nowhere.yml", "--broker", "a=mqtt://host", "--run-timeout", runTimeout);
  it.each(["1d", "1h", "90s", "5"])("takes --run-timeout %s", async (runTimeout) => {
    const { code, err } = await compare(runTimeout);
    expect([code, err]).toEqual([1, "nowhere.yml: no such script\n"]);
  });
  it.each(["soon", "10 apples", "", "0", "-1"])("refuses --run-timeout %j", async (runTimeout) => {
    const { code, err } = await compare(runTimeout);
    expect(code).toBe(1);
    expect(err).toContain("allowed: a duration above 0, such as 90s or 10m");
  });
  it("starts no broker by its name", async () => {
    const { code, err } = await command("compare", "scenarios/compare/conn-burst.yml", "--broker", "a");
    expect([code, err]).toEqual([1, "--broker a: give its URL, as in --broker a=mqtt://host:1883\n"]);
  });
});

it("says its version, which is the package's", async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../../../../results/package.json"), "utf8"),
  );
  expect((await command("--version")).out).toBe(`${version}\n`);
});

it("has help with examples and exit codes, and ends with 1 without a command it knows", async () => {
  const help = await command("--help");
  expect(help.code).toBe(0);
  expect(help.out).toContain("4  a storm did what `fail` forbids");
  for (const name of ["report", "show", "diff"]) {
    expect((await command(name, "--help")).out).toContain(`Examples:\n  mqtt-results ${name} `);
  }
  expect((await command("bogus")).code).toBe(1);
  expect((await command()).code).toBe(1);
});
