import type {
  OpeningStep,
  Transport,
  TransportFailure,
  TransportListener,
} from "../../engine/src/transport/transport.ts";
import type { HostileBytes } from "../fuzz/hostile-bytes.ts";
import type { Near, Path } from "./path.ts";
import { Violation } from "./violation.ts";

/** More than any connection lets wait. */
const CLOGGED_BYTES = 8 * 1024 * 1024;

const CONNECT = 1;

/** A device's connection as a stream of bytes, below the engine's own framing and codec. */
export class ByteTransport implements Transport, Near<Buffer> {
  readonly #listener: TransportListener;
  readonly #hostile: HostileBytes;
  #path: Path<Buffer> | null = null;
  #hasConnected = false;
  sentBytes = 0;
  heardBytes = 0;

  constructor(listener: TransportListener, hostile: HostileBytes) {
    this.#listener = listener;
    this.#hostile = hostile;
  }

  over(path: Path<Buffer>): this {
    this.#path = path;
    return this;
  }

  get #known(): Path<Buffer> {
    if (this.#path === null) throw new Violation("a connection was used before it was made");
    return this.#path;
  }

  write(bytes: Uint8Array): void {
    const isConnect = (bytes[0] as number) >> 4 === CONNECT;
    if (this.#hasConnected === isConnect)
      throw new Violation(this.#hasConnected ? "CONNECT was sent again" : "a packet was sent before CONNECT");
    this.#hasConnected = true;
    this.sentBytes += bytes.length;
    this.#known.sendUp(Buffer.from(bytes));
  }

  get unsentBytes(): number {
    return this.#known.isClogged ? CLOGGED_BYTES : 0;
  }

  close(): void {
    this.#known.endNear("close");
  }

  reset(): void {
    this.#known.endNear("reset");
  }

  onStep(next: OpeningStep, resumed: boolean): void {
    this.#listener.onStep(next, resumed);
  }

  onOpen(resumed: boolean): void {
    this.#listener.onOpen(resumed);
  }

  /** Through a buffer that holds something else as soon as the call has returned, as the shared read buffer does. */
  hear(bytes: Buffer): void {
    this.heardBytes += bytes.length;
    const shared = Buffer.from(bytes);
    this.#listener.onBytes(shared);
    shared.fill(0xa5);
  }

  hearGarbled(ids: readonly number[]): void {
    this.hear(this.#hostile.burst(ids));
  }

  onClosed(failure: TransportFailure | null): void {
    this.#listener.onClosed(failure);
  }
}
