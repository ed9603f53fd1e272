import { stringify } from "csv-stringify/sync";
import { parseCsv } from "../../results/src/run/parse-csv.ts";

/** One measured case. Times are nanoseconds per operation. */
export interface Row {
  table: string;
  name: string;
  operation: string;
  medianNs: number;
  meanNs: number;
  /** Relative margin of error of the mean, in percent, at 95 % (1.96 standard errors). */
  marginPercent: number;
  samples: number;
}

/** Makes a row of one sample or more. Samples are many, so the normal distribution serves for the margin. */
export function statistics(samplesNs: readonly number[]): Pick<Row, "medianNs" | "meanNs" | "marginPercent"> {
  const sorted = Float64Array.from(samplesNs).sort();
  const count = sorted.length;
  const middle = count >> 1;
  const upper = sorted[middle] as number;
  const medianNs = count % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2;
  const meanNs = sorted.reduce((sum, value) => sum + value, 0) / count;
  const squares = sorted.reduce((sum, value) => sum + (value - meanNs) ** 2, 0);
  const standardError = count > 1 ? Math.sqrt(squares / (count - 1) / count) : 0;
  return { medianNs, meanNs, marginPercent: meanNs === 0 ? 0 : (196 * standardError) / meanNs };
}

const COLUMNS = {
  table: "table",
  name: "name",
  operation: "operation",
  medianNs: "median_ns",
  meanNs: "mean_ns",
  marginPercent: "margin_percent",
  samples: "samples",
} as const;
const NUMBERS = ["medianNs", "meanNs", "marginPercent", "samples"] as const;

export function toCsv(rows: readonly Row[]): string {
  const columns = Object.entries(COLUMNS).map(([key, header]) => ({ key, header }));
  return stringify([...rows], { header: true, columns });
}

/** Throws an Error that names what is wrong with the file. */
export function fromCsv(text: string): Row[] {
  const rows: string[][] = [];
  parseCsv(text, (fields) => rows.push(fields));
  const [header = [], ...body] = rows;
  return body.map((fields, i) => {
    const record = Object.fromEntries(header.map((column, at) => [column, fields[at]]));
    const text = (key: keyof typeof COLUMNS): string => {
      const value = record[COLUMNS[key]];
      if (value === undefined || value === "") throw new Error(`row ${i + 1} has no ${COLUMNS[key]}`);
      return value;
    };
    const numbers = NUMBERS.map((key) => {
      const value = Number(text(key));
      if (!Number.isFinite(value) || value < 0)
        throw new Error(`row ${i + 1}: ${COLUMNS[key]} is ${text(key)}, not a number of 0 or more`);
      return [key, value] as const;
    });
    return {
      table: text("table"),
      name: text("name"),
      operation: text("operation"),
      ...(Object.fromEntries(numbers) as Pick<Row, (typeof NUMBERS)[number]>),
    };
  });
}

/** The ratio of medians; null where there is nothing to divide by. */
export function ratio(row: Row, base: Row | undefined): number | null {
  return base === undefined || base.medianNs === 0 ? null : row.medianNs / base.medianNs;
}

export interface Comparison {
  row: Row;
  before: Row | null;
}

/** Rows matched by table and name; `missing` are those of `before` that were not measured again. */
export function compare(now: readonly Row[], before: readonly Row[]): { rows: Comparison[]; missing: Row[] } {
  const key = ({ table, name }: Row): string => JSON.stringify([table, name]);
  const earlier = new Map(before.map((row) => [key(row), row]));
  const measured = new Set(now.map(key));
  return {
    rows: now.map((row) => ({ row, before: earlier.get(key(row)) ?? null })),
    missing: before.filter((row) => !measured.has(key(row))),
  };
}
