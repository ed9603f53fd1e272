/** Real sockets on the loopback interface: what the kernel makes of open, close and reset. */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { TCP_KINDS } from "../../../engine/src/contract.ts";
import { readPortPool } from "../../../engine/src/transport/host-limits.ts";
import { anyAddress, type LocalEnd } from "../../../engine/src/transport/local-end.ts";
import type { PortPool } from "../../../engine/src/transport/local-ports.ts";
import { createTcp as openerOf } from "../../../engine/src/transport/tcp.ts";
import { failureOf } from "../../../engine/src/transport/tcp-failures.ts";
import type { Transport } from "../../../engine/src/transport/transport.ts";
import { endOf, Heard, settle } from "../../support/transport-listener.ts";

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

/** A server whose connections the test takes one by one. */
async function listen(onPort = 0): Promise<{ port: number; accepted: () => Promise<Socket> }> {
  const arrived: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer((socket) => {
    // A device's RST is an error of the server's socket; a test that cares listens for it as well.
    socket.on("error", () => {});
    const taker = waiting.shift();
    if (taker === undefined) arrived.push(socket);
    else taker(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(onPort, "127.0.0.1", resolve));
  const accepted = (): Promise<Socket> => {
    const socket = arrived.shift();
    return socket ? Promise.resolve(socket) : new Promise((resolve) => waiting.push(resolve));
  };
  return { port: (server.address() as AddressInfo).port, accepted };
}

describe.each(TCP_KINDS)("over %s", (kind) => {
  const createTcp = (host: string, port: number, local: LocalEnd = anyAddress(readPortPool())) =>
    openerOf(host, port, local, kind);

  async function connected(): Promise<{ heard: Heard; transport: Transport; socket: Socket }> {
    const { port, accepted } = await listen();
    const heard = new Heard();
    const transport = createTcp("127.0.0.1", port)(heard, { number: 0, endpoint: null, region: 0 });
    const [socket] = await Promise.all([accepted(), heard.until("open")]);
    return { heard, transport, socket };
  }

  describe("a connection", () => {
    it("opens and carries bytes both ways", async () => {
      const { heard, transport, socket } = await connected();
      const received = new Promise<string>((resolve) =>
        socket.once("data", (data) => resolve(data.toString())),
      );
      transport.write(Buffer.from("up"));
      expect(await received).toBe("up");
      socket.write("down");
      await heard.until("bytes down");
      expect(heard.calls).toEqual(["open", "bytes down"]);
      transport.close();
      socket.destroy();
    });

    it("closes without a failure when the peer sends FIN", async () => {
      const { heard, socket } = await connected();
      socket.end("bye");
      await heard.until("closed null");
      expect(heard.calls).toEqual(["open", "bytes bye", "closed null"]);
    });

    it("closes as tcp_reset when the peer sends RST", async () => {
      const { heard, socket } = await connected();
      socket.resetAndDestroy();
      await heard.until("closed tcp_reset");
      await settle();
      expect(heard.calls).toEqual(["open", "closed tcp_reset"]);
    });

    it("is ended with RST by reset, and its listener hears nothing more", async () => {
      const { heard, transport, socket } = await connected();
      const end = endOf(socket);
      socket.write("on its way");
      transport.reset();
      expect(await end).toBe("ECONNRESET");
      await settle();
      expect(heard.calls).toEqual(["open"]);
    });

    it("is ended with FIN by close, after what was written, and its listener hears nothing more", async () => {
      const { heard, transport, socket } = await connected();
      let received = "";
      socket.on("data", (data) => {
        received += data.toString();
      });
      const end = endOf(socket);
      transport.write(Buffer.from("DISCONNECT"));
      transport.close();
      expect(await end).toBe("FIN");
      expect(received).toBe("DISCONNECT");
      await settle();
      expect(heard.calls).toEqual(["open"]);
    });

    it.each(["close", "reset"] as const)("that is not open yet says nothing after %s", async (end) => {
      const { port } = await listen();
      const heard = new Heard();
      const transport = createTcp("127.0.0.1", port)(heard, { number: 0, endpoint: null, region: 0 });
      transport[end]();
      await settle();
      expect(heard.calls).toEqual([]);
    });

    it.each(["close", "reset"] as const)("may be given up from within its own onBytes: %s", async (end) => {
      const { heard, transport, socket } = await connected();
      const finished = endOf(socket);
      heard.onBytes = () => {
        heard.calls.push("bytes");
        transport[end]();
      };
      socket.write("first");
      expect(await finished).toBe(end === "close" ? "FIN" : "ECONNRESET");
      await settle();
      expect(heard.calls).toEqual(["open", "bytes"]);
    });
  });

  describe("the port of this side", () => {
    it.runIf(kind === "handle")(
      "takes a port of the pool, and the kernel's where it finds none",
      async () => {
        const { port, accepted } = await listen();
        // One port is a listening server's, which shares it with nobody. The kernel gives none of these to others.
        const { port: first } = await listen(12_000 + 8 * (process.pid % 1000));
        const pool: PortPool = { first, count: 4, reserved: new Set([first + 2]) };
        const open = createTcp("127.0.0.1", port, anyAddress(pool));
        const ports: number[] = [];
        const transports: Transport[] = [];
        for (let number = 0; number < 4; number++) {
          const heard = new Heard();
          transports.push(open(heard, { number, endpoint: null, region: 0 }));
          const [socket] = await Promise.all([accepted(), heard.until("open")]);
          ports.push(socket.remotePort as number);
        }
        const isOfPool = (one: number): boolean => one > first && one < first + 4 && one !== first + 2;
        expect(new Set(ports.slice(0, 2).filter(isOfPool)).size).toBe(2);
        expect(ports.slice(2).filter(isOfPool)).toEqual([]);
        for (const transport of transports) transport.reset();
      },
    );

    it.runIf(kind === "handle")("takes ports again that were left in TIME_WAIT a moment ago", async () => {
      const { port, accepted } = await listen();
      const pool: PortPool = { first: 20_000 + 64 * (process.pid % 100), count: 64, reserved: new Set() };
      const open = createTcp("127.0.0.1", port, anyAddress(pool));
      const round = async (): Promise<number[]> => {
        const ports: number[] = [];
        for (let number = 0; number < 40; number++) {
          const heard = new Heard();
          const transport = open(heard, { number, endpoint: null, region: 0 });
          const [socket] = await Promise.all([accepted(), heard.until("open")]);
          ports.push(socket.remotePort as number);
          socket.resume();
          transport.close();
          await endOf(socket);
        }
        return ports;
      };
      const rounds = [await round(), await round(), await round()];
      // 120 connections over 64 ports: the kernel's own choice would leave those in TIME_WAIT alone, and begin with its range.
      const used = rounds.flat();
      expect(used.filter((one) => one >= pool.first && one < pool.first + 64).length).toBeGreaterThanOrEqual(
        64,
      );
    });
  });

  describe("a connection that cannot be made", () => {
    it("closes as tcp_refused where nobody listens", async () => {
      const { port } = await listen();
      await new Promise((resolve) => servers.splice(0)[0]?.close(resolve));
      const heard = new Heard();
      createTcp("127.0.0.1", port)(heard, { number: 0, endpoint: null, region: 0 });
      await heard.until("closed tcp_refused");
      await settle();
      expect(heard.calls).toEqual(["closed tcp_refused"]);
    });

    it("resolves a name once for those who wait, and says nothing to one that gave up meanwhile", async () => {
      const { port, accepted } = await listen();
      const open = createTcp("localhost", port);
      const [first, second, gone] = [new Heard(), new Heard(), new Heard()];
      const transports = [
        open(first, { number: 0, endpoint: null, region: 0 }),
        open(second, { number: 0, endpoint: null, region: 0 }),
      ];
      open(gone, { number: 0, endpoint: null, region: 0 }).close();
      await Promise.all([first.until("open"), second.until("open"), accepted(), accepted()]);
      await settle();
      expect([first.calls, second.calls, gone.calls]).toEqual([["open"], ["open"], []]);
      for (const transport of transports) transport.reset();
    });
  });

  it("reads of several connections share a buffer, and each hears its own bytes", async () => {
    const { port, accepted } = await listen();
    const open = createTcp("127.0.0.1", port);
    const pairs: { heard: Heard; transport: Transport; socket: Socket }[] = [];
    for (let i = 0; i < 20; i++) {
      const heard = new Heard();
      const transport = open(heard, { number: 0, endpoint: null, region: 0 });
      const [socket] = await Promise.all([accepted(), heard.until("open")]);
      pairs.push({ heard, transport, socket });
    }
    pairs.forEach(({ socket }, i) => {
      socket.write(`number ${i}`);
    });
    await Promise.all(pairs.map(({ heard }, i) => heard.until(`bytes number ${i}`)));
    expect(pairs.map(({ heard }) => heard.calls)).toEqual(pairs.map((_, i) => ["open", `bytes number ${i}`]));
    for (const { transport } of pairs) transport.reset();
  });

  it.each([
    ["ECONNREFUSED", "tcp_refused"],
    ["ETIMEDOUT", "tcp_timeout"],
    ["ECONNRESET", "tcp_reset"],
    ["EPIPE", "tcp_reset"],
    ["EHOSTUNREACH", "tcp_unreachable"],
    ["EADDRNOTAVAIL", "local_ports"],
    ["EMFILE", "descriptors"],
    ["ENOTFOUND", "dns"],
    ["EAI_AGAIN", "dns"],
    ["EACCES", "tcp_error"],
    [undefined, "tcp_error"],
  ])("the error code %s is %s", (code, failure) => {
    expect(failureOf(Object.assign(new Error("x"), code === undefined ? {} : { code }))).toBe(failure);
  });
});
