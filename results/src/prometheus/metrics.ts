import {
  COUNTERS,
  type CounterName,
  LOST_MESSAGES,
  MESSAGE_COUNTERS,
  type MessageCounter,
  type RegionCounter,
  STORM_COUNTERS,
  stormEvent,
  type WorkerStorm,
} from "artillery-engine-mqtt/contract";
import { type Family, type Labels, type Sample, Sum } from "./family.ts";
import type { NamedTable, WorkerNow } from "./run-figures.ts";
import { snake, TIMING_FAMILIES } from "./timings.ts";

/** Every metric of the endpoint. Its text, its documentation and the test of the dashboard are made of this table. */

/** Counters that are told by reason or cause: their sum over it is the counter. */
type Split = "connectsRefused" | "disconnects" | "serverDisconnects" | "devicesStopped" | "devicesGaveUp";

const COUNTER_HELP: Readonly<Record<Exclude<CounterName, Split>, string>> = {
  connectAttempts: "Attempts to connect.",
  connectsAccepted: "CONNACKs that accepted.",
  connectsOverload: "Refusals by which the server sheds load.",
  connectsRedirected: "Times that the server named another one.",
  devicesRebooted: "Times that a device rebooted after too many failures.",
  tlsFull: "Full TLS handshakes.",
  tlsResumed: "TLS handshakes that resumed an earlier session.",
  configRequests: "Config requests.",
  configResponses: "Answers to config requests, in time.",
  configTimeouts: "Config requests without an answer in time.",
  configRejected: "Answers that rejected a config request.",
  lateResponses: "Answers to config requests that a device had given up.",
  authRequests: "Calls of beforeConnect, which fetches credentials.",
  authResponses: "Calls of beforeConnect that brought credentials in time.",
  authFailures: "Calls of beforeConnect that failed or took too long.",
  configPostponed: "Times that a device left a server alone for as long as that asked to be.",
  subscribes: "SUBSCRIBE packets sent.",
  subscribesSkipped: "Subscriptions that the server still had.",
  publishesSent: "PUBLISH packets sent.",
  publishesReceived: "PUBLISH packets received.",
  telemetryDropped: "Publications in the background that a device did not send.",
  messagesHandled: "Messages that devices acted upon, to the end of their steps.",
  messagesDropped: "Messages that devices did not act upon, for too many waited.",
  messagesInterrupted: "Messages whose steps the loss of a connection cut short.",
  messagesFailed: "Messages whose steps failed.",
  messageTimeouts: "Steps waitForMessage that no message ended in time.",
  bytesSent: "Bytes of MQTT sent.",
  bytesReceived: "Bytes of MQTT received.",
};

/** Prometheus puts the unit behind the thing. */
const COUNTER_NAME: Partial<Record<CounterName, string>> = {
  bytesSent: "mqtt_sent_bytes",
  bytesReceived: "mqtt_received_bytes",
};

const MESSAGE_HELP: Readonly<Record<MessageCounter, string>> = {
  published: "Tracked messages written for the first time.",
  acknowledged: "Tracked messages acknowledged with QoS 1 or 2.",
  delivered: "Receptions of tracked messages, duplicates too.",
  missed: "Numbers that a subscriber was missing when it heard a later one.",
  filled: "Missing numbers that came after all.",
  outOfOrder: "Receptions after that of a message which was sent later.",
  duplicates: "Receptions of what had been received before.",
  undecided: "Receptions too late to say whether they are duplicates or were missed.",
  unfollowed: "Receptions of streams that are not followed, for there are too many.",
  shared: "Receptions through shared subscriptions.",
  retained: "Receptions of what the broker retained.",
  flood: "Receptions of what had waited for a device.",
  backlogAtLoss: "Publications that were not acknowledged when their device lost its connection.",
  backlogFlushed: "Of these, acknowledged on a later connection.",
  backlogDropped: "Of these, given up, for the broker had kept no session.",
};

const REGION_METRICS: Readonly<Record<RegionCounter, { name: string; type: Family["type"]; help: string }>> =
  {
    homeDevices: { name: "mqtt_region_home_devices", type: "gauge", help: "Devices whose home it is." },
    connectsAccepted: {
      name: "mqtt_region_connect_accepted_total",
      type: "counter",
      help: "Connections that the region accepted.",
    },
    failovers: {
      name: "mqtt_region_failovers_total",
      type: "counter",
      help: "Connections of devices that came from another region, which is not their home.",
    },
    configRequests: {
      name: "mqtt_region_config_requests_total",
      type: "counter",
      help: "Config requests to the region.",
    },
    configResponses: {
      name: "mqtt_region_config_responses_total",
      type: "counter",
      help: "Answers of the region to config requests, in time.",
    },
  };

const STORM_COUNTER_HELP: Readonly<Record<(typeof STORM_COUNTERS)[number], string>> = {
  connectAttempts: "Attempts of affected devices that were not ready, in the window.",
  connectsAccepted: "CONNACKs that accepted affected devices, in the window.",
  configRequests: "Config requests of affected devices that were not ready, in the window.",
  configResponses: "Answers to these, in time.",
  configTimeouts: "Those of these that had no answer in time.",
  lateResponses: "Answers that came when the device had given up.",
};

