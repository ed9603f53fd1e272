/** How a device connects, loses its connection and comes back. What it does while connected: device-operations.test.ts. */
import { describe, expect, it } from "vitest";
import type { ResetAfter } from "../../../engine/src/device/backoff.ts";
import { pause } from "../../../engine/src/device/pause.ts";
import { LOST, NOBODY } from "../../../engine/src/device/turns.ts";
import type { OpenTransport } from "../../../engine/src/transport/transport.ts";
import { outcome, Rig, told } from "./device-rig.ts";

const CONNACK = { cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false } as const;

describe("connecting", () => {
  it("goes through CONNECT, CONNACK and bootstrap to ready, and times each step", () => {
    const rig = new Rig();
    const { done, results } = outcome();
    rig.fleet.whenReady(rig.device, null, done);
    rig.device.connect();
    expect(rig.device.state).toBe("connecting");
    rig.time.advance(20);
    rig.broker.opens();
    expect(rig.device.state).toBe("awaiting-connack");
    const [connect] = rig.broker.take();
    expect(connect).toMatchObject({
      cmd: "connect",
      protocolId: "MQTT",
      protocolVersion: 4,
      clean: true,
      clientId: "device-000007",
      keepalive: 60,
      username: "user",
      password: Buffer.from("secret"),
    });
    rig.time.advance(30);
    rig.broker.sends(CONNACK);
    expect(rig.device.state).toBe("bootstrapping");
    expect(rig.device.isOnline).toBe(true);
    expect(results).toEqual([]);
    rig.time.advance(40);
    rig.bootstrapped();
    expect(rig.device.state).toBe("ready");
    expect(results).toEqual([null]);
    expect(
      rig.events(
        "connectAttempt",
        "tcpOpened",
        "connackReceived",
        "connectAccepted",
        "firstAccepted",
        "becameReady",
      ),
    ).toEqual([
      { event: "connectAttempt", storm: 0 },
      { event: "tcpOpened", value: 20 },
      { event: "connackReceived", value: 30 },
      { event: "connectAccepted", storm: 0, value: 50 },
      { event: "firstAccepted" },
      { event: "becameReady", storm: 0, value: null },
    ]);
    expect(rig.events("reconnected", "connectRefused", "error")).toEqual([]);
    expect(rig.time.pending).toBe(0);
  });

  it("counts the bytes of both ways", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    // 10 of the variable header, 2 + 13 client id, 2 + 4 user name, 2 + 6 password, 2 of the fixed header.
    expect(rig.events("bytesSent", "bytesReceived")).toEqual([
      { event: "bytesSent", value: 41 },
      { event: "bytesReceived", value: 4 },
    ]);
  });

  it("asks for a session to be kept only where the version can say how long", () => {
    const connectOf = (plan: ConstructorParameters<typeof Rig>[0]) => {
      const rig = new Rig(plan);
      rig.device.connect();
      rig.broker.opens();
      return rig.broker.take()[0];
    };
    expect(connectOf({ protocolVersion: 5, clean: false, sessionExpiryS: 300 })).toMatchObject({
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 300 },
    });
    expect(connectOf({ protocolVersion: 5, sessionExpiryS: 0 })).not.toHaveProperty(
      "properties.sessionExpiryInterval",
    );
    expect(connectOf({ protocolVersion: 4, clean: false, sessionExpiryS: 300 })).toMatchObject({
      protocolVersion: 4,
      clean: false,
    });
    expect(connectOf({ protocolVersion: 4, sessionExpiryS: 300 })).not.toHaveProperty("properties");
  });

  it("does nothing when it is connecting or connected already", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.device.connect();
    rig.makeReady();
    rig.device.connect();
    expect(rig.network.opened.length).toBe(1);
    expect(rig.events("connectAttempt").length).toBe(1);
  });
});

