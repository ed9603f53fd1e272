import { z } from "zod";

/** What a worker tells the others of itself: the format in every place. */

/** The most devices of one process: far more than it has descriptors for. */
const MOST_DEVICES_OF_PROCESS = 200_000;
/** The most cohorts that an entry says the devices of: an entry may not be long. */
export const MOST_COHORTS_TOLD = 1000;
/** The most containers of a run. */
export const MOST_CONTAINERS = 10_000;

const devices = z.int().min(0).max(MOST_DEVICES_OF_PROCESS);

const rosterEntry = z.object({
  container: z
    .object({
      name: z.string().max(128),
      ordinal: z.int().min(0),
      of: z.int().min(1).max(MOST_CONTAINERS),
    })
    .refine(({ ordinal, of }) => ordinal < of),
  /** Tells two processes apart that say they are the same container. */
  process: z.string().max(64),
  /** Devices of this worker so far. */
  devices,
  /** Of these by cohort, where storms are for some of them; else it is empty, as it is in an older engine's entry. */
  cohorts: z.array(devices).max(MOST_COHORTS_TOLD).default([]),
  /** Of all workers of its process. */
  fleet: devices,
  /** Of this worker's devices, those that have been ready or have left. */
  ready: devices,
  /** The process starts no more devices. */
  arrivalsOver: z.boolean(),
  /**
   * The engine's own device ids begin with this: the client id prefix, empty for none. Null where the script gives all devices
   * ids of its own.
   */
  idPrefix: z.string().max(256).nullable(),
  /** Epoch milliseconds; null before there is one. */
  timeZeroMs: z.number().nullable(),
  /** Tells a worker's entries from those of another that has the same names. */
  instance: z.string().max(64),
});
export type RosterEntry = z.output<typeof rosterEntry>;

/** An entry of whoever wrote it; null for anything else. */
export function readRosterEntry(entry: unknown): RosterEntry | null {
  return rosterEntry.safeParse(entry).data ?? null;
}

const claimEntry = z.object({
  /** Null until all containers have come. */
  ordinal: z.int().min(0).max(MOST_CONTAINERS).nullable(),
  of: z.int().min(1).max(MOST_CONTAINERS),
});
/** What a container tells the others that wants an ordinal. */
export type ClaimEntry = z.output<typeof claimEntry>;

export function readClaimEntry(entry: unknown): ClaimEntry | null {
  return claimEntry.safeParse(entry).data ?? null;
}
