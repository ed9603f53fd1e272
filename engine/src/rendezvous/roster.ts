import { type Container, containerLabel } from "../device/identity.ts";
import type { Population } from "../storm/selection.ts";
import type { ContainerState } from "./barrier.ts";
import type { RosterEntry } from "./entry.ts";
import { MOST_MEMBERS } from "./place.ts";

/** The most devices of all containers together: choosing among so many takes a second. */
const MOST_DEVICES = 10_000_000;

/** Workers of one run start within minutes of each other: a time that is further off is no worker's. */
const MOST_APART_MS = 3_600_000;

export interface HeardTimeZero {
  /** What this worker goes by; null for none yet. */
  ownMs: number | null;
  heardMs: number | null;
  /** Somebody who is alive has just said so. */
  isLive: boolean;
  /** When this process began: a time zero before that is another run's, unless somebody alive says so. */
  startedAtMs: number;
  nowMs: number;
}

/** All go by the earliest. `answer`: somebody does not know yet. */
export function compareTimeZero(times: HeardTimeZero): "adopt" | "answer" | "nothing" {
  const { ownMs, heardMs, isLive, startedAtMs, nowMs } = times;
  if (heardMs === null) return ownMs === null ? "nothing" : "answer";
  if (Math.abs(heardMs - (ownMs ?? nowMs)) > MOST_APART_MS) return "nothing";
  if (ownMs !== null && heardMs > ownMs) return "answer";
  // It is older than the run: if somebody who is alive has it, he answers this worker's own, later one, and is heard then.
  if (heardMs === ownMs || (!isLive && heardMs < startedAtMs)) return "nothing";
  return "adopt";
}

/** What a worker knows of the others of its run. Entries in; sizes, who is first and who is ready out. */
export class Roster {
  readonly #own: Container;
  readonly #entries = new Map<string, RosterEntry>();
  /** Workers whose entry was taken away again. Their devices still count, as they do for the others. */
  readonly #gone = new Set<string>();
  /** Workers that said something while this one was there: theirs is no entry of a run that is over. */
  readonly #met = new Set<string>();

  constructor(own: Container) {
    this.#own = own;
  }

  /** Containers of another number of containers cannot be of this fleet. */
  hear(worker: string, entry: RosterEntry, isLive: boolean): void {
    if (entry.container.of !== this.#own.of) return;
    if (!this.#entries.has(worker) && this.#entries.size >= MOST_MEMBERS) return;
    this.#entries.set(worker, entry);
    if (isLive) this.#met.add(worker);
    this.#gone.delete(worker);
  }

  leave(worker: string): void {
    if (this.#entries.has(worker)) this.#gone.add(worker);
  }

  /** The devices of other containers. An entry of another time zero was left by a run that is over. */
  others(timeZeroMs: number | null): Population[] {
    return this.#populations((entry) => entry.timeZeroMs === timeZeroMs);
  }

  /** The same, those of each of these cohorts by themselves. */
  othersIn(cohorts: readonly number[], timeZeroMs: number | null): Population[] {
    return cohorts.flatMap((cohort) =>
      this.#populations(
        (entry) => entry.timeZeroMs === timeZeroMs,
        (entry) => entry.cohorts[cohort] ?? 0,
      ).map((population) => ({ ...population, cohort })),
    );
  }

  /** As `others`, and those of containers that were met and may have been lost before they knew the time zero. */
  everMet(timeZeroMs: number | null): Population[] {
    return this.#populations((entry, worker) => entry.timeZeroMs === timeZeroMs || this.#met.has(worker));
  }

  #populations(
    counts: (entry: RosterEntry, worker: string) => boolean,
    sizeOf: (entry: RosterEntry) => number = ({ devices }) => devices,
  ): Population[] {
    const own = containerLabel(this.#own);
    const sums = new Map<string, Population>();
    let fleet = 0;
    for (const [worker, entry] of this.#entries) {
      const label = containerLabel(entry.container);
      if (label === own || !counts(entry, worker)) continue;
      const size = sizeOf(entry);
      fleet += size;
      if (fleet > MOST_DEVICES) break;
      const { devices } = sums.get(label) ?? { devices: 0 };
      sums.set(label, { container: entry.container, devices: devices + size });
    }
    return [...sums.values()].sort((a, b) => order(a.container, b.container));
  }

  /** No container in which another worker is alive comes before this one. */
  isFirst(timeZeroMs: number | null): boolean {
    for (const [worker, { container, timeZeroMs: theirsMs }] of this.#entries) {
      if (theirsMs !== timeZeroMs || this.#gone.has(worker)) continue;
      if (order(container, this.#own) < 0) return false;
    }
    return true;
  }

  /** Ids of the workers that are alive. */
  alive(): string[] {
    return [...this.#entries.keys()].filter((worker) => !this.#gone.has(worker));
  }

  /** How far each container is with its devices, `own` among them. Workers that are gone are not there. */
  states(own: RosterEntry): ContainerState[] {
    const alive = [...this.#entries].flatMap(([worker, entry]) => (this.#gone.has(worker) ? [] : [entry]));
    const sums = new Map<number, ContainerState>();
    for (const { container, fleet, ready, arrivalsOver } of [own, ...alive]) {
      const before = sums.get(container.ordinal);
      sums.set(container.ordinal, {
        ordinal: container.ordinal,
        devices: Math.max(before?.devices ?? 0, fleet),
        ready: (before?.ready ?? 0) + ready,
        arrivalsOver: arrivalsOver || (before?.arrivalsOver ?? false),
      });
    }
    return [...sums.values()].sort((a, b) => a.ordinal - b.ordinal);
  }
}

function order(a: Container, b: Container): number {
  if (a.ordinal !== b.ordinal) return a.ordinal - b.ordinal;
  return a.name < b.name ? -1 : Number(a.name > b.name);
}
