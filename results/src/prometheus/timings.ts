import {
  LATENCY_METRICS,
  parseHistogramTag,
  parseStormMetricName,
  STORM_METRICS,
  type StormMetric,
} from "artillery-engine-mqtt/contract";
import type * as hdr from "hdr-histogram-js";
import { bucketsOf } from "../run/histogram.ts";
import type { Family, Labels, Sample } from "./family.ts";

/**
 * Upper bounds of the buckets, seconds: a handshake on one machine at one end, a fleet that comes back over an hour at the other. They
 * are the same for all metrics, so that percentiles can be made over runs and containers.
 */
export const BUCKETS_S = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600,
] as const;

const US_PER_S = 1_000_000;

/** What is timed, and from when to when: the words of the engine's contract. */
const LATENCY_HELP: Readonly<Record<keyof typeof LATENCY_METRICS, string>> = {
  connect: "Successful attempts to connect, from opening the connection to the accepted CONNACK.",
  tcp: "TCP handshakes.",
  tlsFull: "Full TLS handshakes, from TCP connected.",
  tlsResumed: "TLS handshakes that resumed an earlier session of the device.",
  websocket: "WebSocket upgrades, from TCP connected or the TLS handshake done.",
  connack: "From CONNECT written to CONNACK read.",
  subscribe: "From SUBSCRIBE written to SUBACK read.",
  publish: "From PUBLISH of QoS 1 and 2 written to PUBACK or PUBCOMP read.",
  config: "From a config request written to its answer read.",
  auth: "From the call of beforeConnect to the credentials that it brought.",
  delivery: "From a tracked publication to its reception by another device of the run.",
};

const STORM_HELP: Readonly<Record<StormMetric, string>> = {
  reconnect_time: "From a device's loss in the storm to its next CONNACK.",
  ready_time: "From a device's loss in the storm until it was ready again.",
  drop_spread: "From the storm's planned instant to the loss of the device's connection.",
  detection_time: "From the instant of a silent storm until the device found out.",
  reconnect_from_storm: "From the storm's instant to the device's next CONNACK.",
  ready_from_storm: "From the storm's instant until the device was ready again.",
  delivery_time: "Delivery of tracked messages that were sent in the storm's window.",
  flood_time: "From CONNACK until what had waited for the device at the broker was in.",
  flush_time: "From CONNACK until what the device had not got acknowledged at its loss was.",
};

/** The name of a metric of Artillery's, in Prometheus' spelling. */
export function snake(name: string): string {
  return name.replaceAll(".", "_");
}

export const TIMING_FAMILIES: readonly Family[] = [
  ...Object.entries(LATENCY_METRICS).map(([key, metric]) =>
    family(
      `${snake(metric)}_seconds`,
      LATENCY_HELP[key as keyof typeof LATENCY_METRICS],
      ["cohort"],
      (tag) => (tag.metric === metric ? { cohort: tag.cohort } : null),
    ),
  ),
  ...STORM_METRICS.map((metric) =>
    family(`mqtt_storm_${metric}_seconds`, STORM_HELP[metric], ["storm", "cohort"], (tag) => {
      const storm = parseStormMetricName(tag.metric);
      return storm?.metric === metric ? { storm: String(storm.index), cohort: tag.cohort } : null;
    }),
  ),
];

/** @param labelsOf labels of a histogram that belongs to the family; null for one that does not */
function family(
  name: string,
  help: string,
  labels: readonly string[],
  labelsOf: (tag: { metric: string; cohort: string }) => Labels | null,
): Family {
  return {
    name,
    type: "histogram",
    help,
    labels,
    samples: ({ timings }) =>
      [...timings].flatMap(([tag, histogram]) => {
        const parsed = parseHistogramTag(tag);
        const own = parsed && labelsOf(parsed);
        return own === null ? [] : samplesOf(histogram, own);
      }),
  };
}

/** A recorded value is known to 3 digits: it stands below a bound where the lowest that it can be does. */
function samplesOf(histogram: hdr.Histogram, labels: Labels): Sample[] {
  const counts = BUCKETS_S.map(() => 0);
  let bucket = 0;
  let [count, sumUs] = [0, 0];
  for (const { lowUs, highUs, count: values } of bucketsOf(histogram)) {
    while (bucket < BUCKETS_S.length && lowUs > (BUCKETS_S[bucket] as number) * US_PER_S) bucket++;
    if (bucket < BUCKETS_S.length) counts[bucket] = (counts[bucket] as number) + values;
    count += values;
    sumUs += values * ((lowUs + highUs) / 2);
  }
  let below = 0;
  const buckets = BUCKETS_S.map((bound, i): Sample => {
    below += counts[i] as number;
    return { suffix: "_bucket", labels: { ...labels, le: String(bound) }, value: below };
  });
  return [
    ...buckets,
    { suffix: "_bucket", labels: { ...labels, le: "+Inf" }, value: count },
    { suffix: "_sum", labels, value: sumUs / US_PER_S },
    { suffix: "_count", labels, value: count },
  ];
}
