import { describe, expect, it } from "vitest";
import type { OutsideAnswer, OutsideCall } from "../../../engine/src/device/session/outside-calls.ts";
import { NOBODY } from "../../../engine/src/device/turns.ts";
import { Rig } from "./device-rig.ts";

/** Keepalive of 4 s, asked every second, as the fleet does. */
function tickFor(rig: Rig, seconds: number): void {
  for (let i = 0; i < seconds; i++) {
    rig.time.advance(1000);
    rig.device.look(rig.time.now(), 1000);
  }
}

const silentRig = (): Rig => new Rig({ keepaliveMs: 4000 }).start();

describe("a silent device", () => {
  it("is gone at the storm's instant, and does not know", () => {
    const rig = silentRig();
    const { broker } = rig;
    expect(rig.device.part.silence(3)).toBe(rig.time.now());
    expect(rig.events("silenced", "disconnected")).toEqual([{ event: "silenced", wasReady: true }]);
    // What it does until it knows costs nobody anything.
    expect([rig.device.state, rig.device.part.storm, rig.device.part.affectedBy]).toEqual(["ready", 0, 3]);
    expect(broker.ended).toBeNull();
    // A storm cannot take it away again.
    expect(rig.device.part.silence(4)).toBeNull();
    expect(rig.device.part.drop("reset", 4)).toBeNull();
    expect(rig.device.part.affectedBy).toBe(3);
  });

  it("neither speaks nor hears", () => {
    const rig = silentRig();
    rig.device.part.silence(1);
    rig.log.length = 0;
    rig.device.exchange.publish({ topic: "t", payload: "x", qos: 0, retain: false }, NOBODY);
    rig.broker.sends({ cmd: "pingresp" });
    expect(rig.broker.take()).toEqual([]);
    expect(rig.events("bytesSent", "bytesReceived", "disconnected")).toEqual([]);
    rig.broker.ends();
    expect(rig.device.state).toBe("ready");
  });

  it("finds out by its keepalive, resets and reconnects; times count from the storm", () => {
    const rig = silentRig();
    const { broker } = rig;
    tickFor(rig, 1);
    rig.device.part.silence(1);
    rig.log.length = 0;
    tickFor(rig, 6);
    // PINGREQ 4 s after the last packet less a tick, and no PINGRESP for 4 s.
    expect(broker.ended).toBe("reset");
    expect(rig.events("silenceOver", "disconnected")).toEqual([
      { event: "silenceOver", storm: 1, name: "keepalive", value: 6000 },
    ]);
    expect(rig.device.state).toBe("backoff");
    rig.reconnect(100);
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 1, value: 6100 },
      { event: "becameReady", storm: 1, value: 6100 },
    ]);
    // It speaks again, and its end is told like any other.
    rig.device.end("ended");
    expect(rig.events("disconnected")).toEqual([{ event: "disconnected", name: "finished", wasReady: true }]);
  });

  it("finds out by an acknowledgement that does not come", () => {
    const rig = silentRig();
    rig.device.part.silence(1);
    rig.device.exchange.publish({ topic: "t", payload: "x", qos: 1, retain: false }, NOBODY);
    rig.time.advance(5000);
    expect(rig.events("silenceOver")).toEqual([
      { event: "silenceOver", storm: 1, name: "ack_timeout", value: 5000 },
    ]);
  });

  it("does not become ready by a bootstrap that asks nobody", () => {
    const rig = new Rig({ keepaliveMs: 4000 });
    rig.device.connect();
    rig.accept();
    rig.log.length = 0;
    rig.device.part.silence(1);
    rig.bootstrapped();
    expect(rig.events("silenced", "becameReady")).toEqual([{ event: "silenced", wasReady: false }]);
    tickFor(rig, 10);
    rig.reconnect(100);
    expect(rig.events("becameReady")).toHaveLength(1);
  });

  it("hears no answer of an outside server either, and asks none", () => {
    const rig = silentRig();
    const outcomes: string[] = [];
    const started: ((answer: OutsideAnswer) => void)[] = [];
    const call: OutsideCall = {
      timeoutMs: 3000,
      start: (answered) => {
        started.push(answered);
        return () => outcomes.push("abandoned");
      },
      asker: { answered: (outcome) => outcomes.push(outcome) },
    };
    rig.device.exchange.ask(call);
    rig.device.part.silence(1);
    started[0]?.({ kind: "answer", body: "too late" });
    rig.device.exchange.ask(call);
    expect([started.length, outcomes]).toEqual([1, []]);
    rig.time.advance(3000);
    expect(outcomes).toEqual(["abandoned", "timeout", "timeout"]);
    expect(rig.events("configResponse")).toEqual([]);
  });

  it("that goes on publishing finds out all the same, once the broker has ended what nobody hears of", () => {
    const rig = silentRig();
    rig.device.part.silence(1);
    for (let second = 1; second <= 20; second++) {
      rig.device.exchange.publish({ topic: "t", payload: "x", qos: 0, retain: false }, NOBODY);
      if (second === 6) rig.broker.ends();
      tickFor(rig, 1);
    }
    // The last that was written is that of 5 s; PINGREQ 3 s after it, and no PINGRESP for 4 s.
    expect(rig.events("silenceOver")).toEqual([
      { event: "silenceOver", storm: 1, name: "keepalive", value: 12_000 },
    ]);
  });

  it("has found nothing when its flow ends first", () => {
    const rig = silentRig();
    rig.device.part.silence(1);
    rig.device.end("ended");
    expect(rig.events("silenceOver", "disconnected")).toEqual([
      { event: "silenceOver", storm: 1, name: "finished", value: null },
    ]);
  });
});

