const UNITS_MS: readonly (readonly [RegExp, number])[] = [
  [/^(ms|msecs?|milliseconds?)$/, 1],
  [/^(s|secs?|seconds?)$/, 1000],
  [/^(m|mins?|minutes?)$/, 60_000],
  [/^(h|hrs?|hours?)$/, 3_600_000],
  [/^(d|days?)$/, 86_400_000],
];

export const DURATION_NOTATION = 'a duration: "500ms", "10s", "2m", "1h", or a number of seconds';

/** Artillery's notation of time: a number, or a string of one, is seconds. Milliseconds; null for anything else. */
export function parseDuration(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value * 1000 : null;
  if (typeof value !== "string") return null;
  const [, number, unit = ""] = /^(\d+\.?\d*|\.\d+) *([a-z]*)$/i.exec(value.trim()) ?? [];
  if (number === undefined) return null;
  if (unit === "") return Number(number) * 1000;
  const factor = UNITS_MS.find(([names]) => names.test(unit.toLowerCase()))?.[1];
  return factor === undefined ? null : Number(number) * factor;
}
