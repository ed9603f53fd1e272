/** A pair of the accuracy study: one script, run once by `artillery run` and once in virtual time. */

/** What answers: the lab's own broker, or a Mosquitto on this machine; the config service is the lab's in both. */
export type PairBroker = "lab" | "mosquitto";

export interface Pair {
  name: string;
  /** What this pair is to try, as one sentence. */
  why: string;
  broker: PairBroker;
  script: { kind: "own"; spec: StormSpec } | { kind: "scenario"; path: string };
}

/** One fleet, one storm. Times are as a script has them. */
export interface StormSpec {
  /** A whole multiple of `arriveInS`. */
  devices: number;
  /** Long enough that the back end answers all of them as they come: the fleet stands before its storm. */
  arriveInS: number;
  reconnect: Record<string, string>;
  fraction: number;
  cause: "reset" | "close" | "silent";
  window: string;
  keepalive?: string;
  configService: { capacity: number; queueLimit: number; scaleUp?: { after: string; to: number } };
  /** How a device asks for its configuration before it subscribes; `none` only subscribes. */
  ask: "mqtt" | "http" | "none";
  timeout: string;
}

export function own(name: string, broker: PairBroker, why: string, spec: StormSpec): Pair {
  return { name, broker, why, script: { kind: "own", spec } };
}

export function scenario(name: string, why: string): Pair {
  return {
    name: `scenario:${name}`,
    broker: "lab",
    why,
    script: { kind: "scenario", path: `scenarios/${name}.yml` },
  };
}