describe("a watched device", () => {
  it("belongs to the storm that its loss is told to", () => {
    const rig = new Rig().start();
    rig.losses.watch = { lost: () => 2, ready: () => {} };
    rig.broker.ends();
    expect(rig.device.part.storm).toBe(2);
    rig.reconnect(100);
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 2, value: 100 },
      { event: "becameReady", storm: 2, value: 100 },
    ]);
  });

  it("tells its times from the storm's instant too: it noticed the loss 300 ms after that", () => {
    const rig = new Rig().start();
    rig.host.stormBegan(2, rig.time.now());
    rig.losses.watch = { lost: () => 2, ready: () => {} };
    rig.time.advance(300);
    rig.broker.ends();
    rig.time.advance(100);
    rig.accept();
    rig.time.advance(50);
    rig.bootstrapped();
    expect(rig.events("reconnected", "becameReady", "reconnectedFromStorm", "readyFromStorm")).toEqual([
      { event: "reconnected", storm: 2, value: 100 },
      { event: "reconnectedFromStorm", storm: 2, value: 400 },
      { event: "becameReady", storm: 2, value: 150 },
      { event: "readyFromStorm", storm: 2, value: 450 },
    ]);
    // Its next outage is no storm's.
    rig.losses.watch = null;
    rig.log.length = 0;
    rig.broker.ends();
    rig.reconnect(100);
    expect(rig.events("reconnectedFromStorm", "readyFromStorm")).toEqual([]);
  });

  it("tells them when it joins a storm later, from when the storm began", () => {
    const rig = new Rig().start();
    const beganMs = rig.time.now();
    rig.time.advance(200);
    const lostAtMs = rig.time.now();
    rig.broker.ends();
    rig.reconnect(100);
    rig.time.advance(500);
    rig.host.stormBegan(5, beganMs);
    rig.log.length = 0;
    rig.device.part.join(5, lostAtMs, lostAtMs + 100);
    expect(rig.events("reconnectedFromStorm", "readyFromStorm")).toEqual([
      { event: "reconnectedFromStorm", storm: 5, value: 300 },
      { event: "readyFromStorm", storm: 5, value: 300 },
    ]);
  });

  it("is not told of where a storm cuts it, or its flow disconnects it", () => {
    const rig = new Rig().start();
    let told = 0;
    rig.losses.watch = {
      lost: () => {
        told++;
        return 0;
      },
      ready: () => {},
    };
    rig.device.part.drop("reset", 1);
    rig.reconnect(100);
    rig.device.disconnect();
    expect(told).toBe(0);
  });

  it("joins a storm later: out, or back already", () => {
    const out = new Rig().start();
    const lostAtMs = out.time.now();
    out.broker.ends();
    out.time.advance(50);
    out.device.part.join(5, lostAtMs, null);
    expect(out.events("reconnected")).toEqual([]);
    out.reconnect(50);
    expect(out.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 5, value: 100 },
      { event: "becameReady", storm: 5, value: 100 },
    ]);

    const back = new Rig().start();
    const at = back.time.now();
    back.broker.ends();
    back.reconnect(100);
    back.log.length = 0;
    back.device.part.join(5, at, back.time.now());
    expect(back.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 5, value: 100 },
    ]);
    // Its next outage is not the storm's.
    back.broker.ends();
    back.reconnect(100);
    expect(back.events("becameReady")).toEqual([{ event: "becameReady", storm: 0, value: 100 }]);
  });

  it("joins a storm later: taken away by the script since, and no more the storm's when it comes again", () => {
    const rig = new Rig().start();
    const lostAtMs = rig.time.now();
    rig.broker.ends();
    rig.device.disconnect();
    rig.device.part.join(5, lostAtMs, null);
    const { standing } = rig.device.part;
    expect([standing.role, standing.hasLeft]).toEqual(["affected", true]);
    rig.device.connect();
    rig.makeReady();
    expect(rig.events("becameReady")).toEqual([{ event: "becameReady", storm: 0, value: null }]);
    expect([standing.isBack, standing.hasLeft]).toEqual([false, true]);
  });
});
