/** Publications in the background: when a device makes them, and what becomes of those that it cannot send. */
import { describe, expect, it } from "vitest";
import type { TelemetryPlan } from "../../../engine/src/device/telemetry.ts";
import { Rig } from "./device-rig.ts";

/** The rig's random numbers are all 0.5: the first publication is due half an interval after the device is ready. */
function rigWith(plan: Partial<TelemetryPlan> & { qos?: 0 | 1 }): Rig {
  let made = 0;
  const { qos = 0, ...given } = plan;
  const publication = () => ({ topic: "t", payload: String(++made), qos, retain: false });
  return new Rig({}, null, {}, [{ everyMs: 1000, jitterMs: 0, queue: 0, publication, ...given }]);
}

function payloads(rig: Rig): string[] {
  return rig.broker.take().flatMap((packet) => (packet.cmd === "publish" ? [packet.payload.toString()] : []));
}

describe("telemetry", () => {
  it("begins when the device is ready, with a phase of its own, and goes on at its interval", () => {
    const rig = rigWith({}).start();
    rig.time.advance(499);
    expect(payloads(rig)).toEqual([]);
    rig.time.advance(1);
    expect(payloads(rig)).toEqual(["1"]);
    rig.time.advance(3000);
    expect(payloads(rig)).toEqual(["2", "3", "4"]);
    expect(rig.events("publishSent", "telemetryDropped")).toHaveLength(4);
  });

  it("draws numbers that are not those of the back-off", () => {
    const draws = (telemetry: boolean): number[] => {
      const rig = telemetry ? rigWith({ jitterMs: 200 }).start() : new Rig().start();
      rig.time.advance(5000);
      rig.broker.ends();
      rig.reconnect(10_000);
      return rig.draws.map(({ draw }) => draw).filter((draw) => draw < 2 ** 31);
    };
    expect(draws(true)).toEqual(draws(false));
  });

  it("drops what is due while the device is not ready, counts it, and keeps its rhythm", () => {
    const rig = rigWith({}).start();
    rig.time.advance(500);
    rig.broker.ends();
    rig.time.advance(100);
    rig.accept();
    // It is connected, and not ready.
    rig.time.advance(2400);
    expect(rig.events("telemetryDropped")).toHaveLength(2);
    rig.bootstrapped();
    expect(payloads(rig)).toEqual([]);
    rig.time.advance(500);
    expect(payloads(rig)).toEqual(["2"]);
  });

  it("queues so many, sends them when the device is ready again, and drops the oldest beyond that", () => {
    const rig = rigWith({ queue: 2 }).start();
    rig.broker.ends();
    rig.time.advance(3500);
    expect(rig.events("telemetryDropped")).toHaveLength(2);
    rig.accept();
    rig.bootstrapped();
    expect(payloads(rig)).toEqual(["3", "4"]);
    rig.time.advance(1000);
    expect(payloads(rig)).toEqual(["5"]);
  });

  it("sends again what a lost connection took along unacknowledged, where it queues", () => {
    const rig = rigWith({ queue: 10, qos: 1 }).start();
    rig.time.advance(500);
    expect(payloads(rig)).toEqual(["1"]);
    rig.broker.ends();
    rig.time.advance(100);
    rig.makeReady();
    expect(payloads(rig)).toEqual(["1"]);
    rig.broker.sends({ cmd: "puback", messageId: 2 });
    rig.broker.ends();
    rig.time.advance(100);
    rig.makeReady();
    expect(payloads(rig)).toEqual([]);
  });

  it("keeps no more than a hundred that nobody acknowledges", () => {
    const rig = rigWith({ qos: 1, everyMs: 10 });
    rig.device.env.plan.ackTimeoutMs = 60_000;
    rig.start();
    rig.time.advance(2000);
    expect(payloads(rig)).toHaveLength(100);
    expect(rig.events("telemetryDropped")).toHaveLength(100);
  });

  it("says nothing while the script has the device disconnected, nor after its end", () => {
    const rig = rigWith({}).start();
    rig.device.disconnect();
    rig.time.advance(5000);
    expect(rig.events("telemetryDropped", "publishSent")).toEqual([]);
    rig.device.connect();
    rig.makeReady();
    rig.time.advance(1000);
    expect(payloads(rig)).toHaveLength(1);
    rig.device.end("ended");
    expect(rig.time.pending).toBe(0);
  });

  it("tells what is wrong with a publication, and goes on", () => {
    const rig = rigWith({ publication: () => "invalid_topic" }).start();
    rig.time.advance(1500);
    expect(rig.events("error")).toEqual([
      { event: "error", name: "invalid_topic" },
      { event: "error", name: "invalid_topic" },
    ]);
    expect(rig.device.state).toBe("ready");
  });
});
