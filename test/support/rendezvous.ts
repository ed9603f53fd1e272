import { randomUUID } from "node:crypto";
import { ONLY_CONTAINER } from "../../engine/src/device/identity.ts";
import { time } from "../../engine/src/live/clock.ts";
import type { OpenPlace } from "../../engine/src/rendezvous/place.ts";
import {
  type OwnEntry,
  type Progress,
  Rendezvous,
  type RendezvousOptions,
} from "../../engine/src/rendezvous/rendezvous.ts";

/** What a worker says before its first device. */
export const NOTHING_YET: OwnEntry = {
  container: ONLY_CONTAINER,
  process: "one",
  devices: 0,
  cohorts: [],
  fleet: 0,
  ready: 0,
  arrivalsOver: false,
  idPrefix: null,
};

export type MeetOptions = RendezvousOptions;

export interface Met {
  rendezvous: Rendezvous;
  /** Time zeros that it heard, or set, in order. */
  adopted: number[];
  sameIdsAs: string[];
  lines: string[];
  /** How often it heard that there will be no time zero. */
  gaveUp(): number;
  /** What it tells of itself from its next turn on. */
  tell(changes: Partial<Progress>): void;
}

/** A worker of run-1 in this process. */
export function meet(open: OpenPlace, workerId: string, own: OwnEntry, options: Partial<MeetOptions>): Met {
  const adopted: number[] = [];
  const sameIdsAs: string[] = [];
  const lines: string[] = [];
  let gaveUp = 0;
  let progress: Progress = own;
  const rendezvous = new Rendezvous(
    {
      open,
      testRunId: "run-1",
      workerId,
      instance: randomUUID(),
      startedAtMs: 0,
      timeZero: { kind: "proposed", epochMs: 1000 },
      stepMs: 100,
      wallClock: Date.now,
      time,
      progress: () => progress,
      onTimeZero: (epochMs) => adopted.push(epochMs),
      onNoTimeZero: () => gaveUp++,
      onSameIds: (testRunId) => sameIdsAs.push(testRunId),
      isSpeaker: true,
      say: (line) => lines.push(line),
      ...options,
    },
    own,
  );
  const tell = (changes: Partial<Progress>): void => {
    progress = { ...progress, ...changes };
  };
  return { rendezvous, adopted, sameIdsAs, lines, gaveUp: () => gaveUp, tell };
}
