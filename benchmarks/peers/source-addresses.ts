import { setTimeout as pause } from "node:timers/promises";

/**
 * Addresses of the loopback network. Where more than half of the local ports to one broker are taken, connect() looks for a free one
 * for longer and longer (the even ones are tried first: inet_hash_connect() in Linux's net/ipv4/inet_hashtables.c). Null
 * where one does: a socket that is bound to it must find a port that no earlier run still holds in TIME_WAIT.
 */
export function sourceAddresses(devices: number, perAddress: number): string[] | null {
  if (devices <= perAddress) return null;
  return Array.from({ length: Math.ceil(devices / perAddress) }, (_, i) => `127.0.0.${i + 1}`);
}

/** A port stays in TIME_WAIT so long on Linux (TCP_TIMEWAIT_LEN), whoever it was connected to. */
export const TIME_WAIT_S = 60;

/** Keeps a run that binds its source addresses from searching among the ports that the run before it has left. */
export class PortRest {
  #endedMs: number | null = null;

  /** A run is over, whether or not it bound its addresses. */
  ended(nowMs: number): void {
    this.#endedMs = nowMs;
  }

  /** Milliseconds that a run has to wait, which binds these addresses; 0 where it binds none, and before the first one. */
  restMs(addresses: readonly string[] | null, nowMs: number): number {
    if (addresses === null || this.#endedMs === null) return 0;
    return Math.max(0, this.#endedMs + TIME_WAIT_S * 1000 - nowMs);
  }

  /** Says that it waits, and returns early where it is interrupted. */
  async wait(
    addresses: readonly string[] | null,
    out: (text: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    await restPorts(this.restMs(addresses, performance.now()), out, signal);
  }
}

/** Says that it waits, and returns early where it is interrupted. */
export async function restPorts(ms: number, out: (text: string) => void, signal: AbortSignal): Promise<void> {
  if (ms === 0 || signal.aborted) return;
  out(`waiting ${Math.ceil(ms / 1000)} s: ports of the run before are in TIME_WAIT\n`);
  await pause(ms, undefined, { signal }).catch(() => {});
}
