import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createServer as createTlsServer } from "node:tls";
import mqttPacket, { type Packet } from "mqtt-packet";
import { createWebSocketStream, WebSocketServer } from "./websocket-server.ts";

/** What a broker sees of a connection, in order. */
export type Sight = "fin" | "rst" | "pong" | "takeover" | "bytes";

interface Guest {
  stream: Duplex;
  socket: Socket;
  seen: Sight[];
}

export interface TakeoverBrokerOptions {
  kind: "tcp" | "tls" | "ws";
  protocolVersion: 4 | 5;
  certificate?: { cert: string; key: string };
}

/**
 * A broker of one rule: a second connection with a client id takes the first one's place ([MQTT-3.1.4-3]). It writes down what
 * reached it of each connection, and has no keepalive.
 */
export class TakeoverBroker {
  readonly port: number;
  /** Every connection that sent CONNECT, in order, with its client id. */
  readonly guests: { id: string; seen: Sight[] }[] = [];
  takeovers = 0;
  /** Connections with an accepted CONNECT at one time, at most. */
  peak = 0;
  readonly #server: Server;
  readonly #version: 4 | 5;
  readonly #sockets = new Set<Socket>();
  readonly #present = new Map<string, Guest>();
  readonly #pingers: (() => void)[] = [];
  #open = 0;

  private constructor(server: Server, version: 4 | 5) {
    this.#server = server;
    this.#version = version;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start({ kind, protocolVersion, certificate }: TakeoverBrokerOptions): Promise<TakeoverBroker> {
    const server =
      kind === "tls"
        ? createTlsServer({ ...certificate })
        : kind === "ws"
          ? createHttpServer()
          : createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const broker = new TakeoverBroker(server as Server, protocolVersion);
    server.on("connection", (socket: Socket) => {
      broker.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => broker.#sockets.delete(socket));
    });
    if (kind === "ws") {
      new WebSocketServer({ server: server as never }).on("connection", (webSocket, request) => {
        const guest = broker.#guest(createWebSocketStream(webSocket), request.socket);
        broker.#pingers.push(() => webSocket.ping());
        webSocket.on("pong", () => guest.seen.push("pong"));
      });
    } else {
      server.on(kind === "tls" ? "secureConnection" : "connection", (socket: Socket) => {
        broker.#guest(socket, socket);
      });
    }
    return broker;
  }

  /** WebSocket pings on every connection. */
  ping(): void {
    for (const ping of this.#pingers) ping();
  }

  #guest(stream: Duplex, socket: Socket): Guest {
    const guest: Guest = { stream, socket, seen: [] };
    const parser = mqttPacket.parser({ protocolVersion: this.#version });
    parser.on("packet", (packet) => this.#hear(guest, packet));
    stream.on("error", () => {});
    stream.on("data", (bytes) => parser.parse(bytes));
    socket.on("end", () => guest.seen.push("fin"));
    socket.on("error", () => guest.seen.push("rst"));
    socket.on("close", () => {
      if (guest.seen.includes("bytes")) this.#open--;
    });
    return guest;
  }

  #hear(guest: Guest, packet: Packet): void {
    const reply = (answer: Packet): void => {
      guest.stream.write(mqttPacket.generate(answer, { protocolVersion: this.#version }));
    };
    if (packet.cmd === "pingreq") reply({ cmd: "pingresp" });
    if (packet.cmd !== "connect") return;
    guest.seen.push("bytes");
    this.#open++;
    this.peak = Math.max(this.peak, this.#open);
    this.guests.push({ id: packet.clientId, seen: guest.seen });
    const earlier = this.#present.get(packet.clientId);
    if (earlier !== undefined && !earlier.socket.destroyed) this.#takeOver(earlier);
    this.#present.set(packet.clientId, guest);
    reply({ cmd: "connack", returnCode: 0, reasonCode: 0, sessionPresent: false });
  }

  #takeOver(earlier: Guest): void {
    this.takeovers++;
    earlier.seen.push("takeover");
    if (this.#version === 5)
      earlier.stream.write(
        mqttPacket.generate({ cmd: "disconnect", reasonCode: 0x8e }, { protocolVersion: 5 }),
      );
    earlier.stream.end();
    // WebSocket's close frame is not answered where the path is gone.
    earlier.socket.end();
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
