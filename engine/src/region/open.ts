import { LostConnection } from "../transport/lost-connection.ts";
import type { OpenTransport, TransportFailure } from "../transport/transport.ts";

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
