/** `npm run bench`: measures what the engine does most, and prints and writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { comparisonText, tableText } from "./format.ts";
import { measure } from "./measure.ts";
import { fromCsv, type Row, toCsv } from "./rows.ts";
import { FULL, type Scale, type Table, TINY } from "./suite.ts";

interface Suite {
  tables(scale: Scale): Table[] | Promise<Table[]>;
}

/** Files of benchmarks, loaded when their turn comes. */
export const SUITES: Readonly<Record<string, () => Promise<Suite>>> = {
  backoff: () => import("./backoff.bench.ts"),
  recorder: () => import("./recorder.bench.ts"),
  selection: () => import("./selection.bench.ts"),
  drop: () => import("./drop.bench.ts"),
  messages: () => import("./messages.bench.ts"),
  timers: () => import("./timers.bench.ts"),
  codec: () => import("./codec.bench.ts"),
  template: () => import("./template.bench.ts"),
  timeline: () => import("./timeline.bench.ts"),
  merge: () => import("./merge.bench.ts"),
};

interface Options {
  filter?: string;
  time: number;
  quick?: true;
  compare?: string;
  output: string;
}

function milliseconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0)
    throw new InvalidArgumentError("Milliseconds above 0 are expected.");
  return value;
}

/** Exit codes: 0, 1 for a bad command line, 130 after Ctrl-C. */
export async function runBenchmarks(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench")
    .description("Micro-benchmarks of the engine's hot path")
    .option("--filter <text>", "only tables or cases whose name contains it (file, table or case)")
    .option("--time <ms>", "per case", milliseconds, 500)
    .option("--quick", "tiny inputs, a few samples: to see that it runs, not to measure")
    .option("--compare <file>", "ratios against the CSV of an earlier run")
    .option("--output <file>", "CSV to write", "benchmarks/results/micro.csv")
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    throw error;
  }
  const options = program.opts<Options>();
  let before: Row[] | null = null;
  if (options.compare !== undefined) {
    // The file is read before anything is measured or overwritten.
    try {
      before = fromCsv(readFileSync(options.compare, "utf8"));
    } catch (error) {
      err(`--compare ${options.compare}: ${(error as Error).message}\n`);
      return 1;
    }
  }
  const effort = options.quick
    ? { timeMs: 1, iterations: 2, warmupIterations: 2 }
    : { timeMs: options.time, iterations: 64, warmupIterations: 16 };
  const wanted = options.filter?.toLowerCase() ?? "";
  const rows: Row[] = [];
  for (const [file, load] of Object.entries(SUITES)) {
    for (const table of await (await load()).tables(options.quick ? TINY : FULL)) {
      const whole = `${file} ${table.title}`.toLowerCase().includes(wanted);
      const cases = table.cases.filter(({ name }) => whole || name.toLowerCase().includes(wanted));
      const measured = await measure(table, cases, effort, signal);
      if (measured.length > 0) out(`${tableText(measured)}\n`);
      rows.push(...measured);
    }
  }
  if (rows.length === 0 && !signal.aborted) {
    err(`--filter ${options.filter}: no table or case of that name\n`);
    return 1;
  }
  if (rows.length > 0) {
    makeDirectory(dirname(options.output));
    writeFileSync(options.output, toCsv(rows));
    out(`${rows.length} rows in ${options.output}\n`);
  }
  if (before !== null) out(`\n${comparisonText(rows, before)}`);
  return signal.aborted ? 130 : 0;
}

if (import.meta.main) {
  const interrupt = new AbortController();
  process.once("SIGINT", () => interrupt.abort());
  const write = (text: string): void => void process.stdout.write(text);
  process.exitCode = await runBenchmarks(
    process.argv.slice(2),
    write,
    (text) => void process.stderr.write(text),
    interrupt.signal,
  );
}