/** One sample for each worker and label, added up over workers. */
function summed(add: (sum: Sum, worker: WorkerNow) => void): Family["samples"] {
  return ({ workers }) => {
    const sum = new Sum();
    for (const worker of workers) add(sum, worker);
    return sum.samples();
  };
}

/** A value per cohort of each worker. */
function byCohort(values: (worker: WorkerNow) => Readonly<Record<string, number>>): Family["samples"] {
  return summed((sum, worker) => {
    const own = values(worker);
    // A cohort is there from the start, and stays when its devices have left.
    for (const cohort of Object.keys(worker.record.cohorts)) sum.add({ cohort }, own[cohort] ?? 0);
  });
}

/** Counts by reason, cause or error, whose word is `label`. */
function named(name: string, help: string, table: NamedTable, label: string): Family {
  const samples = summed((sum, { names }) => {
    for (const [cohort, counts] of Object.entries(names[table]))
      for (const [reason, count] of Object.entries(counts)) sum.add({ cohort, [label]: reason }, count);
  });
  return { name, type: "counter", help, labels: ["cohort", label], samples };
}

const gauge = (
  name: string,
  help: string,
  labels: readonly string[],
  samples: Family["samples"],
): Family => ({
  name,
  type: "gauge",
  help,
  labels,
  samples,
});
const counter = (
  name: string,
  help: string,
  labels: readonly string[],
  samples: Family["samples"],
): Family => ({ name: `${name}_total`, type: "counter", help, labels, samples });

const DEVICES: readonly Family[] = [
  gauge(
    "mqtt_devices_online",
    "Devices whose connection the server has accepted.",
    ["cohort"],
    byCohort((worker) => worker.online),
  ),
  gauge(
    "mqtt_devices_ready",
    "Devices that are connected and through with what they do on connect.",
    ["cohort"],
    byCohort((worker) => worker.ready),
  ),
  counter(
    "mqtt_devices_started",
    "Devices that were started.",
    ["cohort"],
    byCohort(({ record }) =>
      Object.fromEntries(Object.entries(record.cohorts).map(([cohort, { devices }]) => [cohort, devices])),
    ),
  ),
];

const COUNTED: readonly Family[] = [
  ...Object.entries(COUNTER_HELP).map(([key, help]) => {
    const name = key as CounterName;
    return counter(COUNTER_NAME[name] ?? snake(COUNTERS[name]), help, ["cohort"], (figures) =>
      byCohort(({ record }) =>
        Object.fromEntries(Object.entries(record.counters).map(([cohort, counts]) => [cohort, counts[name]])),
      )(figures),
    );
  }),
  named("mqtt_connect_refused_total", "Attempts to connect that failed.", "refused", "reason"),
  named("mqtt_disconnects_total", "Connections that ended.", "disconnects", "cause"),
  named("mqtt_server_disconnects_total", "DISCONNECTs of the server.", "serverDisconnects", "reason"),
  named("mqtt_devices_stopped_total", "Devices that a server told to try no more.", "stopped", "reason"),
  named("mqtt_devices_gave_up_total", "Devices that gave up after too many failures.", "gaveUp", "reason"),
  named("mqtt_errors_total", "Failures of every kind.", "errors", "error"),
];

const MESSAGES: readonly Family[] = [
  ...Object.entries(MESSAGE_HELP).map(([key, help]) =>
    counter(
      snake(MESSAGE_COUNTERS[key as MessageCounter]),
      help,
      ["cohort"],
      summed((sum, { record }) => {
        for (const [cohort, counts] of Object.entries(record.messages ?? {}))
          sum.add({ cohort }, counts[key as MessageCounter]);
      }),
    ),
  ),
  gauge(
    snake(LOST_MESSAGES),
    "Numbers that are missing now. It may go down: what was missed may still come.",
    ["cohort"],
    summed((sum, { record }) => {
      for (const [cohort, { missed, filled }] of Object.entries(record.messages ?? {}))
        sum.add({ cohort }, missed - filled);
    }),
  ),
];

const REGIONS: readonly Family[] = Object.entries(REGION_METRICS).map(([key, { name, type, help }]) => ({
  name,
  type,
  help,
  labels: ["region"],
  samples: summed((sum, { record }) => {
    for (const [region, counts] of Object.entries(record.regions ?? {}))
      sum.add({ region }, counts[key as RegionCounter]);
  }),
}));

/** What is the same in all workers, of storms that have come: the first that knows says it. */
function perStorm(
  value: (storm: WorkerStorm, before: number | undefined) => number,
  more: (storm: WorkerStorm) => Labels = () => ({}),
): Family["samples"] {
  return ({ workers }) => {
    const byIndex = new Map<number, Sample>();
    for (const { record } of workers) {
      for (const storm of record.storms.filter(({ startedAtMs }) => startedAtMs !== null)) {
        const labels = { storm: String(storm.index), ...more(storm) };
        const before = byIndex.get(storm.index)?.value;
        byIndex.set(storm.index, { suffix: "", labels, value: value(storm, before) });
      }
    }
    return [...byIndex.values()];
  };
}

