/** Numbers as people read them, in the same words in every sentence, table and line. */

/** Milliseconds in three digits, with a unit that fits. */
export function duration(ms: number | null): string {
  if (ms === null) return "not reached";
  // 999.6 ms is a second in three digits.
  if (ms < 999.5) return `${Number(ms.toPrecision(ms < 1 ? 2 : 3))} ms`;
  return `${ms < 100_000 ? Number((ms / 1000).toPrecision(3)) : Math.round(ms / 1000)} s`;
}

/** Milliseconds as seconds, in three digits. */
export function seconds(ms: number): string {
  return `${Number((ms / 1000).toPrecision(3))} s`;
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** A number of what has a name: `1 device`, `2,000 devices`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}

export function ratio(value: number | null): string {
  return value === null ? "-" : `${value.toFixed(2)}x`;
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** The share is cut to two decimals, not rounded: 98.999 % must not read as the target of 99 %. */
export function percentReached(share: number): string {
  return `${Math.floor(share * 1e4 + 1e-6) / 100} %`;
}
