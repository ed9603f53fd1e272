import { PERMANENT_REDIRECT } from "../transport/reason-codes.ts";
import type { ServerReference } from "../transport/transport.ts";

/** References followed one after the other before the back-off policy has its turn. */
export const MAXIMUM_HOPS = 3;

export type ReferenceProblem = "server_reference_invalid" | "server_reference_limit";

/**
 * The first usable entry of a server reference: a list, separated by spaces, of `name`, `name:port` or `[name]:port`, the
 * last for names that hold colons. MQTT 5.0 section 4.11. Null where there is none: a URI is not followed.
 */
export function parseServerReference(reference: string): ServerReference | null {
  for (const entry of reference.split(" ")) {
    const match =
      /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9.])?))(?::(\d{1,5}))?$/.exec(entry);
    const host = match?.[1] ?? match?.[2];
    if (match === null || host === undefined || host.length > 253) continue;
    const port = match[4] === undefined ? null : Number(match[4]);
    if (port !== null && (port < 1 || port > 65_535)) continue;
    return { host, port };
  }
  return null;
}

/** The server to which a device connects that was sent elsewhere. Made at its first redirection: most never have one. */
export class Redirection {
  /** Used for the next attempt; null is the target of the script. */
  endpoint: ServerReference | null = null;
  /** 0x9D, server moved, sets it for good; 0x9C, use another server, is for one connection. */
  #home: ServerReference | null = null;
  #hops = 0;

  /** Takes the reference in, or says why not: the attempt has then failed. */
  follow(code: number, reference: string | undefined): ReferenceProblem | null {
    const endpoint = parseServerReference(reference ?? "");
    if (endpoint === null) return "server_reference_invalid";
    if (this.#hops >= MAXIMUM_HOPS) {
      // Servers that send a device in a circle, each for good, are no home.
      this.#home = null;
      return "server_reference_limit";
    }
    this.#hops++;
    this.endpoint = endpoint;
    if (code === PERMANENT_REDIRECT) this.#home = endpoint;
    return null;
  }

  /** The attempt failed for another reason, or the connection was lost. */
  failed(): void {
    this.#hops = 0;
    this.endpoint = this.#home;
  }

  accepted(): void {
    this.#hops = 0;
  }
}
