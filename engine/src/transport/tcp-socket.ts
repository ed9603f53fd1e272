import { Socket } from "node:net";
import { type Dialling, HostAddress } from "./host-address.ts";
import type { LocalEnd } from "./local-end.ts";
import { sharedRead } from "./shared-read.ts";
import { failureOf } from "./tcp-failures.ts";
import type { OpenTransport, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** One socket and the device behind it. One object per connection, all handlers shared. */
class TcpTransport extends Socket implements Transport, Dialling {
  listener: TransportListener | null;
  readonly #port: number;
  readonly #local: LocalEnd;
  readonly #device: number;

  constructor(listener: TransportListener, port: number, local: LocalEnd, device: number) {
    super(SOCKET_OPTIONS);
    this.listener = listener;
    this.#port = port;
    this.#local = local;
    this.#device = device;
    this.on("connect", onConnect);
    this.on("error", onError);
    this.on("close", onClose);
  }

  dialTo(host: string): void {
    if (this.listener === null) return;
    const port = this.#port;
    const localAddress = this.#local.addressOf(this.#device, host);
    this.connect(localAddress === undefined ? { host, port } : { host, port, localAddress });
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
    // One that is being shut down, for the peer has ended it, would be left open: libuv resets no such stream.
    if (this.connecting || this.pending || this.writableEnded) this.destroy();
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

/** Opens TCP connections to one host and port, over `net.Socket`. */
export function createSocketTcp(host: string, port: number, local: LocalEnd): OpenTransport {
  const address = new HostAddress(host, local.family);
  return (listener, dialer) => {
    const transport = new TcpTransport(listener, port, local, dialer.number);
    address.dial(transport);
    return transport;
  };
}
