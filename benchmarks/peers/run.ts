/** `npm run bench:peers`: this engine and other clients in one run, round by round, against one Mosquitto each. */
import { writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeDirectory } from "artillery-engine-mqtt/contract";
import { Command } from "commander";
import { interleave } from "../../results/src/comparison/order.ts";
import { type PeerClient, WORKLOAD_WORDS, WORKLOADS, type Workload } from "./client.ts";
import { CLIENTS } from "./clients/index.ts";
import { listOf, parseCommandLine, wholeNumber } from "./command-line.ts";
import { type Cores, PINNED, whyNotPinned } from "./cores.ts";
import { listenOverflows } from "./listen-queue.ts";
import { findProgram, startMosquitto } from "./mosquitto.ts";
import { exited, killAll, spawnOwn } from "./own-child.ts";
import { PortRest, sourceAddresses } from "./source-addresses.ts";
import { type Result, resultLine, resultsCsv, resultsTable } from "./table.ts";

interface Options {
  devices: number;
  rounds: number;
  clients: string[];
  workloads: Workload[];
  base?: string[];
  devicesPerAddress: number;
  pin: boolean;
  output: string;
}

/** Exit codes: 0, 1 for a bad command line, a machine without Mosquitto or a round that failed, 130 after Ctrl-C. */
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
    .option("--base <list>", "clients that ratios are to; the first one that takes part", listOf(names))
    .option("--devices-per-address <n>", "one source address for so many", wholeNumber(100, 19_000), 19_000)
    .option("--pin", "Mosquitto on core 1 alone, the client on core 0", false)
    .option("--output <file>", "CSV to write", "benchmarks/results/peers.csv");
  const parsed = parseCommandLine<Options>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { options } = parsed;
  if (findProgram("mosquitto") === null) {
    err("mosquitto is neither on the PATH nor in /usr/sbin: apt-get install mosquitto\n");
    return 1;
  }
  const unpinned = options.pin ? whyNotPinned() : null;
  if (unpinned !== null) {
    err(`--pin: ${unpinned}\n`);
    return 1;
  }
  const present: { client: PeerClient; version: string }[] = [];
  for (const client of CLIENTS.filter(({ name }) => options.clients.includes(name))) {
    const found = await client.version();
    if ("version" in found) present.push({ client, version: found.version });
    else out(`skipped: ${client.title}: ${found.reason}\n`);
  }
  const takePart = present.map(({ client }) => client.name);
  const bases = options.base ?? takePart.slice(0, 1);
  const absent = bases.find((name) => !takePart.includes(name));
  if (absent !== undefined) {
    err(`--base: ${absent} takes no part\n`);
    return 1;
  }
  const localAddresses = sourceAddresses(options.devices, options.devicesPerAddress);
  const cores = options.pin ? PINNED : null;
  const rest = new PortRest();
  const results: Result[] = [];
  const save = (): void => {
    makeDirectory(dirname(options.output));
    writeFileSync(options.output, resultsCsv(results));
  };
  for (const workload of options.workloads) {
    const able = present.filter(({ client }) => client.workloads.includes(workload));
    for (const { round, contestant } of interleave(able, options.rounds)) {
      await rest.wait(localAddresses, out, signal);
      if (signal.aborted) break;
      out(`${WORKLOAD_WORDS[workload]}, round ${round} of ${options.rounds}: ${contestant.client.title} …\n`);
      const { devices } = options;
      const settings = { round, workload, devices, localAddresses, cores };
      const result = await oneResult(contestant, settings, signal);
      rest.ended(performance.now());
      // A round that was interrupted says nothing about the client.
      if (signal.aborted && result.measurement === null) break;
      out(`  ${resultLine(result)}\n`);
      results.push(result);
      save();
    }
  }
  if (results.length === 0) {
    out("nothing was measured\n");
    return signal.aborted ? 130 : 1;
  }
  out(`${resultsTable(results, bases)}\n\n${options.output}\n`);
  if (signal.aborted) return 130;
  return results.every(({ measurement }) => measurement !== null) ? 0 : 1;
}

interface RoundSettings {
  round: number;
  workload: Workload;
  devices: number;
  localAddresses: readonly string[] | null;
  cores: Cores | null;
}

async function oneResult(
  { client, version }: { client: PeerClient; version: string },
  { round, workload, devices, localAddresses, cores }: RoundSettings,
  signal: AbortSignal,
): Promise<Result> {
  const result = { round, workload, client: client.name, version, devices };
  try {
    const broker = await startMosquitto(cores?.broker);
    const responder = workload === "config" ? await startResponder(broker.port, cores?.broker) : null;
    try {
      const before = listenOverflows();
      const measurement = await client.measure({
        port: broker.port,
        brokerPid: broker.pid,
        devices,
        workload,
        localAddresses,
        core: cores?.client ?? null,
        signal,
      });
      const overflows = before === null ? null : (listenOverflows() ?? before) - before;
      return { ...result, measurement, listenOverflows: overflows, failure: null };
    } finally {
      await responder?.();
      await broker.stop();
    }
  } catch (error) {
    return { ...result, measurement: null, listenOverflows: null, failure: (error as Error).message };
  }
}

/** It is the back end's, as the broker is. */
async function startResponder(port: number, core: number | null = null): Promise<() => Promise<void>> {
  const path = new URL("responder.ts", import.meta.url);
  const child = spawnOwn(
    process.execPath,
    [path.pathname, String(port)],
    { stdio: ["ignore", "ignore", "inherit", "ipc"] },
    core,
  );
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
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
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
