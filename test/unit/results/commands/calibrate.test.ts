import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ForecastAssumption } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { readSummary } from "../../../../results/src/directory/summary-file.ts";
import { asMeasured } from "../../../support/forecast-command.ts";
import { temporaryDirectory, writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

async function command(...args: string[]): Promise<{ code: number; said: string }> {
  let said = "";
  const hear = (text: string): void => {
    said += text;
  };
  const code = await runCommand(args, { out: hear, err: hear, colour: false });
  return { code, said: said.replace(/\s+/g, " ") };
}

async function forecast(...args: string[]): Promise<{ code: number; said: string; directory: string }> {
  const output = temporaryDirectory();
  const result = await command("forecast", ...args, "--output", output);
  const [run = ""] = readdirSync(output);
  return { ...result, directory: join(output, run) };
}

async function ramp(): Promise<string> {
  return asMeasured((await forecast("scenarios/calibrate.yml")).directory);
}

describe("forecast --calibrate", () => {
  it("rests on what a ramp found, and names the run wherever it does", async () => {
    const measured = await ramp();
    const { code, said, directory } = await forecast("scenarios/mass-reconnect.yml", "--calibrate", measured);
    expect(code).toBe(0);
    const run = readSummary(measured)?.testRunId ?? "";
    expect(said).toContain(`config service: capacity: 500 answers per s (calibration ${run})`);
    expect(said).toMatch(/calibration: config service: knee at 500 answers per s, between \d+ and \d+/);
    // The lab's broker is at its end within the ramp.
    expect(said).toMatch(/calibration: broker: knee at \d+ devices per s, between \d+ and \d+/);
    expect(said).toMatch(new RegExp(`broker: connects: \\d+ per s \\(calibration ${run}\\)`));
    // It is another forecast than that without it.
    const without = await forecast("scenarios/mass-reconnect.yml");
    expect(readSummary(without.directory)?.testRunId).not.toBe(readSummary(directory)?.testRunId);
    expect(readSummary(directory)?.forecast?.assumptions).toContainEqual({
      name: "config service: capacity",
      value: "500 answers per s",
      source: "calibration",
      run,
    });
  });

  it("refuses a run whose load never grew from one that was served", async () => {
    const worker = spiralWorker("1");
    const run = writeRun([{ ...worker, timeline: [] }]);
    const { code, said } = await forecast("scenarios/mass-reconnect.yml", "--calibrate", run);
    expect(code).not.toBe(0);
    expect(said).toContain("no load in it grew from one that was served in time");
    expect(said).toContain("scenarios/calibrate.yml");
  });

  it("is not what a forecast says of itself", async () => {
    const { directory } = await forecast("scenarios/cached-config.yml");
    const { code, said } = await forecast("scenarios/mass-reconnect.yml", "--calibrate", directory);
    expect(code).toBe(1);
    expect(said).toContain(`--calibrate ${directory}: a forecast, which knows of the target only`);
  });

  it("is what a search rests on, but for what it searches", async () => {
    const measured = await ramp();
    const run = readSummary(measured)?.testRunId ?? "";
    const assumptionsOf = async (...args: string[]): Promise<ForecastAssumption[]> => {
      const script = "scenarios/mass-reconnect.yml";
      const { directory } = await forecast(script, "--calibrate", measured, ...args, "--devices", "300");
      return JSON.parse(readFileSync(join(directory, "find.json"), "utf8")).question.assumptions;
    };
    const told = (all: ForecastAssumption[]) => all.filter((one) => one.run === run).map(({ name }) => name);
    const fleet = await assumptionsOf("--find", "fleet");
    expect(told(fleet)).toContain("config service: capacity");
    expect(told(fleet)).toContain("network: latency, one way");
    const capacity = await assumptionsOf("--find", "capacity");
    expect(told(capacity)).toContain("network: latency, one way");
    expect(told(capacity).filter((name) => name.includes("config service"))).toEqual([]);
  });
});