describe("a CONNACK that refuses", () => {
  it.each([
    [4, 1, "unacceptable_protocol_version"],
    [4, 2, "identifier_rejected"],
    [4, 3, "server_unavailable"],
    [4, 4, "bad_user_name_or_password"],
    [4, 5, "not_authorized"],
    [4, 77, "unknown_code"],
    [5, 1, "unacceptable_protocol_version"],
    [5, 133, "client_identifier_not_valid"],
    [5, 136, "server_unavailable"],
    [5, 137, "server_busy"],
    [5, 151, "quota_exceeded"],
    [5, 159, "connection_rate_exceeded"],
    [5, 250, "unknown_code"],
  ] as const)("version %i, code %i: connack.%s", (protocolVersion, code, reason) => {
    const rig = new Rig({ protocolVersion });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "connack", returnCode: code, reasonCode: code, sessionPresent: false });
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: `connack.${reason}` }]);
    expect(rig.events("connectAccepted", "disconnected")).toEqual([]);
    expect(rig.device.state).toBe("backoff");
    expect(rig.broker.ended).toBe("reset");
    expect(rig.bootstraps.length).toBe(0);
  });

  it("is followed by an attempt after a wait that grows with every refusal", () => {
    const rig = new Rig();
    rig.device.connect();
    for (const [attempts, waitMs] of [
      [1, 100],
      [2, 200],
      [3, 400],
      [4, 800],
    ] as const) {
      rig.broker.opens();
      rig.broker.sends({ ...CONNACK, returnCode: 3 });
      rig.time.advance(waitMs - 1);
      expect(rig.network.opened.length).toBe(attempts);
      rig.time.advance(1);
      expect(rig.network.opened.length).toBe(attempts + 1);
    }
  });

  it("passes the policy its own previous wait and the device's next random number", () => {
    const calls: number[][] = [];
    const rig = new Rig({
      backoffBaseMs: 50,
      backoff: (attempt, previousMs, random) => {
        calls.push([attempt, previousMs, random]);
        return 300 + attempt;
      },
    });
    rig.device.connect();
    for (let i = 0; i < 3; i++) {
      rig.broker.ends("tcp_refused");
      rig.time.advance(1000);
    }
    expect(calls).toEqual([
      [0, 50, 0.5],
      [1, 300, 0.5],
      [2, 301, 0.5],
    ]);
  });
});

describe("an attempt that fails", () => {
  it.each(["tcp_refused", "tcp_timeout", "tcp_reset", "dns", "local_ports"] as const)("as %s", (failure) => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.ends(failure);
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: failure }]);
    expect(rig.device.state).toBe("backoff");
  });

  it("as tcp_timeout when the connection is not open in time", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.time.advance(9999);
    expect(rig.device.state).toBe("connecting");
    rig.time.advance(1);
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: "tcp_timeout" }]);
    expect(rig.broker.ended).toBe("reset");
    rig.time.advance(100);
    expect(rig.network.opened.length).toBe(2);
  });

  it("as connack_timeout when the CONNACK is not there in time, counted from the attempt's start", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.time.advance(6000);
    rig.broker.opens();
    rig.time.advance(3999);
    expect(rig.device.state).toBe("awaiting-connack");
    rig.time.advance(1);
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: "connack_timeout" }]);
    expect(rig.broker.ended).toBe("reset");
    rig.time.advance(100);
    expect(rig.network.opened.length).toBe(2);
  });

  it.each([null, "tcp_reset"] as const)("as closed_before_connack after %s from the broker", (failure) => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    rig.broker.ends(failure);
    expect(rig.events("connectRefused")).toEqual([
      { event: "connectRefused", name: "closed_before_connack" },
    ]);
    expect(rig.device.state).toBe("backoff");
  });

  it("has no time-out left that hits a later connection", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.time.advance(9950);
    rig.broker.ends("tcp_refused");
    rig.time.advance(100);
    rig.accept();
    rig.time.advance(60_000);
    expect(rig.device.state).toBe("bootstrapping");
  });
});

