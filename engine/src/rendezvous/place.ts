import type { ClockOffset } from "../contract.ts";

/** A place where the workers of a run meet: each keeps one entry there, and hears of the others'. */
export interface Place {
  /** Keeps this as the worker's entry, in place of what it kept before. What cannot be kept now is tried again. */
  put(entry: object): void;
  /** Takes the entry away; waits at most a second for it. */
  end(): Promise<void>;
  /** How far this worker's clock is from the place's own; null where it has none, or has not told yet. */
  readonly clock: ClockOffset | null;
  /** Sends another worker something that is to arrive soon or not at all; null where the place carries no messages. */
  readonly tell: ((name: string, message: string) => void) | null;
}

/** What stands in a place, as somebody sees it. */
export interface Sighting {
  testRunId: string;
  /** Whose it is. */
  name: string;
  /** Anyone may have written it: it is not checked. Null for an entry that was taken away, or that nobody keeps up. */
  entry: unknown;
  /** Somebody is there who has just said so; false for what may be left of a run that is over. */
  isLive: boolean;
}

/** Who keeps an entry, and where. */
export interface Member {
  testRunId: string;
  /** Workers are in `roster`, containers that want an ordinal in `containers`. */
  room: "roster" | "containers";
  name: string;
}

export interface PlaceListener {
  heard(sighting: Sighting): void;
  /** Anyone may have sent it. */
  told(message: string): void;
  /** The place cannot be used, in one line; told once for each reason. */
  failed(problem: string): void;
}

export type OpenPlace = (member: Member, listener: PlaceListener) => Place;

/** Anyone may write to a place: what comes from there is bounded. */
export const MAX_ENTRY_BYTES = 65_536;
/** More workers, or containers, than any run has. */
export const MOST_MEMBERS = 10_000;
