import type {
  OpenTransport,
  Transport,
  TransportFailure,
  TransportListener,
} from "../transport/transport.ts";

/**
 * An opener that goes to the dialler's region, and refuses at once where that region is lost.
 *
 * @param open one opener per region, in the script's order
 * @param lost regions that are lost now; read at each attempt
 * @param failure name under which a refused attempt fails
 */
export function openRegions(
  open: readonly OpenTransport[],
  lost: ReadonlySet<number>,
  failure: TransportFailure,
): OpenTransport {
  return (listener, dialer) => {
    const { region } = dialer;
    if (lost.has(region)) return new LostConnection(listener, failure);
    const opener = open[region];
    if (opener === undefined) throw new RangeError(`no region ${region} among ${open.length}`);
    return opener(listener, dialer);
  };
}

/** An attempt that never leaves this machine. */
class LostConnection implements Transport {
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
