import { describe, expect, it } from "vitest";
import { Recorder } from "../../../engine/src/capture/recorder.ts";

type Emitted = [event: string, name: string, value: number | undefined];

function recorderOf(cohorts = ["a", "b c"]): {
  recorder: Recorder;
  emitted: Emitted[];
  take: () => Emitted[];
} {
  const emitted: Emitted[] = [];
  const recorder = new Recorder(
    cohorts,
    { emit: (event: string, name?: string, value?: number) => emitted.push([event, name ?? "", value]) },
    () => 0,
  );
  return { recorder, emitted, take: () => emitted.splice(0) };
}

/** Tag → count and largest value in milliseconds, to three digits. */
function interval(recorder: Recorder): Record<string, [number, number]> {
  const found: Record<string, [number, number]> = {};
  recorder.histograms.takeInterval((one) => {
    found[one.tag] = [one.totalCount, Number((one.getValueAtPercentile(100) / 1000).toPrecision(3))];
  });
  return found;
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
    recorder.connectAttempt(0, 0);
    recorder.connectAttempt(0, 0);
    recorder.connectRefused(0, "tcp_refused");
    recorder.connectRefused(0, "tcp_refused");
    recorder.connectRefused(0, "connack.server_busy");
    recorder.connectAccepted(0, 0, 30, 10, true);
    recorder.connectAccepted(0, 0, 30, 10, false);
    recorder.disconnected(0, "reset", false);
    recorder.disconnected(0, "finished", false);
    recorder.subscribeSent(0);
    recorder.subscribeSkipped(0);
    recorder.publishSent(0);
    recorder.publishReceived(0);
    recorder.configRequest(0, 0);
    recorder.configResponse(0, 0, 5);
    recorder.configTimeout(0, 0);
    recorder.configRejected(0);
    recorder.lateResponse(0, 0);
    recorder.error(0, "closed");
    recorder.bytesSent(0, 10);
    recorder.bytesReceived(0, 20);
    recorder.tlsOpened(0, 4, false);
    recorder.tlsOpened(0, 2, true);
    recorder.tlsOpened(0, 2, true);
    recorder.bytesReceived(0, 5);
    recorder.connectAttempt(1, 0);
    recorder.connectOverload(0);
    recorder.redirected(0);
    recorder.serverDisconnected(0, "server_moved");
    expect(recorder.counters(0)).toEqual({
      counters: {
        connectAttempts: 2,
        tlsFull: 1,
        tlsResumed: 2,
        connectsAccepted: 2,
        connectsRefused: 3,
        connectsOverload: 1,
        connectsRedirected: 1,
        disconnects: 2,
        serverDisconnects: 1,
        configRequests: 1,
        configResponses: 1,
        configTimeouts: 1,
        configRejected: 1,
        lateResponses: 1,
        subscribes: 1,
        subscribesSkipped: 1,
        publishesSent: 1,
        publishesReceived: 1,
        bytesSent: 10,
        bytesReceived: 25,
      },
      disconnects: { reset: 1, finished: 1 },
      refused: { tcp_refused: 2, "connack.server_busy": 1 },
      serverDisconnects: { server_moved: 1 },
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

  it("reach Artillery as differences, summed over cohorts, and not at all where nothing was gained", () => {
    const { recorder, take } = recorderOf();
    recorder.connectAttempt(0, 0);
    recorder.connectAttempt(1, 0);
    recorder.connectRefused(1, "tcp_refused");
    recorder.disconnected(0, "reset", false);
    recorder.serverDisconnected(1, "server_busy");
    recorder.bytesSent(0, 10);
    expect(take()).toEqual([]);
    recorder.emitCounters();
    expect(take()).toEqual([
      ["counter", "mqtt.connect.attempts", 2],
      ["counter", "mqtt.bytes_sent", 10],
      ["counter", "mqtt.disconnects.reset", 1],
      ["counter", "mqtt.connect.refused.tcp_refused", 1],
      ["counter", "mqtt.server_disconnects.server_busy", 1],
    ]);
    recorder.emitCounters();
    expect(take()).toEqual([]);
    recorder.connectAttempt(1, 0);
    recorder.disconnected(0, "keepalive", false);
    recorder.emitCounters();
    expect(take()).toEqual([
      ["counter", "mqtt.connect.attempts", 1],
      ["counter", "mqtt.disconnects.keepalive", 1],
    ]);
  });
});

describe("latencies", () => {
  it("go into one histogram per metric and cohort; those that a user gates on reach Artillery in milliseconds", () => {
    const { recorder, take } = recorderOf();
    recorder.tcpOpened(0, 3);
    recorder.connectAccepted(0, 0, 30.5, 10, true);
    recorder.subscribed(1, 4);
    recorder.publishAcknowledged(1, 6);
    recorder.configResponse(1, 0, 60);
    expect(take()).toEqual([
      ["histogram", "mqtt.connect_time", 30.5],
      ["histogram", "mqtt.subscribe_time", 4],
      ["histogram", "mqtt.publish_time", 6],
      ["histogram", "mqtt.config_time", 60],
    ]);
    expect(interval(recorder)).toEqual({
      "mqtt.connect_time;a": [1, 30.5],
      "mqtt.tcp_time;a": [1, 3],
      "mqtt.connack_time;a": [1, 10],
      "mqtt.subscribe_time;b%20c": [1, 4],
      "mqtt.publish_time;b%20c": [1, 6],
      "mqtt.config_time;b%20c": [1, 60],
    });
  });
});

describe("a storm", () => {
  /** One event of every kind that a storm counts, of a device of cohort 0. */
  function everything(recorder: Recorder, storm: number): void {
    recorder.connectAttempt(0, storm);
    recorder.connectAccepted(0, storm, 1, 1, false);
    recorder.reconnected(0, storm, 100);
    recorder.becameReady(0, storm, 200);
    recorder.configRequest(0, storm);
    recorder.configResponse(0, storm, 1);
    recorder.configTimeout(0, storm);
    recorder.lateResponse(0, storm);
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
    expect(recorder.stormCounts(1)).toEqual({});
    everything(recorder, 1);
    recorder.openStorm(1);
    expect(recorder.stormCounts(1)).toEqual({ a: EMPTY_STORM, "b c": EMPTY_STORM });
    everything(recorder, 1);
    expect(recorder.stormCounts(1)).toEqual({ a: ONE_OF_EACH, "b c": EMPTY_STORM });
    recorder.closeStorm();
    everything(recorder, 1);
    expect(recorder.stormCounts(1)).toEqual({ a: ONE_OF_EACH, "b c": EMPTY_STORM });
    expect(recorder.counters(0).counters.connectAttempts).toBe(3);
  });

  it("does not count devices that it did not hit: of no storm, or of an earlier one", () => {
    const { recorder } = recorderOf();
    recorder.openStorm(1);
    recorder.closeStorm();
    recorder.openStorm(2);
    everything(recorder, 0);
    everything(recorder, 1);
    expect([recorder.stormCounts(1).a, recorder.stormCounts(2).a]).toEqual([EMPTY_STORM, EMPTY_STORM]);
  });

  it("has histograms of its own, and Artillery hears of recovery but not of the spread of drops", () => {
    const { recorder, take } = recorderOf();
    recorder.openStorm(3);
    recorder.stormSelected(1, 3);
    recorder.stormSelected(1, 3);
    recorder.stormDropped(1, 3, 12);
    recorder.reconnected(1, 3, 1500);
    recorder.becameReady(1, 3, 2500);
    recorder.closeStorm();
    expect(take()).toEqual([
      ["histogram", "mqtt.storm.3.reconnect_time", 1500],
      ["histogram", "mqtt.storm.3.ready_time", 2500],
    ]);
    expect(interval(recorder)).toEqual({
      "mqtt.storm.3.reconnect_time;b%20c": [1, 1500],
      "mqtt.storm.3.ready_time;b%20c": [1, 2500],
      "mqtt.storm.3.drop_spread;b%20c": [1, 12],
    });
    expect(recorder.stormCounts(3)["b c"]).toEqual({
      ...EMPTY_STORM,
      selected: 2,
      affected: 1,
      recovered: 1,
    });
  });

  it("does not count a first time ready as recovery", () => {
    const { recorder } = recorderOf();
    recorder.openStorm(1);
    recorder.becameReady(0, 1, null);
    expect(recorder.stormCounts(1).a?.recovered).toBe(0);
  });

  it("counts what this machine itself refused, of any device, and nothing else that failed", () => {
    const { recorder } = recorderOf();
    recorder.connectRefused(0, "descriptors");
    recorder.openStorm(1);
    for (const reason of ["descriptors", "local_ports", "local_address", "tcp_refused", "connack_timeout"])
      recorder.connectRefused(0, reason);
    recorder.error(1, "http_descriptors");
    recorder.error(1, "http_503");
    recorder.closeStorm();
    recorder.connectRefused(0, "local_ports");
    expect(recorder.stormCounts(1)).toEqual({
      a: { ...EMPTY_STORM, refusedHere: 3 },
      "b c": { ...EMPTY_STORM, refusedHere: 1 },
    });
  });

  it("hands out copies of its counts", () => {
    const { recorder } = recorderOf();
    recorder.openStorm(1);
    const before = recorder.stormCounts(1);
    recorder.connectAttempt(0, 1);
    expect(before.a?.connectAttempts).toBe(0);
  });
});

