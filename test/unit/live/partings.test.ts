import { expect, it } from "vitest";
import { PARTING_PATIENCE_MS, Partings } from "../../../engine/src/live/partings.ts";
import { ManualTime } from "../../support/manual-time.ts";

function setUp() {
  const time = new ManualTime(0);
  const partings = new Partings(time);
  const ended: string[] = [];
  const begin = (device: object, name: string): void =>
    partings.begin(device, {
      endNow: () => ended.push(`${name} at ${time.now()}`),
      reset: () => ended.push(`${name} reset`),
    });
  return { time, partings, ended, begin };
}

it("ends each connection that its broker does not end, when it had time enough", () => {
  const { time, partings, ended, begin } = setUp();
  const devices = [{}, {}, {}] as const;
  begin(devices[0], "first");
  time.advance(500);
  begin(devices[1], "second");
  begin(devices[2], "third");
  time.advance(100);
  partings.over(devices[1]);
  time.advance(PARTING_PATIENCE_MS);
  expect(ended).toEqual([`first at ${PARTING_PATIENCE_MS}`, `third at ${PARTING_PATIENCE_MS + 500}`]);
  expect(partings.size).toBe(0);
  time.advance(10 * PARTING_PATIENCE_MS);
  expect(ended).toHaveLength(2);
});

it("ends the one of a device that connects again", () => {
  const { partings, ended, begin } = setUp();
  const [leaving, other] = [{}, {}];
  begin(leaving, "leaving");
  partings.endOf(other);
  expect(ended).toEqual([]);
  partings.endOf(leaving);
  expect(ended).toEqual(["leaving at 0"]);
});

it("tells whoever waits when there is none left: at once, when brokers have ended them, or when the patience is over", () => {
  const { time, partings, begin } = setUp();
  const told: string[] = [];
  partings.whenNone(() => told.push("at once"));
  expect(told).toEqual([]);
  time.advance(1);
  expect(told).toEqual(["at once"]);
  const device = {};
  begin(device, "one");
  partings.whenNone(() => told.push("ended by the broker"));
  time.advance(1);
  expect(told).toHaveLength(1);
  partings.over(device);
  expect(told).toEqual(["at once", "ended by the broker"]);
  begin(device, "two");
  partings.whenNone(() => told.push("ended by us"));
  time.advance(PARTING_PATIENCE_MS);
  expect(told).toEqual(["at once", "ended by the broker", "ended by us"]);
});

it("resets all of them where the run is interrupted", () => {
  const { time, partings, ended, begin } = setUp();
  begin({}, "one");
  begin({}, "two");
  partings.reset();
  expect(ended).toEqual(["one reset", "two reset"]);
  time.advance(10 * PARTING_PATIENCE_MS);
  expect(ended).toHaveLength(2);
});
