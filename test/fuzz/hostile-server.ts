import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import mqttPacket from "mqtt-packet";
import { createRandom } from "../../engine/src/random.ts";
import { HostileBytes } from "./hostile-bytes.ts";

/** The longest pause between two pieces of what it sends. */
const LONGEST_PAUSE_MS = 20;

/** A server on real sockets that sends what it likes, in pieces, and ends connections as it likes; until it is told to behave. */
export class HostileServer {
  /** Connections that were made to it. */
  connections = 0;
  /** How it ended connections, or did not. */
  readonly ends: Record<string, number> = {};
  readonly #server: Server;
  readonly #hostile: HostileBytes;
  readonly #version: 4 | 5;
  readonly #open = new Set<Socket>();
  #behaves = false;

  private constructor(seed: number, version: 4 | 5) {
    this.#version = version;
    this.#hostile = new HostileBytes(createRandom(seed, version), version);
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket));
  }

  static async start(seed: number, version: 4 | 5): Promise<HostileServer> {
    const hostile = new HostileServer(seed, version);
    await new Promise<void>((resolve) => hostile.#server.listen(0, "127.0.0.1", resolve));
    return hostile;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that stand, as the server sees them. */
  get open(): number {
    return this.#open.size;
  }

  /** From now on it does what MQTT says; who came before is thrown out. */
  behave(): void {
    this.#behaves = true;
    // A stream that is being shut down cannot be reset (libuv: EINVAL), and Node would leave it open.
    for (const socket of this.#open) {
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #take(socket: Socket): void {
    this.connections++;
    this.#open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => this.#open.delete(socket));
    socket.on("end", () => socket.end());
    if (this.#behaves) this.#serve(socket);
    else this.#misbehave(socket);
  }

  #serve(socket: Socket): void {
    const parser = mqttPacket.parser({ protocolVersion: this.#version });
    parser.on("error", () => socket.destroy());
    parser.on("packet", ({ cmd, messageId = 0 }) => {
      if (cmd === "connect") {
        socket.write(
          this.#hostile.encode({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false }),
        );
      } else if (cmd === "subscribe") {
        socket.write(this.#hostile.encode({ cmd: "suback", messageId, granted: [0] }));
      } else if (cmd === "pingreq") {
        socket.write(this.#hostile.encode({ cmd: "pingresp" }));
      }
    });
    socket.on("data", (bytes) => parser.parse(bytes));
  }

  #misbehave(socket: Socket): void {
    const hostile = this.#hostile;
    if (hostile.chance(0.6)) this.#serve(socket);
    else if (hostile.chance(0.8)) socket.resume();
    const pieces: Buffer[] = [];
    for (let bursts = hostile.int(4); bursts > 0; bursts--) {
      let rest = hostile.burst([1, 2, 3]);
      while (rest.length > 0) {
        const length = 1 + hostile.int(rest.length);
        pieces.push(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    }
    const next = (): void => {
      if (this.#behaves || socket.destroyed) return;
      const piece = pieces.shift();
      if (piece === undefined) {
        this.#end(socket);
        return;
      }
      socket.write(piece);
      if (hostile.chance(0.5)) setImmediate(next);
      else setTimeout(next, hostile.int(LONGEST_PAUSE_MS));
    };
    setTimeout(next, hostile.int(LONGEST_PAUSE_MS));
  }

  #end(socket: Socket): void {
    const end = this.#hostile.pick([
      "fin",
      "half-closed",
      "rst",
      "data and fin",
      "data and rst",
      "none",
    ] as const);
    this.ends[end] = (this.ends[end] ?? 0) + 1;
    if (end.startsWith("data")) socket.write(this.#hostile.bytes(1 + this.#hostile.int(70_000)));
    if (end.endsWith("fin")) socket.destroySoon();
    else if (end === "half-closed") socket.end();
    else if (end.endsWith("rst")) socket.resetAndDestroy();
  }
}
