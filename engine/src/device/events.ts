import type {
  CounterName,
  LatencyMetric,
  MessageCounter,
  StormCounter,
  StormMetric,
  TimelineEvent,
} from "../contract.ts";
import { LATENCY_METRICS } from "../contract.ts";

/** Tables of names with a count each, beside the counters. */
export const NAMED = ["refused", "disconnects", "serverDisconnects", "stopped", "gaveUp", "errors"] as const;
export type Named = (typeof NAMED)[number];

/** What an event means to those who count. What a row does not mention, the event does not touch. */
interface Effects {
  /** A counter that the event adds 1 to, or its value where `adds` says so. */
  counter?: CounterName;
  adds?: "value";
  /** A column of the timeline. */
  column?: TimelineEvent;
  /** The column is only counted in the window of the storm that the event is told for. */
  whileOpen?: true;
  /** The column is not counted for an event of this name. */
  unlessNamed?: string;
  /** Devices online, more or fewer. */
  online?: 1 | -1;
  /** Devices ready, more or fewer. One that is lost was ready where the event's value is 1. */
  ready?: 1 | -1;
  /** A counter of the storm that the event is told for. */
  storm?: StormCounter;
  /** A histogram of the event's value in milliseconds. */
  latency?: LatencyMetric;
  /** Artillery hears of that value too. */
  toArtillery?: true;
  /** A histogram of the storm that the event is told for; nothing where the value is null. */
  stormLatency?: StormMetric;
  /** What it adds to that storm counts also when the storm's window is over. */
  afterwards?: true;
  /** A count of tracked messages, of the run and of the storm that the event is told for, that the event adds to as to `counter`. */
  message?: MessageCounter;
  /** The event carries a name, which is counted in this table. */
  named?: Named;
  /** The name under which the event is an error as well: `{}` stands for the event's own. */
  error?: string;
  /** Devices of this cohort that were ever online. */
  everOnline?: true;
  /** Counters of the device's region, of a script that has several. */
  region?: "connectsAccepted" | "failovers" | "configRequests" | "configResponses";
  load?: "accepted" | "answered" | "stormConnects" | "stormRequests";
}

/**
 * Everything that can happen to a device, and who counts it: one line per event. The recorder is a loop over this table, and so
 * is every other view of it. Values are milliseconds but for bytes and where `ready` is -1.
 *
 * The storm that an event is told for is the one that disconnected the device, while it is not ready again; 0 for none. The three
 * `storm…` events are told of every device that has a part in the storm and is not ready, whoever disconnected it, and when.
 */
