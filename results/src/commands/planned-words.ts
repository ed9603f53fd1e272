import type { PreparedForecast } from "artillery-engine-mqtt/forecast";
import { stormWords } from "../judge/storm-words.ts";

type Plan = PreparedForecast["plan"];

/** What a storm of a plan is called. `fraction`: where it is another than the plan's, or none. */
export function plannedWords(
  { cohorts }: Pick<Plan, "cohorts">,
  storm: Plan["storms"][number],
  fraction: number | null = storm.fraction,
): string {
  return stormWords({
    name: storm.name ?? null,
    cause: storm.cause,
    fraction,
    region: storm.region?.name ?? null,
    onlyCohorts: storm.cohorts?.map((place) => cohorts[place]?.name ?? "") ?? null,
    overMs: storm.overMs ?? null,
    outage: storm.outage ?? null,
  });
}
