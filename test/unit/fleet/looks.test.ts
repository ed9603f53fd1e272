import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Device } from "../../../engine/src/device/device.ts";
import { Fleet } from "../../../engine/src/fleet/fleet.ts";
import { LONGEST_LOOK_MS, LOOK_SLOT_MS, Looks } from "../../../engine/src/fleet/looks.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { Rig } from "../device/device-rig.ts";

/** What is looked at: it says when next, and writes down when it was. */
function watched(nextMs: (atMs: number) => number | null) {
  const seenMs: number[] = [];
  const device = {
    look: (nowMs: number) => {
      seenMs.push(nowMs);
      return nextMs(nowMs);
    },
  } as unknown as Device;
  return { device, seenMs };
}

describe("looks", () => {
  it("come in the slot before they are due, never later, and never in the one that is over", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: LONGEST_LOOK_MS, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0, max: 5000, noNaN: true }),
        (waits, startMs) => {
          const time = new ManualTime(startMs);
          const looks = new Looks(time);
          const all = waits.map((waitMs) => ({ waitMs, ...watched(() => null) }));
          for (const { device, waitMs } of all) looks.add(device, waitMs);
          time.advance(3000);
          for (const { waitMs, seenMs } of all) {
            expect(seenMs).toHaveLength(1);
            const atMs = (seenMs[0] as number) - startMs;
            expect(atMs).toBeGreaterThan(0);
            expect(atMs).toBeGreaterThan(waitMs - LOOK_SLOT_MS - 1e-6);
            expect(atMs).toBeLessThanOrEqual(Math.max(waitMs, LOOK_SLOT_MS) + 1e-6);
          }
          // Nobody is waited for: no timer is left.
          expect(time.pending).toBe(0);
        },
      ),
    );
  });

  it("go on as long as the device wants, on its own phase", () => {
    const time = new ManualTime(0);
    const looks = new Looks(time);
    const [early, late] = [watched(() => 1000), watched((atMs) => (atMs < 3000 ? 1000 : null))];
    looks.add(early.device, 100);
    time.advance(400);
    looks.add(late.device, 300);
    time.advance(3600);
    expect(early.seenMs).toEqual([100, 1100, 2100, 3100]);
    expect(late.seenMs).toEqual([700, 1700, 2700, 3700]);
    looks.stop();
    time.advance(5000);
    expect(early.seenMs).toHaveLength(4);
  });

  it("that were held up come once, when the thread is free again", () => {
    let nowMs = 0;
    const time = new ManualTime(0);
    const looks = new Looks({ ...methodsOf(time), now: () => nowMs });
    const all = Array.from({ length: 50 }, (_, i) => ({ i, ...watched(() => 1000) }));
    for (const { device, i } of all) looks.add(device, i * 20);
    nowMs = 5003;
    time.advance(20);
    for (const { seenMs } of all) expect(new Set(seenMs)).toEqual(new Set([5003]));
  });
});

function methodsOf(time: ManualTime) {
  return {
    wake: time.wake.bind(time) as ManualTime["wake"],
    wakeIdle: time.wakeIdle.bind(time) as ManualTime["wakeIdle"],
    cancel: time.cancel.bind(time),
  };
}

describe("a device that is online", () => {
  /** Its fleet looks at it. */
  const onWheel = (): Rig => {
    const rig = new Rig({ keepaliveMs: 5000 });
    rig.host.fleet = new Fleet({ hasPlanEnd: true, time: rig.time });
    return rig;
  };

  it("pings a keepalive after its last packet, a slot early at most, whenever it has connected", () => {
    for (const phaseMs of [0, 7, 493, 731.5]) {
      const rig = onWheel();
      rig.time.advance(phaseMs);
      rig.start();
      rig.broker.take();
      rig.time.advance(5000 - LOOK_SLOT_MS);
      rig.broker.takeNames();
      expect(rig.device.state).toBe("ready");
      const before = new Rig({ keepaliveMs: 5000 });
      before.host.fleet = new Fleet({ hasPlanEnd: true, time: before.time });
      before.time.advance(phaseMs);
      before.start();
      before.time.advance(5000 - LOOK_SLOT_MS - 0.001);
      expect(before.broker.takeNames()).toEqual([]);
      before.time.advance(LOOK_SLOT_MS + 0.001);
      expect(before.broker.takeNames()).toEqual(["pingreq"]);
    }
  });

  it("gives up a keepalive after its PINGREQ, a slot late at most", () => {
    const rig = onWheel().start();
    const { broker } = rig;
    const startMs = rig.time.now();
    while (broker.takeNames().length === 0) rig.time.advance(1);
    const pingMs = rig.time.now();
    while (broker.ended === null) rig.time.advance(1);
    expect(pingMs - startMs).toBeGreaterThanOrEqual(5000 - LOOK_SLOT_MS);
    expect(rig.time.now() - pingMs).toBeGreaterThanOrEqual(5000);
    expect(rig.time.now() - pingMs).toBeLessThanOrEqual(5000 + LOOK_SLOT_MS);
  });

  it("is looked at by one wheel entry, however often it has lost its connection", () => {
    const rig = onWheel().start();
    const looked: number[] = [];
    const look = rig.device.look.bind(rig.device);
    rig.device.look = (nowMs, earlyMs) => {
      looked.push(nowMs);
      return look(nowMs, earlyMs);
    };
    for (let i = 0; i < 5; i++) {
      rig.broker.ends();
      rig.time.advance(100 * 2 ** 0);
      rig.makeReady();
    }
    looked.length = 0;
    rig.time.advance(3000);
    expect(looked).toHaveLength(3);
    rig.device.end("ended");
    rig.time.advance(3000);
    expect(looked).toHaveLength(4);
  });
});

it("a fleet that lost its path in one instant finds out as spread as it had connected", () => {
  // Connected within 493 ms, and all lost at once: each pings, and gives up, in its own time.
  const rigs = Array.from({ length: 60 }, (_, i) => {
    const rig = new Rig({ keepaliveMs: 5000 });
    rig.host.fleet = new Fleet({ hasPlanEnd: true, time: rig.time });
    rig.time.advance((i * 493) / 59);
    rig.start();
    return rig;
  });
  const lostMs = rigs.map((rig) => {
    rig.time.advance(2000 - rig.time.now());
    rig.device.part.silence(1);
    while (rig.device.state === "ready") rig.time.advance(1);
    return rig.time.now();
  });
  const spreadMs = Math.max(...lostMs) - Math.min(...lostMs);
  expect(Math.abs(spreadMs - 493)).toBeLessThanOrEqual(2 * LOOK_SLOT_MS);
});
