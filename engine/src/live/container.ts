import { hostname } from "node:os";
import { type Container, containerKey } from "../device/identity.ts";
import type { FleetEnvironment } from "./fleet-environment.ts";

/**
 * The container that this process is.
 *
 * @param name Artillery's, empty on one machine: where nobody says how many containers there are it keeps their devices apart
 */
export function containerOf({ containers, index }: FleetEnvironment, name: string): Container {
  if (containers === 1 || index === null) return { name: containers === 1 ? name : "", ordinal: 0, of: 1 };
  return { name: "", ordinal: index, of: containers };
}

/** Tells a worker from all other threads and containers of the run. */
export function workerIdOf({ ordinal, of }: Container, where: { container: string; thread: string }): string {
  const container = where.container === "" && of > 1 ? String(ordinal) : where.container;
  return container === "" ? where.thread : `${container}-${where.thread}`;
}

/** Tells this process from others, on other hosts too, where process ids are alike. It names no host. */
export function processName(): string {
  return containerKey({ name: `${hostname()}:${process.pid}` }).toString(36);
}
