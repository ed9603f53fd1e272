import { histogramTag } from "artillery-engine-mqtt/contract";
import type { MergedRun } from "../run/merge.ts";
import { idleStretches, type Stretch } from "./idle.ts";
import { type CohortLoad, loadOf } from "./load.ts";
import { type MessageRate, messageRates } from "./message-rates.ts";
import { type MetricPercentiles, metricPercentiles } from "./percentiles-by-cohort.ts";
import { type MetricOverTime, percentilesOverTime } from "./percentiles-over-time.ts";
import type { RateSeries } from "./rate-series.ts";
import { type StormRecovery, stormRecovery } from "./recovery-by-cohort.ts";
import { serviceTime } from "./service-time.ts";
import { type LatencyName, type LatencySummary, SERVICE_TIME_METRICS } from "./summary-schema.ts";

/** What a report draws and lists of a run beside its summary. */
export interface Curves {
  recovery: StormRecovery[];
  load: CohortLoad[];
  /** Stretches of the run in which the fleet asks for next to nothing, ascending. */
  idle: Stretch[];
  /** Null where no messages were tracked. */
  messages: RateSeries<MessageRate> | null;
  percentiles: MetricPercentiles[];
  overTime: MetricOverTime[];
  /** Service times of each cohort; those of the whole fleet are the summary's. */
  serviceTimes: CohortServiceTime[];
}

export interface CohortServiceTime {
  metric: LatencyName;
  cohort: string;
  latency: LatencySummary;
}

export function curvesOf(run: MergedRun): Curves {
  const load = loadOf(run);
  const [fleet] = load;
  const stormsMs = run.storms.filter(({ startedAtMs }) => startedAtMs !== null).map(({ atMs }) => atMs);
  return {
    recovery: run.storms.flatMap((storm) => stormRecovery(run, storm) ?? []),
    load,
    idle: fleet === undefined ? [] : idleStretches(fleet, stormsMs),
    messages: messageRates(run),
    percentiles: metricPercentiles(run),
    overTime: percentilesOverTime(run),
    serviceTimes: (Object.keys(SERVICE_TIME_METRICS) as LatencyName[]).flatMap((metric) =>
      [...run.cohorts.keys()].flatMap((cohort) => cohortServiceTime(run, metric, cohort) ?? []),
    ),
  };
}

/** Returns null where no operation of that kind succeeded. */
function cohortServiceTime(run: MergedRun, metric: LatencyName, cohort: string): CohortServiceTime | null {
  const histogram = run.histograms.get(histogramTag(SERVICE_TIME_METRICS[metric], cohort));
  const latency = serviceTime(histogram, run.generators);
  return latency.count === 0 ? null : { metric, cohort, latency };
}
