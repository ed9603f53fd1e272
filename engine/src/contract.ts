// Before all else.
import "./require-node.ts";

export { affectedCount } from "./affected-count.ts";
export { DURATION_NOTATION, parseDuration } from "./duration.ts";
export { makeDirectory } from "./files/make-directory.ts";
export { writeWhole } from "./files/write-whole.ts";
export { givenSettings } from "./given.ts";
export { takeHangupAsTermination } from "./hangup.ts";
export { lastStretchMs } from "./last-stretch.ts";
export { printable, printableLines } from "./printable.ts";
export { booleanOfText, numberOfText } from "./scalar-text.ts";
export { isAuthBackEnd, isSecretName } from "./secrets/secret-names.ts";
export { isAfterSecretFlag, MASK, maskText } from "./secrets/secret-text.ts";
export { hideEnvironment, isHiddenValue } from "./secrets/secret-values.ts";
export { parseShare, SHARE_NOTATION } from "./share.ts";

/**
 * Names, units and file shapes that other tools read. `results/` imports the engine only through this module
 * (package export `artillery-engine-mqtt/contract`), so everything here is data, a pure function of data, or what
 * both must do alike: read durations, keep secrets, write files, end with their terminal.
 */

/** Version of `worker-<id>.json` and `summary.json`. */
export const SCHEMA_VERSION = 1;

/** The folder below the working directory that runs are written to, unless `plugins.mqtt-results.output` says otherwise. */
export const DEFAULT_OUTPUT = "mqtt-results";

/** Name of the plugin as it stands in `config.plugins`. */
export const PLUGIN_NAME = "mqtt-results";

/** How the sentence begins that ends a run whose target was tried before the first device: the problems of each target follow. */
export const NO_DEVICE_STARTED = "no device was started: ";

/** Environment variables with the devices' user name and password: a command line or a script can be read by others. */
export const CREDENTIAL_VARIABLES = {
  username: "ARTILLERY_MQTT_USERNAME",
  password: "ARTILLERY_MQTT_PASSWORD",
} as const;

/**
 * Metric names that Artillery, `.hlog` tags and `percentiles.csv` share. Values are milliseconds for Artillery and
 * microseconds in `.hlog`. No name may be contained in another: Artillery's `ensure` replaces names by text.
 */
export const LATENCY_METRICS = {
  /** One successful attempt: from opening the connection to its accepted CONNACK. */
  connect: "mqtt.connect_time",
  /** TCP handshake alone. */
  tcp: "mqtt.tcp_time",
  /** Full TLS handshake alone, from TCP connected. */
  tlsFull: "mqtt.tls_full_time",
  /** TLS handshake that resumed an earlier session of the device. */
  tlsResumed: "mqtt.tls_resumed_time",
  /** WebSocket upgrade alone, from TCP connected or the TLS handshake done. */
  websocket: "mqtt.websocket_time",
  /** Time from CONNECT written to CONNACK read. */
  connack: "mqtt.connack_time",
  /** Time from SUBSCRIBE written to SUBACK read. */
  subscribe: "mqtt.subscribe_time",
  /** Time from PUBLISH of QoS 1 and 2 written to PUBACK or PUBCOMP read. */
  publish: "mqtt.publish_time",
  /** Time from a config request written to its answer read. */
  config: "mqtt.config_time",
  /** Time from the call of a script's `beforeConnect` to the credentials that it brought. */
  auth: "mqtt.auth_time",
  /** Time from a tracked publication to its reception by another device of the run, on the run's common clock. */
  delivery: "mqtt.delivery_time",
} as const;
export type LatencyMetric = (typeof LATENCY_METRICS)[keyof typeof LATENCY_METRICS];

/** Histograms of one storm. */
export const STORM_METRICS = [
  "reconnect_time",
  "ready_time",
  "drop_spread",
  /** Time from the instant of a `silent` storm until the device found out. */
  "detection_time",
  /** As `reconnect_time` and `ready_time`, which are from the device's own loss, but from the storm's instant. */
  "reconnect_from_storm",
  "ready_from_storm",
  /** Of messages that were sent in the storm's window: as `mqtt.delivery_time`, also where they come after it. */
  "delivery_time",
  /** Time from a CONNACK until what had waited for the device at the broker is in. */
  "flood_time",
  /** Time from a CONNACK until what the device had sent and was not acknowledged at the loss is. */
  "flush_time",
] as const;
export type StormMetric = (typeof STORM_METRICS)[number];