describe("a stream that cannot be read", () => {
  const MALFORMED: [string, number[]][] = [
    ["a remaining length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 0x01]],
    ["a length beyond the largest packet allowed", [0x30, 0x91, 0x4e]],
    ["a reserved packet type", [0x00, 0x00]],
    ["wrong header flags", [0x91, 0x03, 0x00, 0x01, 0x00]],
    ["a topic longer than its packet", [0x30, 0x03, 0x00, 0x09, 0x61]],
    ["a packet that only a client sends: PINGREQ", [0xc0, 0x00]],
    ["a packet that only a client sends: SUBSCRIBE", [0x82, 0x06, 0x00, 0x01, 0x00, 0x01, 0x61, 0x00]],
  ];

  it.each(MALFORMED)("before CONNACK: %s", (_what, bytes) => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sendsBytes(Buffer.from(bytes));
    expect(rig.events("connectRefused", "disconnected")).toEqual([
      { event: "connectRefused", name: "malformed_packet" },
    ]);
    expect(rig.broker.ended).toBe("reset");
    rig.time.advance(100);
    rig.makeReady();
    expect(rig.device.state).toBe("ready");
  });

  it.each([...MALFORMED, ["a second CONNACK", [0x20, 0x02, 0x00, 0x00]]] as [
    string,
    number[],
  ][])("after CONNACK: %s", (_what, bytes) => {
    const rig = new Rig().start();
    rig.broker.sendsBytes(Buffer.from(bytes));
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "error", name: "malformed_packet" },
      { event: "disconnected", name: "malformed_packet", wasReady: true },
    ]);
    expect(rig.broker.ended).toBe("reset");
    rig.time.advance(100);
    rig.makeReady();
    expect(rig.device.state).toBe("ready");
  });

  it("a version 4 CONNACK without a return code is no acceptance", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sendsBytes(Buffer.from([0x20, 0x01, 0x00]));
    expect(rig.events("connectRefused", "connectAccepted")).toEqual([
      { event: "connectRefused", name: "malformed_packet" },
    ]);
  });

  it("a packet before CONNACK is a failed attempt", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "publish", topic: "a", payload: "", qos: 0, dup: false, retain: false }, CONNACK);
    expect(rig.events("connectRefused", "connectAccepted", "publishReceived")).toEqual([
      { event: "connectRefused", name: "malformed_packet" },
    ]);
  });

  it("accepts a packet of exactly the largest size", () => {
    const rig = new Rig({ maxPacketBytes: 105 }).start();
    const publish = { cmd: "publish", topic: "abc", qos: 0, dup: false, retain: false } as const;
    rig.broker.sends({ ...publish, payload: "x".repeat(98) });
    expect(rig.events("publishReceived").length).toBe(1);
    rig.broker.sends({ ...publish, payload: "x".repeat(99) });
    expect(rig.device.state).toBe("backoff");
  });

  it("reads packets that come a byte at a time", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    for (const byte of [0x20, 0x02, 0x00]) rig.broker.sendsBytes(Buffer.from([byte]));
    expect(rig.device.state).toBe("awaiting-connack");
    rig.broker.sendsBytes(Buffer.from([0x00]));
    expect(rig.device.state).toBe("bootstrapping");
  });

  it.each([
    ["the broker's close", (rig: Rig) => rig.broker.ends()],
    ["a storm", (rig: Rig) => rig.device.part.drop("reset", 1)],
    ["a time-out of the attempt", (rig: Rig) => rig.time.advance(10_000)],
  ])("drops half a packet with the connection: %s", (how, lose) => {
    const rig = new Rig();
    rig.device.connect();
    rig.broker.opens();
    if (how !== "a time-out of the attempt") {
      rig.broker.sends(CONNACK);
      rig.bootstrapped();
    }
    rig.broker.sendsBytes(Buffer.from([0x20]));
    lose(rig);
    rig.time.advance(100);
    rig.makeReady();
    // With the old byte before it, this CONNACK would have been no packet.
    expect(rig.device.state).toBe("ready");
  });

  it("stops at the packet that ended the connection", () => {
    const rig = new Rig().start();
    const publish = { cmd: "publish", topic: "a", payload: "", qos: 0, dup: false, retain: false } as const;
    rig.broker.sends(publish, CONNACK, publish, publish);
    expect(rig.events("publishReceived").length).toBe(1);
  });
});

