import { expect, it } from "vitest";
import { keepaliveAction } from "../../../engine/src/device/keepalive.ts";

it.each([
  { now: 60_997, sent: 1000, ping: null, every: 60_000, action: "none" },
  { now: 61_000, sent: 1000, ping: null, every: 60_000, action: "ping" },
  { now: 500_000, sent: 1000, ping: null, every: 60_000, action: "ping" },
  // An unanswered ping counts from when it was sent, whatever was written since.
  { now: 120_997, sent: 120_000, ping: 61_000, every: 60_000, action: "none" },
  { now: 121_000, sent: 120_000, ping: 61_000, every: 60_000, action: "lost" },
  { now: 500_000, sent: 1000, ping: null, every: 0, action: "none" },
  { now: 500_000, sent: 1000, ping: 2000, every: 0, action: "none" },
] as const)("at $now ms, sent at $sent, ping at $ping, every $every ms: $action", ({
  now,
  sent,
  ping,
  every,
  action,
}) => {
  expect(keepaliveAction(now, sent, ping, every)).toBe(action);
});

it.each([
  { now: 59_997, sent: 1000, ping: null, every: 60_000, next: 1000, action: "none" },
  { now: 60_000, sent: 1000, ping: null, every: 60_000, next: 1000, action: "ping" },
  { now: 1000, sent: 1000, ping: null, every: 1000, next: 1000, action: "ping" },
  { now: 60_981, sent: 1000, ping: null, every: 60_000, next: 20, action: "ping" },
  // Giving up is never done early.
  { now: 120_500, sent: 1000, ping: 61_000, every: 60_000, next: 1000, action: "none" },
  { now: 121_000, sent: 1000, ping: 61_000, every: 60_000, next: 1000, action: "lost" },
  { now: 1000, sent: 1000, ping: null, every: 0, next: 1000, action: "none" },
] as const)("at $now ms, sent at $sent, ping at $ping, every $every ms, asked up to $next ms early: $action", ({
  now,
  sent,
  ping,
  every,
  next,
  action,
}) => {
  expect(keepaliveAction(now, sent, ping, every, next)).toBe(action);
});
