import { expect, it } from "vitest";
import { duration } from "../../../../benchmarks/peers/command-line.ts";

it.each([
  { text: "1d", ms: 86_400_000 },
  { text: "1h", ms: 3_600_000 },
  { text: "90s", ms: 90_000 },
  { text: "5", ms: 5000 },
])("reads the duration $text as $ms ms", ({ text, ms }) => {
  expect(duration(text)).toBe(ms);
});

it.each(["soon", "10 apples", "", "0", "-1"])("refuses %j", (text) => {
  expect(() => duration(text)).toThrow(
    'Expected is a duration: "500ms", "10s", "2m", "1h", or a number of seconds.',
  );
});
