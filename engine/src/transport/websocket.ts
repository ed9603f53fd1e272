import { Agent } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { type ClientOptions, type RawData, WebSocket } from "ws";
import { type Dialling, HostAddress } from "./host-address.ts";
import type { LocalEnd } from "./local-end.ts";
import { failureOf } from "./tcp-failures.ts";
import { resetTlsSocket, TlsRoute, type TlsRouteOptions, tlsFailureOf } from "./tls.ts";
import {
  type Dialer,
  type Endpoint,
  type OpenTransport,
  STUCK_BYTES,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from "./transport.ts";

/** A frame may carry several packets: MQTT 5.0 section 6.0 knows no relation between the two. */
const FRAME_BEYOND_PACKET_BYTES = 65_536;

const DEFAULT_PORT = { ws: 80, wss: 443 } as const;

export interface WebSocketRouteOptions {
  endpoint: Endpoint;
  local: LocalEnd;
  maxPacketBytes: number;
  /** Only wss has it; null for ws. */
  tls: TlsRouteOptions | null;
}

/** The upgrade's HTTP request goes over the socket that the transport made. */
class DialAgent extends Agent {
  readonly defaultPort: number;

  constructor(defaultPort: number) {
    super({ keepAlive: false });
    this.defaultPort = defaultPort;
  }

  override createConnection(options: object): Socket {
    return (options as { socket: Socket }).socket;
  }
}

class Route {
  readonly endpoint: Endpoint;
  readonly url: string;
  readonly agent: Agent;
  readonly maxPayload: number;
  readonly local: LocalEnd;
  readonly tls: TlsRoute | null;

  constructor({ endpoint, local, maxPacketBytes, tls }: WebSocketRouteOptions) {
    this.endpoint = endpoint;
    const host = endpoint.host.includes(":") ? `[${endpoint.host}]` : endpoint.host;
    // Always ws: the socket that the agent hands over speaks TLS already.
    this.url = `ws://${host}:${endpoint.port}${endpoint.path}`;
    this.agent = new DialAgent(DEFAULT_PORT[endpoint.kind as "ws" | "wss"]);
    this.maxPayload = maxPacketBytes + FRAME_BEYOND_PACKET_BYTES;
    this.local = local;
    this.tls = tls === null ? null : new TlsRoute(tls);
  }
}

/** One WebSocket connection and the device behind it. MQTT 5.0 section 6: binary frames, subprotocol `mqtt`. */
class WebSocketTransport implements Transport, Dialling {
  readonly #route: Route;
  readonly #dialer: Dialer;
  #listener: TransportListener | null;
  #socket: Socket | null = null;
  #webSocket: WebSocket | null = null;
  #tcpUp = false;

  constructor(listener: TransportListener, dialer: Dialer, route: Route) {
    this.#listener = listener;
    this.#dialer = dialer;
    this.#route = route;
  }

  dialTo(address: string): void {
    if (this.#listener === null) return;
    const { url, agent, maxPayload } = this.#route;
    const socket = this.#connect(address);
    if (socket === null) {
      // It is told later: the caller of `open` has no transport yet.
      process.nextTick(() => this.#settle("tls_client_certificate"));
      return;
    }
    this.#socket = socket;
    const options = { agent, maxPayload, perMessageDeflate: false, followRedirects: false, socket };
    const webSocket = new WebSocket(url, ["mqtt"], options as ClientOptions);
    this.#webSocket = webSocket;
    webSocket.on("open", () => this.#listener?.onOpen());
    webSocket.on("message", (data, isBinary) => this.#hear(data, isBinary));
    webSocket.on("unexpected-response", (_request, { statusCode = 0 }) => this.#refused(statusCode));
    webSocket.on("error", (error) => this.#settle(this.#failureOf(error)));
    webSocket.on("close", () => this.#settle(null));
  }

  #connect(host: string): Socket | null {
    const { tls, local, endpoint } = this.#route;
    if (tls === null) {
      const localAddress = local.addressOf(this.#dialer.number, host);
      const socket = connectTcp({
        host,
        port: endpoint.port,
        noDelay: true,
        ...(localAddress === undefined ? {} : { localAddress }),
      });
      socket.on("connect", () => this.#step("websocket", false));
      return socket;
    }
    const socket = tls.connect(host, this.#dialer, null);
    if (socket === null) return null;
    socket.on("connect", () => {
      socket.setNoDelay(true);
      this.#step("tls", false);
    });
    socket.on("secureConnect", () => this.#step("websocket", socket.isSessionReused()));
    if (tls.resume) socket.on("session", (session) => tls.keep(this.#dialer, session));
    return socket;
  }

  #step(next: "tls" | "websocket", resumed: boolean): void {
    this.#tcpUp = true;
    this.#listener?.onStep(next, resumed);
  }

  unresolved(): void {
    this.#settle("dns");
  }

  #hear(data: RawData, isBinary: boolean): void {
    // [MQTT-6.0.0-1]: a data frame that is not binary ends the connection.
    if (isBinary) this.#listener?.onBytes(data as Buffer);
    else this.#giveUp("websocket");
  }

  #refused(status: number): void {
    const hundreds = Math.floor(status / 100);
    this.#giveUp(hundreds >= 3 && hundreds <= 5 ? `websocket_${hundreds as 3 | 4 | 5}xx` : "websocket");
  }

  #giveUp(failure: TransportFailure): void {
    const listener = this.#listener;
    this.reset();
    listener?.onClosed(failure);
  }

  #failureOf(error: NodeJS.ErrnoException): TransportFailure {
    const socket = this.#socket;
    if (!this.#tcpUp || socket === null) return failureOf(error);
    const failure = socket instanceof TLSSocket ? tlsFailureOf(error, socket) : failureOf(error);
    // What is no failure of TCP or TLS is one of the upgrade or of the frames.
    return failure === "tcp_error" ? "websocket" : failure;
  }

  #settle(failure: TransportFailure | null): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClosed(failure);
  }

  write(bytes: Uint8Array): void {
    this.#webSocket?.send(bytes);
  }

  get unsentBytes(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  close(): void {
    this.#listener = null;
    const [webSocket, socket] = [this.#webSocket, this.#socket];
    if (webSocket?.readyState !== WebSocket.OPEN || this.unsentBytes > STUCK_BYTES) {
      this.#abandon();
      return;
    }
    // A close frame, then FIN at once: the peer's close frame is not waited for.
    webSocket.close(1000);
    socket?.destroySoon();
  }

  /** It would answer the server's pings and its close frame: what comes is read, and goes nowhere. */
  mute(): void {
    this.#socket?.removeAllListeners("data");
    this.#socket?.on("data", nothing);
  }

  reset(): void {
    this.#listener = null;
    const socket = this.#socket;
    if (socket instanceof TLSSocket) resetTlsSocket(socket);
    else if (socket !== null && !socket.connecting && !socket.destroyed && !socket.writableEnded)
      socket.resetAndDestroy();
    this.#abandon();
  }

  #abandon(): void {
    this.#socket?.destroy();
    this.#webSocket?.terminate();
  }
}

function nothing(): void {}

/** Opens WebSocket connections to one host, port and path. */
export function createWebSocket(options: WebSocketRouteOptions): OpenTransport {
  const route = new Route(options);
  const address = new HostAddress(options.endpoint.host, options.local.family);
  return (listener, dialer) => {
    const transport = new WebSocketTransport(listener, dialer, route);
    address.dial(transport);
    return transport;
  };
}
