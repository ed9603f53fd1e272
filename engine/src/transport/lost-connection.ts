import type { Transport, TransportFailure, TransportListener } from "./transport.ts";

/** An attempt that never leaves this machine: it is refused for `failure`. */
export class LostConnection implements Transport {
  readonly unsentBytes = 0;
  #listener: TransportListener | null;
  readonly #failure: TransportFailure;

  constructor(listener: TransportListener, failure: TransportFailure) {
    this.#listener = listener;
    this.#failure = failure;
    // It is told later, as a socket would tell it: the dialler holds no transport before its opener returns.
    setImmediate(tellRefused, this);
  }

  refused(): void {
    const listener = this.#listener;
    this.#listener = null;
    listener?.onClosed(this.#failure);
  }

  write(): void {}

  close(): void {
    this.#listener = null;
  }

  reset(): void {
    this.#listener = null;
  }
}

function tellRefused(connection: LostConnection): void {
  connection.refused();
}
