/** Artillery renders `"{{ $env.SEED }}"` to text: what a number or a boolean is to be may come as its text. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number of a text that is one, as people write it (not `0x10`); anything else as it is. */
export function numberOfText(value: unknown): unknown {
  return typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : value;
}

/** The text of a number: columns of CSV files are cast to numbers, and YAML knows `42` as one. Anything else as it is. */
export function textOfNumber(value: unknown): unknown {
  return (typeof value === "number" && Number.isFinite(value)) || typeof value === "bigint"
    ? String(value)
    : value;
}

/** The boolean of a text that is one; anything else as it is. */
export function booleanOfText(value: unknown): unknown {
  if (typeof value !== "string") return value;
  const word = value.trim().toLowerCase();
  return word === "true" || word === "false" ? word === "true" : value;
}