/** Those of `STORM_METRICS` that are of tracked messages: they have values only where messages are tracked. */
export const MESSAGE_METRICS = ["delivery_time", "flood_time", "flush_time"] as const satisfies StormMetric[];

/** `mqtt.storm.<index>.<metric>`; the index counts from 1. */
export function stormMetricName(index: number, metric: StormMetric): string {
  return `mqtt.storm.${index}.${metric}`;
}

const STORM_METRIC_NAME = new RegExp(`^mqtt\\.storm\\.(\\d+)\\.(${STORM_METRICS.join("|")})$`);

/** The storm of a metric name, or null for a metric that belongs to no storm. */
export function parseStormMetricName(name: string): { index: number; metric: StormMetric } | null {
  const match = STORM_METRIC_NAME.exec(name);
  return match ? { index: Number(match[1]), metric: match[2] as StormMetric } : null;
}

/**
 * Artillery counters: each exists from the start. `refused`, `disconnects` and `server_disconnects` are told by reason or cause as
 * well, as `<name>.<reason>`, where there was one.
 */
export const COUNTERS = {
  connectAttempts: "mqtt.connect.attempts",
  connectsAccepted: "mqtt.connect.accepted",
  connectsRefused: "mqtt.connect.refused",
  /** Refusals by which the server sheds load: 0x88, 0x89, 0x97, 0x9F, and 3.1.1's return code 3. */
  connectsOverload: "mqtt.connect.overload",
  /** Times that the server named another one: 0x9C, 0x9D, in CONNACK or DISCONNECT. */
  connectsRedirected: "mqtt.connect.redirected",
  /** Times that a device stopped trying because of a server's reason, which it takes the name of. */
  devicesStopped: "mqtt.devices.stopped",
  /** Times that a device gave up after too many failures; takes the name of the last. */
  devicesGaveUp: "mqtt.devices.gave_up",
  /** Times that a device rebooted after too many failures. */
  devicesRebooted: "mqtt.devices.rebooted",
  disconnects: "mqtt.disconnects",
  /** DISCONNECT packets from the server; takes the name of the reason code. MQTT 5. */
  serverDisconnects: "mqtt.server_disconnects",
  tlsFull: "mqtt.tls.full",
  tlsResumed: "mqtt.tls.resumed",
  configRequests: "mqtt.config.requests",
  configResponses: "mqtt.config.responses",
  configTimeouts: "mqtt.config.timeouts",
  configRejected: "mqtt.config.rejected",
  lateResponses: "mqtt.config.late",
  /** Calls of a script's `beforeConnect`, which fetches credentials. */
  authRequests: "mqtt.auth.requests",
  authResponses: "mqtt.auth.responses",
  /** Calls that failed, brought nothing that a CONNECT can be made of, or took longer than a device waits. */
  authFailures: "mqtt.auth.failures",
  /** Times that a device left a server alone for as long as that asked to be: Retry-After. */
  configPostponed: "mqtt.config.postponed",
  subscribes: "mqtt.subscribe.sent",
  subscribesSkipped: "mqtt.subscribe.skipped",
  publishesSent: "mqtt.publish.sent",
  publishesReceived: "mqtt.publish.received",
  /** Publications in the background that a device did not send: it was not ready, or kept as many as it can. */
  telemetryDropped: "mqtt.telemetry.dropped",
  /** Messages that devices acted upon (`onMessage`): to the end of their steps, too many at once, cut short by the loss of a connection, failed. */
  messagesHandled: "mqtt.on_message.handled",
  messagesDropped: "mqtt.on_message.dropped",
  messagesInterrupted: "mqtt.on_message.interrupted",
  messagesFailed: "mqtt.on_message.failed",
  /** Steps `waitForMessage` that no message ended in time. */
  messageTimeouts: "mqtt.wait_for_message.timeouts",
  bytesSent: "mqtt.bytes_sent",
  bytesReceived: "mqtt.bytes_received",
} as const;
export type CounterName = keyof typeof COUNTERS;
export const COUNTER_NAMES = Object.keys(COUNTERS) as CounterName[];

/**
 * Counters that are also kept per storm and cohort while the storm's window is open. They count what affected devices do while
 * they are not ready; what these do once they are back, and what all others do, is not part of them.
 */
export const STORM_COUNTERS = [
  "connectAttempts",
  "connectsAccepted",
  "configRequests",
  "configResponses",
  "configTimeouts",
  "lateResponses",
] as const;
export type StormCounter = (typeof STORM_COUNTERS)[number];

