/** What a device does after a server's reason, and after too many failures. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FailureLimit,
  longestOwnWaitMs,
  ownWaitMs,
  type Reaction,
} from "../../../engine/src/device/patience.ts";
import { RegionCounts } from "../../../engine/src/region/counts.ts";
import { RegionLoads } from "../../../engine/src/region/load.ts";
import { doubling, outcome, Rig } from "./device-rig.ts";

const rigOf = (limit: FailureLimit | null, reactions: [number, Reaction][] = [], version: 4 | 5 = 4): Rig =>
  new Rig({
    protocolVersion: version,
    failureLimit: limit,
    reactions: reactions.length === 0 ? null : new Map(reactions),
  });

function refuse(rig: Rig, code: number): void {
  rig.broker.opens();
  rig.broker.sends({ cmd: "connack", returnCode: code, reasonCode: code, sessionPresent: false });
}

describe("a server's reason", () => {
  it("stops the device for good, until its flow connects it again", () => {
    const rig = rigOf(null, [[5, "stop"]]);
    rig.device.connect();
    refuse(rig, 4);
    rig.time.advance(doubling(0));
    refuse(rig, 5);
    expect(rig.events("stopped")).toMatchObject([{ name: "connack.not_authorized" }]);
    expect([rig.device.state, rig.device.wantsToBeOnline, rig.device.isReady]).toEqual([
      "stopped",
      true,
      false,
    ]);
    rig.time.advance(1e9);
    expect(rig.events("connectAttempt")).toHaveLength(2);
    rig.device.connect();
    rig.makeReady();
    expect(rig.device.state).toBe("ready");
  });

  it("makes it wait so long, and its policy counts on all the same", () => {
    const rig = rigOf(null, [[135, { ms: 60_000, jitter: 0.25 }]], 5);
    rig.device.connect();
    refuse(rig, 135);
    // The rig's random numbers are all 0.5: no jitter is left.
    rig.time.advance(59_999);
    expect(rig.events("connectAttempt")).toHaveLength(1);
    rig.time.advance(1);
    refuse(rig, 136);
    rig.time.advance(doubling(1) - 1);
    expect(rig.events("connectAttempt")).toHaveLength(2);
    rig.time.advance(1);
    expect(rig.events("connectAttempt")).toHaveLength(3);
  });

  it("counts in DISCONNECT too, where codes of 3.1.1's CONNACK mean something else", () => {
    const stops = (code: number): string => {
      const rig = rigOf(
        null,
        [
          [142, "stop"],
          [4, "stop"],
        ],
        5,
      ).start();
      rig.broker.sends({ cmd: "disconnect", reasonCode: code });
      return rig.device.state;
    };
    expect([142, 139, 4].map(stops)).toEqual(["stopped", "backoff", "backoff"]);
  });

  it("waits within its jitter either way", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (ms, jitter, random) => {
          const waited = ownWaitMs({ ms, jitter }, random);
          expect(waited).toBeGreaterThanOrEqual(ms * (1 - jitter) - 1e-6);
          expect(waited).toBeLessThanOrEqual(longestOwnWaitMs({ ms, jitter }) + 1e-6);
        },
      ),
      { seed: 1 },
    );
  });
});

describe("too many failures", () => {
  it("have a device give up, by the name of the last; being ready begins the count anew", () => {
    const rig = rigOf({ failures: 2, reboot: null }).start();
    rig.broker.ends("tcp_reset");
    rig.time.advance(doubling(0));
    refuse(rig, 3);
    rig.reconnect(doubling(1));
    rig.broker.ends("tcp_reset");
    rig.time.advance(doubling(0));
    refuse(rig, 3);
    rig.time.advance(doubling(1));
    expect(rig.events("gaveUp")).toEqual([]);
    refuse(rig, 5);
    expect(rig.events("gaveUp")).toMatchObject([{ name: "connack.not_authorized" }]);
    expect(rig.device.state).toBe("stopped");
  });

  it("are not those of this machine: it had no port left", () => {
    const rig = rigOf({ failures: 1, reboot: null });
    rig.device.connect();
    rig.broker.ends("local_ports");
    expect([rig.device.state, rig.events("gaveUp")]).toEqual(["backoff", []]);
  });

  it("have it reboot: its session is forgotten, and its back-off and its count begin anew", () => {
    const rig = new Rig({
      clean: false,
      failureLimit: { failures: 2, reboot: { ms: 30_000, jitter: 0 } },
    }).start();
    const { exchange } = rig.device;
    exchange.session.addFilters(["a"]);
    rig.broker.ends("tcp_reset");
    rig.time.advance(doubling(0));
    refuse(rig, 3);
    rig.time.advance(doubling(1));
    refuse(rig, 3);
    expect(rig.events("rebooted")).toHaveLength(1);
    rig.time.advance(29_999);
    const attempts = rig.events("connectAttempt").length;
    rig.time.advance(1);
    expect(rig.events("connectAttempt")).toHaveLength(attempts + 1);
    expect(rig.device.exchange).not.toBe(exchange);
    expect(rig.device.exchange.session.filters).toBeNull();
    refuse(rig, 3);
    rig.time.advance(doubling(0));
    expect(rig.events("connectAttempt")).toHaveLength(attempts + 2);
  });
});

describe("a reboot", () => {
  const REBOOT: FailureLimit = { failures: 1, reboot: { ms: 1000, jitter: 0 } };

  /** One failed attempt, and what comes after it: a reboot, or for those without one another wait. */
  function fail(rig: Rig): void {
    rig.broker.ends("tcp_reset");
    rig.time.advance(doubling(0));
    rig.broker.ends("tcp_refused");
    rig.time.advance(Math.max(1000, doubling(1)));
  }

  const withLimit = (failureLimit: FailureLimit | null, plan: object = {}): Rig =>
    new Rig({ clean: false, failureLimit, ...plan });

  it.each([
    ["none", null],
    ["a reboot", REBOOT],
  ] as const)("takes packets in flight, packet ids and subscriptions along; %s", (_what, limit) => {
    const rig = withLimit(limit).start();
    const { done, results } = outcome();
    rig.device.exchange.publish({ topic: "t", payload: "x", qos: 1, retain: false }, done);
    rig.device.exchange.subscribe(["kept"], 1, false, outcome().done);
    const [, subscribe] = rig.broker.take();
    expect(subscribe).toMatchObject({ cmd: "subscribe", messageId: 2 });
    rig.broker.sends({ cmd: "suback", messageId: 2, granted: [1] });
    fail(rig);
    rig.broker.opens();
    const [connect] = rig.broker.take();
    // What the broker keeps of the session is not known here: the device asks for it as on its first connection.
    expect(connect).toMatchObject({ cmd: "connect", clean: false });
    rig.broker.sends({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: true });
    const rebooted = limit !== null;
    expect(rig.broker.takeNames()).toEqual(rebooted ? [] : ["publish"]);
    expect(results).toEqual(rebooted ? ["lost"] : []);
    expect(rig.device.exchange.session.filters ?? []).toEqual(rebooted ? [] : ["kept"]);
    rig.device.exchange.publish({ topic: "t", payload: "y", qos: 1, retain: false }, outcome().done);
    expect(rig.broker.take()).toMatchObject([{ messageId: rebooted ? 1 : 3 }]);
    expect(rig.device.attempt.restarts).toBe(rebooted ? 1 : 0);
  });

  it.each([
    ["none", null, "given"],
    ["a reboot", REBOOT, ""],
  ] as const)("takes the id along that the server assigned; %s", (_what, limit, clientId) => {
    const rig = withLimit(limit, { protocolVersion: 5, clean: true });
    rig.device.attempt.identity.identify({ clientId: "", username: null, password: null });
    rig.device.connect();
    rig.broker.opens();
    const properties = { assignedClientIdentifier: "given" };
    rig.broker.sends({ cmd: "connack", reasonCode: 0, sessionPresent: false, properties });
    rig.bootstrapped();
    fail(rig);
    rig.broker.opens();
    expect(rig.broker.take()).toMatchObject([{ cmd: "connect", clientId }]);
  });

  it.each([
    ["none", null, { host: "other", port: 1884 }],
    ["a reboot", REBOOT, null],
  ] as const)("takes the server along that it was sent to for good; %s", (_what, limit, endpoint) => {
    const rig = withLimit(limit, { protocolVersion: 5, followReferences: true });
    rig.device.connect();
    rig.broker.opens();
    const properties = { serverReference: "other:1884" };
    rig.broker.sends({ cmd: "connack", reasonCode: 0x9d, sessionPresent: false, properties });
    rig.time.advance(0);
    rig.makeReady();
    fail(rig);
    expect(rig.device.attempt.endpoint).toEqual(endpoint);
  });

  it.each([
    ["none", null, 1],
    ["a reboot", REBOOT, 0],
  ] as const)("takes it home from the region that it had gone over to; %s", (_what, limit, region) => {
    const failover = {
      policy: "sticky",
      after: 1,
      returnHomeMs: Number.POSITIVE_INFINITY,
      regions: 2,
    } as const;
    const names = ["home", "away"];
    const regions = {
      failover,
      counts: new RegionCounts(names),
      loads: new RegionLoads(names),
      home: () => 0,
    };
    // Two attempts in a row: the first at home, the second away.
    const rig = new Rig(
      { failureLimit: limit === null ? null : { ...REBOOT, failures: 2 } },
      regions,
    ).start();
    rig.broker.ends("tcp_reset");
    rig.time.advance(doubling(0));
    rig.broker.ends("tcp_refused");
    expect(rig.device.region).toBe(1);
    rig.reconnect(doubling(1));
    rig.device.part.drop("reset", 1);
    rig.time.advance(doubling(0));
    expect(rig.device.region).toBe(1);
    rig.broker.ends("tcp_refused");
    rig.time.advance(doubling(1));
    rig.broker.ends("tcp_refused");
    expect(rig.events("rebooted")).toHaveLength(limit === null ? 0 : 1);
    expect(rig.device.region).toBe(region);
  });
});
