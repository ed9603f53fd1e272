import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { runScenario } from "../../results/src/comparison/run-scenario.ts";
import { startMosquitto } from "../peers/mosquitto.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import type { Pair } from "./pair.ts";
import type { PairScript } from "./pair-script.ts";
import { pairScript } from "./pair-script.ts";

/** What is kept of a measured run: all that its table needs, and what it was measured with. */
export interface Measured {
  pair: string;
  /** Of the day, UTC. */
  measuredAt: string;
  node: string;
  machine: string;
  /** What was run: a pair that was changed since is measured again. */
  script: PairScript;
  outcome: Outcome;
}

const LONGEST_MS = 240_000;

/**
 * One `artillery run` of the pair, against a broker of its own.
 *
 * @throws an Error whose message says why there is no result
 */
export async function measure(pair: Pair, signal: AbortSignal): Promise<Measured> {
  const script = pairScript(pair);
  const directory = mkdtempSync(join(tmpdir(), "bench-forecast-"));
  const mosquitto = pair.broker === "mosquitto" ? await startMosquitto() : null;
  try {
    const path = join(directory, "script.json");
    writeFileSync(path, JSON.stringify(script));
    const results = join(directory, "results");
    mkdirSync(results);
    const url = mosquitto === null ? "lab" : `mqtt://127.0.0.1:${mosquitto.port}`;
    const run = { script: path, url, env: {}, directory: results, timeoutMs: LONGEST_MS, signal };
    const outcome = await runScenario(run, () => {});
    if (outcome.kind !== "measured") throw new Error(`${pair.name}: ${outcome.detail}`);
    return {
      pair: pair.name,
      measuredAt: new Date().toISOString().slice(0, 10),
      node: process.version,
      machine: `${availableParallelism()} x ${cpus()[0]?.model ?? "unknown"}`,
      script,
      outcome: outcomeOf(outcome.summary),
    };
  } finally {
    await mosquitto?.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

export function keepMeasured(folder: string, measured: Measured): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(pathOf(folder, measured.pair), `${JSON.stringify(measured, null, 2)}\n`);
}

/**
 * What was kept of the pair; null where it was not measured yet.
 *
 * @throws an Error where it was measured with another script than the pair has now
 */
export function keptMeasured(folder: string, pair: Pair): Measured | null {
  const path = pathOf(folder, pair.name);
  if (!existsSync(path)) return null;
  const measured = JSON.parse(readFileSync(path, "utf8")) as Measured;
  if (JSON.stringify(asRun(measured.script)) !== JSON.stringify(asRun(pairScript(pair))))
    throw new Error(`${path} was measured with another script than ${pair.name} has now: measure it again`);
  return measured;
}

function pathOf(folder: string, pair: string): string {
  return join(folder, `${pair.replaceAll(":", "-")}.json`);
}

/** The script without what only a forecast reads: a model that has learnt more is no other run. */
function asRun({ config, ...rest }: PairScript): object {
  const { engines, ...others } = config as PairScript["config"] & { engines?: { mqtt?: object } };
  return { ...rest, config: { ...others, engines: { mqtt: { ...engines?.mqtt, forecast: undefined } } } };
}
