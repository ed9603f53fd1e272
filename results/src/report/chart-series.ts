import type { ChartSeries } from "./chart-spec.ts";
import { visible } from "./html.ts";
import { ALL_COHORTS } from "./words.ts";

const DASHES = [[], [10, 4], [3, 3], [12, 4, 3, 4]];

/** One cohort alone has the first colour; beside others the whole fleet has the text's colour. */
export function seriesOf(
  cohorts: readonly (string | null)[],
  shape: ChartSeries["shape"],
  rests: readonly string[],
): ChartSeries[] {
  const named = cohorts.filter((cohort) => cohort !== null);
  return cohorts.map((cohort, i) => {
    const index = cohort === null ? -1 : named.indexOf(cohort);
    return {
      label: visible(cohort ?? ALL_COHORTS),
      rest: rests[i] ?? "–",
      colour: index + 1,
      shape,
      dash: cohort === null ? [2, 3] : (DASHES[index % DASHES.length] ?? []),
    };
  });
}