/**
 * Counted of tracked messages, by their Artillery counters, for the run and for each storm: those of a message for the storm in whose
 * window it was sent, whenever it comes; `retained`, `flood` and `backlog…` for the storm that had disconnected the device.
 * A publication counts for its publisher's cohort, a reception for its receiver's.
 */
export const MESSAGE_COUNTERS = {
  /** Written for the first time. */
  published: "mqtt.messages.published",
  /** Of these, acknowledged with QoS 1 or 2. */
  acknowledged: "mqtt.messages.acknowledged",
  /** Receptions, duplicates too. */
  delivered: "mqtt.messages.delivered",
  /** Numbers that a subscriber was missing when it heard a later one. */
  missed: "mqtt.messages.missed",
  /** Of these, those that came after all. `missed - filled` is lost. */
  filled: "mqtt.messages.filled",
  /** Receptions after that of a message which was sent later. */
  outOfOrder: "mqtt.messages.out_of_order",
  /** Receptions of what had been received before. */
  duplicates: "mqtt.messages.duplicates",
  /** Receptions too late to say whether they are duplicates or were missed. */
  undecided: "mqtt.messages.undecided",
  /** Receptions of streams that are not followed, for there are too many. */
  unfollowed: "mqtt.messages.unfollowed",
  /** Receptions through shared subscriptions: gaps are what these are for. */
  shared: "mqtt.messages.shared",
  /** Receptions of what the broker retained, whoever published it. */
  retained: "mqtt.messages.retained",
  /** Receptions of what had waited for a device: sent before its CONNACK, or retained. */
  flood: "mqtt.messages.flood",
  /** Publications that were not acknowledged when their device lost its connection. */
  backlogAtLoss: "mqtt.messages.backlog_at_loss",
  /** Of these, acknowledged on a later connection. */
  backlogFlushed: "mqtt.messages.backlog_flushed",
  /** Of these, given up, for the broker had kept no session. */
  backlogDropped: "mqtt.messages.backlog_dropped",
} as const;
export type MessageCounter = keyof typeof MESSAGE_COUNTERS;
export const MESSAGE_COUNTER_NAMES = Object.keys(MESSAGE_COUNTERS) as MessageCounter[];
export type WorkerMessages = Record<MessageCounter, number>;

/** Artillery counter of `missed - filled`. It may go down: what was missed may still come. */
export const LOST_MESSAGES = "mqtt.messages.lost";

/** Counted for each region of a script that has several targets. */
export const REGION_COUNTERS = [
  "homeDevices",
  "connectsAccepted",
  "failovers",
  "configRequests",
  "configResponses",
] as const;
export type RegionCounter = (typeof REGION_COUNTERS)[number];
export type WorkerRegion = Record<RegionCounter, number>;

/**
 * Loads of one region around one storm, per second: what it accepted and answered before the storm, best mean over 5 s; what
 * devices that were out offered it in the last stretch of the window. They are each worker's own: their sum is at least what all
 * of them had in the same seconds.
 */
export const REGION_LOADS = [
  "sustainedConnects",
  "sustainedAnswers",
  "offeredConnects",
  "offeredRequests",
] as const;
export type RegionLoad = Record<(typeof REGION_LOADS)[number], number>;

/** Names of regions are part of metric names: letters, digits, `_` and `-`. */
export const REGION_NAME: RegExp = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;

/** Artillery counter of the connections that a region accepted. */
export function regionMetricName(region: string): string {
  return `mqtt.region.${region}.connects`;
}

/** HDR histogram range of every `.hlog`: 1 µs to 2 hours at 3 significant digits. Values above are clamped. */
export const HISTOGRAM = {
  lowestDiscernibleValueUs: 1,
  highestTrackableValueUs: 7_200_000_000,
  significantDigits: 3,
} as const;

/** What is needed of HdrHistogram's log writer. */
export interface HlogHeadWriter {
  outputLogFormatVersion(): void;
  outputComment(comment: string): void;
  outputLegend(): void;
}

/** The head of every `.hlog`. When it began is said in UTC: the library writes the time zone and the language of the machine. */
export function writeHlogHead(writer: HlogHeadWriter, startedAtMs: number): void {
  writer.outputLogFormatVersion();
  writer.outputComment("[Values are microseconds; tag = metric;cohort, the cohort URI-encoded]");
  const seconds = (startedAtMs / 1000).toFixed(3);
  writer.outputComment(
    `[StartTime: ${seconds} (seconds since epoch), ${new Date(startedAtMs).toISOString()}]`,
  );
  writer.outputLegend();
}

