/** What a device does after a server's reason, and after too many failures. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FailureLimit,
  longestOwnWaitMs,
  ownWaitMs,
  type Reaction,
} from "../../../engine/src/device/patience.ts";
import { doubling, Rig } from "./device-rig.ts";

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
