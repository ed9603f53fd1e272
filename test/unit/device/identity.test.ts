import { describe, expect, it } from "vitest";
import { containerKey, deviceId, shareOf } from "../../../engine/src/device/identity.ts";

const share = (worker: number, workers: number, container = "") => ({ container, worker, workers });

it.each([
  ["", 42, "device-000042"],
  ["", 1_234_567, "device-1234567"],
  ["abc", 42, "device-abc-000042"],
])("the id of a device of container %j with the number %i: %s", (container, number, expected) => {
  expect(deviceId(container, number)).toBe(expected);
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
