import { MESSAGE_COUNTER_NAMES, type MessageCounter, type WorkerMessages } from "../contract.ts";

/** Places of the counts in MESSAGE_COUNTER_NAMES: what is looked up once is not looked up per event. */
export const MESSAGE_PLACE: Readonly<Record<MessageCounter, number>> = Object.fromEntries(
  MESSAGE_COUNTER_NAMES.map((name, place) => [name, place]),
) as Record<MessageCounter, number>;

/** What tracked messages add up to, by cohort: for the run, and for each storm whether or not its window is still open. */
export class MessageCells {
  readonly #cohorts: readonly string[];
  /** By storm, 0 for the run, then by cohort, then by the count's place. */
  readonly #storms: (readonly Float64Array[])[];

  constructor(cohorts: readonly string[]) {
    this.#cohorts = cohorts;
    this.#storms = [this.#none()];
  }

  #none(): readonly Float64Array[] {
    return this.#cohorts.map(() => new Float64Array(MESSAGE_COUNTER_NAMES.length));
  }

  /** @param storm counted from 1; 0 for none: then it counts for the run alone */
  count(cohort: number, storm: number, place: number, count: number): void {
    add(this.#storms[0]?.[cohort] as Float64Array, place, count);
    if (storm === 0) return;
    this.#storms[storm] ??= this.#none();
    add(this.#storms[storm][cohort] as Float64Array, place, count);
  }

  /** Counts by the name of the cohort, of a storm, or of the run where it is 0. */
  read(storm: number): Record<string, WorkerMessages> {
    const cells = this.#storms[storm] ?? this.#none();
    return Object.fromEntries(
      cells.map((counts, cohort) => [
        this.#cohorts[cohort] as string,
        Object.fromEntries(
          MESSAGE_COUNTER_NAMES.map((name, place) => [name, counts[place] as number]),
        ) as WorkerMessages,
      ]),
    );
  }
}

function add(counts: Float64Array, place: number, count: number): void {
  counts[place] = (counts[place] as number) + count;
}