describe("a storm", () => {
  it.each([
    ["reset", "reset", []],
    ["close", "close", []],
    ["disconnect", "close", ["disconnect"]],
  ] as const)("drops by %s: the transport is ended by %s after %j", (cause, ended, packets) => {
    const rig = new Rig().start();
    rig.time.advance(500);
    const first = rig.broker;
    expect(rig.device.part.drop(cause, 3)).toBe(1500);
    expect(first.ended).toBe(ended);
    expect(first.takeNames()).toEqual(packets);
    expect(rig.device.state).toBe("backoff");
    expect(rig.device.part.storm).toBe(3);
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "disconnected", name: cause, wasReady: true },
    ]);
  });

  it("makes no attempt within the drop, not even with no wait at all", () => {
    const rig = new Rig({ backoff: () => 0 }).start();
    rig.device.part.drop("reset", 1);
    expect(rig.network.opened.length).toBe(1);
    rig.time.advance(0);
    expect(rig.network.opened.length).toBe(2);
  });

  it.each([
    "offline",
    "connecting",
    "awaiting-connack",
    "backoff",
    "ended",
  ] as const)("does not touch a device that is %s", (state) => {
    const rig = new Rig();
    if (state !== "offline") rig.device.connect();
    if (state === "awaiting-connack") rig.broker.opens();
    if (state === "backoff") rig.broker.ends("tcp_refused");
    if (state === "ended") rig.device.end("ended");
    expect(rig.device.state).toBe(state);
    const before = rig.log.length;
    expect(rig.device.part.drop("reset", 2)).toBeNull();
    expect([rig.device.part.storm, rig.device.state, rig.log.length]).toEqual([0, state, before]);
  });

  it("hits a device in its bootstrap", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    expect(rig.device.part.drop("reset", 1)).toBe(1000);
    expect(rig.events("disconnected")).toEqual([{ event: "disconnected", name: "reset", wasReady: false }]);
  });

  it("has hit one that whoever hears of the loss takes away at once", () => {
    const rig = new Rig({}).start();
    rig.device.exchange.subscribe(
      ["a"],
      0,
      false,
      told(() => rig.device.disconnect()),
    );
    expect(rig.device.part.drop("reset", 1)).toBe(1000);
    expect([rig.device.state, rig.device.part.standing.hasLeft]).toEqual(["offline", true]);
  });

  it("measures reconnect and ready time from the drop, over failed tries", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 1);
    rig.time.advance(100); // 1st attempt, refused 10 ms later
    rig.time.advance(10);
    rig.broker.ends("tcp_refused");
    rig.time.advance(200); // 2nd: no CONNACK for 10 s
    rig.broker.opens();
    rig.time.advance(10_000);
    rig.time.advance(400); // 3rd
    rig.time.advance(5);
    rig.accept();
    rig.time.advance(7);
    rig.bootstrapped();
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 1, value: 10_715 },
      { event: "becameReady", storm: 1, value: 10_722 },
    ]);
    expect(rig.events("connectRefused").map(({ name }) => name)).toEqual(["tcp_refused", "connack_timeout"]);
  });

  it("measures over a bootstrap that failed, and records the reconnect only the first time", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept();
    rig.time.advance(50);
    rig.bootstrapped("suback.not_authorized");
    rig.time.advance(200);
    rig.accept();
    rig.time.advance(30);
    rig.bootstrapped();
    expect(rig.events("reconnected", "becameReady", "disconnected")).toEqual([
      { event: "disconnected", name: "reset", wasReady: true },
      { event: "reconnected", storm: 1, value: 100 },
      { event: "disconnected", name: "bootstrap_refused", wasReady: false },
      { event: "becameReady", storm: 1, value: 380 },
    ]);
  });

  it("is recorded once, although the connection is lost again after recovery", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 1);
    rig.reconnect(100);
    rig.time.advance(50);
    rig.broker.ends();
    rig.reconnect(100);
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 1, value: 100 },
      { event: "becameReady", storm: 1, value: 100 },
      // The later outage is not the storm's.
      { event: "reconnected", storm: 0, value: 100 },
      { event: "becameReady", storm: 0, value: 100 },
    ]);
  });

  it("measures from its own drop, where it hits a device that an earlier loss had not let be ready", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept();
    rig.time.advance(1000);
    rig.device.part.drop("close", 2);
    rig.reconnect(200);
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 1, value: 100 },
      { event: "reconnected", storm: 2, value: 200 },
      { event: "becameReady", storm: 2, value: 200 },
    ]);
  });

  it("tells attempts and acceptances after it whose they are", () => {
    const rig = new Rig().start();
    rig.device.part.drop("reset", 4);
    rig.reconnect(100);
    expect(rig.events("connectAttempt", "connectAccepted", "firstAccepted")).toEqual([
      { event: "connectAttempt", storm: 4 },
      { event: "connectAccepted", storm: 4, value: 0 },
    ]);
  });
});

describe("the broker ends the connection", () => {
  it.each([null, "tcp_reset"] as const)("with %s: closed", (failure) => {
    const rig = new Rig().start();
    rig.time.advance(10);
    rig.broker.ends(failure);
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "error", name: "closed" },
      { event: "disconnected", name: "closed", wasReady: true },
    ]);
    rig.reconnect(100);
    expect(rig.events("reconnected", "becameReady")).toEqual([
      { event: "reconnected", storm: 0, value: 100 },
      { event: "becameReady", storm: 0, value: 100 },
    ]);
  });

  it("with DISCONNECT of version 5: its reason is counted", () => {
    const rig = new Rig({ protocolVersion: 5 }).start();
    rig.broker.sends({ cmd: "disconnect", reasonCode: 139 });
    expect(rig.broker.ended).toBe("close");
    expect(rig.events("disconnected", "error", "serverDisconnected")).toEqual([
      { event: "serverDisconnected", name: "server_shutting_down" },
      { event: "error", name: "closed" },
      { event: "disconnected", name: "closed", wasReady: true },
    ]);
    rig.time.advance(100);
    expect(rig.network.opened.length).toBe(2);
  });
});