describe("the timeline", () => {
  it("hears of events and levels; a device that finished is no drop", () => {
    const { recorder } = recorderOf(["a"]);
    for (let i = 0; i < 3; i++) {
      recorder.connectAttempt(0, 0);
      recorder.connectAccepted(0, 0, 1, 1, true);
    }
    recorder.connectRefused(0, "tcp_refused");
    recorder.becameReady(0, 0, null);
    recorder.becameReady(0, 0, null);
    recorder.disconnected(0, "reset", true);
    recorder.disconnected(0, "finished", false);
    recorder.configRequest(0, 0);
    recorder.configRequest(0, 0);
    recorder.configResponse(0, 0, 1);
    recorder.configTimeout(0, 0);
    recorder.lateResponse(0, 0);
    // online 1, ready 1, then the eight events, and none of a storm.
    expect(recorder.timeline.take(true)).toEqual(["0,a,1,1,1,3,3,1,2,1,1,1,0,0,0"]);
  });

  it("has the load of those who are out of the open storm, and of no other", () => {
    const { recorder } = recorderOf(["a"]);
    const load = (): void => {
      recorder.stormConnect(0, 2);
      recorder.stormConnect(0, 2);
      recorder.stormConnect(0, 1);
      recorder.stormRequest(0, 2);
      recorder.stormRequest(0, 1);
      recorder.stormBack(0, 2);
      recorder.stormBack(0, 1);
    };
    load();
    recorder.openStorm(2);
    load();
    recorder.closeStorm();
    load();
    expect(recorder.timeline.take(true)).toEqual(["0,a,0,0,0,0,0,0,0,0,0,0,2,1,1"]);
  });
});
