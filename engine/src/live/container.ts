import { hostname } from "node:os";
import { log, testRunId } from "../artillery.ts";
import { safeFileName } from "../contract.ts";
import { type Container, containerKey, ONLY_CONTAINER } from "../device/identity.ts";
import { claimOrdinal } from "../rendezvous/claim.ts";
import type { OpenPlace, Place } from "../rendezvous/place.ts";
import type { FleetEnvironment } from "./fleet-environment.ts";
import type { FleetNumbers } from "./fleet-numbers.ts";

/** Containers are waited for this long before the first device, where they have to find out which of them each one is. */
const PATIENCE_MS = 300_000;

export interface ContainerQuestion {
  fleet: FleetEnvironment;
  /** Artillery's name of this container, empty on one machine. */
  name: string;
  /** This thread asks for all of its process. */
  isFirst: boolean;
  /** Shared by all workers of this process. */
  numbers: FleetNumbers;
  /** Where containers meet. */
  open(): OpenPlace;
}

/**
 * The container that this process is; and the place where it keeps that for others to see, which ends with the worker. Where
 * nobody says how many containers there are, Artillery's name of it keeps their devices apart.
 *
 * @throws an Error where the containers do not come together
 */
export async function findContainer(
  question: ContainerQuestion,
): Promise<{ container: Container; place: Place | null }> {
  const { fleet, name, isFirst, numbers, open } = question;
  const of = fleet.containers;
  if (of === 1) return { container: { ...ONLY_CONTAINER, name: fleet.isNumbered ? "" : name }, place: null };
  const known = fleet.index ?? numbers.ordinal;
  if (known !== null) return { container: { name: "", ordinal: known, of }, place: null };
  if (!isFirst) throw new Error("the first worker of this process has no ordinal");
  const own = safeFileName(name === "" ? `${hostname()}-${process.pid}` : name);
  log(`mqtt: waiting for ${of} containers`);
  const { ordinal, place } = await claimOrdinal({
    open: open(),
    testRunId: safeFileName(testRunId()),
    name: own,
    containers: of,
    timeoutMs: PATIENCE_MS,
    say: log,
  });
  numbers.giveOrdinal(ordinal);
  log(`mqtt: this is container ${ordinal} of ${of}, counted from 0`);
  return { container: { name: "", ordinal, of }, place };
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