/** `.hlog` tag of a metric and cohort: HdrHistogram's tags may hold no comma, space or line break. */
export function histogramTag(metric: string, cohort: string): string {
  return `${metric};${encodeURIComponent(cohort)}`;
}

export function parseHistogramTag(tag: string): { metric: string; cohort: string } | null {
  const at = tag.indexOf(";");
  if (at < 0) return null;
  try {
    return { metric: tag.slice(0, at), cohort: decodeURIComponent(tag.slice(at + 1)) };
  } catch {
    return null;
  }
}

/** Width of one timeline row. Rows stand on multiples of it since the epoch, so rows of several workers line up. */
export const TIMELINE_ROW_MS = 100;

/** Events that a timeline row counts. */
export const TIMELINE_EVENTS = [
  "drops",
  "connect_attempts",
  "connects_accepted",
  "connects_refused",
  "config_requests",
  "config_responses",
  "config_timeouts",
  "late_responses",
  /**
   * These three count devices that have a part in the storm whose window is open and are not ready, whoever disconnected them and
   * when: attempts to connect that were load on the target, by their end; config requests; devices that became ready for the
   * first time since the storm.
   */
  "storm_connects",
  "storm_requests",
  "storm_ready",
  "auth_requests",
  "auth_responses",
  "auth_failures",
  /** Tracked messages, when they are written, heard, found to be missing, or heard again. */
  "messages_published",
  "messages_delivered",
  "messages_missed",
  "messages_filled",
  "messages_duplicates",
] as const;
export type TimelineEvent = (typeof TIMELINE_EVENTS)[number];

/** Events that files of older engines do not have. */
export const LATER_TIMELINE_EVENTS: readonly TimelineEvent[] = [
  "storm_connects",
  "storm_requests",
  "storm_ready",
  "auth_requests",
  "auth_responses",
  "auth_failures",
  "messages_published",
  "messages_delivered",
  "messages_missed",
  "messages_filled",
  "messages_duplicates",
];

/**
 * Columns of `timeline.csv` and `worker-<id>.timeline.csv`. In worker files `t_ms` is milliseconds since the epoch; in
 * the merged file it is milliseconds since the fleet's time zero. `online` and `ready` are levels at the end of the
 * row, all others count events within the row.
 */
export const TIMELINE_COLUMNS = ["t_ms", "cohort", "online", "ready", ...TIMELINE_EVENTS] as const;
export type TimelineColumn = (typeof TIMELINE_COLUMNS)[number];

export const PERCENTILE_COLUMNS = [
  "metric",
  "cohort",
  "storm",
  "percentile",
  "value_ms",
  "count",
  "event",
] as const;

/** File names inside `<output>/<testRunId>/`. */
export const FILES = {
  workerHistograms: (workerId: string): string => `worker-${workerId}.hlog`,
  workerTimeline: (workerId: string): string => `worker-${workerId}.timeline.csv`,
  workerRecord: (workerId: string): string => `worker-${workerId}.json`,
  /** It is there only where a part of the lab ended during the run. */
  lab: "lab.json",
  summary: "summary.json",
  percentiles: "percentiles.csv",
  timeline: "timeline.csv",
  report: "report.html",
} as const;

/** Matches the name of a worker record; the group is the worker id. */
export const WORKER_RECORD_FILE: RegExp = /^worker-(.+)\.json$/;

/** A run or worker id as a file name: anything but letters, digits, `_`, `-` and inner dots becomes `_`. */
export function safeFileName(id: string): string {
  const name = id.replace(/[^A-Za-z0-9._-]/g, "_").replace(/^\.+/, "_");
  return name === "" ? "_" : name.slice(0, 128);
}

/** Storm causes. */
export const STORM_CAUSES = [
  "reset",
  "close",
  "disconnect",
  "silent",
  "exec",
  "external",
  "regionLoss",
] as const;
export type StormCause = (typeof STORM_CAUSES)[number];

/** What devices lack for a while after a storm. */
export const STORM_OUTAGES = ["power", "network"] as const;
export type StormOutage = (typeof STORM_OUTAGES)[number];

