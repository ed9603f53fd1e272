import type { WorkerRecord } from "artillery-engine-mqtt/contract";
import { LIMITS } from "./limits.ts";

type Kind = Exclude<keyof typeof LIMITS.run, "problems" | "rowsOfStorms">;
type NameKind = "cohorts" | "storms" | "stormParts" | "failureNames";

const WORDS: Record<Kind, string> = {
  recordBytes: "bytes of records",
  histogramLogBytes: "bytes of histogram logs",
  timelineBytes: "bytes of timelines",
  intervals: "intervals",
  inflatedBytes: "bytes of inflated intervals",
  tags: "tags",
  cohorts: "cohorts",
  storms: "storms",
  stormParts: "cohorts and regions of all storms",
  failureNames: "names of errors and disconnects",
  rows: `rows, and ${LIMITS.run.rowsOfStorms} for all storms together,`,
  filledRows: "filled rows",
};

/** Why something was not read. */
export function beyond(kind: Kind): string {
  return `at most ${LIMITS.run[kind]} ${WORDS[kind]} are read of one run`;
}

/** What may still be read of one run. */
export class RunBudget {
  readonly #left: Record<Kind, number> = { ...LIMITS.run };
  readonly #names: Record<NameKind, Map<string, string>> = {
    cohorts: new Map(),
    storms: new Map(),
    stormParts: new Map(),
    failureNames: new Map(),
  };

  /** Takes so much, or nothing where there is not so much left. */
  take(kind: Exclude<Kind, NameKind>, amount = 1): boolean {
    if (amount > this.#left[kind]) return false;
    this.#left[kind] -= amount;
    return true;
  }

  /** Takes a row, which each storm will look at. */
  takeRow(): boolean {
    const taken = LIMITS.run.rows - this.#left.rows;
    return (taken + 1) * this.#names.storms.size <= LIMITS.run.rowsOfStorms && this.take("rows");
  }

  /** One string for all rows of a cohort, which keeps nothing of the file alive; null where there are too many cohorts. */
  cohort(name: string): string | null {
    const known = this.#names.cohorts.get(name);
    if (known !== undefined) return known;
    const copy = Buffer.from(name).toString();
    return this.#takeNames("cohorts", [copy]) ? copy : null;
  }

  /** Takes the names of all of it, or says what would be too many. */
  takeRecord(record: WorkerRecord): string | null {
    const { storms } = record;
    const byCohort = [record.cohorts, record.counters, record.disconnects, record.errors];
    const failures = [record.disconnects, record.errors].flatMap((byName) => Object.values(byName));
    const names: Record<NameKind, string[]> = {
      cohorts: [...byCohort, ...storms.map(({ cohorts }) => cohorts)].flatMap((one) => Object.keys(one)),
      storms: storms.map(({ index }) => String(index)),
      stormParts: storms.flatMap(({ index, cohorts, regions = {}, regionLoads = {} }) => [
        ...Object.keys(cohorts).map((name) => `${index} cohort ${name}`),
        ...Object.keys({ ...regions, ...regionLoads }).map((name) => `${index} region ${name}`),
      ]),
      failureNames: failures.flatMap((one) => Object.keys(one)),
    };
    const tooMany = (Object.keys(names) as NameKind[]).find((kind) => !this.#takeNames(kind, names[kind]));
    return tooMany === undefined ? null : beyond(tooMany);
  }

  #takeNames(kind: NameKind, names: readonly string[]): boolean {
    const known = this.#names[kind];
    const fresh = new Set(names.filter((name) => !known.has(name)));
    if (known.size + fresh.size > LIMITS.run[kind]) return false;
    for (const name of fresh) known.set(name, name);
    return true;
  }
}
