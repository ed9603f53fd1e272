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
  readonly #family: 0 | 4 | 6;
  #address: string | null;
  #resolvedAt = 0;
  #waiting: Dialling[] | null = null;

  /** `family` 0 takes any, IPv4 first. */
  constructor(host: string, family: 0 | 4 | 6 = 0) {
    this.#host = host;
    this.#family = family;
    this.#address = isIP(host) ? host : null;
  }

  dial(connection: Dialling): void {
    const stale = this.#resolvedAt !== 0 && Date.now() - this.#resolvedAt > RESOLVE_TTL_MS;
    if (this.#address !== null && !stale) {
      connection.dialTo(this.#address);
    } else if (this.#waiting) {
      this.#waiting.push(connection);
    } else {
      this.#waiting = [connection];
      this.#resolve();
    }
  }

  #resolve(): void {
    lookup(this.#host, { order: "ipv4first", family: this.#family }, (error, found) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = null;
      if (!error) {
        this.#address = found;
        this.#resolvedAt = Date.now();
      }
      for (const connection of waiting) {
        if (error) connection.unresolved();
        else connection.dialTo(found);
      }
    });
  }
}
