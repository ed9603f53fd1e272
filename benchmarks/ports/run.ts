/**
 * `npm run bench:ports`: what a connection costs, as more and more of this host's local ports are taken: where the kernel looks for
 * one, and where the engine draws one; at once, and again when the ports of the run before are in TIME_WAIT.
 */
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { readPortPool } from "../../engine/src/transport/host-limits.ts";
import { parseLocalAddresses } from "../../engine/src/transport/local-addresses.ts";
import { anyAddress, givenAddresses, type LocalEnd } from "../../engine/src/transport/local-end.ts";
import { createTcp } from "../../engine/src/transport/tcp.ts";
import type { OpenTransport, Transport, TransportFailure } from "../../engine/src/transport/transport.ts";
import { parseCommandLine, wholeNumber } from "../peers/command-line.ts";
import { exited, spawnOwn } from "../peers/own-child.ts";
import { abortOnSignals } from "../peers/run.ts";
import { restPorts, TIME_WAIT_S } from "../peers/source-addresses.ts";

/** So many are opened before the loop turns. */
const AT_A_TIME = 64;
const STEP = 2000;
/** Longer than a fleet would wait for it. */
const MOST_US = 5000;

interface Ways {
  name: string;
  local: LocalEnd;
}

function ways(): Ways[] {
  const ports = readPortPool();
  const four = parseLocalAddresses(["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"]);
  if (ports === null || "entry" in four) throw new Error("this host does not say which ports it has");
  return [
    { name: "kernel's", local: anyAddress(null) },
    { name: "kernel's, 4 addresses", local: givenAddresses(four, null) },
    { name: "drawn", local: anyAddress(ports) },
    { name: "drawn, 4 addresses", local: givenAddresses(four, ports) },
  ];
}

/** Opens them all, and ends them with FIN. Returns microseconds per connection, for each step; shorter where it gave up. */
async function fill(open: OpenTransport, connections: number, signal: AbortSignal): Promise<number[]> {
  const transports: Transport[] = [];
  const steps: number[] = [];
  while (transports.length < connections && !signal.aborted) {
    const startedMs = performance.now();
    for (let done = 0; done < STEP; done += AT_A_TIME) {
      const count = Math.min(AT_A_TIME, STEP - done);
      const failure = await openSome(open, count, transports);
      if (failure !== null) {
        end(transports);
        return steps;
      }
    }
    steps.push(((performance.now() - startedMs) * 1000) / STEP);
    if ((steps.at(-1) as number) > MOST_US) break;
  }
  end(transports);
  return steps;
}

function end(transports: readonly Transport[]): void {
  for (const transport of transports) transport.close();
}

function openSome(open: OpenTransport, count: number, into: Transport[]): Promise<TransportFailure | null> {
  return new Promise((resolve) => {
    let left = count;
    const listener = {
      onStep: () => {},
      onOpen: () => {
        if (--left === 0) resolve(null);
      },
      onBytes: () => {},
      onClosed: (failure: TransportFailure | null) => resolve(failure ?? "tcp_reset"),
    };
    for (let i = 0; i < count; i++)
      into.push(open(listener, { number: into.length, endpoint: null, region: 0 }));
  });
}

async function measure(local: LocalEnd, connections: number, signal: AbortSignal): Promise<number[]> {
  const path = fileURLToPath(new URL("acceptor.ts", import.meta.url));
  const child = spawnOwn(process.execPath, [path], { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  try {
    const port = await new Promise<number>((resolve) =>
      child.once("message", (told) => resolve(Number(told))),
    );
    return await fill(createTcp("127.0.0.1", port, local, "handle"), connections, signal);
  } finally {
    // What is on its way is taken, and ended, before the other end is gone.
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.disconnect();
    await exited(child);
  }
}

/** Exit codes: 0, 1 for a bad command line, 130 after Ctrl-C. */
export async function runPorts(
  args: readonly string[],
  out: (text: string) => void,
  err: (text: string) => void,
  signal: AbortSignal,
): Promise<number> {
  const program = new Command("bench:ports")
    .description("Connections from one host to one broker, by who chooses their local ports")
    .option("--connections <n>", "to open", wholeNumber(STEP, 19_000), 18_000);
  const parsed = parseCommandLine<{ connections: number }>(program, args, out, err);
  if ("exitCode" in parsed) return parsed.exitCode;
  const { connections } = parsed.options;
  const counts = Array.from({ length: Math.ceil(connections / STEP) }, (_, i) => (i + 1) * STEP);
  out(`us per connection    up to ${counts.map((count) => String(count).padStart(6)).join("")}\n`);
  for (const [place, { name, local }] of ways().entries()) {
    // No way is to find the ports of another.
    if (place > 0) await restPorts(TIME_WAIT_S * 1000, out, signal);
    for (const when of ["", "again"]) {
      const steps = await measure(local, connections, signal);
      if (signal.aborted) return 130;
      const cells = counts.map((_, i) => (steps[i] === undefined ? "-" : steps[i].toFixed(0)).padStart(6));
      out(`${`${name}${when && `, ${when}`}`.padEnd(27)}${cells.join("")}\n`);
    }
  }
  return 0;
}

if (import.meta.main) {
  process.exitCode = await runPorts(
    process.argv.slice(2),
    (text) => process.stdout.write(text),
    (text) => process.stderr.write(text),
    abortOnSignals(),
  );
}
