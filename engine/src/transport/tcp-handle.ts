import { constants } from "node:os";
import { getSystemErrorName } from "node:util";
import { addressFamily, type Dialling, HostAddress } from "./host-address.ts";
import type { LocalEnd } from "./local-end.ts";
import { drawPort } from "./local-ports.ts";
import { sharedRead } from "./shared-read.ts";
import type { TcpBinding, TcpHandle, WriteRequest } from "./tcp-binding.ts";
import { failureOf } from "./tcp-failures.ts";
import type { OpenTransport, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** libuv's UV_EOF: the peer has ended the stream. */
const END_OF_STREAM = -4095;

/** What all connections to one host and port share. */
interface Route {
  binding: TcpBinding;
  address: HostAddress;
  port: number;
  local: LocalEnd;
}

/** Ports that are drawn for one connection before the kernel is left to find one. */
const MOST_DRAWS = 64;

/** libuv's errors of a port that is taken: by a socket that shares it with none, or by a connection to the same place. */
const TAKEN: ReadonlySet<number> = new Set([-constants.errno.EADDRINUSE, -constants.errno.EADDRNOTAVAIL]);

/**
 * One TCP connection over Node's own handle: what `net.Socket` does above it (a stream, its states, its events) is not needed by a
 * device that reads every byte at once. One object per connection, all callbacks shared.
 */
class HandleTransport implements Transport, Dialling {
  listener: TransportListener | null;
  readonly #route: Route;
  readonly #device: number;
  /** Null before it is dialled, and once it is closed. */
  #handle: TcpHandle | null = null;
  #isOpen = false;
  #draws = 0;

  constructor(listener: TransportListener, route: Route, device: number) {
    this.listener = listener;
    this.#route = route;
    this.#device = device;
  }

  dialTo(address: string): void {
    if (this.listener === null) return;
    const { local } = this.#route;
    const source = local.addressOf(this.#device, address);
    for (;;) {
      const handle = this.#newHandle();
      const port = local.ports !== null && this.#draws < MOST_DRAWS ? drawPort(local.ports, Math.random) : 0;
      const bound = source === undefined && port === 0 ? 0 : bind(handle, address, source, port);
      if (bound < 0) {
        this.#failLater(bound, "bind");
        return;
      }
      const started = this.#connect(handle, address);
      if (started === 0) return;
      if (port === 0 || !TAKEN.has(started)) {
        this.#failLater(started, "connect");
        return;
      }
      this.#drawAgain();
    }
  }

  #newHandle(): TcpHandle {
    const handle = this.#route.binding.newHandle();
    this.#handle = handle;
    handle.owner = this;
    return handle;
  }

  #connect(handle: TcpHandle, address: string): number {
    const { binding, port } = this.#route;
    const request = binding.newConnect();
    request.oncomplete = onConnect;
    return addressFamily(address) === 6
      ? handle.connect6(request, address, port)
      : handle.connect(request, address, port);
  }

  /** The port is taken. */
  #drawAgain(): void {
    this.#draws++;
    this.#closeHandle();
  }

  unresolved(): void {
    this.end("dns");
  }

  /** The kernel says how it went. */
  connected(status: number): void {
    const handle = this.#handle;
    if (handle === null) return;
    if (status < 0) {
      // libuv tells only now what it heard when it bound the socket.
      if (this.#route.local.ports !== null && this.#draws < MOST_DRAWS && TAKEN.has(status)) {
        this.#drawAgain();
        this.#route.address.dial(this);
      } else {
        this.end(failureOfStatus(status, "connect"));
      }
      return;
    }
    this.#isOpen = true;
    handle.setNoDelay(true);
    handle.useUserBuffer(sharedRead);
    handle.onread = onRead;
    const reading = handle.readStart();
    if (reading < 0) this.end(failureOfStatus(reading, "read"));
    else this.listener?.onOpen();
  }

  /** Bytes stand in the shared buffer, or the stream is over. */
  read(): void {
    const result = this.#route.binding.readResult();
    if (result > 0) this.listener?.onBytes(sharedRead.subarray(0, result));
    else if (result < 0) this.end(result === END_OF_STREAM ? null : failureOfStatus(result, "read"));
  }

  get unsentBytes(): number {
    return this.#handle?.writeQueueSize ?? 0;
  }

  write(bytes: Uint8Array): void {
    const handle = this.#handle;
    if (handle === null) return;
    const request = idleWrite(this.#route.binding);
    request.buffer = bytes;
    const status = handle.writeBuffer(request, bytes);
    if (status === 0 && this.#route.binding.isWriteAsync()) {
      // The kernel takes the rest later: until then the request is this write's own.
      idle = null;
      return;
    }
    request.buffer = null;
    if (status < 0) this.#failLater(status, "write");
  }

  /** The kernel took, or refused, what had to wait. */
  written(status: number): void {
    if (status < 0) this.end(failureOfStatus(status, "write"));
  }

  close(): void {
    this.listener = null;
    this.#closeHandle();
  }

  reset(): void {
    this.listener = null;
    const handle = this.#handle;
    // One that is still connecting has nobody to reset: closing it is enough.
    if (handle === null || !this.#isOpen || handle.reset() < 0) this.#closeHandle();
    this.#handle = null;
  }

  /** Nobody is called back within what he called himself. */
  #failLater(status: number, call: string): void {
    process.nextTick(endLater, this, failureOfStatus(status, call));
  }

  end(failure: TransportFailure | null): void {
    const { listener } = this;
    this.listener = null;
    this.#closeHandle();
    listener?.onClosed(failure);
  }

  #closeHandle(): void {
    this.#handle?.close();
    this.#handle = null;
  }
}

/** The address of `source`, or any of the family of `remote`. Sockets may share a port while they connect to different places. */
function bind(handle: TcpHandle, remote: string, source: string | undefined, port: number): number {
  return addressFamily(source ?? remote) === 6
    ? handle.bind6(source ?? "::", port, 0)
    : handle.bind(source ?? "0.0.0.0", port);
}

function failureOfStatus(status: number, syscall: string): TransportFailure {
  return failureOf({ code: getSystemErrorName(status), syscall } as NodeJS.ErrnoException);
}

function endLater(transport: HandleTransport, failure: TransportFailure): void {
  transport.end(failure);
}

function onConnect(status: number, handle: TcpHandle): void {
  (handle.owner as HandleTransport).connected(status);
}

function onRead(this: TcpHandle): void {
  (this.owner as HandleTransport).read();
}

function onWritten(status: number, handle: TcpHandle): void {
  (handle.owner as HandleTransport).written(status);
}

/** The request of the next write: nearly all are over when `writeBuffer` returns, so one serves them all. */
let idle: WriteRequest | null = null;

function idleWrite(binding: TcpBinding): WriteRequest {
  if (idle === null) {
    idle = binding.newWrite();
    idle.oncomplete = onWritten;
  }
  return idle;
}

/** Opens TCP connections to one host and port, over Node's own handle. */
export function createHandleTcp(
  binding: TcpBinding,
  host: string,
  port: number,
  local: LocalEnd,
): OpenTransport {
  const route: Route = { binding, address: new HostAddress(host, local.family), port, local };
  return (listener, dialer) => {
    const transport = new HandleTransport(listener, route, dialer.number);
    route.address.dial(transport);
    return transport;
  };
}
