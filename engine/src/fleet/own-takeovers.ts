import type { WorkerTakeovers } from "../contract.ts";
import { type IdHolders, NO_PLACE } from "../device/id-holders.ts";
import type { DeviceIds } from "../device/port.ts";
import { maskHidden } from "../secrets/secret-text.ts";

/** So many client ids are kept as examples, shortened to so many characters. */
const MOST_EXAMPLES = 5;
const LONGEST_ID = 100;

/** Connections that devices of one process took from each other: how many, and for which client ids. */
export class OwnTakeovers implements DeviceIds {
  readonly #holders: IdHolders;
  readonly #nameOf: (device: number) => string;
  readonly #log: (line: string) => void;
  readonly #examples = new Map<string, { devices: [string, string]; takeovers: number }>();
  #takeovers = 0;

  /**
   * @param nameOf a device's id by its number
   * @param log hears of the first of the process
   */
  constructor(holders: IdHolders, nameOf: (device: number) => string, log: (line: string) => void) {
    this.#holders = holders;
    this.#nameOf = nameOf;
    this.#log = log;
  }

  claim(clientId: string, region: number, device: number): number {
    // A server assigns one to a device that has none.
    return clientId === "" ? NO_PLACE : this.#holders.claim(clientId, region, device);
  }

  release(place: number, device: number): void {
    this.#holders.release(place, device);
  }

  wasTaken(clientId: string, place: number, device: number): boolean {
    const rival = this.#holders.rivalOf(device, place);
    if (rival === null) return false;
    this.#takeovers++;
    const shown = maskHidden(clientId).slice(0, LONGEST_ID);
    const known = this.#examples.get(shown);
    if (known !== undefined) known.takeovers++;
    else if (this.#examples.size < MOST_EXAMPLES) {
      const devices: [string, string] = [this.#nameOf(device), this.#nameOf(rival)];
      this.#examples.set(shown, { devices, takeovers: 1 });
      if (this.#holders.claimWarning()) this.#log(warning(shown, devices));
    }
    return true;
  }

  /** Undefined where there were none. */
  report(): WorkerTakeovers | undefined {
    if (this.#takeovers === 0) return undefined;
    const examples = [...this.#examples].map(([clientId, example]) => ({ clientId, ...example }));
    return { count: this.#takeovers, examples };
  }
}

function warning(clientId: string, [one, other]: readonly [string, string]): string {
  return `mqtt: WARNING: devices of this fleet fight each other for client id ${JSON.stringify(clientId)}: ${one} lost its connection to ${other}, which came with the same id; give each device its own, with {{ deviceId }} in connect.clientId`;
}
