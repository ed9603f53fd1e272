/** So many reasons, causes or errors have series of their own, of each metric. */
export const MOST_NAMES = 50;
/** What all others are counted under. */
export const OTHER = "other";

type NamesByCohort = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * Keeps the number of series bounded: brokers and scripts make names. The first ones keep theirs for the whole run and the others never
 * get one, so no series ever goes down.
 */
export class BoundedNames {
  readonly #known = new Set<string>();

  bounded(names: NamesByCohort): Record<string, Record<string, number>> {
    return Object.fromEntries(
      Object.entries(names).map(([cohort, counts]) => [cohort, this.#boundedOf(counts)]),
    );
  }

  #boundedOf(counts: Readonly<Record<string, number>>): Record<string, number> {
    const bounded: Record<string, number> = {};
    for (const [name, count] of Object.entries(counts)) {
      if (!this.#known.has(name) && this.#known.size < MOST_NAMES) this.#known.add(name);
      const shown = this.#known.has(name) ? name : OTHER;
      bounded[shown] = (bounded[shown] ?? 0) + count;
    }
    return bounded;
  }
}