describe("a server of version 5 that says why", () => {
  it("has taken the session over for another client: a cause of its own", () => {
    const rig = new Rig({ protocolVersion: 5 }).start();
    rig.broker.sends({ cmd: "disconnect", reasonCode: 0x8e });
    expect(rig.events("disconnected", "error", "serverDisconnected")).toEqual([
      { event: "serverDisconnected", name: "session_taken_over" },
      { event: "error", name: "session_taken_over" },
      { event: "disconnected", name: "session_taken_over", wasReady: true },
    ]);
    expect(rig.device.state).toBe("backoff");
  });

  it.each([
    [0x83, "implementation_specific_error", 0],
    [0x97, "quota_exceeded", 1],
  ])("does so instead of CONNACK, with 0x%s: refused for that reason", (reasonCode, name, overloads) => {
    const rig = new Rig({ protocolVersion: 5 });
    rig.device.connect();
    rig.broker.opens();
    rig.broker.sends({ cmd: "disconnect", reasonCode });
    expect(rig.events("connectRefused")).toEqual([{ event: "connectRefused", name: `disconnect.${name}` }]);
    expect(rig.events("connectOverload").length).toBe(overloads);
    expect(rig.events("error", "disconnected", "connectAccepted")).toEqual([]);
    expect(rig.device.state).toBe("backoff");
  });

  it("is none in version 3.1.1, where only clients disconnect", () => {
    const rig = new Rig().start();
    rig.broker.sendsBytes(Uint8Array.of(0xe0, 0x00));
    expect(rig.events("disconnected")).toEqual([
      { event: "disconnected", name: "malformed_packet", wasReady: true },
    ]);
  });
});

describe("resetAfter", () => {
  /** The attempt numbers that the policy sees: two refusals, a CONNACK, [a bootstrap], `onlineMs` online, a loss. */
  function attempts(resetAfter: ResetAfter, ready: boolean, onlineMs: number): number[] {
    const seen: number[] = [];
    const rig = new Rig({
      resetAfter,
      backoff: (attempt) => {
        seen.push(attempt);
        return 10;
      },
    });
    rig.device.connect();
    for (let i = 0; i < 2; i++) {
      rig.broker.ends("tcp_refused");
      rig.time.advance(10);
    }
    rig.accept();
    if (ready) rig.bootstrapped();
    rig.time.advance(onlineMs);
    rig.broker.ends();
    return seen;
  }

  it.each([
    ["connack", false, 0, [0, 1, 0]],
    ["connack", true, 0, [0, 1, 0]],
    ["ready", false, 60_000, [0, 1, 2]],
    ["ready", true, 0, [0, 1, 0]],
    [{ connectedMs: 5000 }, true, 4999, [0, 1, 2]],
    [{ connectedMs: 5000 }, true, 5000, [0, 1, 0]],
    [{ connectedMs: 5000 }, false, 5000, [0, 1, 0]],
  ] as const)("%j, ready %s, %i ms online: attempts %j", (resetAfter, ready, onlineMs, expected) => {
    expect(attempts(resetAfter, ready, onlineMs)).toEqual(expected);
  });
});

