import { lookup } from "node:dns";
import { isIP } from "node:net";

/** How long an answer of the resolver is used for new connections. */
const RESOLVE_TTL_MS = 10_000;

/** Null for a name. */
export function addressFamily(host: string): 4 | 6 | null {
  const family = isIP(host);
  return family === 4 || family === 6 ? family : null;
}

/** A connection that waits for the address to dial. */
export interface Dialling {
  dialTo(address: string): void;
  unresolved(): void;
}

/**
 * The address of one host. A name is resolved once and again every 10 s, not once per connection: the resolver's thread
 * pool would be the bottleneck of a storm.
 */
export class HostAddress {
  readonly #host: string;
  readonly #family: 4 | 6 | null;
  #address: string | null;
  /** A name was last resolved then; null for never, and for an address. */
  #resolvedAtMs: number | null = null;
  #waiting: Dialling[] | null = null;

  /** @param family null takes any, IPv4 first */
  constructor(host: string, family: 4 | 6 | null = null) {
    this.#host = host;
    this.#family = family;
    this.#address = isIP(host) ? host : null;
  }

  dial(connection: Dialling): void {
    const isStale = this.#resolvedAtMs !== null && Date.now() - this.#resolvedAtMs > RESOLVE_TTL_MS;
    if (this.#address !== null && !isStale) {
      connection.dialTo(this.#address);
    } else if (this.#waiting) {
      this.#waiting.push(connection);
    } else {
      this.#waiting = [connection];
      this.#resolve();
    }
  }

  #resolve(): void {
    lookup(this.#host, { order: "ipv4first", family: this.#family ?? 0 }, (error, found) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      if (!error) {
        this.#address = found;
        this.#resolvedAtMs = Date.now();
      }
      for (const connection of waiting) {
        if (error) connection.unresolved();
        else connection.dialTo(found);
      }
    });
  }
}