/** What happened, where the script gives a storm no name: what its devices lack, or else its cause. */
const STORM_EVENTS: Record<StormCause | StormOutage, string> = {
  reset: "connection reset",
  close: "connection close",
  disconnect: "clean disconnect",
  silent: "silent connection loss",
  exec: "command",
  external: "outside event",
  regionLoss: "region outage",
  power: "power cut",
  network: "network outage",
};

/** What happened in a storm: its name, or natural words for what it is. */
export function stormEvent({
  name,
  cause,
  outage,
}: {
  name?: string | null | undefined;
  cause: StormCause;
  outage?: { of: StormOutage } | null | undefined;
}): string {
  return name ?? STORM_EVENTS[outage?.of ?? cause];
}

/**
 * What became of the devices that were there when a storm came: all that meant to be online, but for those whose first
 * attempt to connect was still under way, unless the storm cut it off.
 */
export const STORM_FATES = [
  /** All of them. */
  "fleet",
  /** Devices that were not ready when the storm came, and not disconnected by it. */
  "alreadyOffline",
  /** Devices that had never been ready by then. */
  "neverReady",
  /** Devices that were ready when the window ended, or are now while it is open. */
  "fleetReadyAtEnd",
  /** Affected devices among those. */
  "readyAtEnd",
  /** Affected devices that had not noticed the loss of their connection by then. */
  "unaware",
  /** Devices that had stopped trying by then: a server told them to, or they had given up. Nobody waits for them to come back. */
  "stopped",
  /** Affected devices that were ready again and then lost their connection inside the window. */
  "lostAgain",
  /** Devices that the storm left alone and that lost their connection inside the window. */
  "unaffectedLost",
  /** Devices that were ready at or since the storm's instant, and not when the window ended. */
  "lostAtEnd",
  /** Devices that left inside the window because the script said so: `disconnect`, or the end of its flow. */
  "fleetLeftByScript",
  /** Affected devices that left so before they were ready again. */
  "leftByScript",
  /** Affected devices that left so after they were ready again. */
  "leftAfterRecovery",
] as const;
export type StormFate = (typeof STORM_FATES)[number];

/** Counts of one storm and cohort in one worker. */
export type WorkerStormCohort = {
  /** Devices that were chosen, whether or not they were online. */
  selected: number;
  /** Devices that the storm disconnected. */
  affected: number;
  /** Affected devices that became ready again inside the window. */
  recovered: number;
  /** Attempts inside the window that this machine itself refused, of any device: it had no port or descriptor left. */
  refusedHere: number;
} & Record<StormFate, number> &
  Record<StormCounter, number>;

export interface WorkerStorm {
  /** Counts from 1, in script order. */
  index: number;
  /** What happened, in the script's words; only where it has some. */
  name?: string | undefined;
  cause: StormCause;
  /** 0..1; a region that is lost has its share by weight. Null for a cause that has none. */
  fraction: number | null;
  /** The region that is lost. */
  region?: string | undefined;
  /** The cohorts that it is for: `fraction` is of their devices. Not given where it is for the whole fleet. */
  onlyCohorts?: string[] | undefined;
  /** It took its devices one after the other over so long; not given where it took them at once. */
  overMs?: number | undefined;
  /** What each of its devices lacked from its loss on, and for how long; not given where it lacked nothing. */
  outage?: { of: StormOutage; forMs: number } | undefined;
  /** Milliseconds from time zero, as the script says. */
  atMs: number;
  windowMs: number;
  /** The window ended so long before that, since all storms had recovered; not given where it did not. */
  endedEarlyMs?: number | undefined;
  /**
   * Epoch milliseconds of the planned instant on this worker's clock, or for `external` of the first loss that belongs to
   * it; null while the storm has not come.
   */
  startedAtMs: number | null;
  /** True once the whole window was watched. */
  closed: boolean;
  /** Given once the window is over, where the script has regions. */
  regionLoads?: Record<string, RegionLoad> | undefined;
  /** So long after its instant this worker's turn came: too late, so it left its devices alone. Null where it was in time. */
  missedByMs: number | null;
  /** So long after its window ended this worker noticed: too late to see its end. Null where it was in time. */
  endMissedByMs: number | null;
  cohorts: Record<string, WorkerStormCohort>;
  /** What each region gained inside the window, through all devices; not given without regions. */
  regions?: Record<string, WorkerRegion> | undefined;
  /** Tracked messages by cohort; not given where none are tracked. */
  messages?: Record<string, WorkerMessages> | undefined;
  /** Covers the time until the last affected device that came back did, or the whole window; null while the storm has not come. */
  generator: GeneratorHealth | null;
  /** Covers the whole window so far; null while the storm has not come. */
  generatorInWindow: GeneratorHealth | null;
}