function perStormCohort(value: (counts: WorkerStorm["cohorts"][string]) => number): Family["samples"] {
  return summed((sum, { record }) => {
    for (const { index, cohorts } of record.storms)
      for (const [cohort, counts] of Object.entries(cohorts))
        sum.add({ storm: String(index), cohort }, value(counts));
  });
}

const STORMS: readonly Family[] = [
  gauge(
    "mqtt_storm_info",
    "What happened: 1 for each storm that has come.",
    ["storm", "cause", "event"],
    perStorm(
      () => 1,
      (storm) => ({ cause: storm.cause, event: stormEvent(storm) }),
    ),
  ),
  gauge(
    "mqtt_storm_start_timestamp_seconds",
    "The instant of the storm, seconds since the epoch.",
    ["storm"],
    perStorm(({ startedAtMs }, before = Infinity) => Math.min(before, (startedAtMs ?? Infinity) / 1000)),
  ),
  gauge(
    "mqtt_storm_open",
    "1 while the window of the storm is open, 0 after it.",
    ["storm"],
    perStorm(({ closed }, before = 0) => Math.max(before, closed ? 0 : 1)),
  ),
  gauge(
    "mqtt_storm_affected_devices",
    "Devices that the storm disconnected.",
    ["storm", "cohort"],
    perStormCohort(({ affected }) => affected),
  ),
  gauge(
    "mqtt_storm_recovered_devices",
    "Affected devices that have been ready again inside the window.",
    ["storm", "cohort"],
    perStormCohort(({ recovered }) => recovered),
  ),
  ...STORM_COUNTERS.map((name) =>
    counter(
      snake(COUNTERS[name]).replace("mqtt_", "mqtt_storm_"),
      STORM_COUNTER_HELP[name],
      ["storm", "cohort"],
      perStormCohort((counts) => counts[name]),
    ),
  ),
];

/** A value of each worker's own generator; nothing where it does not know. */
function perWorker(value: (worker: WorkerNow) => number | null | undefined): Family["samples"] {
  return ({ workers }) =>
    [...workers].flatMap((worker): Sample[] => {
      const own = value(worker) ?? null;
      return own === null ? [] : [{ suffix: "", labels: { worker: worker.record.workerId }, value: own }];
    });
}

const seconds = (ms: number | null | undefined): number | null => (ms == null ? null : ms / 1000);

const GENERATOR: readonly Family[] = [
  counter(
    "mqtt_generator_watched_seconds",
    "How long the generator has been watched.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.watchedMs)),
  ),
  counter(
    "mqtt_generator_stalled_seconds",
    "Time in which the event loop was late by more than 10 ms.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.stalledMs)),
  ),
  counter(
    "mqtt_generator_cpu_wait_seconds",
    "Time in which the thread was ready to run and had no processor.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.cpuWaitMs)),
  ),
  gauge(
    "mqtt_generator_cpu_peak_ratio",
    "Highest share of one core that the thread used over any 2 s.",
    ["worker"],
    perWorker(({ record }) => record.generator?.cpuShare),
  ),
  gauge(
    "mqtt_generator_event_loop_delay_p50_seconds",
    "Delay of the event loop beyond what was asked: its median over the run.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.eventLoopDelayMs.p50)),
  ),
  gauge(
    "mqtt_generator_event_loop_delay_p99_seconds",
    "The same: its 99th percentile over the run.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.eventLoopDelayMs.p99)),
  ),
  gauge(
    "mqtt_generator_event_loop_delay_max_seconds",
    "The same: the longest of the run.",
    ["worker"],
    perWorker(({ record }) => seconds(record.generator?.eventLoopDelayMs.max)),
  ),
  gauge(
    "mqtt_worker_updated_timestamp_seconds",
    "When the worker has told its figures last, seconds since the epoch.",
    ["worker"],
    perWorker(({ record }) => seconds(record.updatedAtMs)),
  ),
  gauge("mqtt_workers", "Workers of this process, by what they are doing.", ["state"], ({ workers }) => {
    const sum = new Sum();
    for (const state of ["running", "ended", "interrupted"]) sum.add({ state }, 0);
    for (const { record } of workers) sum.add({ state: record.state }, 1);
    return sum.samples();
  }),
];

/** The names that Prometheus' own clients give to them. */
const PROCESS: readonly Family[] = [
  counter("process_cpu_seconds", "Processor time of this process, with all its workers.", [], () => {
    const { user, system } = process.cpuUsage();
    return [{ suffix: "", labels: {}, value: (user + system) / 1_000_000 }];
  }),
  gauge("process_resident_memory_bytes", "Memory of this process.", [], () => [
    { suffix: "", labels: {}, value: process.memoryUsage.rss() },
  ]),
];

export const FAMILIES: readonly Family[] = [
  ...DEVICES,
  ...COUNTED,
  ...TIMING_FAMILIES,
  ...STORMS,
  ...MESSAGES,
  ...REGIONS,
  ...GENERATOR,
  ...PROCESS,
];
