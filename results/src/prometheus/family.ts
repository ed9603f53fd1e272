import type { RunFigures } from "./run-figures.ts";

/** Values of labels by their names. */
export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  /** Empty but for the samples that a histogram is made of. */
  suffix: "" | "_bucket" | "_sum" | "_count";
  labels: Labels;
  value: number;
}

/** One metric as Prometheus knows it: what it is called, and where its values come from. */
export interface Family {
  /** https://prometheus.io/docs/practices/naming/: base units, `_total` for what is accumulated. */
  name: string;
  type: "counter" | "gauge" | "histogram";
  help: string;
  /** Labels that all its samples have, without those of every metric; `le` of a histogram's buckets apart. */
  labels: readonly string[];
  samples: (figures: RunFigures) => Sample[];
}

/** A label that every sample has: which run it is of. */
export const RUN_LABEL = "test_run";

/** Adds up what several workers have under the same labels, in the order in which they are first met. */
export class Sum {
  readonly #samples = new Map<string, { labels: Labels; value: number }>();

  add(labels: Labels, value: number): void {
    const key = JSON.stringify(Object.values(labels));
    const known = this.#samples.get(key);
    if (known === undefined) this.#samples.set(key, { labels, value });
    else known.value += value;
  }

  samples(): Sample[] {
    return [...this.#samples.values()].map(({ labels, value }) => ({ suffix: "", labels, value }));
  }
}
