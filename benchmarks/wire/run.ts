/**
 * `npm run bench:wire`: how near to the wire are the service times that a run reports? Captures the loopback interface while
 * a scenario runs on the embedded broker, and holds the percentiles of the capture against those of `summary.json`.
 *
 * Needs tshark and dumpcap of Wireshark, and the right to capture (root, or the capabilities of dumpcap).
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { printableLines } from "artillery-engine-mqtt/contract";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
import { percentile, WireReader, type WireTimes } from "./wire-times.ts";

const SCENARIO = resolve(process.argv[2] ?? "scenarios/mass-reconnect.yml");

/** `config/<device>/get/<request>` is answered on `config/<device>/<request>`, as in the shipped scenarios. */
function answerTopic(topic: string): string | null {
  const [, device, request] = /^config\/([^/]+)\/get\/([^/]+)$/.exec(topic) ?? [];
  return device === undefined || request === undefined ? null : `config/${device}/${request}`;
}

function missing(): string | null {
  for (const name of ["tshark", "dumpcap"]) {
    if (spawnSync(name, ["--version"]).status !== 0) return `${name} is not installed (Debian: tshark)`;
  }
  const devices = spawnSync("dumpcap", ["-D"], { encoding: "utf8" });
  return /\blo\b/i.test(devices.stdout) ? null : "dumpcap may not capture here: run it as root";
}

async function main(): Promise<number> {
  const reason = missing();
  if (reason !== null) {
    console.log(`bench:wire: skipped, for ${reason}`);
    return 0;
  }
  const folder = mkdtempSync(join(tmpdir(), "bench-wire-"));
  try {
    const file = join(folder, "wire.pcapng");
    const capture = await startCapture(file);
    const code = await ended(startRun(folder));
    capture.kill("SIGINT");
    await ended(capture);
    const results = join(folder, "mqtt-results");
    const [run] = readdirSync(results);
    if (run === undefined) throw new Error(`the run left no results (exit ${code})`);
    const summary = JSON.parse(readFileSync(join(results, run, "summary.json"), "utf8")) as Summary;
    const times = await readCapture(file, Number(new URL(summary.target).port));
    console.log(tableOf(summary, times));
    return code === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when it captures: what passes before is lost. */
async function startCapture(file: string): Promise<ChildProcess> {
  const capture = spawn("dumpcap", ["-q", "-i", "lo", "-f", "tcp", "-B", "256", "-w", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => capture.kill("SIGKILL"));
  await new Promise<void>((done, failed) => {
    let said = "";
    capture.stderr.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes("File:")) done();
    });
    capture.once("exit", () => failed(new Error(`dumpcap ended: ${printableLines(said)}`)));
  });
  return capture;
}

function startRun(cwd: string): ChildProcess {
  const packageFile = createRequire(import.meta.url).resolve("artillery/package.json");
  const run = spawn(process.execPath, [join(dirname(packageFile), "bin/run"), "run", SCENARIO], {
    cwd,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: "true" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => run.kill(signal));
  return run;
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", done);
  });
}

async function readCapture(file: string, port: number): Promise<WireTimes> {
  const fields = ["frame.time_epoch", "tcp.stream", "tcp.dstport", "tcp.flags.syn", "tcp.payload"];
  const tshark = spawn(
    "tshark",
    ["-r", file, "-Y", `tcp.port==${port} && !tcp.analysis.retransmission`, "-T", "fields"].concat(
      fields.flatMap((field) => ["-e", field]),
    ),
    { stdio: ["ignore", "pipe", "ignore"] },
  );
  const reader = new WireReader(answerTopic);
  for await (const line of createInterface({ input: tshark.stdout })) {
    const [atS, stream, toPort, syn, payload = ""] = line.split("\t");
    reader.read({
      atS: Number(atS),
      stream: Number(stream),
      fromDevice: Number(toPort) === port,
      syn: syn === "1" || syn === "True",
      payload: Buffer.from(payload, "hex"),
    });
  }
  return reader.times;
}

const ROWS: readonly [keyof WireTimes, string][] = [
  ["tcp", "TCP: SYN to SYN-ACK"],
  ["connack", "CONNECT to CONNACK"],
  ["subscribe", "SUBSCRIBE to SUBACK"],
  ["configRequest", "config request to answer"],
];

function tableOf(summary: Summary, times: WireTimes): string {
  const milliseconds = (value: number | null): string => (value === null ? "-" : value.toFixed(2));
  const lines = ROWS.flatMap(([name, words]) => {
    const reported = summary.latencyMs[name];
    const wire = times[name];
    return (["p50", "p99"] as const).map((rank) => {
      const ofWire = percentile(wire, Number(rank.slice(1)));
      const ofRun = reported[rank];
      const beyond = ofWire === null || ofRun === null ? null : ofRun - ofWire;
      const counts = rank === "p50" ? `${wire.length} / ${reported.count}` : "";
      return [rank === "p50" ? words : "", rank, ofWire, ofRun, beyond, counts] as const;
    });
  });
  const cells = [
    ["ms", "", "wire", "reported", "beyond", "wire / reported"],
    ...lines.map(([words, rank, wire, run, beyond, counts]) => [
      words,
      rank,
      milliseconds(wire),
      milliseconds(run),
      milliseconds(beyond),
      counts,
    ]),
  ];
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0))) ?? [];
  return cells
    .map((row) =>
      row.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}

process.exitCode = await main();
