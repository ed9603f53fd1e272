import ms from "ms";

/**
 * Artillery's notation of time: a number, or a string of one, is seconds; otherwise the `ms` package's notation
 * ("500ms", "10s", "2m", "1h"). Returns milliseconds, or null for anything else.
 */
export function parseDuration(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value * 1000 : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const seconds = Number(value);
  if (!Number.isNaN(seconds)) return parseDuration(seconds);
  const parsed = ms(value.trim() as ms.StringValue);
  return typeof parsed === "number" && Number.isFinite(parsed) && parsed >= 0 ? parsed : null;
}

export const DURATION_NOTATION = 'a duration: "500ms", "10s", "2m", "1h", or a number of seconds';
