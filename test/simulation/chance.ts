import { createRandom, type RandomSource } from "../../engine/src/random.ts";

/** Everything in a case that is left to chance, drawn from one seeded source. */
export class Chance {
  /** Uniform in [0, 1). */
  readonly random: RandomSource;

  constructor(seed: number, number: number) {
    this.random = createRandom(seed, number);
  }

  /** A whole number from 0 to `below` - 1. */
  int(below: number): number {
    return Math.floor(this.random() * below);
  }

  is(probability: number): boolean {
    return probability > 0 && this.random() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(items.length)] as T;
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least);
  }

  /** `probability` in a share of the cases, else 0: a case has some troubles, and seldom all of them. */
  trouble(share: number, least: number, most: number): number {
    return this.is(share) ? this.between(least, most) : 0;
  }

  /** Some items in any order, the same one perhaps more than once. */
  some<T>(items: readonly T[], most: number): T[] {
    return Array.from({ length: this.int(most + 1) }, () => this.pick(items));
  }
}
