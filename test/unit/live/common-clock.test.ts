import { expect, it } from "vitest";
import type { ClockOffset } from "../../../engine/src/contract.ts";
import { commonClockMs, LISTENING_MS, type OwnClock } from "../../../engine/src/live/common-clock.ts";

const offset = { offsetMs: 2000 } as ClockOffset;
const own: OwnClock = {
  wallMs: 10_000,
  offset: null,
  container: { name: "", ordinal: 0, of: 1 },
  isFirst: null,
  listenedMs: 0,
};
const second = { name: "", ordinal: 1, of: 3 };
const named = { name: "b", ordinal: 0, of: 1 };

const table: [what: string, change: Partial<OwnClock>, ms: number | null][] = [
  ["one machine reads its own", {}, 10_000],
  ["one machine does not measure its threads", { offset }, 10_000],
  ["a container that was measured goes by the first's", { container: second, offset, isFirst: false }, 8000],
  ["so does one that Artillery named", { container: named, offset, isFirst: false }, 8000],
  ["one that asks nobody does not know", { container: second }, null],
  ["nor does the first of them, whom nobody asks", { container: { ...second, ordinal: 0 } }, null],
  ["nor one that Artillery named", { container: named }, null],
  [
    "the first by its number knows that it is",
    { container: { ...second, ordinal: 0 }, isFirst: true },
    10_000,
  ],
  ["another one that has heard of nobody yet does not", { container: second, isFirst: true }, null],
  ["it does when it has listened", { container: second, isFirst: true, listenedMs: LISTENING_MS }, 10_000],
  ["unless it has heard of an earlier one", { container: second, isFirst: false, listenedMs: 1e6 }, null],
];

it.each(table)("the common clock: %s", (_what, change, ms) => {
  expect(commonClockMs({ ...own, ...change })).toBe(ms);
});
