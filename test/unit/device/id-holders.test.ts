import { describe, expect, it } from "vitest";
import { IdHolders, NO_PLACE } from "../../../engine/src/device/id-holders.ts";

const tableFor = (devices: number | null): Int32Array =>
  new Int32Array(new SharedArrayBuffer(IdHolders.bytesFor(devices)));

describe("who came last with a client id", () => {
  it("is known to every thread, until he leaves", () => {
    const words = tableFor(2);
    const [one, other] = [new IdHolders(words), new IdHolders(words)];
    const place = one.claim("gw", 0, 0);
    expect(one.rivalOf(0, place)).toBeNull();
    expect(other.claim("gw", 0, 1)).toBe(place);
    expect(one.rivalOf(0, place)).toBe(1);
    expect(other.rivalOf(1, place)).toBeNull();
    // It is not his any more.
    one.release(place, 0);
    expect(one.rivalOf(0, place)).toBe(1);
    other.release(place, 1);
    expect(one.rivalOf(0, place)).toBeNull();
  });

  it("is another at another region's broker", () => {
    const holders = new IdHolders(tableFor(2));
    const eu = holders.claim("gw", 1, 0);
    holders.claim("gw", 2, 1);
    expect(holders.rivalOf(0, eu)).toBeNull();
  });

  it("is told apart for each of 100,000 ids", () => {
    const devices = 100_000;
    const holders = new IdHolders(tableFor(devices));
    const places = Array.from({ length: devices }, (_, i) => holders.claim(`plant/sensor-${i}`, 0, i));
    expect(new Set(places).size).toBe(devices);
    expect(places.filter((place, i) => holders.rivalOf(i, place) !== null)).toEqual([]);
    expect(places).not.toContain(NO_PLACE);
  });

  it("is not followed beyond what there is room for, and takes nobody's place", () => {
    const holders = new IdHolders(tableFor(1));
    const places = Array.from({ length: 20_000 }, (_, i) => holders.claim(`id-${i}`, 0, i));
    const followed = places.flatMap((place, i) => (place === NO_PLACE ? [] : [[place, i] as const]));
    expect(followed.length).toBe(new Set(followed.map(([place]) => place)).size);
    expect(followed.length).toBeGreaterThan(3000);
    expect(followed.length).toBeLessThanOrEqual(4096);
    for (const [place, device] of followed) expect(holders.rivalOf(device, place)).toBeNull();
    expect(holders.rivalOf(5, NO_PLACE)).toBeNull();
  });

  it("takes 16 MB at most", () => {
    expect(IdHolders.bytesFor(50_000_000)).toBe(4 + 16 * 1024 * 1024);
    expect(IdHolders.bytesFor(null)).toBeLessThan(IdHolders.bytesFor(1_000_000));
  });

  it("is warned of once in a process", () => {
    const words = tableFor(2);
    expect([new IdHolders(words), new IdHolders(words)].map((one) => one.claimWarning())).toEqual([
      true,
      false,
    ]);
  });
});
