import { getSystemErrorName } from "node:util";
import { addressFamily, type Dialling, HostAddress } from "./host-address.ts";
import type { LocalAddresses } from "./local-addresses.ts";
import { sharedRead } from "./shared-read.ts";
import type { TcpBinding, TcpHandle, WriteRequest } from "./tcp-binding.ts";
import { failureOf } from "./tcp-failures.ts";
import type { OpenTransport, Transport, TransportFailure, TransportListener } from "./transport.ts";

/** libuv's UV_EOF: the peer has ended the stream. */
const END_OF_STREAM = -4095;

/**
 * One TCP connection over Node's own handle: what `net.Socket` does above it (a stream, its states, its events) is not needed by a
 * device that reads every byte at once. One object per connection, all callbacks shared.
 */
class HandleTransport implements Transport, Dialling {
  listener: TransportListener | null;
  readonly #binding: TcpBinding;
  readonly #port: number;
  readonly #source: string | undefined;
  /** Null before it is dialled, and once it is closed. */
  #handle: TcpHandle | null = null;
  #isOpen = false;

  constructor(binding: TcpBinding, listener: TransportListener, port: number, source: string | undefined) {
    this.#binding = binding;
    this.listener = listener;
    this.#port = port;
    this.#source = source;
  }

  dialTo(address: string): void {
    if (this.listener === null) return;
    const handle = this.#binding.newHandle();
    this.#handle = handle;
    handle.owner = this;
    const isV6 = addressFamily(address) === 6;
    const bound = this.#source === undefined ? 0 : bind(handle, this.#source);
    if (bound < 0) {
      this.#failLater(bound, "bind");
      return;
    }
    const request = this.#binding.newConnect();
    request.oncomplete = onConnect;
    const started = isV6
      ? handle.connect6(request, address, this.#port)
      : handle.connect(request, address, this.#port);
    if (started < 0) this.#failLater(started, "connect");
  }

  unresolved(): void {
    this.end("dns");
  }

  /** The kernel says how it went. */
  connected(status: number): void {
    const handle = this.#handle;
    if (handle === null) return;
    if (status < 0) {
      this.end(failureOfStatus(status, "connect"));
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
    const result = this.#binding.readResult();
    if (result > 0) this.listener?.onBytes(sharedRead.subarray(0, result));
    else if (result < 0) this.end(result === END_OF_STREAM ? null : failureOfStatus(result, "read"));
  }

  get unsentBytes(): number {
    return this.#handle?.writeQueueSize ?? 0;
  }

  write(bytes: Uint8Array): void {
    const handle = this.#handle;
    if (handle === null) return;
    const request = idleWrite(this.#binding);
    request.buffer = bytes;
    const status = handle.writeBuffer(request, bytes);
    if (status === 0 && this.#binding.isWriteAsync()) {
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

function bind(handle: TcpHandle, source: string): number {
  return addressFamily(source) === 6 ? handle.bind6(source, 0, 0) : handle.bind(source, 0);
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
  local: LocalAddresses | null,
): OpenTransport {
  const address = new HostAddress(host, local?.family);
  return (listener, dialer) => {
    const transport = new HandleTransport(binding, listener, port, local?.of(dialer.number));
    address.dial(transport);
    return transport;
  };
}
