import { describe, expect, it } from "vitest";
import { compareTimeZero, type HeardTimeZero, Roster } from "../../../engine/src/rendezvous/roster.ts";

const HOUR_MS = 3_600_000;
const START_MS = 10 * HOUR_MS;

const heard = (changes: Partial<HeardTimeZero>): HeardTimeZero => ({
  ownMs: START_MS + 2000,
  heardMs: null,
  isLive: true,
  startedAtMs: START_MS,
  nowMs: START_MS + 1000,
  ...changes,
});

describe("a time zero that somebody else goes by", () => {
  it.each<[string, Partial<HeardTimeZero>, ReturnType<typeof compareTimeZero>]>([
    ["earlier", { heardMs: START_MS + 1900 }, "adopt"],
    ["later", { heardMs: START_MS + 2100 }, "answer"],
    ["the same", { heardMs: START_MS + 2000 }, "nothing"],
    ["none yet, where this worker has one", {}, "answer"],
    ["none yet, where nobody has one", { ownMs: null }, "nothing"],
    ["the first that is heard of", { ownMs: null, heardMs: START_MS + 6000 }, "adopt"],
    ["before this process, of somebody alive", { heardMs: START_MS - 60_000 }, "adopt"],
    ["before this process, left behind", { heardMs: START_MS - 60_000, isLive: false }, "nothing"],
    [
      "before this process, left behind, and the first",
      { ownMs: null, heardMs: START_MS - 1, isLive: false },
      "nothing",
    ],
    ["two hours away", { heardMs: START_MS - 2 * HOUR_MS }, "nothing"],
    ["two hours ahead", { ownMs: null, heardMs: START_MS + 2 * HOUR_MS }, "nothing"],
  ])("%s", (_what, changes, expected) => {
    expect(compareTimeZero(heard(changes))).toBe(expected);
  });
});

it("counts who goes by the same time zero, and keeps in mind whom it met and lost before", () => {
  const container = (ordinal: number) => ({ name: "", ordinal, of: 4 });
  const roster = new Roster(container(0));
  const entry = (ordinal: number, timeZeroMs: number | null) => ({
    container: container(ordinal),
    process: `p${ordinal}`,
    devices: 10 * ordinal,
    cohorts: [7 * ordinal, 3 * ordinal],
    fleet: 10 * ordinal,
    ready: 0,
    arrivalsOver: true,
    idPrefix: null,
    timeZeroMs,
    instance: String(ordinal),
  });
  roster.hear("1-1", entry(1, START_MS), true);
  roster.hear("2-1", entry(2, null), true);
  roster.leave("2-1");
  // It is of a run that is over.
  roster.hear("3-1", entry(3, START_MS - HOUR_MS), false);
  const ordinals = (of: { container: { ordinal: number } }[]) => of.map((one) => one.container.ordinal);
  expect(ordinals(roster.others(START_MS))).toEqual([1]);
  expect(ordinals(roster.everMet(START_MS))).toEqual([1, 2]);
  // A cohort that it does not name has no devices there.
  expect(roster.othersIn([1, 2], START_MS)).toEqual([
    { container: container(1), devices: 3, cohort: 1 },
    { container: container(1), devices: 0, cohort: 2 },
  ]);
});
