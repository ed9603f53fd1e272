/** What devices do once they are connected. */
export const WORKLOADS = ["subscribe", "config"] as const;
export type Workload = (typeof WORKLOADS)[number];

export const WORKLOAD_WORDS: Record<Workload, string> = {
  subscribe: "connect + subscribe",
  config: "connect + subscribe + config request",
};

export interface Job {
  /** Port and process of the Mosquitto on 127.0.0.1. */
  port: number;
  /** Its process: where a client cannot say when all are connected, the broker's open files do. */
  brokerPid: number;
  devices: number;
  workload: Workload;
  /** Source addresses that the devices bind in turn, where a client can; null: the system chooses, or the client. */
  localAddresses: readonly string[] | null;
  /** The core that all of the client has to run on; null: any. */
  core: number | null;
  signal: AbortSignal;
}

/** A value is null where this client cannot say. Everything is of the client's own process, with all its threads. */
export interface Measurement {
  /** Ready devices per second, from the first attempt to the last device ready. */
  readyPerS: number | null;
  /** User and system time per device until all were ready, above what the idle process used in that time. */
  cpuUsPerDevice: number;
  /** Resident memory per device, all ready, above that of the idle process. */
  rssKbPerDevice: number;
  /** What Mosquitto used, over the same time as `cpuUsPerDevice`. */
  brokerCpuUsPerDevice: number;
  /** All devices dropped at once, and reconnecting without back-off. */
  storm: StormMeasurement | null;
  /** What else there is to know: why a storm that should be there is not. */
  note: string | null;
}

export interface StormMeasurement {
  /** Lasts from the first to the last connection that was dropped. */
  dropSpreadMs: number | null;
  /** Lasts from the first drop to the last device that is ready again. */
  allReadyMs: number;
  readyPerS: number;
  cpuUsPerDevice: number;
  brokerCpuUsPerDevice: number;
  /** While devices came back; null for clients that do not watch themselves, like the next one. */
  loopDelayP99Ms: number | null;
  /** Is what the summary says. */
  generatorSaturated: boolean | null;
}

export interface PeerClient {
  name: string;
  title: string;
  workloads: readonly Workload[];
  /** Its version, or why it takes no part. */
  version(): Promise<{ version: string } | { reason: string }>;
  measure(job: Job): Promise<Measurement>;
}
