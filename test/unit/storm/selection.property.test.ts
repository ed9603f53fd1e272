import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { containerKey, deviceNumber } from "../../../engine/src/device/identity.ts";
import {
  affectedCount,
  type RosterEntry,
  selectionLimit,
  stormKey,
} from "../../../engine/src/storm/selection.ts";

const seed = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const storm = fc.integer({ min: 1, max: 20 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

/** `total` devices on `workers` equal workers of one container. */
function rosterOf(total: number, workers: number, container = ""): RosterEntry[] {
  return Array.from({ length: workers }, (_, i) => ({
    container,
    worker: i + 1,
    workers,
    devices: total / workers,
  }));
}

/** What all workers together hit: `container/number`, sorted. Each worker knows only the limit and its own devices. */
function selected(
  oneSeed: number,
  oneStorm: number,
  share: number,
  roster: readonly RosterEntry[],
): string[] {
  const limit = selectionLimit(oneSeed, oneStorm, share, roster);
  const hit: string[] = [];
  for (const entry of roster) {
    for (let index = 0; index < entry.devices; index++) {
      const number = deviceNumber(entry, index);
      if (stormKey(oneSeed, oneStorm, containerKey(entry.container), number) <= limit) {
        hit.push(`${entry.container}/${number}`);
      }
    }
  }
  return hit.sort();
}

describe("affectedCount", () => {
  it.each([
    [0, 100, 0],
    [0.5, 0, 0],
    [0.001, 100, 1],
    [0.004, 100, 1],
    [0.25, 8000, 2000],
    [0.25, 10, 3],
    [0.24, 10, 2],
    [0.999, 100, 100],
    [1, 1, 1],
    [1, 7, 7],
  ])("%f of %i devices: %i", (share, fleet, count) => {
    expect(affectedCount(share, fleet)).toBe(count);
  });
});

describe("the devices of a storm", () => {
  it("are exactly the share, at least one", () => {
    fc.assert(
      fc.property(
        seed,
        storm,
        fraction,
        fc.integer({ min: 1, max: 600 }),
        (oneSeed, oneStorm, share, devices) => {
          const expected = share === 0 ? 0 : Math.max(1, Math.round(share * devices));
          expect(selected(oneSeed, oneStorm, share, rosterOf(devices, 1)).length).toBe(expected);
        },
      ),
    );
  });

  it("are exactly the share of uneven workers and containers as well", () => {
    const entry = fc.record({ container: fc.constantFrom("a", "b", ""), devices: fc.nat(150) });
    fc.assert(
      fc.property(
        seed,
        storm,
        fraction,
        fc.array(entry, { minLength: 1, maxLength: 6 }),
        (oneSeed, oneStorm, share, parts) => {
          const roster = parts.map(({ container, devices }, i) => {
            const peers = parts.filter((part) => part.container === container).length;
            const before = parts.slice(0, i).filter((part) => part.container === container).length;
            return { container, worker: before + 1, workers: peers, devices };
          });
          const fleet = roster.reduce((sum, { devices }) => sum + devices, 0);
          expect(selected(oneSeed, oneStorm, share, roster).length).toBe(affectedCount(share, fleet));
        },
      ),
    );
  });

  it("are the same on one to eight workers", () => {
    fc.assert(
      fc.property(seed, storm, fraction, (oneSeed, oneStorm, share) => {
        const alone = selected(oneSeed, oneStorm, share, rosterOf(840, 1));
        for (let workers = 2; workers <= 8; workers++) {
          expect(selected(oneSeed, oneStorm, share, rosterOf(840, workers))).toEqual(alone);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("do not depend on the order in which a worker heard of the others", () => {
    const roster = [...rosterOf(300, 3, "a"), ...rosterOf(200, 2, "b")];
    expect(selected(1, 1, 0.3, [...roster].reverse())).toEqual(selected(1, 1, 0.3, roster));
  });

  it("are different ones in another storm, with another seed, and in another container", () => {
    const common = (a: string[], b: string[]): number => a.filter((one) => b.includes(one)).length;
    const numbers = (hit: string[]): string[] => hit.map((one) => one.slice(one.indexOf("/") + 1));
    const base = selected(42, 1, 0.25, rosterOf(4000, 1));
    const others = [
      selected(42, 2, 0.25, rosterOf(4000, 1)),
      selected(43, 1, 0.25, rosterOf(4000, 1)),
      numbers(selected(42, 1, 0.25, rosterOf(4000, 1, "a"))).map((number) => `/${number}`),
    ];
    for (const other of others) {
      expect(other.length).toBe(1000);
      // 250 by chance, standard deviation 12: the draw is fixed, the bounds are five of them.
      expect(common(base, other)).toBeGreaterThan(190);
      expect(common(base, other)).toBeLessThan(310);
    }
  });

  it("are spread over two containers by their sizes", () => {
    const hit = selected(42, 1, 0.5, [...rosterOf(3000, 1, "a"), ...rosterOf(1000, 1, "b")]);
    expect(hit.length).toBe(2000);
    const ofB = hit.filter((one) => one.startsWith("b/")).length;
    // 500 by chance, standard deviation 14.
    expect(ofB).toBeGreaterThan(430);
    expect(ofB).toBeLessThan(570);
  });

  it("are none, or all, at the ends", () => {
    expect(selectionLimit(1, 1, 0, rosterOf(10, 1))).toBe(-1);
    expect(selectionLimit(1, 1, 0.5, [])).toBe(-1);
    expect(selectionLimit(1, 1, 1, rosterOf(10, 1))).toBe(1);
  });
});

it("keys are uniform in [0, 1): tenths of 10,000 devices", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let number = 0; number < 10_000; number++) {
    const key = stormKey(42, 1, containerKey(""), number);
    tenths[Math.floor(key * 10)] = (tenths[Math.floor(key * 10)] as number) + 1;
  }
  // 1000 each, standard deviation 30: the draw is fixed, the bounds are five of them.
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
