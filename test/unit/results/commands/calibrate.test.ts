import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { readSummary } from "../../../../results/src/directory/summary-file.ts";
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

describe("forecast --calibrate", () => {
  it("rests on what a ramp found, and names the run wherever it does", async () => {
    const ramp = await forecast("scenarios/calibrate.yml");
    const { code, said, directory } = await forecast(
      "scenarios/mass-reconnect.yml",
      "--calibrate",
      ramp.directory,
    );
    expect(code).toBe(0);
    const run = readSummary(ramp.directory)?.testRunId ?? "";
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
});
