import mqttPacket, { type Packet } from "mqtt-packet";
import { describe, expect, it } from "vitest";
import { createCodec } from "../../../engine/src/transport/codec.ts";
import { Connection, type PacketListener } from "../../../engine/src/transport/connection.ts";
import type { Transport } from "../../../engine/src/transport/transport.ts";

const EVER = Number.POSITIVE_INFINITY;
const PINGRESP = mqttPacket.generate({ cmd: "pingresp" });
const message = (payload: string): Packet => ({
  cmd: "publish",
  topic: "t",
  payload,
  qos: 0,
  dup: false,
  retain: false,
});

/** One connection whose stream the test holds, and what its listener heard. */
class Wired implements PacketListener {
  readonly heard: string[] = [];
  readonly written: Buffer[] = [];
  readonly bytes = { sent: 0, received: 0 };
  unsentBytes = 0;
  /** Runs when a packet is heard. */
  onHeard: () => void = () => {};
  readonly connection: Connection<Wired>;

  /** What is to be called later. */
  refuse: (() => void) | null = null;

  constructor(maxPacketBytes = 100, waitsForPeer = false, keeps = false) {
    const transport: Transport = {
      write: (bytes) => this.written.push(Buffer.from(bytes)),
      close: () => this.heard.push("close"),
      reset: () => this.heard.push("reset"),
      unsentBytes: 0,
    };
    Object.defineProperty(transport, "unsentBytes", { get: () => this.unsentBytes });
    this.connection = new Connection<Wired>(this, {
      codec: createCodec(4),
      maxPacketBytes,
      sent: (_, bytes) => {
        this.bytes.sent += bytes;
      },
      received: (_, bytes) => {
        this.bytes.received += bytes;
      },
      partings: waitsForPeer
        ? { begin: () => this.heard.push("parting"), over: () => this.heard.push("parted") }
        : null,
      halfOpen: keeps
        ? {
            keep: () => this.heard.push("kept"),
            over: () => this.heard.push("over"),
            refuseLater: (connection) => {
              this.refuse = () => connection.refuse();
            },
          }
        : null,
    }).over(transport);
  }

  onStep(): void {
    this.heard.push("step");
  }
  onOpen(resumed: boolean): void {
    this.heard.push(`open ${resumed}`);
  }
  onPacket(packet: Packet): void {
    this.heard.push(packet.cmd === "publish" ? `publish ${packet.payload}` : packet.cmd);
    this.onHeard();
  }
  onUnreadable(): void {
    this.heard.push("unreadable");
    this.connection.reset();
  }
  onClosed(failure: string | null): void {
    this.heard.push(`closed ${failure}`);
  }
}

describe("bytes that come", () => {
  it("are packets, wherever the stream is cut, also through a buffer that is used again", () => {
    const stream = Buffer.concat([PINGRESP, mqttPacket.generate(message("hello")), PINGRESP]);
    for (let cut = 0; cut <= stream.length; cut++) {
      const wired = new Wired();
      for (const part of [stream.subarray(0, cut), stream.subarray(cut)]) {
        const shared = Buffer.from(part);
        wired.connection.onBytes(shared);
        shared.fill(0xff);
      }
      expect(wired.heard).toEqual(["pingresp", "publish hello", "pingresp"]);
      expect(wired.bytes.received).toBe(stream.length);
    }
  });

  it.each([
    ["are no packet", Buffer.from([0x00, 0x00])],
    ["announce more than is allowed", Buffer.from([0x30, 0xff, 0x7f])],
    ["have a length of five bytes", Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x01])],
  ])("that %s make the stream unreadable, and nothing is heard of it after that", (_what, bytes) => {
    const wired = new Wired();
    wired.connection.onBytes(Buffer.concat([PINGRESP, bytes, PINGRESP]));
    wired.connection.onBytes(PINGRESP);
    wired.connection.onClosed(null);
    expect(wired.heard).toEqual(["pingresp", "unreadable", "reset"]);
  });

  it("after a packet that ended the connection are of no interest", () => {
    const wired = new Wired();
    wired.onHeard = () => wired.connection.close();
    wired.connection.onBytes(Buffer.concat([PINGRESP, PINGRESP]));
    expect(wired.heard).toEqual(["pingresp", "close"]);
  });
});

describe("packets that go", () => {
  it("are written and counted; one that is longer than the peer allows is not", () => {
    const wired = new Wired();
    const { connection } = wired;
    const { length } = mqttPacket.generate(message("x"));
    expect([connection.send(message("x"), length), connection.send(message("xx"), length)]).toEqual([
      true,
      false,
    ]);
    expect([wired.written.length, wired.bytes.sent]).toEqual([1, length]);
  });

  it("are left out where the peer does not read, and the connection is stuck from then on", () => {
    const wired = new Wired();
    const { connection } = wired;
    wired.unsentBytes = 4 * 1024 * 1024;
    connection.send(message("x"), EVER);
    expect([connection.isStuck, wired.written.length]).toEqual([false, 1]);
    wired.unsentBytes++;
    expect(connection.isStuck).toBe(true);
    connection.send(message("x"), EVER);
    wired.unsentBytes = 0;
    expect([connection.isStuck, wired.written.length]).toEqual([true, 1]);
  });

  it("go nowhere once the stream is gone", () => {
    const wired = new Wired();
    wired.connection.onClosed("tcp_reset");
    expect(wired.connection.send(message("x"), EVER)).toBeNull();
    wired.connection.close();
    expect([wired.heard, wired.written]).toEqual([["closed tcp_reset"], []]);
  });
});