describe("keepalive", () => {
  it("pings after a period of silence, and gives up after another without an answer", () => {
    const rig = new Rig().start();
    const tick = (ms: number): void => {
      rig.time.advance(ms);
      rig.device.look(rig.time.now());
    };
    tick(59_997);
    expect(rig.broker.takeNames()).toEqual([]);
    tick(3);
    expect(rig.broker.takeNames()).toEqual(["pingreq"]);
    tick(59_997);
    expect(rig.device.state).toBe("ready");
    expect(rig.broker.takeNames()).toEqual([]);
    tick(3);
    expect(rig.broker.ended).toBe("reset");
    expect(rig.events("disconnected", "error")).toEqual([
      { event: "error", name: "keepalive" },
      { event: "disconnected", name: "keepalive", wasReady: true },
    ]);
    rig.time.advance(100);
    expect(rig.network.opened.length).toBe(2);
  });

  it("starts again with PINGRESP, and with anything that the device writes", () => {
    const rig = new Rig().start();
    const tick = (ms: number): string[] => {
      rig.time.advance(ms);
      rig.device.look(rig.time.now());
      return rig.broker.takeNames();
    };
    expect(tick(60_000)).toEqual(["pingreq"]);
    rig.broker.sends({ cmd: "pingresp" });
    expect(tick(59_997)).toEqual([]);
    expect(tick(3)).toEqual(["pingreq"]);
    rig.broker.sends({ cmd: "pingresp" });
    rig.device.exchange.publish({ topic: "a", payload: "", qos: 0, retain: false }, NOBODY);
    expect(rig.broker.takeNames()).toEqual(["publish"]);
    expect(tick(59_997)).toEqual([]);
    expect(tick(3)).toEqual(["pingreq"]);
  });

  it("forgets an unanswered ping with its connection", () => {
    const rig = new Rig().start();
    rig.time.advance(60_000);
    rig.device.look(rig.time.now());
    rig.device.part.drop("reset", 1);
    rig.reconnect(100);
    rig.time.advance(59_950);
    rig.device.look(rig.time.now());
    expect(rig.device.state).toBe("ready");
    expect(rig.broker.takeNames()).toEqual([]);
  });

  it("neither pings nor gives up when it is off, or the device is not connected", () => {
    const off = new Rig({ keepaliveMs: 0 }).start();
    off.time.advance(1e9);
    off.device.look(off.time.now());
    expect(off.broker.takeNames()).toEqual([]);
    const waiting = new Rig().start();
    waiting.device.part.drop("reset", 1);
    const before = waiting.log.length;
    waiting.device.look(1e9);
    expect(waiting.log.length).toBe(before);
  });
});

describe("a broker that does not read", () => {
  it("loses the connection where a packet was dropped, also when it has read on since", () => {
    const rig = new Rig().start();
    const publish = (): void => {
      rig.device.exchange.publish({ topic: "a", payload: Buffer.from("x"), qos: 0, retain: false }, NOBODY);
    };
    rig.broker.unsentBytes = 5 * 1024 * 1024;
    publish();
    rig.broker.unsentBytes = 0;
    publish();
    expect(rig.broker.takeNames()).toEqual(["publish"]);
    rig.device.look(rig.time.now());
    expect(rig.device.state).toBe("backoff");
    expect(rig.events("disconnected")).toEqual([
      { event: "disconnected", name: "send_buffer_full", wasReady: true },
    ]);
    // The next connection begins anew.
    rig.reconnect(100);
    rig.device.look(rig.time.now());
    expect(rig.device.state).toBe("ready");
  });
});

describe("bootstrap", () => {
  it("that fails resets the connection; its failure is counted", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    rig.bootstrapped("suback.not_authorized");
    expect(rig.broker.ended).toBe("reset");
    expect(rig.events("error", "disconnected", "becameReady")).toEqual([
      { event: "error", name: "suback.not_authorized" },
      { event: "error", name: "bootstrap_refused" },
      { event: "disconnected", name: "bootstrap_refused", wasReady: false },
    ]);
    rig.time.advance(100);
    expect(rig.network.opened.length).toBe(2);
  });

  it("does not begin where the broker lost the session, and whoever heard of it ended the device", () => {
    const rig = new Rig({ clean: false }).start();
    rig.device.exchange.publish(
      { topic: "a", payload: "", qos: 1, retain: false },
      told(() => rig.device.end("over")),
    );
    rig.device.part.drop("reset", 1);
    rig.time.advance(100);
    rig.accept(false);
    expect([rig.device.state, rig.bootstraps.length]).toEqual(["ended", 1]);
  });

  it("of an earlier connection does not advance a later one", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.accept();
    rig.broker.ends();
    rig.time.advance(100);
    rig.accept();
    expect(rig.bootstraps.length).toBe(2);
    rig.bootstraps[0]?.(null);
    expect(rig.device.state).toBe("bootstrapping");
    rig.bootstraps[0]?.("too_late");
    expect(rig.device.state).toBe("bootstrapping");
    expect(rig.events("error").map(({ name }) => name)).toEqual(["closed"]);
    rig.bootstraps[1]?.(null);
    expect(rig.device.state).toBe("ready");
    rig.bootstraps[1]?.(null);
    expect(rig.events("becameReady").length).toBe(1);
  });

  it("may be complete before its call returns", () => {
    const rig = new Rig();
    rig.onBootstrap = (_device, done) => done(null);
    rig.device.connect();
    rig.accept();
    expect(rig.device.state).toBe("ready");
  });

  it("pauses only as long as its connection lasts, and says so where it did not", () => {
    const rig = new Rig();
    const resumed: number[] = [];
    const lost: number[] = [];
    rig.onBootstrap = (device) => {
      pause(
        device,
        1000,
        told((failure) => (failure === LOST ? lost : resumed).push(rig.time.now())),
      );
    };
    rig.device.connect();
    rig.accept();
    rig.time.advance(500);
    rig.broker.ends();
    rig.time.advance(100);
    rig.accept();
    rig.time.advance(1000);
    expect(lost).toEqual([2000]);
    expect(resumed).toEqual([2600]);
  });
});

