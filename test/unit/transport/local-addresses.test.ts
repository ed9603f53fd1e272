import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  LOCAL_ADDRESSES_ALLOWED,
  parseLocalAddresses,
} from "../../../engine/src/transport/local-addresses.ts";

function addresses(...entries: string[]) {
  const parsed = parseLocalAddresses(entries);
  if ("entry" in parsed) throw new Error(`entry ${parsed.entry}: ${parsed.allowed}`);
  return parsed;
}

function all(...entries: string[]): string[] {
  const { count, of } = addresses(...entries);
  return Array.from({ length: count }, (_, number) => of(number));
}

describe("source addresses", () => {
  it.each<[string[], string[]]>([
    [["127.0.0.2"], ["127.0.0.2"]],
    [
      ["127.0.0.2", "127.0.0.4"],
      ["127.0.0.2", "127.0.0.4"],
    ],
    [["10.0.1.0/30"], ["10.0.1.1", "10.0.1.2"]],
    [["10.0.1.2/30"], ["10.0.1.1", "10.0.1.2"]],
    [["10.0.1.4/31"], ["10.0.1.4", "10.0.1.5"]],
    [["10.0.1.4/32"], ["10.0.1.4"]],
    [["2001:db8::ff"], ["2001:db8::ff"]],
    [["2001:db8::/126"], ["2001:db8::1", "2001:db8::2", "2001:db8::3"]],
  ])("%j are %j", (entries, expected) => {
    expect(all(...entries)).toEqual(expected);
  });

  it("of /24 are 254, of /16 are 65,534", () => {
    expect(addresses("10.1.2.0/24").count).toBe(254);
    expect(addresses("10.1.0.0/16").of(65_533)).toBe("10.1.255.254");
  });

  it.each<[string[], number, string]>([
    [["broker"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["127.1"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.1", "10.0.0.256"], 1, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.0/33"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.0/x"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.0/8/8"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.0/8"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.0/16", "10.1.0.0/24"], 1, LOCAL_ADDRESSES_ALLOWED],
    [["2001:db8::/64"], 0, LOCAL_ADDRESSES_ALLOWED],
    [["10.0.0.1", "::1"], 1, "IPv4, as the entries before it"],
    [[], 0, LOCAL_ADDRESSES_ALLOWED],
  ])("%j is refused at entry %i", (entries, entry, allowed) => {
    expect(parseLocalAddresses(entries)).toEqual({ entry, allowed });
  });

  it("are used by turns: no two differ by more than one device, and a device keeps its own", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 26, max: 32 }), (devices, prefix) => {
        const { count, of } = addresses(`192.0.2.64/${prefix}`, "192.0.2.1");
        const uses = new Map<string, number>();
        for (let device = 0; device < devices; device++) {
          expect(of(device)).toBe(of(device + count));
          uses.set(of(device), (uses.get(of(device)) ?? 0) + 1);
        }
        const counts = [...uses.values()];
        expect(counts.length).toBe(Math.min(devices, count));
        if (counts.length > 0) expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
