/** A connection takes a local port for itself, as seen from one source address to one address and port of a broker. */

/** Ports for this side of connections: those from `first` on that are not `reserved`. */
export interface PortPool {
  readonly first: number;
  /** Reserved ones included. */
  readonly count: number;
  readonly reserved: ReadonlySet<number>;
}

/** RFC 6335 section 6: those below are the system's. */
const FIRST_UNPRIVILEGED = 1024;

/**
 * Reads /proc/sys/net/ipv4/ip_local_port_range and ip_local_reserved_ports; null where the first does not say.
 * https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html
 */
export function parsePortPool(range: string, reserved: string): PortPool | null {
  const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(range);
  if (match === null) return null;
  const [first, last] = [Math.max(FIRST_UNPRIVILEGED, Number(match[1])), Number(match[2])];
  if (last > 65_535 || last < first) return null;
  const kept = new Set<number>();
  for (const [, from, to] of reserved.matchAll(/(\d+)(?:-(\d+))?/g)) {
    const [lowest, highest] = [Math.max(first, Number(from)), Math.min(last, Number(to ?? from))];
    for (let port = lowest; port <= highest; port++) kept.add(port);
  }
  const count = last - first + 1;
  return kept.size === count ? null : { first, count, reserved: kept };
}

/** How many ports there are for connections. */
export function portCount({ count, reserved }: PortPool): number {
  return count - reserved.size;
}

/** @param random uniform in [0, 1) */
export function drawPort({ first, count, reserved }: PortPool, random: () => number): number {
  for (;;) {
    const port = first + Math.floor(random() * count);
    if (!reserved.has(port)) return port;
  }
}

/** Who chooses the port of a connection. */
export type PortChooser = "us" | "kernel";

/**
 * How many times over the local ports can be used. A socket that is given its source address is bound to a port of it before
 * it is known where it connects to, unless several may be bound to one; without an address the kernel chooses a port for each
 * broker.
 *
 * @param sourceAddresses null where the kernel chooses
 * @param brokers how many devices connect to at one time, at least
 */
export function localPortPaths(
  sourceAddresses: number | null,
  brokers: number,
  chooser: PortChooser,
): number {
  const each = Math.max(1, brokers);
  if (sourceAddresses === null) return each;
  return chooser === "us" ? sourceAddresses * each : sourceAddresses;
}

/**
 * What to say before the run; null where there are enough ports. Where the kernel chooses, it tries every other port first: past
 * half of them it searches nearly all for each connection, which then takes 30 to 100 times as long (benchmarks/README.md,
 * "Local ports"), and devices time out. See `__inet_hash_connect` in
 * https://github.com/torvalds/linux/blob/master/net/ipv4/inet_hashtables.c
 *
 * @param paths what `localPortPaths` gave
 */
export function localPortWarning(
  ports: number | null,
  devices: number | null,
  paths: number,
  chooser: PortChooser,
): string | null {
  if (ports === null || devices === null) return null;
  const each = Math.ceil(devices / paths);
  if (each > ports) {
    return `mqtt: WARNING: ${each} devices per source address (or broker), but this host has ${ports} local ports for them; those beyond will be refused as "local_ports". ${REMEDY}`;
  }
  if (chooser === "kernel" && isPastHalf(ports, devices, paths)) {
    return `mqtt: WARNING: ${each} devices per source address (or broker) take more than half of this host's ${ports} local ports: from there on the kernel searches for a free one so long that a storm fails of it. ${REMEDY}`;
  }
  return null;
}

/** More than half of the ports of a path would be taken. */
export function isPastHalf(ports: number, devices: number, paths: number): boolean {
  return Math.ceil(devices / paths) > ports / 2;
}

const REMEDY =
  "Give more source addresses (config.engines.mqtt.localAddresses), widen net.ipv4.ip_local_port_range, or use more hosts.";
