import { describe, expect, it } from "vitest";
import { ensureNames } from "../../../engine/src/capture/ensure-names.ts";
import { Recorder } from "../../../engine/src/capture/recorder.ts";
import { COUNTERS, TIMELINE_COLUMNS } from "../../../engine/src/contract.ts";
import { tell } from "../../support/told-events.ts";

type Emitted = [event: string, name: string, value: number | undefined];

function recorderOf(
  cohorts = ["a", "b c"],
  expected: string[] = [],
): {
  recorder: Recorder;
  emitted: Emitted[];
  take: () => Emitted[];
} {
  const emitted: Emitted[] = [];
  const recorder = new Recorder(
    cohorts,
    { emit: (event: string, name?: string, value?: number) => emitted.push([event, name ?? "", value]) },
    () => 0,
    expected,
  );
  return { recorder, emitted, take: () => emitted.splice(0) };
}

/** The histograms of the interval by tag, the largest value to three digits. */
function interval(recorder: Recorder): Record<string, { count: number; largestMs: number }> {
  const found: Record<string, { count: number; largestMs: number }> = {};
  recorder.histograms.takeInterval((one) => {
    const largestMs = Number((one.getValueAtPercentile(100) / 1000).toPrecision(3));
    found[one.tag] = { count: one.totalCount, largestMs };
  });
  return found;
}

/** The rows of the timeline, without the columns that are 0. */
function rows(recorder: Recorder): Record<string, string>[] {
  return recorder.timeline.take(true).map((line) => {
    const cells = line.split(",");
    expect(cells).toHaveLength(TIMELINE_COLUMNS.length);
    const named = TIMELINE_COLUMNS.map((column, i) => [column, cells[i] as string] as const);
    return Object.fromEntries(named.filter(([column, cell]) => column === "t_ms" || cell !== "0"));
  });
}

const EMPTY_STORM = {
  selected: 0,
  affected: 0,
  recovered: 0,
  refusedHere: 0,
  connectAttempts: 0,
  connectsAccepted: 0,
  configRequests: 0,
  configResponses: 0,
  configTimeouts: 0,
  lateResponses: 0,
};

