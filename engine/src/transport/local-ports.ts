/** A connection takes a local port for itself, as seen from one source address to one address and port of a broker. */

/** How many ports `/proc/sys/net/ipv4/ip_local_port_range` leaves for connections; null where the text does not say. */
export function localPortCount(range: string): number | null {
  const match = /^\s*(\d+)\s+(\d+)\s*$/.exec(range);
  if (match === null) return null;
  return Math.max(0, Number(match[2]) - Number(match[1]) + 1);
}

/**
 * How many times over the local ports can be used. A socket that is given its source address is bound to a port of it before
 * it is known where it connects to; without one the kernel chooses a port for each broker.
 *
 * @param sourceAddresses null where the kernel chooses
 * @param brokers how many devices connect to at one time, at least
 */
export function localPortPaths(sourceAddresses: number | null, brokers: number): number {
  return sourceAddresses ?? Math.max(1, brokers);
}

/**
 * What to say before the run; null where there are enough ports. connect() tries every other port first, from a random one
 * on: past half of them it searches for longer and longer, and a connection costs the generator twice as much
 * (benchmarks/README.md, "Growth"). See `__inet_hash_connect` in
 * https://github.com/torvalds/linux/blob/master/net/ipv4/inet_hashtables.c
 *
 * @param paths what `localPortPaths` gave
 */
export function localPortWarning(ports: number | null, devices: number | null, paths: number): string | null {
  if (ports === null || devices === null) return null;
  const each = Math.ceil(devices / paths);
  if (each > ports) {
    return `mqtt: WARNING: ${each} devices per source address (or broker), but this host has ${ports} local ports for them; those beyond will be refused as "local_ports". ${REMEDY}`;
  }
  if (each > ports / 2) {
    return `mqtt: WARNING: ${each} devices per source address (or broker) take more than half of this host's ${ports} local ports: connecting costs the kernel much more processor time from there on. ${REMEDY}`;
  }
  return null;
}

const REMEDY =
  "Give more source addresses (config.engines.mqtt.localAddresses), widen net.ipv4.ip_local_port_range, or use more hosts.";
