import { stringify } from "csv-stringify/sync";
import { type PairAccuracy, type StormAccuracy, type TimeAccuracy, TOLERANCE } from "./accuracy.ts";
import { PERCENTILES } from "./outcome.ts";

/** One pair as far as it came. */
export interface StudyRow {
  pair: string;
  broker: string;
  generatorSaturated: boolean;
  accuracy: PairAccuracy;
}

const COLUMNS = [
  "pair",
  "broker",
  "storm",
  "affected",
  ...PERCENTILES.flatMap((name) => [`${name}_measured_ms`, `${name}_forecast_ms`, `${name}_error`]),
  "verdict_measured",
  "verdict_forecast",
  "verdicts_agree",
  "within",
  "generator_saturated",
];

/** One row per storm; times are milliseconds, errors shares of what was measured. An empty field was not reached. */
export function studyCsv(rows: readonly StudyRow[]): string {
  const records = rows.flatMap(({ pair, broker, generatorSaturated, accuracy }) =>
    accuracy.storms.map((storm) => ({
      pair,
      broker,
      storm: storm.index,
      affected: storm.affected,
      ...Object.fromEntries(
        PERCENTILES.flatMap((name) => {
          const { measuredMs, forecastMs, error } = storm.times[name];
          return [
            [`${name}_measured_ms`, rounded(measuredMs, 1)],
            [`${name}_forecast_ms`, rounded(forecastMs, 1)],
            [`${name}_error`, rounded(error, 4)],
          ];
        }),
      ),
      verdict_measured: storm.measuredVerdict,
      verdict_forecast: storm.forecastVerdict,
      verdicts_agree: storm.verdictsAgree,
      within: storm.isWithin,
      generator_saturated: generatorSaturated,
    })),
  );
  return stringify(records, { header: true, columns: COLUMNS, cast: { boolean: String } });
}

function rounded(value: number | null, digits: number): number | null {
  return value === null ? null : Number(value.toFixed(digits));
}

/** What the terminal shows: a line per storm, and how many pairs are within the tolerance. */
export function studyTable(rows: readonly StudyRow[]): string {
  const width = Math.max(4, ...rows.map(({ pair }) => pair.length + 4));
  const head = [
    "pair".padEnd(width),
    ...PERCENTILES.map((name) => `${name} measured/forecast`.padEnd(TIME)),
    "verdict (times are seconds)",
  ];
  const lines = rows.flatMap(({ pair, generatorSaturated, accuracy }) =>
    accuracy.storms.map((storm) =>
      [
        (accuracy.storms.length === 1 ? pair : `${pair} ${storm.index}`).padEnd(width),
        ...PERCENTILES.map((name) => timeText(storm.times[name]).padEnd(TIME)),
        verdictText(storm),
        storm.isWithin ? "" : "  MISS",
        generatorSaturated ? "  generator saturated" : "",
      ].join(""),
    ),
  );
  return [head.join(""), ...lines, "", ...conclusions(rows)].join("\n");
}

const TIME = 25;

function timeText({ measuredMs, forecastMs, error }: TimeAccuracy): string {
  const times = `${secondsText(measuredMs)} / ${secondsText(forecastMs)}`;
  if (measuredMs === null && forecastMs === null) return "not reached by either";
  const percent =
    error === null ? "one of them" : `${error < 0 ? "-" : "+"}${Math.abs(error * 100).toFixed(1)} %`;
  return `${times.padEnd(15)}${percent}`;
}

function secondsText(ms: number | null): string {
  return ms === null ? "-" : (ms / 1000).toFixed(2);
}

function verdictText({ measuredVerdict, forecastVerdict, verdictsAgree }: StormAccuracy): string {
  return verdictsAgree ? `both ${measuredVerdict}` : `${measuredVerdict} / ${forecastVerdict} DISAGREE`;
}

function hasNoTimes({ times }: StormAccuracy): boolean {
  return PERCENTILES.every((name) => times[name].measuredMs === null && times[name].forecastMs === null);
}

function conclusions(rows: readonly StudyRow[]): string[] {
  const within = rows.filter(({ accuracy }) => accuracy.isWithin).length;
  const agree = rows.filter(({ accuracy }) => accuracy.verdictsAgree).length;
  const neither = rows.filter(({ accuracy }) => accuracy.storms.every(hasNoTimes)).length;
  const reach = `${TOLERANCE * 100} %`;
  return [
    `${within} of ${rows.length} pairs have 50, 90 and 99 % ready within ${reach} of what was measured, in all of their storms`,
    `${neither} of these reached none of them, measured or forecast: only their verdicts say anything`,
    `${agree} of ${rows.length} pairs have the same verdicts`,
  ];
}