describe("disconnect", () => {
  it("says DISCONNECT, stays away, and connects again when told", () => {
    const rig = new Rig().start();
    const first = rig.broker;
    rig.device.disconnect();
    expect(first.takeNames()).toEqual(["disconnect"]);
    expect(first.ended).toBe("close");
    expect(rig.device.state).toBe("offline");
    expect(rig.events("disconnected")).toEqual([{ event: "disconnected", name: "finished", wasReady: true }]);
    expect(rig.time.pending).toBe(0);
    rig.device.connect();
    rig.makeReady();
    expect(rig.device.state).toBe("ready");
  });

  it.each(["connecting", "awaiting-connack", "backoff"] as const)("gives up while %s", (state) => {
    const rig = new Rig();
    rig.device.connect();
    if (state === "awaiting-connack") rig.broker.opens();
    if (state === "backoff") rig.broker.ends("tcp_refused");
    expect(rig.device.state).toBe(state);
    rig.device.disconnect();
    expect(rig.broker.ended).toBe(state === "backoff" ? "peer" : "reset");
    rig.time.advance(1_000_000);
    expect([rig.device.state, rig.network.opened.length]).toEqual(["offline", 1]);
  });

  it("holds, where whoever hears of a lost operation asks for it", () => {
    const rig = new Rig().start();
    rig.device.exchange.publish(
      { topic: "a", payload: "", qos: 1, retain: false },
      told(() => rig.device.disconnect()),
    );
    rig.device.part.drop("reset", 1);
    rig.time.advance(1_000_000);
    expect([rig.device.state, rig.network.opened.length]).toEqual(["offline", 1]);
  });
});

describe("end", () => {
  it("settles everything, leaves politely and hears nothing more", () => {
    const rig = new Rig({ clean: false, sessionExpiryS: 60 });
    rig.device.connect();
    rig.accept();
    const publish = { topic: "a", payload: "", retain: false };
    const [one, two, subscribe, ready] = [outcome(), outcome(), outcome(), outcome()];
    const answers: string[] = [];
    rig.device.exchange.publish({ ...publish, qos: 1 }, one.done);
    rig.device.exchange.publish({ ...publish, qos: 2 }, two.done);
    rig.device.exchange.subscribe(["a"], 1, false, subscribe.done);
    rig.device.exchange.request({
      topic: "get",
      payload: "",
      qos: 0,
      responseTopic: "res",
      rejectedTopic: null,
      listen: [],
      correlation: "none",
      requestId: "1",
      timeoutMs: 100,
      asker: { answered: (result) => answers.push(result) },
    });
    rig.fleet.whenReady(rig.device, null, ready.done);
    rig.broker.take();
    rig.device.end("over");
    expect([one.results, two.results, subscribe.results, ready.results]).toEqual([
      ["lost"],
      ["lost"],
      ["lost"],
      ["over"],
    ]);
    expect(answers).toEqual(["lost"]);
    expect(rig.broker.takeNames()).toEqual(["disconnect"]);
    expect(rig.broker.ended).toBe("close");
    expect(rig.device.state).toBe("ended");
    expect(rig.time.pending).toBe(0);
    const before = rig.log.length;
    rig.bootstrapped();
    rig.device.connect();
    rig.device.disconnect();
    rig.device.end("again");
    rig.device.look(1e9);
    rig.device.fail("config_timeout");
    rig.device.onOpen(false);
    rig.device.onClosed(null);
    rig.time.advance(1e9);
    expect(rig.log.length).toBe(before);
    expect(rig.network.opened.length).toBe(1);
    expect(one.results.length + two.results.length + subscribe.results.length + ready.results.length).toBe(4);
    const late = outcome();
    rig.fleet.whenReady(rig.device, null, late.done);
    rig.device.exchange.publish({ ...publish, qos: 1 }, late.done);
    rig.device.exchange.subscribe(["b"], 0, false, late.done);
    expect(late.results).toEqual(["ended", "lost", "lost"]);
  });

  it.each(["offline", "connecting", "awaiting-connack", "backoff"] as const)("while %s", (state) => {
    const rig = new Rig();
    if (state !== "offline") rig.device.connect();
    if (state === "awaiting-connack") rig.broker.opens();
    if (state === "backoff") rig.broker.ends("tcp_refused");
    const { done, results } = outcome();
    rig.fleet.whenReady(rig.device, null, done);
    rig.device.end("over");
    rig.time.advance(1e9);
    expect(results).toEqual(["over"]);
    expect(rig.device.state).toBe("ended");
    expect(rig.time.pending).toBe(0);
    expect(rig.network.opened.length).toBe(state === "offline" ? 0 : 1);
    expect(rig.events("disconnected")).toEqual([]);
  });

  it("from the callback of a lost operation leaves no timer behind", () => {
    const rig = new Rig().start();
    rig.device.exchange.publish(
      { topic: "a", payload: "", qos: 1, retain: false },
      told(() => rig.device.end("over")),
    );
    rig.device.part.drop("reset", 1);
    expect([rig.device.state, rig.time.pending]).toEqual(["ended", 0]);
  });
});

