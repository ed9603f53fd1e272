import { describe, expect, it } from "vitest";
import { containerKey, deviceId, deviceNumber, shareOf } from "../../../engine/src/device/identity.ts";

const share = (worker: number, workers: number, container = "") => ({ container, worker, workers });

describe("device numbers", () => {
  it("are dealt out in turns", () => {
    expect([0, 1, 2].map((index) => deviceNumber(share(1, 3), index))).toEqual([0, 3, 6]);
    expect([0, 1, 2].map((index) => deviceNumber(share(3, 3), index))).toEqual([2, 5, 8]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])("of %i equal workers are 0 to 839, each once", (workers) => {
    const numbers: number[] = [];
    for (let worker = 1; worker <= workers; worker++) {
      for (let index = 0; index < 840 / workers; index++)
        numbers.push(deviceNumber(share(worker, workers), index));
    }
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 840 }, (_, i) => i));
  });
});

describe("device ids", () => {
  it.each([
    [share(1, 1), 42, "device-000042"],
    [share(2, 4), 10, "device-000041"],
    [share(1, 1), 1_234_567, "device-1234567"],
    [share(1, 1, "abc"), 42, "device-abc-000042"],
  ])("%o, index %i: %s", (who, index, expected) => {
    expect(deviceId(who, index)).toBe(expected);
  });
});

it("gives a container's id the FNV-1a hash of its characters", () => {
  // Reference values of the algorithm, http://www.isthe.com/chongo/tech/comp/fnv/
  expect(containerKey("")).toBe(0x811c9dc5);
  expect(containerKey("a")).toBe(0xe40c292c);
  expect(containerKey("foobar")).toBe(0xbf9cf968);
});

describe("the share in Artillery's phases", () => {
  it("is found in the first phase that has one", () => {
    expect(
      shareOf([{ pause: 1 }, { worker: 2, totalWorkers: 3 }, { worker: 9, totalWorkers: 9 }], "c"),
    ).toEqual(share(2, 3, "c"));
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
    expect(shareOf(phases, "")).toEqual(share(1, 1));
  });
});
