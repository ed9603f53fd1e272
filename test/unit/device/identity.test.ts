import { describe, expect, it } from "vitest";
import {
  containerKey,
  deviceId,
  fleetNumber,
  indexOf,
  shareOf,
} from "../../../engine/src/device/identity.ts";

const share = (worker: number, workers: number) => ({ worker, workers });

it.each([
  ["", 42, "device-000042"],
  ["", 1_234_567, "device-1234567"],
  ["abc", 42, "device-abc-000042"],
])("the id of a device of container %j with the number %i: %s", (name, number, expected) => {
  expect(deviceId({ name }, number)).toBe(expected);
});

it("gives a container's id the FNV-1a hash of its characters", () => {
  // Reference values of the algorithm, http://www.isthe.com/chongo/tech/comp/fnv/
  expect(containerKey({ name: "" })).toBe(0x811c9dc5);
  expect(containerKey({ name: "a" })).toBe(0xe40c292c);
  expect(containerKey({ name: "foobar" })).toBe(0xbf9cf968);
});

it.each([1, 2, 3, 7])("the devices of %i containers have the numbers of one process, each once", (of) => {
  const containers = Array.from({ length: of }, (_, ordinal) => ({ name: "", ordinal, of }));
  const numbers = containers.flatMap((container) =>
    [0, 1, 2, 3].map((index) => {
      const number = fleetNumber(container, index);
      expect(indexOf(container, number)).toBe(index);
      return number;
    }),
  );
  expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 4 * of }, (_, number) => number));
});

describe("the share in Artillery's phases", () => {
  it("is found in the first phase that has one", () => {
    expect(shareOf([{ pause: 1 }, { worker: 2, totalWorkers: 3 }, { worker: 9, totalWorkers: 9 }])).toEqual(
      share(2, 3),
    );
  });

  it.each([
    [undefined],
    [null],
    [[]],
    [[null]],
    [{}],
    [[{ worker: "1", totalWorkers: 2 }]],
    [[{ worker: 1 }]],
  ])("is the whole where nothing was divided: %o", (phases) => {
    expect(shareOf(phases)).toEqual(share(1, 1));
  });
});
