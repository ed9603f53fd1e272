import { createInterface } from "node:readline";
import type { Job, PeerClient } from "../client.ts";
import { compileLimit } from "../limit/compile.ts";
import { spawnOwn } from "../own-child.ts";
import { versionOf } from "./black-box.ts";
import { type FleetMessage, measureToldFleet, type ToldFleet } from "./told-fleet.ts";

const ALL = 1_000_000;

/** What the engine's arrival is held against: devices come over a second, so that only some are opening at any time. */
export const limit500 = limitClient("limit_500", "the limit: C and epoll, 500 in flight", 500);

/** What its storm is held against: all devices reconnect in the same instant. */
export const limitAll = limitClient("limit_all", "the limit: C and epoll, all in flight", ALL);

/** Our own client in C, `../limit/client.c`: the system calls and nothing else. */
function limitClient(name: string, title: string, inFlight: number): PeerClient {
  return {
    name,
    title,
    workloads: ["subscribe"],
    async version() {
      const compiled = compileLimit();
      if ("reason" in compiled) return compiled;
      const compiler = versionOf("cc", ["--version"]);
      return "reason" in compiler ? compiler : { version: `cc ${compiler.version}` };
    },
    async measure(job) {
      return measureToldFleet(job, startLimit(job, inFlight));
    },
  };
}

/** Throws where it cannot be compiled. */
export function startLimit(
  { port, devices, localAddresses, core }: Pick<Job, "port" | "devices" | "localAddresses" | "core">,
  inFlight: number,
): ToldFleet {
  const compiled = compileLimit();
  if ("reason" in compiled) throw new Error(compiled.reason);
  const args = [port, devices, Math.min(inFlight, devices), ...(localAddresses ?? [])].map(String);
  const child = spawnOwn(compiled.path, args, { stdio: ["pipe", "pipe", "inherit"] }, core);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error("no pipes to the C client");
  // Its end is heard of elsewhere.
  stdin.on("error", () => {});
  return {
    title: "the C client",
    child,
    tell: (command) => void stdin.write(`${command}\n`),
    end: () => void stdin.end(),
    onMessage: (hear) => createInterface(stdout).on("line", (line) => hear(parseLimitLine(line))),
  };
}

/** Returns null for what is no line of the C client's. */
export function parseLimitLine(line: string): FleetMessage | null {
  const { kind, reason, tookMs, dropSpreadMs } = fieldsOf(line);
  if (kind === "loaded") return { kind };
  if (kind === "failed" && typeof reason === "string") return { kind, reason };
  if (typeof tookMs !== "number") return null;
  if (kind === "ready") return { kind, tookMs };
  if (kind === "storm" && typeof dropSpreadMs === "number") return { kind, dropSpreadMs, tookMs };
  return null;
}

function fieldsOf(line: string): { [name: string]: unknown } {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}
