import { describe, expect, it } from "vitest";
import { parseDuration } from "../../engine/src/duration.ts";

describe("Artillery's notation of time", () => {
  it.each([
    [10, 10_000],
    [0, 0],
    [0.25, 250],
    ["10", 10_000],
    ["0.5", 500],
    ["500ms", 500],
    ["10s", 10_000],
    ["90s", 90_000],
    ["10 seconds", 10_000],
    ["2 mins", 120_000],
    ["3 Hours", 10_800_000],
    ["10 s", 10_000],
    [" 2m ", 120_000],
    ["1h", 3_600_000],
    ["1.5h", 5_400_000],
    ["1d", 86_400_000],
  ])("%j is %d ms", (value, milliseconds) => {
    expect(parseDuration(value)).toBe(milliseconds);
  });

  it.each([
    "soon",
    "",
    "  ",
    "10 apples",
    "10x",
    "1 2s",
    "s",
    "-5s",
    "-1",
    -1,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "Infinity",
    "{{ x }}",
    "9".repeat(200).concat("s"),
    null,
    undefined,
    true,
    [10],
    { seconds: 10 },
  ])("%j is none", (value) => {
    expect(parseDuration(value)).toBeNull();
  });
});
