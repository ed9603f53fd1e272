/**
 * What a client does beside its back-off policy: by the reason that a server gives, and after too many failures. Pure: the device
 * keeps its count and draws the random number. engine/docs/backoff.md explains.
 */

/** A wait of the client's own, whatever its policy says. */
export interface OwnWait {
  ms: number;
  /** Share by which it varies either way (0.25 is ± 25 %). */
  jitter: number;
}

/** What comes after a server's reason: no further attempt, or one after a wait. */
export type Reaction = "stop" | OwnWait;

/** Reactions by code: return codes of MQTT 3.1.1's CONNACK, reason codes of MQTT 5's CONNACK and DISCONNECT. */
export type Reactions = ReadonlyMap<number, Reaction>;

/** Where attempts since the count last started again have failed so often, the client gives up, or reboots and begins anew. */
export interface FailureLimit {
  failures: number;
  /** How long a reboot takes; null for a client that gives up. */
  reboot: OwnWait | null;
}

/** @param random one uniform draw from [0, 1) */
export function ownWaitMs({ ms, jitter }: OwnWait, random: number): number {
  return ms * (1 - jitter + random * 2 * jitter);
}

/** The longest that it can come to. */
export function longestOwnWaitMs({ ms, jitter }: OwnWait): number {
  return ms * (1 + jitter);
}
