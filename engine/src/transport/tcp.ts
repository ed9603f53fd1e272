import { lookup } from "node:dns";
import { isIP, Socket } from "node:net";
import type { OpenTransport, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** Large enough for many packets in one read; shared by all sockets of the thread. */
const READ_BUFFER_BYTES = 64 * 1024;

/** How long an answer of the resolver is used for new connections. */
const RESOLVE_TTL_MS = 10_000;

/**
 * Node's `onread` option reads every socket of the thread into one buffer: no stream buffering and no garbage per
 * packet. The bytes must be consumed before the callback returns.
 * https://nodejs.org/api/net.html#socketconnectoptions-connectlistener
 */
const sharedRead = Buffer.allocUnsafe(READ_BUFFER_BYTES);

/** One socket and the device behind it. One object per connection, all handlers shared. */
class TcpTransport extends Socket implements Transport {
  listener: TransportListener | null;

  constructor(listener: TransportListener) {
    super(SOCKET_OPTIONS);
    this.listener = listener;
    this.on("connect", onConnect);
    this.on("error", onError);
    this.on("close", onClose);
  }

  close(): void {
    this.listener = null;
    this.destroy();
  }

  reset(): void {
    this.listener = null;
    // Of a socket that is still connecting, resetAndDestroy() would wait for the connection first: forever, in a black hole.
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
  return FAILURE_OF_CODE[error.code ?? ""] ?? "tcp_error";
}

/**
 * Opens TCP connections to one host and port. A host name is resolved once and again every 10 s, not once per
 * connection: the resolver's thread pool would be the bottleneck of a storm.
 */
export function createTcp(host: string, port: number): OpenTransport {
  let address: string | null = isIP(host) ? host : null;
  let resolvedAt = 0;
  let waiting: TcpTransport[] | null = null;

  function resolve(): void {
    lookup(host, { order: "ipv4first" }, (error, found) => {
      const opened = waiting ?? [];
      waiting = null;
      if (!error) {
        address = found;
        resolvedAt = Date.now();
      }
      for (const transport of opened) {
        if (transport.listener === null) continue;
        if (error) settle(transport, "dns");
        else connect(transport, found, port);
      }
    });
  }

  return (listener) => {
    const transport = new TcpTransport(listener);
    const stale = resolvedAt !== 0 && Date.now() - resolvedAt > RESOLVE_TTL_MS;
    if (address !== null && !stale) {
      connect(transport, address, port);
    } else if (waiting) {
      waiting.push(transport);
    } else {
      waiting = [transport];
      resolve();
    }
    return transport;
  };
}

function connect(transport: TcpTransport, host: string, port: number): void {
  transport.connect({ host, port });
}
