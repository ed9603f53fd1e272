import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";

/** Servers that speak TCP and bad MQTT, or none at all. */

/** What is wrong with a server. It gets every connection, and hears CONNECT (or whatever comes first) where it wants to. */
export type Fault = (socket: Socket) => void;

const CONNACK = Buffer.from([0x20, 0x02, 0x00, 0x00]);

/** Sends `bytes` after the first bytes that the client sends, and then nothing. */
export function answering(bytes: Buffer): Fault {
  return (socket) => {
    socket.once("data", () => socket.write(bytes));
  };
}

/** Deterministic bytes that are no MQTT: packet type 15 (AUTH) does not exist in 3.1.1. */
export const garbage: Fault = answering(Buffer.alloc(256, 0xf5));

/** A remaining length of five bytes. MQTT 3.1.1 section 2.2.3 allows four. */
export const malformedLength: Fault = answering(Buffer.from([0x20, 0xff, 0xff, 0xff, 0xff, 0x01]));

/** Half a CONNACK, then silence. */
export const halfConnack: Fault = answering(CONNACK.subarray(0, 2));

/** Takes the connection and never answers. */
export const blackHole: Fault = (socket) => {
  socket.resume();
};

/** Accepts the CONNECT and reads nothing more. */
export const readsNothing: Fault = (socket) => {
  socket.once("data", () => {
    socket.write(CONNACK);
    socket.pause();
  });
};

/** Takes the connection and aborts it. */
export const resetOnAccept: Fault = (socket) => {
  socket.resetAndDestroy();
};

/** MQTT 5.0: accepts the CONNECT, and says at once that another client took the id; section 3.14.2.1. */
export const sessionTakenOver: Fault = answering(Buffer.from([0x20, 0x03, 0, 0, 0, 0xe0, 0x01, 0x8e]));

/** MQTT 5.0, against [MQTT-3.14.0-1]: answers CONNECT with DISCONNECT and a reason, as ActiveMQ Artemis 2.40 does. */
export function disconnectForConnack(reasonCode: number): Fault {
  return answering(Buffer.from([0xe0, 0x01, reasonCode]));
}

/** Accepts the CONNECT; then announces a PUBLISH of `announced` bytes and sends them without end. */
export function oversized(announced: number): Fault {
  const header = [0x30];
  for (let rest = announced; ; ) {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    header.push(rest > 0 ? byte | 0x80 : byte);
    if (rest === 0) break;
  }
  const body = Buffer.alloc(65_536);
  return (socket) => {
    socket.once("data", () => {
      socket.write(Buffer.concat([CONNACK, Buffer.from(header)]));
      const pump = (): void => {
        while (!socket.destroyed && socket.write(body));
      };
      socket.on("drain", pump);
      pump();
    });
  };
}

/** A broker that accepts CONNECT and SUBSCRIBE, and sends each byte of its answers in a segment of its own. */
export function byteAtATime(pauseMs: number): Fault {
  return (socket) => {
    socket.setNoDelay(true);
    let sent: Promise<void> = Promise.resolve();
    const send = (bytes: Buffer): void => {
      for (const byte of bytes) {
        sent = sent.then(
          () =>
            new Promise((resolve) => {
              if (!socket.destroyed) socket.write(Uint8Array.of(byte));
              setTimeout(resolve, pauseMs);
            }),
        );
      }
    };
    socket.on("data", (bytes) => {
      const type = (bytes[0] as number) >> 4;
      if (type === 1) send(CONNACK);
      // Devices send one small packet at a time: the packet id follows the two bytes of the fixed header.
      if (type === 8) send(Buffer.from([0x90, 0x03, bytes[2] as number, bytes[3] as number, 0x00]));
    });
  };
}

export class FaultServer {
  readonly port: number;
  accepted = 0;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", () => this.accepted++);
  }

  static async start(fault: Fault): Promise<FaultServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      // The devices' aborts are part of the test.
      socket.on("error", () => {});
      socket.on("close", () => sockets.delete(socket));
      fault(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: "127.0.0.1", port: 0, backlog: 1024 }, resolve);
    });
    return new FaultServer(server, sockets);
  }

  /** Connections open at this moment. */
  get open(): number {
    return this.#sockets.size;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/**
 * A server that is stopped in its tracks: the kernel takes connections for it until its accept queue is full, which is
 * soon, and then drops every SYN. Resolves to its port; `onEnd` is given what ends it.
 */
export async function stalledServer(onEnd: (end: () => void) => void): Promise<number> {
  const program = `
    const server = require("node:net").createServer();
    server.listen({ host: "127.0.0.1", port: 0, backlog: 1 }, () => console.log(server.address().port));
  `;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  onEnd(() => child.kill("SIGKILL"));
  const [port] = await once(child.stdout, "data");
  child.kill("SIGSTOP");
  return Number(port);
}
