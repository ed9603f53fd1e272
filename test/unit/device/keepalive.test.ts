import { expect, it } from "vitest";
import { keepaliveAction } from "../../../engine/src/device/keepalive.ts";

it.each([
  // now, last sent, ping sent, keepalive
  [60_999, 1000, 0, 60_000, "none"],
  [61_000, 1000, 0, 60_000, "ping"],
  [500_000, 1000, 0, 60_000, "ping"],
  // An unanswered ping counts from when it was sent, whatever was written since.
  [120_999, 120_000, 61_000, 60_000, "none"],
  [121_000, 120_000, 61_000, 60_000, "lost"],
  [500_000, 1000, 0, 0, "none"],
  [500_000, 1000, 2000, 0, "none"],
] as const)("at %i ms, sent at %i, ping at %i, every %i ms: %s", (now, sent, ping, keepalive, expected) => {
  expect(keepaliveAction(now, sent, ping, keepalive)).toBe(expected);
});

it.each([
  // now, last sent, ping sent, keepalive, asked again in
  [59_999, 1000, 0, 60_000, 1000, "none"],
  [60_000, 1000, 0, 60_000, 1000, "ping"],
  [1000, 1000, 0, 1000, 1000, "ping"],
  // Giving up is not done early.
  [120_500, 1000, 61_000, 60_000, 1000, "none"],
  [121_000, 1000, 61_000, 60_000, 1000, "lost"],
  [1000, 1000, 0, 0, 1000, "none"],
] as const)("at %i ms, sent at %i, ping at %i, every %i ms, next look in %i ms: %s", (now, sent, ping, every, next, expected) => {
  expect(keepaliveAction(now, sent, ping, every, next)).toBe(expected);
});
