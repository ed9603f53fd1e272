/** `mqtt-results forecast` as a user calls it: its files, its readers, its refusals, Ctrl-C. */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Summary, summarySchema } from "../../results/src/judge/summary-schema.ts";

const ROOT = join(import.meta.dirname, "../..");
const COMMAND = join(ROOT, "results/bin/mqtt-results.js");
const MAIN = join(ROOT, "scenarios/mass-reconnect.yml");

function call(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  return callAs({}, ...args);
}

function callAs(
  env: NodeJS.ProcessEnv,
  ...args: string[]
): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { code: status, stdout, stderr };
}

function folder(): string {
  return mkdtempSync(join(tmpdir(), "forecast-e2e-"));
}

function runIn(output: string): string {
  const [only] = readdirSync(output);
  return join(output, only as string);
}

/** Hashes of all files by name. */
function hashes(directory: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(directory)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(directory, name)))
          .digest("hex"),
      ]),
  );
}

it("writes the files of a run, twice the same bytes, and every reader says FORECAST", () => {
  const [a, b] = [folder(), folder()];
  const first = call("forecast", MAIN, "--output", a);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toContain("FORECAST RECOVERED");
  expect(first.stdout).toContain("broker: connects: 5000 per s (default)");
  expect(first.stderr).toMatch(/^forecast: 2,000 devices, about \d+ MB of memory$/m);
  // Neither where nor in which language it is read is in the files.
  const elsewhere = { TZ: "Asia/Tokyo", LC_ALL: "de_DE.UTF-8" };
  expect(callAs(elsewhere, "forecast", MAIN, "--output", b).code).toBe(0);
  const files = hashes(runIn(a));
  // The directory of a run holds its own script: the same devices come to the same.
  const ofRun = folder();
  expect(call("forecast", runIn(a), "--output", ofRun).code).toBe(0);
  expect(hashes(runIn(ofRun))["timeline.csv"]).toBe(files["timeline.csv"]);
  expect(Object.keys(files)).toEqual([
    "junit.xml",
    "merged.hlog",
    "percentiles.csv",
    "report.html",
    "script.json",
    "summary.json",
    "timeline.csv",
    "worker-forecast.hlog",
    "worker-forecast.json",
    "worker-forecast.timeline.csv",
  ]);
  expect(hashes(runIn(b))).toEqual(files);
  const summary = summarySchema.parse(JSON.parse(readFileSync(join(runIn(a), "summary.json"), "utf8")));
  expect(summary).toMatchObject({ complete: true, generator: null, fleet: { devices: 2000 } });
  // Within 5 % of what was measured on the lab (shared/scale.md): 2.16, 3.76 and 4.11 s.
  const { p50, p90, p99 } = (summary.storms[1] as (typeof summary.storms)[number]).readyMs;
  for (const [ms, measuredMs] of [
    [p50, 2160],
    [p90, 3760],
    [p99, 4110],
  ] as const)
    expect(Math.abs((ms as number) - measuredMs)).toBeLessThan(0.05 * measuredMs);
  expect(call("show", runIn(a)).stdout).toContain("FORECAST RECOVERED");
  expect(readFileSync(join(runIn(a), "junit.xml"), "utf8")).toContain('testsuites name="FORECAST: ');
  expect(call("diff", runIn(a), runIn(b)).stdout).toContain("A is a FORECAST");
  const again = call("report", runIn(a), "--fail-ready-p99", "1s");
  expect(again.code).toBe(4);
  expect(again.stdout).toContain("gate failed: FORECAST: storm 1");
});

it("several workers come to what one does, in files of their own", () => {
  const [one, three] = [folder(), folder()];
  expect(call("forecast", MAIN, "--output", one).code).toBe(0);
  const divided = call("forecast", MAIN, "--workers", "3", "--output", three);
  expect(divided.code, divided.stderr).toBe(0);
  const [files, sum] = [hashes(runIn(three)), hashes(runIn(one))];
  const ofWorkers = [1, 2, 3].flatMap((n) =>
    ["hlog", "json", "timeline.csv"].map((end) => `worker-forecast-${n}.${end}`),
  );
  expect(Object.keys(files).filter((name) => name.startsWith("worker-"))).toEqual(ofWorkers);
  for (const name of ["merged.hlog", "timeline.csv", "percentiles.csv"]) expect(files[name]).toBe(sum[name]);
  const [whole, parts] = [one, three].map((output) => {
    const summary = JSON.parse(readFileSync(join(runIn(output), "summary.json"), "utf8")) as Summary;
    return { ...summary, testRunId: null, workers: null };
  });
  expect(JSON.stringify(parts)).toBe(JSON.stringify(whole));
  expect(call("forecast", MAIN, "--workers", "0").stderr).toContain("allowed: a whole number from 1 to 64");
  expect(call("forecast", MAIN, "--workers", "2", "--find", "fleet").stderr).toContain("without --workers");
});

it("spiral.yml spirals, and cached-config.yml is its cure", () => {
  const spiral = call("forecast", join(ROOT, "scenarios/spiral.yml"), "--output", folder());
  expect(spiral.stdout).toContain("FORECAST METASTABLE");
  const cured = call("forecast", join(ROOT, "scenarios/cached-config.yml"), "--output", folder());
  expect(cured.stdout).toContain("FORECAST RECOVERED");
});

it("names what is wrong, and what no model can know", () => {
  const path = join(folder(), "script.yml");
  const asks = readFileSync(MAIN, "utf8")
    .replace("- connect: {}", "- function: token\n      - connect: {}")
    .replace("  target: lab", "  processor: ./token.mjs\n  target: lab");
  writeFileSync(path, asks);
  const refused = call("forecast", path);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("scenarios[0].flow[0].function: ");
  expect(call("forecast", join(folder(), "none.yml")).stderr).toContain("none.yml cannot be read");
  expect(call("forecast", MAIN, "--devices", "many").stderr).toContain("such as 250000, 250k or 1M");
  expect(call("forecast", MAIN, "--devices", "100M", "--sample", "99M").stderr).toMatch(
    /99000000 devices would take about/,
  );
});

it("keeps what is known when it is interrupted", async () => {
  const output = folder();
  const child = spawn(process.execPath, [COMMAND, "forecast", MAIN, "--devices", "200k", "--output", output]);
  let stderr = "";
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    if (/of virtual time/.test(text)) child.kill("SIGINT");
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code, stderr).toBe(130);
  expect(stderr).toContain("interrupted: what is known up to here was kept");
  expect(stdout).toContain("INCOMPLETE RUN: worker forecast was interrupted");
  expect(readdirSync(runIn(output))).toContain("summary.json");
});
