import { describe, expect, it } from "vitest";
import { compareTimeZero, type HeardTimeZero } from "../../../engine/src/rendezvous/roster.ts";

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