const TABLE = {
  connectAttempt: { counter: "connectAttempts", column: "connect_attempts", storm: "connectAttempts" },
  tcpOpened: { latency: LATENCY_METRICS.tcp },
  tlsFull: { counter: "tlsFull", latency: LATENCY_METRICS.tlsFull, toArtillery: true },
  tlsResumed: { counter: "tlsResumed", latency: LATENCY_METRICS.tlsResumed, toArtillery: true },
  websocketOpened: { latency: LATENCY_METRICS.websocket },
  /** The value is the time from CONNECT to a CONNACK that accepts. */
  connackReceived: { latency: LATENCY_METRICS.connack },
  /** The value is the time from the start of the attempt to that CONNACK. */
  connectAccepted: {
    counter: "connectsAccepted",
    column: "connects_accepted",
    online: 1,
    storm: "connectsAccepted",
    latency: LATENCY_METRICS.connect,
    toArtillery: true,
    region: "connectsAccepted",
    load: "accepted",
  },
  /** It was accepted for the first time in the run. */
  firstAccepted: { everOnline: true },
  /** It was accepted in a region that is not its home, coming from another one. */
  failedOver: { region: "failovers" },
  connectRefused: { counter: "connectsRefused", column: "connects_refused", named: "refused", error: "{}" },
  /** That refusal said that the server is overloaded. */
  connectOverload: { counter: "connectsOverload" },
  /** The server named another one, in CONNACK or DISCONNECT, whether or not it is followed. */
  redirected: { counter: "connectsRedirected" },
  /** MQTT 5 DISCONNECT from the server, by the name of its reason code. */
  serverDisconnected: {
    counter: "serverDisconnects",
    named: "serverDisconnects",
    error: "disconnect.{}",
  },
  /** It tries no more, since the server gave this reason. */
  stopped: { counter: "devicesStopped", named: "stopped" },
  /** It tries no more after too many failures, of which the last had this name. */
  gaveUp: { counter: "devicesGaveUp", named: "gaveUp" },
  /** It begins anew after too many failures, and has forgotten what it had in memory. */
  rebooted: { counter: "devicesRebooted" },
  /** The first CONNACK since the loss. The storm is 0 here and below where the outage is not, or no longer, the storm's. */
  reconnected: { stormLatency: "reconnect_time" },
  /** The value is null on a device's first time. */
  becameReady: { ready: 1, stormLatency: "ready_time" },
  /** With each of the two, of an outage that is the storm's: the time from the storm's instant. The value is null where that is not known. */
  reconnectedFromStorm: { stormLatency: "reconnect_from_storm" },
  readyFromStorm: { stormLatency: "ready_from_storm" },
  /** The connection ended, by the name of its cause. One that the script wants to end is no drop. */
  disconnected: {
    counter: "disconnects",
    named: "disconnects",
    column: "drops",
    unlessNamed: "finished",
    online: -1,
    ready: -1,
  },
  /** A storm took the network away: the device is gone, and does not know. */
  silenced: { column: "drops", online: -1, ready: -1 },
  /** The end of a connection that was silenced. The value is null unless the device found out by itself. */
  silenceOver: { counter: "disconnects", named: "disconnects", stormLatency: "detection_time" },
  subscribeSent: { counter: "subscribes" },
  subscribeSkipped: { counter: "subscribesSkipped" },
  subscribed: { latency: LATENCY_METRICS.subscribe, toArtillery: true },
  publishSent: { counter: "publishesSent" },
  publishAcknowledged: { latency: LATENCY_METRICS.publish, toArtillery: true },
  /** A message was acted upon, to the end of its steps. */
  messageHandled: { counter: "messagesHandled" },
  /** As many as the device keeps were waiting already. */
  messageDropped: { counter: "messagesDropped" },
  /** The connection ended before its steps had. */
  messageInterrupted: { counter: "messagesInterrupted" },
  messageFailed: { counter: "messagesFailed" },
  /** A step waited for a message that did not come in time. */
  messageTimeout: { counter: "messageTimeouts" },
  /** It was not sent: the device was not ready and queues none, or has as many as it keeps. */
  telemetryDropped: { counter: "telemetryDropped" },
  publishReceived: { counter: "publishesReceived" },
  /** The script's `beforeConnect` is called. */
  authRequest: { counter: "authRequests", column: "auth_requests" },
  /** Credentials came while the device waited for them. */
  authResponse: {
    counter: "authResponses",
    column: "auth_responses",
    latency: LATENCY_METRICS.auth,
    toArtillery: true,
  },
  authFailure: { counter: "authFailures", column: "auth_failures" },
  configRequest: {
    counter: "configRequests",
    column: "config_requests",
    storm: "configRequests",
    region: "configRequests",
  },
  configResponse: {
    counter: "configResponses",
    column: "config_responses",
    storm: "configResponses",
    latency: LATENCY_METRICS.config,
    toArtillery: true,
    region: "configResponses",
    load: "answered",
  },
  configTimeout: { counter: "configTimeouts", column: "config_timeouts", storm: "configTimeouts" },
  configRejected: { counter: "configRejected", error: "config_rejected" },
  /** The device asks again later, since the server said when. */
  retryPostponed: { counter: "configPostponed" },
  lateResponse: { counter: "lateResponses", column: "late_responses", storm: "lateResponses" },
  /** An attempt to connect that was load on the target is over. */
  stormConnect: { column: "storm_connects", whileOpen: true, load: "stormConnects" },
  /** The device asks for its configuration. */
  stormRequest: { column: "storm_requests", whileOpen: true, load: "stormRequests" },
  /** It is ready for the first time since the storm came. */
  stormBack: { column: "storm_ready", whileOpen: true },
  /**
   * Tracked messages. The storm that these are told for is the one in whose window the message was sent; for `messageRetained`,
   * `messageFlood`, `floodIn` and `backlog…` the one that had disconnected the device.
   */
  messagePublished: { message: "published", column: "messages_published" },
  messageAcknowledged: { message: "acknowledged" },
  messageDelivered: { message: "delivered", column: "messages_delivered" },
  /** The value is the time since the message was sent. */
  messageTimed: {
    latency: LATENCY_METRICS.delivery,
    toArtillery: true,
    stormLatency: "delivery_time",
    afterwards: true,
  },
  /** The value is how many are missing. */
  messageMissed: { message: "missed", adds: "value", column: "messages_missed" },
  messageFilled: { message: "filled", column: "messages_filled" },
  messageOutOfOrder: { message: "outOfOrder" },
  messageDuplicate: { message: "duplicates", column: "messages_duplicates" },
  messageUndecided: { message: "undecided" },
  messageUnfollowed: { message: "unfollowed" },
  messageShared: { message: "shared" },
  messageRetained: { message: "retained" },
  messageFlood: { message: "flood" },
  /** The value is the time from CONNACK to the last message that had waited. */
  floodIn: { stormLatency: "flood_time", afterwards: true },
  /** The value is how many there are, as below. */
  backlogAtLoss: { message: "backlogAtLoss", adds: "value" },
  backlogDropped: { message: "backlogDropped", adds: "value" },
  backlogFlushed: { message: "backlogFlushed" },
  /** All of it is acknowledged. The value is the time since CONNACK. */
  backlogOver: { stormLatency: "flush_time", afterwards: true },
  error: { named: "errors" },
  bytesSent: { counter: "bytesSent", adds: "value" },
  bytesReceived: { counter: "bytesReceived", adds: "value" },
} as const satisfies Record<string, Effects>;

