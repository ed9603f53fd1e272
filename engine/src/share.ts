const PERCENT = /^(\d+(?:\.\d+)?|\.\d+)\s*%$/;
const DECIMAL = /^(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?$/i;

/** A part of the whole: "25 %" or 0.25, the number as text too. Returns the number, or null for anything else. */
export function parseShare(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : null;
  if (typeof value !== "string") return null;
  const text = value.trim();
  const percent = PERCENT.exec(text);
  // The decimal itself, not a division: 7 % is 0.07.
  if (percent !== null) return Number(`${percent[1]}e-2`);
  return DECIMAL.test(text) ? Number(text) : null;
}

export const SHARE_NOTATION = 'a share: "25 %", or a number such as 0.25';
