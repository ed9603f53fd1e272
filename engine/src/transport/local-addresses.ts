import ipaddr from "ipaddr.js";

/**
 * Source addresses of this host for the devices' connections. One address has about 28,000 free ports on Linux
 * (net.ipv4.ip_local_port_range), 64,000 at most: several of them let one host pass that.
 */

const MOST_ADDRESSES = 65_536;
export const LOCAL_ADDRESSES_ALLOWED = `an IPv4 or IPv6 address, or a network such as 10.0.1.0/24 of at most ${MOST_ADDRESSES} addresses`;

interface Block {
  first: bigint;
  count: number;
}

export interface LocalAddresses {
  readonly family: 4 | 6;
  readonly count: number;
  /** The device's source address: devices take turns, so the same device has the same one in every run. */
  of(deviceNumber: number): string;
}

/**
 * A list of addresses and networks. A network's own address and, in IPv4, its broadcast address are left out.
 * Returns what is wrong and with which entry, counted from 0, instead.
 */
export function parseLocalAddresses(
  entries: readonly string[],
): LocalAddresses | { entry: number; allowed: string } {
  const blocks: Block[] = [];
  let family: 4 | 6 | null = null;
  let total = 0;
  for (const [entry, text] of entries.entries()) {
    const parsed = parseEntry(text);
    if (parsed === null) return { entry, allowed: LOCAL_ADDRESSES_ALLOWED };
    family ??= parsed.family;
    if (parsed.family !== family) return { entry, allowed: `IPv${family}, as the entries before it` };
    total += parsed.block.count;
    if (total > MOST_ADDRESSES) return { entry, allowed: LOCAL_ADDRESSES_ALLOWED };
    blocks.push(parsed.block);
  }
  if (family === null) return { entry: 0, allowed: LOCAL_ADDRESSES_ALLOWED };
  return { family, count: total, of: addressOf(blocks, total, family) };
}

function parseEntry(text: string): { family: 4 | 6; block: Block } | null {
  const [address = "", prefix, ...more] = text.split("/");
  if (more.length > 0 || !ipaddr.isValid(address)) return null;
  // 127.1 and 0x7f000001 are addresses too, of which nobody knows what was meant.
  if (!address.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(address)) return null;
  const bytes = ipaddr.parse(address).toByteArray();
  const family = bytes.length === 4 ? 4 : 6;
  const bits = bytes.length * 8;
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  if (prefix === undefined) return { family, block: { first: value, count: 1 } };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) return null;
  const hostBits = bits - Number(prefix);
  if (hostBits > 16) return null;
  const size = 2 ** hostBits;
  const network = value - (value % BigInt(size));
  if (size <= 2) return { family, block: { first: network, count: size } };
  return { family, block: { first: network + 1n, count: family === 4 ? size - 2 : size - 1 } };
}

function addressOf(blocks: readonly Block[], total: number, family: 4 | 6): (deviceNumber: number) => string {
  // Text is made once per address, not once per connection.
  const known: string[] = [];
  return (deviceNumber) => {
    const index = deviceNumber % total;
    const found = known[index];
    if (found !== undefined) return found;
    const made = textOf(valueAt(blocks, index), family);
    known[index] = made;
    return made;
  };
}

function valueAt(blocks: readonly Block[], index: number): bigint {
  let rest = index;
  for (const { first, count } of blocks) {
    if (rest < count) return first + BigInt(rest);
    rest -= count;
  }
  throw new RangeError(`no address ${index}`);
}

function textOf(value: bigint, family: 4 | 6): string {
  const length = family === 4 ? 4 : 16;
  const bytes = Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}
