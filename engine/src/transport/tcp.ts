import { Socket } from "node:net";
import { type Dialling, HostAddress } from "./host-address.ts";
import type { LocalAddresses } from "./local-addresses.ts";
import type { OpenTransport, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** Large enough for many packets in one read; shared by all sockets of the thread. */
const READ_BUFFER_BYTES = 64 * 1024;

/**
 * Node's `onread` option reads every socket of the thread into one buffer: no stream buffering and no garbage per
 * packet. The bytes must be consumed before the callback returns.
 * https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
export const sharedRead: Buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);

/** One socket and the device behind it. One object per connection, all handlers shared. */
class TcpTransport extends Socket implements Transport, Dialling {
  listener: TransportListener | null;
  readonly #port: number;
  readonly #source: string | undefined;

  constructor(listener: TransportListener, port: number, source: string | undefined) {
    super(SOCKET_OPTIONS);
    this.listener = listener;
    this.#port = port;
    this.#source = source;
    this.on("connect", onConnect);
    this.on("error", onError);
    this.on("close", onClose);
  }

  dialTo(host: string): void {
    if (this.listener === null) return;
    const port = this.#port;
    this.connect(this.#source === undefined ? { host, port } : { host, port, localAddress: this.#source });
  }

  unresolved(): void {
    settle(this, "dns");
  }

  get unsentBytes(): number {
    return this.writableLength;
  }

  close(): void {
    this.listener = null;
    this.destroy();
  }

  reset(): void {
    this.listener = null;
    // While a socket is still connecting, resetAndDestroy() would wait for the connection first: forever, in a black hole.
    if (this.connecting || this.pending) this.destroy();
    else this.resetAndDestroy();
  }
}

// The constructor understands `onread` and `noDelay` although Node's types know them only for connect().
const SOCKET_OPTIONS = {
  noDelay: true,
  onread: {
    buffer: sharedRead,
    callback(this: unknown, length: number, buffer: Uint8Array): boolean {
      (this as TcpTransport).listener?.onBytes((buffer as Buffer).subarray(0, length));
      return true;
    },
  },
} as ConstructorParameters<typeof Socket>[0];

function onConnect(this: TcpTransport): void {
  this.listener?.onOpen();
}

function onError(this: TcpTransport, error: NodeJS.ErrnoException): void {
  settle(this, failureOf(error));
}

function onClose(this: TcpTransport): void {
  settle(this, null);
}

function settle(transport: TcpTransport, failure: TransportFailure | null): void {
  const listener = transport.listener;
  transport.listener = null;
  listener?.onClosed(failure);
}

const FAILURE_OF_CODE: Record<string, TransportFailure> = {
  ECONNREFUSED: "tcp_refused",
  ETIMEDOUT: "tcp_timeout",
  ECONNRESET: "tcp_reset",
  EPIPE: "tcp_reset",
  EHOSTUNREACH: "tcp_unreachable",
  ENETUNREACH: "tcp_unreachable",
  EADDRNOTAVAIL: "local_ports",
  EADDRINUSE: "local_ports",
  EMFILE: "descriptors",
  ENFILE: "descriptors",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
};

export function failureOf(error: NodeJS.ErrnoException): TransportFailure {
  // bind() says so of an address that no interface has; connect() says it when ports have run out.
  if (error.code === "EADDRNOTAVAIL" && error.syscall === "bind") return "local_address";
  return FAILURE_OF_CODE[error.code ?? ""] ?? "tcp_error";
}

/** Opens TCP connections to one host and port. */
export function createTcp(host: string, port: number, local: LocalAddresses | null = null): OpenTransport {
  const address = new HostAddress(host, local?.family);
  return (listener, dialer) => {
    const transport = new TcpTransport(listener, port, local?.of(dialer.number));
    address.dial(transport);
    return transport;
  };
}