/**
 * How a worker thread fared over a stretch of time: the run, or a storm's recovery or whole window, either from the end of the
 * pass that cut the devices. These are facts: results/ judges them.
 */
export interface GeneratorHealth {
  watchedMs: number;
  /** Delay of the event loop beyond what was asked, over time. */
  eventLoopDelayMs: { p50: number; p99: number; max: number };
  /** The same delay over the operations timed meanwhile: what their times may hold too much. Null where there were none. */
  operationDelayMs: { p50: number; p99: number } | null;
  /** All the time in which the event loop was late by more than 10 ms. */
  stalledMs: number;
  /** Highest share of one core that the thread used over any 2 s. 0..1 */
  cpuShare: number;
  /** How long the thread was ready to run and had no processor; null where the system does not say. */
  cpuWaitMs: number | null;
}

/** `worker-<id>.json`: what one worker knows besides its histograms and timeline. Rewritten at every flush. */
export interface WorkerRecord {
  schemaVersion: typeof SCHEMA_VERSION;
  testRunId: string;
  workerId: string;
  /** `running` while the worker lives; a file that still says so after the run belongs to a worker that was killed. */
  state: "running" | "ended" | "interrupted";
  /** Target URL without user name, password and query. */
  target: string;
  /** `insecure`: connections were made over TLS that verified nothing. */
  tls: { insecure: boolean };
  /** What plain TCP went over: Node's own handle, or `net.Socket`, which costs more. Not known of older engines. */
  tcp?: (typeof TCP_KINDS)[number] | undefined;
  /** `insecure`: `http` steps asked over TLS that verified nothing. */
  http: { insecure: boolean };
  seed: number;
  /**
   * The longest that a device waits between two attempts to connect. Null in files of an engine that did not record it yet,
   * nor what became of the devices in storms.
   */
  longestBackoffMs: number | null;
  /**
   * The first of the client ids that the engine gives to the devices of this process, or of the whole fleet where that is numbered
   * throughout; null where the script gives all of them others.
   */
  clientIds: string | null;
  /** Given where the devices of several containers are numbered throughout: which of them this worker is in. */
  container?: WorkerContainer | undefined;
  /** Connections that devices of this process took from each other; not given where there were none, and by older engines. */
  ownTakeovers?: WorkerTakeovers | undefined;
  /** Cohorts in which an answer to a config request cannot be told from that to an earlier one. */
  uncorrelated: string[];
  /** Test run ids of others that were seen to have devices of the same ids at the same broker, at the same time. */
  sameIdsAs: string[];
  /** The container that this worker belongs to: the same in all its threads, another in each container. Empty on one machine, and in files of older engines. */
  containerName: string;
  /** When its devices arrived, so that what a late container left out can be counted. Empty in files of older engines. */
  arrivals: WorkerArrivals;
  /** Containers of the run that it heard of, the next by name, and how many devices each had started by its last word. */
  others: { container: string; devices: number }[];
  /** So many containers the run was to have; null where nobody said. */
  containersDue: number | null;
  /** How far its clock is from another worker's; null where that was not measured. The first worker's never is. */
  clock: ClockOffset | null;
  startedAtMs: number;
  /** The time of the last flush. */
  updatedAtMs: number;
  /** The fleet's common time zero; null when no device was started. */
  timeZeroMs: number | null;
  cohorts: Record<string, { devices: number; everOnline: number }>;
  /** The client that the devices of each cohort have. Not given by older engines. */
  clients?: Record<string, CohortClient> | undefined;
  storms: WorkerStorm[];
  /** Counts by name; not given without regions. */
  regions?: Record<string, WorkerRegion> | undefined;
  /** Tracked messages of the whole run by cohort; not given where none are tracked. */
  messages?: Record<string, WorkerMessages> | undefined;
  /** Counts per cohort. */
  counters: Record<string, Record<CounterName, number>>;
  /** Disconnects per cohort and cause. */
  disconnects: Record<string, Record<string, number>>;
  /** Devices that stopped trying, per cohort, by the reason that told them to; and that gave up, by their last failure. Not given by older engines. */
  stopped?: Record<string, Record<string, number>> | undefined;
  gaveUp?: Record<string, Record<string, number>> | undefined;
  /** Failures per cohort and name, as design.md's point 8 classifies them. */
  errors: Record<string, Record<string, number>>;
  /** Null in a forecast: nothing generated load. */
  generator: GeneratorHealth | null;
  /** Given for a forecast alone: nothing of it was measured. */
  forecast?: ForecastRecord | undefined;
}

