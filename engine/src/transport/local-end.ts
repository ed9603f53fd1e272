import type { LocalAddresses } from "./local-addresses.ts";
import type { PortPool } from "./local-ports.ts";

/** What connections have on this side: an address of this host, and a port. */
export interface LocalEnd {
  /** Null for whichever the broker has. */
  readonly family: 4 | 6 | null;
  /** Undefined where the kernel chooses. `remote`: the address that is dialled. */
  addressOf(deviceNumber: number, remote: string): string | undefined;
  /** Plain TCP over Node's own handle draws from these; null where the kernel chooses. */
  readonly ports: PortPool | null;
}

/** The kernel chooses the address. */
export function anyAddress(ports: PortPool | null): LocalEnd {
  return { family: null, addressOf: () => undefined, ports };
}

/** Devices take turns with the addresses of the script. */
export function givenAddresses(addresses: LocalAddresses, ports: PortPool | null): LocalEnd {
  return { family: addresses.family, addressOf: (number) => addresses.of(number), ports };
}

/** So many addresses have ports for more connections than a process has files. */
export const LOOPBACK_ADDRESSES = 16;

/** On Linux all of 127.0.0.0/8 is this host's (RFC 1122 section 3.2.1.3): where a broker is there too, devices take turns with some. */
export function loopbackAddresses(ports: PortPool | null): LocalEnd {
  const addresses = Array.from({ length: LOOPBACK_ADDRESSES }, (_, index) => `127.0.0.${index + 1}`);
  return {
    family: null,
    addressOf: (number, remote) => (isLoopback(remote) ? addresses[number % LOOPBACK_ADDRESSES] : undefined),
    ports,
  };
}

/** An IPv4 address that is this host's own; a name is not looked up. */
export function isLoopback(host: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(host);
}
