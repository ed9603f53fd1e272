import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../results/src/commands/program.ts";
import { readSummary } from "../../results/src/directory/summary-file.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Pair } from "./pair.ts";
import { pairScript } from "./pair-script.ts";

/**
 * The forecast of the pair's script, by the command that users run.
 *
 * @throws an Error with what the command said, where it made no forecast
 */
export async function forecastOf(pair: Pair): Promise<Outcome> {
  const directory = mkdtempSync(join(tmpdir(), "bench-forecast-"));
  try {
    const path = join(directory, "script.json");
    writeFileSync(path, JSON.stringify(pairScript(pair)));
    const output = join(directory, "results");
    let said = "";
    const hear = (text: string): void => {
      said += text;
    };
    await runCommand(["forecast", path, "--output", output], { out: hear, err: hear, colour: false });
    const [run] = readdirSync(directory).includes("results") ? readdirSync(output) : [];
    const summary = run === undefined ? null : readSummary(join(output, run));
    if (summary === null) throw new Error(`${pair.name}: no forecast: ${said.trim()}`);
    return outcomeOf(summary);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