describe("counters", () => {
  it("are kept per cohort, with causes, reasons and errors by name", () => {
    const { recorder } = recorderOf();
    tell(recorder, "connectAttempt");
    tell(recorder, "connectAttempt");
    tell(recorder, "connectRefused", { name: "tcp_refused" });
    tell(recorder, "connectRefused", { name: "tcp_refused" });
    tell(recorder, "connectRefused", { name: "connack.server_busy" });
    tell(recorder, "connackReceived", { value: 10 });
    tell(recorder, "connectAccepted", { value: 30 });
    tell(recorder, "firstAccepted");
    tell(recorder, "connackReceived", { value: 10 });
    tell(recorder, "connectAccepted", { value: 30 });
    tell(recorder, "disconnected", { name: "reset", value: 0 });
    tell(recorder, "disconnected", { name: "finished", value: 0 });
    tell(recorder, "subscribeSent");
    tell(recorder, "subscribeSkipped");
    tell(recorder, "publishSent");
    tell(recorder, "publishReceived");
    tell(recorder, "configRequest");
    tell(recorder, "configResponse", { value: 5 });
    tell(recorder, "configTimeout");
    tell(recorder, "configRejected");
    tell(recorder, "authRequest");
    tell(recorder, "authRequest");
    tell(recorder, "authResponse", { value: 30 });
    tell(recorder, "authFailure");
    tell(recorder, "lateResponse");
    tell(recorder, "error", { name: "closed" });
    tell(recorder, "bytesSent", { value: 10 });
    tell(recorder, "bytesReceived", { value: 20 });
    tell(recorder, "tlsFull", { value: 4 });
    tell(recorder, "tlsResumed", { value: 2 });
    tell(recorder, "tlsResumed", { value: 2 });
    tell(recorder, "bytesReceived", { value: 5 });
    tell(recorder, "connectAttempt", { cohort: 1 });
    tell(recorder, "connectOverload");
    tell(recorder, "redirected");
    tell(recorder, "serverDisconnected", { name: "server_moved" });
    tell(recorder, "stopped", { name: "connack.banned" });
    tell(recorder, "gaveUp", { name: "tcp_refused" });
    tell(recorder, "rebooted");
    tell(recorder, "retryPostponed");
    expect(recorder.counters(0)).toEqual({
      counters: {
        connectAttempts: 2,
        tlsFull: 1,
        tlsResumed: 2,
        connectsAccepted: 2,
        connectsRefused: 3,
        connectsOverload: 1,
        connectsRedirected: 1,
        devicesStopped: 1,
        devicesGaveUp: 1,
        devicesRebooted: 1,
        configPostponed: 1,
        disconnects: 2,
        serverDisconnects: 1,
        configRequests: 1,
        configResponses: 1,
        configTimeouts: 1,
        configRejected: 1,
        lateResponses: 1,
        authRequests: 2,
        authResponses: 1,
        authFailures: 1,
        subscribes: 1,
        subscribesSkipped: 1,
        publishesSent: 1,
        publishesReceived: 1,
        telemetryDropped: 0,
        messagesHandled: 0,
        messagesDropped: 0,
        messagesInterrupted: 0,
        messagesFailed: 0,
        messageTimeouts: 0,
        bytesSent: 10,
        bytesReceived: 25,
      },
      disconnects: { reset: 1, finished: 1 },
      refused: { tcp_refused: 2, "connack.server_busy": 1 },
      serverDisconnects: { server_moved: 1 },
      stopped: { "connack.banned": 1 },
      gaveUp: { tcp_refused: 1 },
      errors: {
        tcp_refused: 2,
        "connack.server_busy": 1,
        "disconnect.server_moved": 1,
        config_rejected: 1,
        closed: 1,
      },
      everOnline: 1,
    });
    expect(recorder.counters(1).counters).toMatchObject({ connectAttempts: 1, connectsAccepted: 0 });
  });

  it("reach Artillery as differences, summed over cohorts, each at first with 0, and not at all where nothing was gained", () => {
    const { recorder, take } = recorderOf();
    tell(recorder, "connectAttempt");
    tell(recorder, "connectAttempt", { cohort: 1 });
    tell(recorder, "connectRefused", { cohort: 1, name: "tcp_refused" });
    tell(recorder, "disconnected", { name: "reset", value: 0 });
    tell(recorder, "serverDisconnected", { cohort: 1, name: "server_busy" });
    tell(recorder, "bytesSent", { value: 10 });
    expect(take()).toEqual([]);
    recorder.emitCounters();
    const first = take();
    expect(first.filter(([, , value]) => value !== 0)).toEqual([
      ["counter", "mqtt.connect.attempts", 2],
      ["counter", "mqtt.connect.refused", 1],
      ["counter", "mqtt.disconnects", 1],
      ["counter", "mqtt.server_disconnects", 1],
      ["counter", "mqtt.bytes_sent", 10],
      ["counter", "mqtt.disconnects.reset", 1],
      ["counter", "mqtt.connect.refused.tcp_refused", 1],
      ["counter", "mqtt.server_disconnects.server_busy", 1],
    ]);
    expect(new Set(first.map(([, name]) => name))).toEqual(
      new Set([
        ...Object.values(COUNTERS),
        "mqtt.connect.refused.tcp_refused",
        "mqtt.disconnects.reset",
        "mqtt.server_disconnects.server_busy",
      ]),
    );
    recorder.emitCounters();
    expect(take()).toEqual([]);
    tell(recorder, "connectAttempt", { cohort: 1 });
    tell(recorder, "disconnected", { name: "keepalive", value: 0 });
    recorder.emitCounters();
    expect(take()).toEqual([
      ["counter", "mqtt.connect.attempts", 1],
      ["counter", "mqtt.disconnects", 1],
      ["counter", "mqtt.disconnects.keepalive", 1],
    ]);
  });

  it("by reason exist from the start, before the total whose name they hold, where ensure asks for them", () => {
    const names = ensureNames({
      ensure: { thresholds: [{ "mqtt.connect.refused.tcp_refused": 1 }, { "errors.script_error": 1 }] },
      plugins: {
        ensure: { conditions: [{ expression: "mqtt.disconnects.closed + mqtt.config.timeouts < 3" }] },
      },
    });
    expect([...names].sort()).toEqual([
      "errors.script_error",
      "mqtt.connect.refused.tcp_refused",
      "mqtt.disconnects.closed",
    ]);
    expect(ensureNames({ target: "lab" })).toEqual([]);
    const { recorder, take } = recorderOf(["a"], names);
    recorder.emitCounters();
    const told = take();
    const zeros = told.map(([, name]) => name);
    expect(zeros.indexOf("mqtt.connect.refused.tcp_refused")).toBeLessThan(
      zeros.indexOf("mqtt.connect.refused"),
    );
    expect(told.every(([, , value]) => value === 0)).toBe(true);
    tell(recorder, "connectRefused", { name: "tcp_refused" });
    recorder.emitCounters();
    expect(take()).toEqual([
      ["counter", "mqtt.connect.refused", 1],
      ["counter", "mqtt.connect.refused.tcp_refused", 1],
    ]);
  });
});