export type EventName = keyof typeof TABLE;

/** One row of the table: every column is there, so that all rows look alike to whoever loops over them. */
export interface DeviceEvent {
  /** Its place in the table, from 0. */
  readonly id: number;
  readonly name: EventName;
  readonly counter: CounterName | null;
  readonly addsValue: boolean;
  readonly column: TimelineEvent | null;
  readonly whileOpen: boolean;
  readonly unlessNamed: string | null;
  readonly online: -1 | 0 | 1;
  readonly ready: -1 | 0 | 1;
  readonly storm: StormCounter | null;
  readonly latency: LatencyMetric | null;
  readonly toArtillery: boolean;
  readonly stormLatency: StormMetric | null;
  readonly afterwards: boolean;
  readonly message: MessageCounter | null;
  readonly named: Named | null;
  readonly error: string | null;
  readonly everOnline: boolean;
  readonly region: NonNullable<Effects["region"]> | null;
  readonly load: NonNullable<Effects["load"]> | null;
}

function rowOf(id: number, name: EventName, effects: Effects): DeviceEvent {
  return Object.freeze({
    id,
    name,
    counter: effects.counter ?? null,
    addsValue: effects.adds === "value",
    column: effects.column ?? null,
    whileOpen: effects.whileOpen ?? false,
    unlessNamed: effects.unlessNamed ?? null,
    online: effects.online ?? 0,
    ready: effects.ready ?? 0,
    storm: effects.storm ?? null,
    latency: effects.latency ?? null,
    toArtillery: effects.toArtillery ?? false,
    stormLatency: effects.stormLatency ?? null,
    afterwards: effects.afterwards ?? false,
    message: effects.message ?? null,
    named: effects.named ?? null,
    error: effects.error ?? null,
    everOnline: effects.everOnline ?? false,
    region: effects.region ?? null,
    load: effects.load ?? null,
  });
}

/** The table by the names of events. */
export const EVENTS: Readonly<Record<EventName, DeviceEvent>> = Object.fromEntries(
  Object.entries(TABLE).map(([name, effects], id) => [name, rowOf(id, name as EventName, effects)]),
) as Record<EventName, DeviceEvent>;

/** Who an event happens to. */
export interface Subject {
  readonly cohort: number;
  /** The region that it is connected to, or connects to next; 0 where the script has none. */
  readonly region: number;
}

/**
 * Hears of every event, once.
 *
 * @param storm the storm that the event is told for, counted from 1; 0 for none
 * @param value the event's value, in the unit of its row; 0 where it has none, null where it is not known
 * @param name the event's name where its row has one, else empty
 */
export type Tell = (
  event: DeviceEvent,
  subject: Subject,
  storm: number,
  value: number | null,
  name: string,
) => void;
