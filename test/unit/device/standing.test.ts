import { describe, expect, it } from "vitest";
import { Standing } from "../../../engine/src/device/standing.ts";
import { Rig } from "./device-rig.ts";

describe("a device's standing in a storm", () => {
  it("is none before the first", () => {
    const standing = new Standing();
    standing.lost();
    expect(standing.back()).toBe(false);
    expect(standing).toMatchObject({ storm: 0, role: null, isBack: false, isLost: false });
  });

  it("is back once, and lost only after that", () => {
    const standing = new Standing();
    standing.take(1, "affected", true);
    standing.lost();
    expect(standing.isLost).toBe(false);
    expect([standing.back(), standing.back()]).toEqual([true, false]);
    standing.lost();
    expect(standing).toMatchObject({ isBack: true, isLost: true });
  });

  it("of one that the storm left alone is back from the start", () => {
    const standing = new Standing();
    standing.take(1, "unaffected", true);
    expect(standing.back()).toBe(false);
    standing.lost();
    expect(standing.isLost).toBe(true);
  });

  it("begins anew with the next storm", () => {
    const standing = new Standing();
    standing.take(1, "affected", true);
    standing.back();
    standing.lost();
    standing.take(2, "already-offline", false);
    expect(standing).toMatchObject({
      storm: 2,
      role: "already-offline",
      isBack: false,
      isLost: false,
      hadBeenReady: false,
    });
  });
});

describe("a device that meets a storm", () => {
  const load = (rig: Rig): unknown[] => rig.events("stormConnect", "stormRequest", "stormBack");

  it("is affected when it is cut, tells its attempts, and is back when it is ready", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 3);
    rig.time.advance(100);
    rig.broker.ends("tcp_reset");
    rig.time.advance(200);
    rig.makeReady();
    expect(load(rig)).toEqual([
      { event: "stormConnect", storm: 3 },
      { event: "stormConnect", storm: 3 },
      { event: "stormBack", storm: 3 },
    ]);
    // Lost again: it is out once more, and what it does then is load too.
    rig.broker.ends();
    rig.reconnect(100);
    expect(rig.device.part.standing).toMatchObject({ role: "affected", isBack: true, isLost: true });
    expect(load(rig)).toHaveLength(4);
  });

  it("offers no load where nobody listens, or where this machine could not even try", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.broker.ends("tcp_refused");
    rig.time.advance(200);
    rig.broker.ends("local_ports");
    expect(load(rig)).toEqual([]);
    rig.time.advance(400);
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", returnCode: 5, sessionPresent: false });
    expect(load(rig)).toEqual([]);
    rig.time.advance(800);
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", returnCode: 3, sessionPresent: false });
    expect(load(rig)).toEqual([{ event: "stormConnect", storm: 1 }]);
  });

  it("is unaffected while it is ready, and already offline while it would like to be", () => {
    const ready = new Rig().start();
    ready.device.part.witness(1);
    expect(ready.device.part.standing).toMatchObject({ storm: 1, role: "unaffected", hadBeenReady: true });
    const away = new Rig().start();
    away.broker.ends();
    away.device.part.witness(1);
    expect(away.device.part.standing).toMatchObject({
      storm: 1,
      role: "already-offline",
      hadBeenReady: true,
    });
    away.reconnect(100);
    expect(load(away)).toEqual([
      { event: "stormConnect", storm: 1 },
      { event: "stormBack", storm: 1 },
    ]);
  });

  it("that never got in is already offline, one that only arrives has no part in it", () => {
    const rig = new Rig();
    rig.device.connect();
    expect(rig.device.isArriving).toBe(true);
    rig.device.part.witness(1);
    rig.accept();
    rig.device.part.witness(1);
    expect(rig.device.part.standing.role).toBe(null);
    rig.broker.ends();
    expect(rig.device.isArriving).toBe(false);
    rig.device.part.witness(1);
    expect(rig.device.part.standing).toMatchObject({ role: "already-offline", hadBeenReady: false });
  });

  it("is affected where it is cut while it arrives, and had been as good as ready", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    rig.device.part.drop("reset", 1);
    expect(rig.device.part.standing).toMatchObject({ role: "affected", hadBeenReady: true });
  });

  it("has no part in it where it wants to be away", () => {
    const rig = new Rig().start();
    rig.device.disconnect();
    rig.device.part.witness(1);
    expect(rig.device.part.standing.role).toBe(null);
  });

  it("is not ready while it is silent", () => {
    const rig = new Rig().start();
    rig.device.part.silence(1);
    expect([rig.device.isReady, rig.device.part.affectedBy]).toEqual([false, 1]);
    rig.device.part.witness(2);
    expect(rig.device.part.standing).toMatchObject({ storm: 2, role: "already-offline" });
  });

  it("is lost again where the loss that opens a storm is not the one that the storm took", () => {
    const rig = new Rig().start();
    const lostAtMs = rig.time.now();
    rig.broker.ends();
    rig.reconnect(100);
    rig.losses.watch = {
      lost: (device) => {
        device.part.join(1, lostAtMs, lostAtMs + 100);
        return null;
      },
      ready: () => {},
    };
    rig.broker.ends();
    expect(rig.device.part.standing).toMatchObject({ role: "affected", isBack: true, isLost: true });
  });
});