describe("latencies", () => {
  it("go into one histogram per metric and cohort; those that a user gates on reach Artillery in milliseconds", () => {
    const { recorder, take } = recorderOf();
    tell(recorder, "tcpOpened", { value: 3 });
    tell(recorder, "connackReceived", { value: 10 });
    tell(recorder, "connectAccepted", { value: 30.5 });
    tell(recorder, "firstAccepted");
    tell(recorder, "subscribed", { cohort: 1, value: 4 });
    tell(recorder, "publishAcknowledged", { cohort: 1, value: 6 });
    tell(recorder, "configResponse", { cohort: 1, value: 60 });
    expect(take()).toEqual([
      ["histogram", "mqtt.connect_time", 30.5],
      ["histogram", "mqtt.subscribe_time", 4],
      ["histogram", "mqtt.publish_time", 6],
      ["histogram", "mqtt.config_time", 60],
    ]);
    expect(interval(recorder)).toEqual({
      "mqtt.connect_time;a": { count: 1, largestMs: 30.5 },
      "mqtt.tcp_time;a": { count: 1, largestMs: 3 },
      "mqtt.connack_time;a": { count: 1, largestMs: 10 },
      "mqtt.subscribe_time;b%20c": { count: 1, largestMs: 4 },
      "mqtt.publish_time;b%20c": { count: 1, largestMs: 6 },
      "mqtt.config_time;b%20c": { count: 1, largestMs: 60 },
    });
  });
});

describe("a storm", () => {
  /** One event of every kind that a storm counts, of a device of cohort 0. */
  function everything(recorder: Recorder, storm: number): void {
    tell(recorder, "connectAttempt", { storm: storm });
    tell(recorder, "connackReceived", { value: 1 });
    tell(recorder, "connectAccepted", { storm: storm, value: 1 });
    tell(recorder, "reconnected", { storm: storm, value: 100 });
    tell(recorder, "becameReady", { storm: storm, value: 200 });
    tell(recorder, "configRequest", { storm: storm });
    tell(recorder, "configResponse", { storm: storm, value: 1 });
    tell(recorder, "configTimeout", { storm: storm });
    tell(recorder, "lateResponse", { storm: storm });
  }

  const ONE_OF_EACH = {
    ...EMPTY_STORM,
    recovered: 1,
    connectAttempts: 1,
    connectsAccepted: 1,
    configRequests: 1,
    configResponses: 1,
    configTimeouts: 1,
    lateResponses: 1,
  };

  it("is counted only while its window is open", () => {
    const { recorder } = recorderOf();
    expect(recorder.storms.counts(1)).toEqual({});
    everything(recorder, 1);
    recorder.storms.begin(1);
    expect(recorder.storms.counts(1)).toEqual({ a: EMPTY_STORM, "b c": EMPTY_STORM });
    everything(recorder, 1);
    expect(recorder.storms.counts(1)).toEqual({ a: ONE_OF_EACH, "b c": EMPTY_STORM });
    recorder.storms.end();
    everything(recorder, 1);
    expect(recorder.storms.counts(1)).toEqual({ a: ONE_OF_EACH, "b c": EMPTY_STORM });
    expect(recorder.counters(0).counters.connectAttempts).toBe(3);
  });

  it("does not count devices that it did not hit: of no storm, or of an earlier one", () => {
    const { recorder } = recorderOf();
    recorder.storms.begin(1);
    recorder.storms.end();
    recorder.storms.begin(2);
    everything(recorder, 0);
    everything(recorder, 1);
    expect([recorder.storms.counts(1).a, recorder.storms.counts(2).a]).toEqual([EMPTY_STORM, EMPTY_STORM]);
  });

  it("has histograms of its own, and Artillery hears of recovery but not of the spread of drops", () => {
    const { recorder, take } = recorderOf();
    recorder.storms.begin(3);
    recorder.storms.selected(1, 3);
    recorder.storms.selected(1, 3);
    recorder.storms.dropped(1, 3, 12);
    tell(recorder, "reconnected", { cohort: 1, storm: 3, value: 1500 });
    tell(recorder, "becameReady", { cohort: 1, storm: 3, value: 2500 });
    recorder.storms.end();
    expect(take()).toEqual([
      ["histogram", "mqtt.storm.3.reconnect_time", 1500],
      ["histogram", "mqtt.storm.3.ready_time", 2500],
    ]);
    expect(interval(recorder)).toEqual({
      "mqtt.storm.3.reconnect_time;b%20c": { count: 1, largestMs: 1500 },
      "mqtt.storm.3.ready_time;b%20c": { count: 1, largestMs: 2500 },
      "mqtt.storm.3.drop_spread;b%20c": { count: 1, largestMs: 12 },
    });
    expect(recorder.storms.counts(3)["b c"]).toEqual({
      ...EMPTY_STORM,
      selected: 2,
      affected: 1,
      recovered: 1,
    });
  });

  it("does not count a first time ready as recovery", () => {
    const { recorder } = recorderOf();
    recorder.storms.begin(1);
    tell(recorder, "becameReady", { storm: 1, value: null });
    expect(recorder.storms.counts(1).a?.recovered).toBe(0);
  });

  it("counts what this machine itself refused, of any device, and nothing else that failed", () => {
    const { recorder } = recorderOf();
    tell(recorder, "connectRefused", { name: "descriptors" });
    recorder.storms.begin(1);
    for (const reason of ["descriptors", "local_ports", "local_address", "tcp_refused", "connack_timeout"])
      tell(recorder, "connectRefused", { name: reason });
    tell(recorder, "error", { cohort: 1, name: "http_descriptors" });
    tell(recorder, "error", { cohort: 1, name: "http_503" });
    recorder.storms.end();
    tell(recorder, "connectRefused", { name: "local_ports" });
    expect(recorder.storms.counts(1)).toEqual({
      a: { ...EMPTY_STORM, refusedHere: 3 },
      "b c": { ...EMPTY_STORM, refusedHere: 1 },
    });
  });

  it("hands out copies of its counts", () => {
    const { recorder } = recorderOf();
    recorder.storms.begin(1);
    const before = recorder.storms.counts(1);
    tell(recorder, "connectAttempt", { storm: 1 });
    expect(before.a?.connectAttempts).toBe(0);
  });
});

