import { stringify } from "csv-stringify/sync";
import type { Comparison, Value } from "./comparison.ts";

export const COMPARISON_COLUMNS = [
  "scenario",
  "broker",
  "version",
  "phase",
  "metric",
  "unit",
  "median",
  "min",
  "max",
  "rounds",
  "ratio_median",
  "ratio_min",
  "ratio_max",
  "note",
] as const;

type Row = Partial<Record<(typeof COMPARISON_COLUMNS)[number], string | number | null>>;

/** `comparison.csv`: an empty value is "not reached"; a round without figures is a row of its own, with its reason. */
export function comparisonCsv({ brokers, disclosure }: Comparison): string {
  const rows: Row[] = brokers.flatMap((row) => {
    const base = { scenario: disclosure.name, broker: row.broker, version: row.version };
    return [
      ...row.failures.map((note): Row => ({ ...base, metric: "failure", note })),
      ...row.phases.flatMap(({ phase, verdicts, generatorSaturated, values }): Row[] => [
        ...Object.entries(verdicts).map(
          ([verdict, n]): Row => ({ ...base, phase, metric: `verdict ${verdict}`, unit: "count", rounds: n }),
        ),
        ...(generatorSaturated > 0
          ? [{ ...base, phase, metric: "generator saturated", unit: "count", rounds: generatorSaturated }]
          : []),
        ...values.flatMap((value) => valueRow(base, phase, value)),
      ]),
      ...row.values.flatMap((value) => valueRow(base, "whole run", value)),
      ...Object.entries(row.errors).map(
        ([name, spread]): Row => ({
          ...base,
          phase: "whole run",
          metric: `error ${name}`,
          unit: "count",
          median: spread.median,
          min: spread.min,
          max: spread.max,
          rounds: spread.n,
        }),
      ),
    ];
  });
  return stringify(rows, { header: true, columns: [...COMPARISON_COLUMNS], escape_formulas: true });
}

function valueRow(base: Row, phase: string, { name, unit, spread, ratio }: Value): Row[] {
  if (spread === null) return [];
  return [
    {
      ...base,
      phase,
      metric: name,
      unit,
      median: spread.median,
      min: spread.min,
      max: spread.max,
      rounds: spread.n,
      ratio_median: ratio?.median ?? null,
      ratio_min: ratio?.min ?? null,
      ratio_max: ratio?.max ?? null,
    },
  ];
}