/** Connections of a worker's devices that other devices of the same process took, by coming with the same client id. */
export interface WorkerTakeovers {
  count: number;
  /** The first client ids of which it is known. */
  examples: {
    clientId: string;
    /** The device that lost its connection first, and the one that took it. */
    devices: [string, string];
    takeovers: number;
  }[];
}

/** What the devices of a cohort are set to, whether their scenario says so or the settings of all. */
export interface CohortClient {
  protocolVersion: 4 | 5;
  keepaliveMs: number;
  connectTimeoutMs: number;
  ackTimeoutMs: number;
  clean: boolean;
  /** MQTT 5; null for never, and with 3.1.1, which has none. */
  sessionExpiryMs: number | null;
  resubscribe: "auto" | "always";
  /** The next three are of MQTT 5; null where none is given, and with 3.1.1. */
  receiveMaximum: number | null;
  topicAliasMaximum: number | null;
  serverReference: "count" | "follow" | null;
  reconnect: ReconnectRecord;
  /** The longest that one of its devices waits between two attempts to connect. */
  longestBackoffMs: number;
}

/** How a cohort's devices come back: the numbers that their policy reads. */
export interface ReconnectRecord {
  /** Null where the script gives a policy and its numbers. */
  preset: string | null;
  policy: string;
  baseMs?: number | undefined;
  capMs?: number | undefined;
  windowMs?: number | undefined;
  /** When the count of attempts starts again: at CONNACK, when the device is ready, or where it was connected for so long. */
  resetAfter: "connack" | "ready" | { connectedMs: number };
  /** Growth per attempt where it is not 2. */
  factor?: number | undefined;
  /** Share by which waits vary either way. */
  jitter?: number | undefined;
  /** Waits before the first attempts, which are taken as they are. */
  firstMs?: number[] | undefined;
  /** What the reasons of a server lead to, by the name or the code that the script gives. */
  onReason?: Record<string, "stop" | OwnWaitRecord> | undefined;
  giveUpAfter?: number | undefined;
  rebootAfter?: { failures: number; takes: OwnWaitRecord } | undefined;
}

/** A wait of a client's own, and the share by which it varies either way. */
export interface OwnWaitRecord {
  ms: number;
  jitter: number;
}

/** One of several containers whose devices are numbered throughout: it has the numbers `ordinal`, `ordinal + of`, and so on. */
export interface WorkerContainer {
  /** Counts from 0. */
  ordinal: number;
  of: number;
  /** Tells two processes apart that say they are the same container. */
  process: string;
}

/** Devices of one worker by the time of their arrival. */
export interface WorkerArrivals {
  /** Epoch milliseconds of the first, on this worker's clock; null before it. */
  fromMs: number | null;
  /** Width of a bin: `ARRIVAL_ROW_MS`, or that doubled as often as it takes. */
  everyMs: number;
  /** Counts per bin, at most `ARRIVAL_BINS`. */
  devices: number[];
}

export const ARRIVAL_ROW_MS = 100;
export const ARRIVAL_BINS = 256;

/** A clock that was held against another. */
export interface ClockOffset {
  /** Id of the worker whose clock it was held against, or the name of a common place. */
  reference: string;
  /** So much this worker's clock is ahead of it; negative where it is behind. */
  offsetMs: number;
  /** The offset is right within so much: half the time that messages were on their way. */
  uncertaintyMs: number;
  /** Epoch milliseconds on this worker's clock. */
  measuredAtMs: number;
}

/** What a forecast rests on. */
export interface ForecastRecord {
  assumptions: ForecastAssumption[];
  /** So many devices stand for so many; not given where each was simulated. */
  sample?: SampleRecord | undefined;
}

export interface SampleRecord {
  devices: number;
  of: number;
  /** What one piece of work takes at the slowest place of the sample, milliseconds. */
  resolutionMs?: number | undefined;
  /** Not given where the forecast was interrupted, and by older engines. */
  pilots?: PilotsRecord | undefined;
}

/** Percentiles of recovery times of which a sample's error is told. */
export const SAMPLE_PERCENTILES = [50, 90, 99] as const;