describe("the timeline", () => {
  it("hears of events and levels; a device that finished is no drop", () => {
    const { recorder } = recorderOf(["a"]);
    for (let i = 0; i < 3; i++) {
      tell(recorder, "connectAttempt");
      tell(recorder, "connackReceived", { value: 1 });
      tell(recorder, "connectAccepted", { value: 1 });
      tell(recorder, "firstAccepted");
    }
    tell(recorder, "connectRefused", { name: "tcp_refused" });
    tell(recorder, "becameReady", { value: null });
    tell(recorder, "becameReady", { value: null });
    tell(recorder, "disconnected", { name: "reset", value: 1 });
    tell(recorder, "disconnected", { name: "finished", value: 0 });
    tell(recorder, "configRequest");
    tell(recorder, "configRequest");
    tell(recorder, "configResponse", { value: 1 });
    tell(recorder, "configTimeout");
    tell(recorder, "lateResponse");
    expect(rows(recorder)).toEqual([
      {
        t_ms: "0",
        cohort: "a",
        online: "1",
        ready: "1",
        drops: "1",
        connect_attempts: "3",
        connects_accepted: "3",
        connects_refused: "1",
        config_requests: "2",
        config_responses: "1",
        config_timeouts: "1",
        late_responses: "1",
      },
    ]);
  });

  it("has the load of those who are out of the open storm, and of no other", () => {
    const { recorder } = recorderOf(["a"]);
    const load = (): void => {
      tell(recorder, "stormConnect", { storm: 2 });
      tell(recorder, "stormConnect", { storm: 2 });
      tell(recorder, "stormConnect", { storm: 1 });
      tell(recorder, "stormRequest", { storm: 2 });
      tell(recorder, "stormRequest", { storm: 1 });
      tell(recorder, "stormBack", { storm: 2 });
      tell(recorder, "stormBack", { storm: 1 });
    };
    load();
    recorder.storms.begin(2);
    load();
    recorder.storms.end();
    load();
    expect(rows(recorder)).toEqual([
      { t_ms: "0", cohort: "a", storm_connects: "2", storm_requests: "1", storm_ready: "1" },
    ]);
  });
});