describe("a muted connection", () => {
  it("takes what it is given and lets nothing through, in neither direction, nor its end", () => {
    const wired = new Wired();
    const { connection } = wired;
    connection.onBytes(PINGRESP.subarray(0, 1));
    connection.mute("lost");
    expect(connection.send(message("x"), EVER)).toBe(true);
    connection.onBytes(PINGRESP);
    connection.onClosed(null);
    expect([wired.heard, wired.written, wired.bytes]).toEqual([[], [], { sent: 0, received: 1 }]);
    // The stream is gone already: there is nothing to reset.
    connection.reset();
    expect(wired.heard).toEqual([]);
  });

  it("that a packet muted hears no more of the same read", () => {
    const wired = new Wired();
    wired.onHeard = () => wired.connection.mute("lost");
    wired.connection.onBytes(Buffer.concat([PINGRESP, PINGRESP]));
    expect(wired.heard).toEqual(["pingresp"]);
  });

  it("asks no other server, and no answer arrives", () => {
    const wired = new Wired();
    const answers: string[] = [];
    const started: ((answer: string) => void)[] = [];
    const start = (answered: (answer: string) => void): (() => void) => {
      started.push(answered);
      return () => {};
    };
    expect(wired.connection.ask(start, (answer) => answers.push(answer))).not.toBeNull();
    started[0]?.("in time");
    wired.connection.mute("lost");
    started[0]?.("too late");
    expect(wired.connection.ask(start, (answer) => answers.push(answer))).toBeNull();
    expect([answers, started.length]).toEqual([["in time"], 1]);
  });
});

describe("a connection whose path is gone", () => {
  const ends = (["close", "reset"] as const).map((end) => [end] as const);

  it.each(ends)("is kept after %s, until the peer ends it", (end) => {
    const wired = new Wired(100, true, true);
    const { connection } = wired;
    connection.mute("lost");
    connection.send({ cmd: "disconnect" }, EVER);
    connection[end]();
    expect([wired.heard, wired.written]).toEqual([["kept"], []]);
    connection.onBytes(PINGRESP);
    connection.onClosed(null);
    expect(wired.heard).toEqual(["kept", "over"]);
  });

  it("may be ended from outside once the device has given it up", () => {
    const wired = new Wired(100, true, true);
    wired.connection.mute("lost");
    wired.connection.close();
    wired.connection.reset();
    wired.connection.onClosed(null);
    expect(wired.heard.slice(0, 2)).toEqual(["kept", "reset"]);
  });

  it("has nothing to keep where the peer has ended it before", () => {
    const wired = new Wired(100, true, true);
    wired.connection.mute("lost");
    wired.connection.onClosed(null);
    wired.connection.reset();
    expect(wired.heard).toEqual([]);
  });

  it("answers the next packet with RST, once, where somebody has forgotten it; other servers are in reach", () => {
    const wired = new Wired(100, true, true);
    const { connection } = wired;
    connection.mute("reset");
    const answers: string[] = [];
    const stop = connection.ask(
      (answered: (answer: string) => void) => {
        answered("here");
        return () => {};
      },
      (answer) => answers.push(answer),
    );
    expect([stop === null, answers]).toEqual([false, ["here"]]);
    expect([connection.send(message("x"), EVER), connection.send(message("y"), EVER)]).toEqual([true, true]);
    expect([wired.heard, wired.written]).toEqual([[], []]);
    wired.refuse?.();
    wired.refuse?.();
    expect(wired.heard).toEqual(["kept", "closed tcp_reset"]);
  });

  it("answers so too where the peer has ended it meanwhile, and not where the device has", () => {
    const ended = new Wired(100, true, true);
    ended.connection.mute("reset");
    ended.connection.onClosed(null);
    ended.connection.send(message("x"), EVER);
    ended.refuse?.();
    expect(ended.heard).toEqual(["closed tcp_reset"]);
    const left = new Wired(100, true, true);
    left.connection.mute("reset");
    left.connection.send(message("x"), EVER);
    left.connection.reset();
    left.refuse?.();
    expect(left.heard).toEqual(["kept"]);
  });
});

describe("after DISCONNECT", () => {
  const leave = (wired: Wired): void => {
    wired.connection.send({ cmd: "disconnect" }, EVER);
    wired.connection.close();
  };

  it("leaves the end of the stream to the peer, and hears nothing meanwhile", () => {
    const wired = new Wired(100, true);
    leave(wired);
    expect(wired.heard).toEqual(["parting"]);
    wired.connection.onBytes(PINGRESP);
    wired.connection.onClosed(null);
    expect(wired.heard).toEqual(["parting", "parted"]);
    expect(wired.connection.send({ cmd: "pingreq" }, EVER)).toBeNull();
  });

  it("ends it where the peer had time enough", () => {
    const wired = new Wired(100, true);
    leave(wired);
    wired.connection.endNow();
    expect(wired.heard).toEqual(["parting", "close"]);
    wired.connection.endNow();
    expect(wired.heard).toEqual(["parting", "close"]);
  });

  it("may be reset meanwhile, once", () => {
    const wired = new Wired(100, true);
    leave(wired);
    wired.connection.reset();
    wired.connection.reset();
    wired.connection.onClosed(null);
    expect(wired.heard.filter((one) => one !== "parted")).toEqual(["parting", "reset"]);
  });

  it("ends it at once where nobody waits for the peer, where it said nothing, and where its path is gone", () => {
    const wired = new Wired(100, false);
    leave(wired);
    expect(wired.heard).toEqual(["close"]);
    const silent = new Wired(100, true);
    silent.connection.close();
    expect(silent.heard).toEqual(["close"]);
    const muted = new Wired(100, true);
    muted.connection.mute("lost");
    leave(muted);
    expect(muted.heard).toEqual(["reset"]);
    const stuck = new Wired(100, true);
    stuck.unsentBytes = 5_000_000;
    leave(stuck);
    expect(stuck.heard).toEqual(["close"]);
  });
});