/** Smaller samples of the same fleet, each from a seed of its own: how far they differ says how far the sample may be off. */
export interface PilotsRecord {
  /** Of each. */
  devices: number;
  /** One time per pilot, milliseconds; null where too few devices were ready. */
  figures: { storm: number; percentile: number; readyMs: (number | null)[] }[];
}

/** Where an assumption comes from. */
export const ASSUMPTION_SOURCES = ["option", "script", "lab", "default", "model", "calibration"] as const;

/** One value that a forecast rests on, or what its model leaves out. */
export interface ForecastAssumption {
  /** Reads like `broker: connects`. */
  name: string;
  /** With its unit, or a sentence. */
  value: string;
  source: (typeof ASSUMPTION_SOURCES)[number];
  /** The run that it was read from; given for a calibration alone. */
  run?: string | undefined;
}

/** What a run that ramped the load on a target told of it: results/ reads it, and a forecast rests on it. */
export interface Calibration {
  /** Test run id. */
  run: string;
  /** SYN to SYN-ACK with nobody waiting, milliseconds; null where no connection was opened. */
  tcpMs: number | null;
  /** CONNECT to CONNACK with nobody waiting, milliseconds. */
  connackMs: number | null;
  /** Devices per second that the broker took, and what each of them is to it; null where that cannot be said. */
  broker: (CalibratedRate & { perDevice: BrokerWork }) | null;
  /** Config requests that were answered per second. */
  answers: CalibratedRate | null;
}

/** Pieces of work for a broker. */
export type BrokerWork = Record<"connects" | "tlsFull" | "tlsResumed" | "subscribes" | "messages", number>;

export interface CalibratedRate {
  /** Per second. */
  perS: number;
  /** It is the most that the target serves; otherwise it was served, and the target may serve more. */
  isKnee: boolean;
  /** The knee is not below, and not above: equal to `perS` where there was none. */
  lowPerS: number;
  highPerS: number;
  /** Seconds of the run that say so. */
  seconds: number;
  /** Latency with nobody waiting, and at the knee or the highest load, milliseconds. */
  idleMs: number | null;
  loadedMs: number | null;
  /** Why it is no knee although the load was no longer served in time; empty otherwise. */
  doubt: string;
}

export const TCP_KINDS = ["handle", "net"] as const;

/** Errors by which this machine itself refuses, not the target: what it has run out of. */
export const REFUSED_HERE = [
  "descriptors",
  "http_descriptors",
  "http_local_ports",
  "local_ports",
  "local_address",
] as const;

/**
 * The name of the `BroadcastChannel` on which worker threads hand `UnwrittenFiles`, and the main thread `UnwrittenLabEnd`s, to
 * the plugin in the main thread.
 */
export const UNWRITTEN_CHANNEL = "artillery-engine-mqtt unwritten";

/** What a worker tells whose files cannot be written: that it is so, and at its end what they would hold. */
export interface UnwrittenFiles {
  workerId: string;
  /** The reason, as the system puts it. */
  problem: string;
  /** Null before its last flush. */
  files: { record: WorkerRecord; histograms: string; timeline: string } | null;
}

/** The name of the `BroadcastChannel` on which worker threads tell the plugin their `WorkerFigures`, where it asks for them. */
export const FIGURES_CHANNEL = "artillery-engine-mqtt figures";

/** What a worker has counted so far, told every second and at its end: what it flushes to its files, and what only monitoring asks for. */
export interface WorkerFigures {
  record: WorkerRecord;
  /** Devices now, by cohort. */
  online: Record<string, number>;
  ready: Record<string, number>;
  /** Counts per cohort and reason. */
  refused: Record<string, Record<string, number>>;
  serverDisconnects: Record<string, Record<string, number>>;
  /** Lines of an `.hlog`: what was timed since the last time. */
  intervals: string;
}

/** A part of the lab that ended by itself while the run went on. */
export interface LabEnd {
  /** It reads like `the lab's config service`. */
  name: string;
  /** A signal, or an exit code. */
  how: string;
  /** Epoch milliseconds. */
  atMs: number;
}

/** `lab.json`. */
export interface LabRecord {
  schemaVersion: typeof SCHEMA_VERSION;
  ended: LabEnd[];
}

/** One that could not be noted in `lab.json`. */
export interface UnwrittenLabEnd {
  labEnd: LabEnd;
  /** The reason, as the system puts it. */
  problem: string;
}