it("giveUp tells those who wait, once, and the device goes on trying", () => {
  const rig = new Rig();
  rig.device.connect();
  const { done, results } = outcome();
  rig.fleet.whenReady(rig.device, null, done);
  rig.fleet.over();
  rig.makeReady();
  expect(results).toEqual(["gave_up"]);
  expect(rig.device.state).toBe("ready");
});

it("numbers its requests from 1 and its random numbers from 0", () => {
  const rig = new Rig();
  expect([rig.device.nextRequestId(), rig.device.nextRequestId()]).toEqual(["1", "2"]);
  rig.device.random();
  rig.device.connect();
  rig.broker.ends("tcp_refused");
  rig.device.random();
  expect(rig.draws).toEqual([
    { deviceNumber: 7, draw: 0 },
    { deviceNumber: 7, draw: 1 },
    { deviceNumber: 7, draw: 2 },
  ]);
});

it("ends the outage where the flow disconnects: a later connect is no recovery", () => {
  const rig = new Rig().start();
  rig.device.part.drop("reset", 1);
  rig.device.disconnect();
  rig.time.advance(60_000);
  rig.device.connect();
  rig.makeReady();
  expect(rig.events("reconnected")).toEqual([]);
  expect(rig.events("becameReady")).toEqual([{ event: "becameReady", storm: 0, value: null }]);
});

describe("who hears of a loss", () => {
  it("may take the device away: the storm that cut it has its instant all the same", () => {
    const rig = new Rig().start();
    const nowMs = rig.time.now();
    rig.device.exchange.publish(
      { topic: "a", payload: "", qos: 1, retain: false },
      told(() => rig.device.disconnect()),
    );
    expect(rig.device.part.drop("reset", 1)).toBe(nowMs);
    expect(rig.device.state).toBe("offline");
  });

  it("hears of a question once, also where it was lost before it went out", () => {
    const rig = new Rig().start();
    const { turns } = rig.host;
    const outcomes: string[] = [];
    let started = 0;
    const ask = told(() =>
      rig.device.exchange.ask({
        timeoutMs: 1000,
        start: () => {
          started++;
          return () => {};
        },
        asker: { answered: (outcome) => outcomes.push(outcome) },
      }),
    );
    turns.run(() => {
      turns.settle(ask, null);
      turns.settle(
        told(() => rig.device.disconnect()),
        null,
      );
    });
    rig.time.advance(5000);
    expect([outcomes, started, rig.time.pending]).toEqual([["lost"], 0, 0]);
  });
});

it("an opener that throws fails whoever asked, and no other device", () => {
  const rig = new Rig();
  const [open] = rig.host.openers;
  rig.host.openers[0] = () => {
    throw new RangeError("no such protocol");
  };
  expect(() => rig.device.connect()).toThrow("no such protocol");
  rig.host.openers[0] = open as OpenTransport;
  rig.device.disconnect();
  rig.device.connect();
  rig.makeReady();
  expect(rig.device.state).toBe("ready");
});
