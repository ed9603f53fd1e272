import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { affectedCount } from "../../../engine/src/affected-count.ts";
import { type Container, containerLabel, fleetNumber } from "../../../engine/src/device/identity.ts";
import {
  type Population,
  populationKey,
  selectionLimit,
  stormKey,
} from "../../../engine/src/storm/selection.ts";

const seed = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const storm = fc.integer({ min: 1, max: 20 });
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

const named = (name: string): Container => ({ name, ordinal: 0, of: 1 });
const fleetOf = (devices: number, name = ""): Population[] => [{ container: named(name), devices }];

/** What all workers together hit: `container/number`, sorted. Each worker knows only the limit and its own devices. */
function selected(
  oneSeed: number,
  oneStorm: number,
  share: number,
  populations: readonly Population[],
): string[] {
  const limit = selectionLimit(oneSeed, oneStorm, share, populations);
  const hit: string[] = [];
  for (const { container, devices, cohort } of populations) {
    const ofCohort = cohort === undefined ? "" : `cohort ${cohort} `;
    for (let index = 0; index < devices; index++) {
      const number = fleetNumber(container, index);
      if (limit !== null && stormKey(oneSeed, oneStorm, populationKey(container, cohort), number) <= limit)
        hit.push(`${ofCohort}${container.name}/${number}`);
    }
  }
  return hit.sort();
}

/** The same by brute force: all keys, sorted. */
function smallestKeys(
  oneSeed: number,
  oneStorm: number,
  share: number,
  populations: readonly Population[],
): string[] {
  const keyed = populations.flatMap(({ container, devices, cohort }) =>
    Array.from({ length: devices }, (_, index) => fleetNumber(container, index)).map((number) => ({
      name: `${cohort === undefined ? "" : `cohort ${cohort} `}${container.name}/${number}`,
      key: stormKey(oneSeed, oneStorm, populationKey(container, cohort), number),
    })),
  );
  const count = affectedCount(share, keyed.length);
  return keyed
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ name }) => name)
    .sort();
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
  it("are exactly the share, at least one, and those with the smallest keys", () => {
    const parts = (containers: Container[]) =>
      fc.uniqueArray(fc.record({ container: fc.constantFrom(...containers), devices: fc.nat(400) }), {
        minLength: 1,
        maxLength: 4,
        selector: ({ container }) => containerLabel(container),
      });
    const numbered = [0, 1, 2].map((ordinal) => ({ name: "", ordinal, of: 3 }));
    fc.assert(
      fc.property(
        seed,
        storm,
        fraction,
        fc.oneof(parts(["a", "b", "c", ""].map(named)), parts(numbered)),
        (oneSeed, oneStorm, share, populations) => {
          const fleet = populations.reduce((sum, { devices }) => sum + devices, 0);
          const hit = selected(oneSeed, oneStorm, share, populations);
          expect(hit.length).toBe(affectedCount(share, fleet));
          expect(hit).toEqual(smallestKeys(oneSeed, oneStorm, share, populations));
        },
      ),
    );
  });

  it("do not depend on the order in which a worker heard of the containers", () => {
    const populations = [...fleetOf(300, "a"), ...fleetOf(200, "b")];
    expect(selected(1, 1, 0.3, [...populations].reverse())).toEqual(selected(1, 1, 0.3, populations));
  });

  it("are those of one process with the same fleet, where containers number their devices in turns", () => {
    fc.assert(
      fc.property(
        seed,
        storm,
        fraction,
        fc.integer({ min: 1, max: 5 }),
        fc.nat(200),
        (oneSeed, oneStorm, share, of, devices) => {
          const parts = Array.from({ length: of }, (_, ordinal) => ({
            container: { name: "", ordinal, of },
            devices,
          }));
          const whole = selected(oneSeed, oneStorm, share, fleetOf(of * devices));
          expect(selected(oneSeed, oneStorm, share, parts)).toEqual(whole);
        },
      ),
    );
  });

  it("of some cohorts are exactly their share, on any number of containers the same", () => {
    const sizes = fc.dictionary(fc.constantFrom("0", "1", "7"), fc.nat(120), { minKeys: 1 });
    fc.assert(
      fc.property(
        seed,
        storm,
        fraction,
        sizes,
        fc.integer({ min: 1, max: 4 }),
        (oneSeed, oneStorm, share, devices, of) => {
          const cohorts = Object.entries(devices).map(([cohort, each]) => ({ cohort: Number(cohort), each }));
          const whole = cohorts.map(({ cohort, each }) => ({
            container: named(""),
            devices: each * of,
            cohort,
          }));
          const parts = Array.from({ length: of }, (_, ordinal) =>
            cohorts.map(({ cohort, each }) => ({
              container: { name: "", ordinal, of },
              devices: each,
              cohort,
            })),
          ).flat();
          const hit = selected(oneSeed, oneStorm, share, whole);
          const fleet = whole.reduce((sum, one) => sum + one.devices, 0);
          expect(hit.length).toBe(affectedCount(share, fleet));
          expect(hit).toEqual(smallestKeys(oneSeed, oneStorm, share, whole));
          expect(selected(oneSeed, oneStorm, share, parts)).toEqual(hit);
        },
      ),
    );
  });

  it("are different ones in another storm, with another seed, and in another container", () => {
    const common = (a: string[], b: string[]): number => a.filter((one) => b.includes(one)).length;
    const numbers = (hit: string[]): string[] => hit.map((one) => one.slice(one.indexOf("/") + 1));
    const base = selected(42, 1, 0.25, fleetOf(4000));
    const others = [
      selected(42, 2, 0.25, fleetOf(4000)),
      selected(43, 1, 0.25, fleetOf(4000)),
      numbers(selected(42, 1, 0.25, fleetOf(4000, "a"))).map((number) => `/${number}`),
    ];
    for (const other of others) {
      expect(other.length).toBe(1000);
      // 250 by chance, standard deviation 12: the draw is fixed, the bounds are five of them.
      expect(common(base, other)).toBeGreaterThan(190);
      expect(common(base, other)).toBeLessThan(310);
    }
  });

  it("are spread over two containers by their sizes", () => {
    const hit = selected(42, 1, 0.5, [...fleetOf(3000, "a"), ...fleetOf(1000, "b")]);
    expect(hit.length).toBe(2000);
    const ofB = hit.filter((one) => one.startsWith("b/")).length;
    // 500 by chance, standard deviation 14.
    expect(ofB).toBeGreaterThan(430);
    expect(ofB).toBeLessThan(570);
  });

  it("are none, or all, at the ends", () => {
    expect(selectionLimit(1, 1, 0, fleetOf(10))).toBeNull();
    expect(selectionLimit(1, 1, 0.5, [])).toBeNull();
    expect(selectionLimit(1, 1, 1, fleetOf(10))).toBe(1);
  });
});

it("keys are uniform in [0, 1): tenths of 10,000 devices", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let number = 0; number < 10_000; number++) {
    const key = stormKey(42, 1, populationKey(named("")), number);
    tenths[Math.floor(key * 10)] = (tenths[Math.floor(key * 10)] as number) + 1;
  }
  // 1000 each, standard deviation 30: the draw is fixed, the bounds are five of them.
  for (const count of tenths) expect(Math.abs(count - 1000)).toBeLessThan(150);
});
