import type { LocalAddresses } from "../transport/local-addresses.ts";
import {
  anyAddress,
  givenAddresses,
  isLoopback,
  LOOPBACK_ADDRESSES,
  type LocalEnd,
  loopbackAddresses,
} from "../transport/local-end.ts";
import {
  isPastHalf,
  localPortPaths,
  type PortChooser,
  type PortPool,
  portCount,
} from "../transport/local-ports.ts";

export interface LocalEndWish {
  /** The addresses of the script; null for none. */
  given: LocalAddresses | null;
  /** Null where this host does not say what it has. */
  ports: PortPool | null;
  chooser: PortChooser;
  /** Of all workers of this host; null where nobody knows. */
  devices: number | null;
  /** Hosts of the brokers that devices connect to. */
  hosts: readonly string[];
  /** How many of them devices connect to at one time, at least. */
  brokers: number;
}

export interface LocalEndChoice {
  local: LocalEnd;
  /** How many times over the ports can be used: see localPortPaths. */
  paths: number;
}

/**
 * The addresses of the script; else those of the loopback network, where its brokers are there and one address would have too few
 * ports; else the kernel's.
 */
export function chooseLocalEnd(wish: LocalEndWish): LocalEndChoice {
  const { given, ports, chooser, devices, hosts, brokers } = wish;
  if (given !== null)
    return { local: givenAddresses(given, ports), paths: localPortPaths(given.count, brokers, chooser) };
  const paths = localPortPaths(null, brokers, chooser);
  const hasEnough = ports === null || (devices !== null && !isPastHalf(portCount(ports), devices, paths));
  if (hasEnough || !hosts.every(isHere)) return { local: anyAddress(ports), paths };
  return { local: loopbackAddresses(ports), paths: localPortPaths(LOOPBACK_ADDRESSES, brokers, chooser) };
}

/** RFC 6761 section 6.3: the name is always this host's. */
function isHere(host: string): boolean {
  return isLoopback(host) || host.toLowerCase() === "localhost";
}
