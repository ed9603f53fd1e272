import { expect, it } from "vitest";
import { retryAfterMs } from "../../../engine/src/transport/retry-after.ts";

const NOW_MS = Date.UTC(1994, 10, 6, 8, 49, 7);

it.each([
  ["120", 120_000],
  ["0", 0],
  // RFC 9110, section 5.6.7: its three examples are one instant.
  ["Sun, 06 Nov 1994 08:49:37 GMT", 30_000],
  ["Sunday, 06-Nov-94 08:49:37 GMT", 30_000],
  ["Sun Nov  6 08:49:37 1994", 30_000],
  ["Sun, 06 Nov 1994 08:49:00 GMT", 0],
  ["-1", null],
  ["1.5", null],
  ["soon", null],
  ["1994-11-06T08:49:37Z", null],
  ["", null],
])("a server that says %j is left alone for %s ms", (header, ms) => {
  expect(retryAfterMs(header, NOW_MS)).toBe(ms);
});
