/** `npm run bench:peers`: this engine and other clients in one run, round by round, against one Mosquitto each. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { interleave } from "../../results/src/comparison/order.ts";
import { type PeerClient, WORKLOAD_WORDS, WORKLOADS, type Workload } from "./client.ts";
import { CLIENTS } from "./clients/index.ts";
import { startMosquitto } from "./mosquitto.ts";
import { exited, killAll, spawnOwn } from "./own-child.ts";
import { usageOf } from "./process-usage.ts";
import { type Result, resultsCsv, resultsTable } from "./table.ts";

interface Options {
  devices: number;
  rounds: number;
  clients: string[];
  workloads: Workload[];
  output: string;
}

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < from || value > to) {
      throw new InvalidArgumentError(`A whole number from ${from} to ${to} is expected.`);
    }
    return value;
  };
}

export function listOf<Name extends string>(allowed: readonly Name[]): (text: string) => Name[] {
  return (text) => {
    const names = text.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !allowed.includes(name as Name));
    if (unknown !== undefined) throw new InvalidArgumentError(`Allowed are ${allowed.join(", ")}.`);
    return names as Name[];
  };
}

/** Exit codes: 0, 1 for a bad command line or a machine without Mosquitto, 130 after Ctrl-C. */
export async function runPeers(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const names = CLIENTS.map(({ name }) => name);
  const program = new Command("bench:peers")
    .description("Clients side by side: connect, subscribe and ask for a configuration, then a storm")
    .option("--devices <n>", "devices of each client", wholeNumber(1, 19_000), 8000)
    .option("--rounds <n>", "rounds of all clients", wholeNumber(1, 100), 5)
    .option("--clients <list>", `of ${names.join(", ")}`, listOf(names), names)
    .option("--workloads <list>", `of ${WORKLOADS.join(", ")}`, listOf(WORKLOADS), [...WORKLOADS])
    .option("--output <file>", "CSV to write", "benchmarks/results/peers.csv")
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err });
  try {
    program.parse([...args], { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 1;
    throw error;
  }
  const options = program.opts<Options>();
  const present: { client: PeerClient; version: string }[] = [];
  for (const client of CLIENTS.filter(({ name }) => options.clients.includes(name))) {
    const found = await client.version();
    if ("version" in found) present.push({ client, version: found.version });
    else out(`skipped: ${client.title}: ${found.reason}\n`);
  }
  const results: Result[] = [];
  const save = (): void => {
    mkdirSync(dirname(options.output), { recursive: true });
    writeFileSync(options.output, resultsCsv(results));
  };
  for (const workload of options.workloads) {
    const able = present.filter(({ client }) => client.workloads.includes(workload));
    for (const { round, contestant } of interleave(able, options.rounds)) {
      if (signal.aborted) break;
      out(`${WORKLOAD_WORDS[workload]}, round ${round} of ${options.rounds}: ${contestant.client.title} …\n`);
      results.push(await oneResult(contestant, round, workload, options.devices, signal));
      save();
    }
  }
  if (signal.aborted) results.pop();
  save();
  out(`${resultsTable(results, present[0]?.client.name ?? "")}\n\n${options.output}\n`);
  if (signal.aborted) return 130;
  return results.some(({ measurement }) => measurement !== null) ? 0 : 1;
}

async function oneResult(
  { client, version }: { client: PeerClient; version: string },
  round: number,
  workload: Workload,
  devices: number,
  signal: AbortSignal,
): Promise<Result> {
  const result = { round, workload, client: client.name, version, devices };
  try {
    const broker = await startMosquitto();
    const responder = workload === "config" ? await startResponder(broker.port) : null;
    try {
      const before = usageOf(broker.pid)?.cpuUs ?? 0;
      const measurement = await client.measure({
        port: broker.port,
        brokerPid: broker.pid,
        devices,
        workload,
        signal,
      });
      const brokerCpuUs = (usageOf(broker.pid)?.cpuUs ?? before) - before;
      return { ...result, measurement, brokerCpuUsPerDevice: brokerCpuUs / devices, failure: null };
    } finally {
      await responder?.();
      await broker.stop();
    }
  } catch (error) {
    return { ...result, measurement: null, brokerCpuUsPerDevice: null, failure: (error as Error).message };
  }
}

async function startResponder(port: number): Promise<() => Promise<void>> {
  const path = new URL("responder.ts", import.meta.url);
  const child = spawnOwn(process.execPath, [path.pathname, String(port)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code) => reject(new Error(`the responder ended with ${code}`)));
  });
  return async () => {
    child.disconnect();
    await exited(child);
  };
}

/** Ctrl-C ends the children and keeps what was measured; the second one ends at once. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        killAll();
        process.exit(130);
      }
      process.stderr.write("\nstopping: what was measured so far is kept\n");
      controller.abort();
    });
  }
  return controller.signal;
}

if (import.meta.main) {
  process.exitCode = await runPeers(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
