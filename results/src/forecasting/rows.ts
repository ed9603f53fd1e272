import { count, duration, percentReached, ratio } from "../judge/number-words.ts";
import type { Finding } from "./finding.ts";
import type { Outcome } from "./outcome.ts";
import { outcomeWords } from "./words.ts";

/** One forecast of a finding, as every table shows it. */
export interface Row {
  policy: string;
  /** What was searched; null where policies were compared. */
  value: number | null;
  holds: boolean;
  /** It stands at the edge: the frontier of policies, or one of the two ends of a bracket. */
  mark: "frontier" | "recovers" | "does not" | null;
  outcome: Outcome;
}

/** Points of a search by their value, policies by the time that they take. */
export function rowsOf(finding: Finding): Row[] {
  if (finding.find === "policy") {
    const time = ({ outcome: { readyMs } }: Row): number => readyMs.target ?? Number.POSITIVE_INFINITY;
    return finding.points
      .map(({ policy, holds, frontier, outcome }): Row => {
        return { policy, value: null, holds, mark: frontier ? "frontier" : null, outcome };
      })
      .sort((a, b) => Number(b.holds) - Number(a.holds) || compare(time(a), time(b)));
  }
  return finding.searches.flatMap(({ policy, points, bracket }) =>
    points
      .map(({ value, holds, outcome }): Row => {
        const mark = value === bracket.holds ? "recovers" : value === bracket.fails ? "does not" : null;
        return { policy, value, holds, mark, outcome };
      })
      .sort((a, b) => (a.value ?? 0) - (b.value ?? 0)),
  );
}

export interface Column<R> {
  header: string;
  isWords: boolean;
  text(row: R): string;
}

/** The columns that people see; the first names the row. */
export function columnsOf(finding: Finding): Column<Row>[] {
  const value = numberColumn<Row>(valueHeader(finding), (row) => count(row.value ?? 0));
  const policy = wordColumn<Row>("policy", (row) => row.policy);
  const first =
    finding.find === "policy" ? [policy] : finding.searches.length > 1 ? [policy, value] : [value];
  return [...first, ...outcomeColumns(finding.question.target)];
}

export function wordColumn<R>(header: string, text: Column<R>["text"]): Column<R> {
  return { header, isWords: true, text };
}

export function numberColumn<R>(header: string, text: Column<R>["text"]): Column<R> {
  return { header, isWords: false, text };
}

/** What a forecast came to, whatever it was of. */
export function outcomeColumns(target: number): Column<Pick<Row, "holds" | "mark" | "outcome">>[] {
  const words = wordColumn<Pick<Row, "holds" | "mark" | "outcome">>;
  const number = numberColumn<Pick<Row, "holds" | "mark" | "outcome">>;
  return [
    number("lost at once", ({ outcome }) => count(outcome.affected)),
    words("verdict", ({ outcome, holds }) => outcomeWords(outcome, holds)),
    number("50 % ready", ({ outcome }) => duration(outcome.readyMs.p50)),
    ...(target === 0.99
      ? []
      : [number(`${percentReached(target)} ready`, ({ outcome }) => duration(outcome.readyMs.target))]),
    number("99 % ready", ({ outcome }) => duration(outcome.readyMs.p99)),
    number("peak connects/s", ({ outcome }) => count(outcome.peak.connectsPerS)),
    number("peak config req./s", ({ outcome }) => count(outcome.peak.configRequestsPerS)),
    number("connects per device", ({ outcome }) => ratio(outcome.perDevice.connects)),
    words("", ({ mark }) => mark ?? ""),
  ];
}

function valueHeader(finding: Finding): string {
  if (finding.find !== "capacity") return "fleet";
  return finding.of === "broker" ? "broker connects/s" : "config answers/s";
}

/** Two that never were ready are equal. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}
