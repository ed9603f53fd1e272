import { HISTOGRAM, histogramTag, LATENCY_METRICS } from "../../engine/src/contract.ts";
import { emptyHistogram } from "../../results/src/histogram.ts";
import { mergeHistograms } from "../../results/src/merge.ts";
import { emptyRow, mergeTimelines, type TimelineRow } from "../../results/src/timeline.ts";
import type { Scale, Table } from "./suite.ts";

const MINUTE_ROWS = 600;
const VALUES = 5000;

/** One worker's histograms of all service times, each with values over three decades. */
function histogramsOf(worker: number) {
  return new Map(
    Object.values(LATENCY_METRICS).map((metric) => {
      const histogram = emptyHistogram();
      for (let i = 0; i < VALUES; i++) {
        const us = 100 * 1000 ** (((i * 613 + worker * 7) % VALUES) / VALUES);
        histogram.recordValue(Math.min(Math.round(us), HISTOGRAM.highestTrackableValueUs));
      }
      return [histogramTag(metric, "devices"), histogram] as const;
    }),
  );
}

function timelineOf(worker: number): TimelineRow[] {
  return Array.from({ length: MINUTE_ROWS }, (_, i) => ({
    ...emptyRow(i * 100, "devices"),
    online: 100 + worker,
    connect_attempts: i % 7,
  }));
}

export function tables({ workers }: Scale): Table[] {
  const histograms = Array.from({ length: workers }, (_, worker) => histogramsOf(worker));
  const timelines = Array.from({ length: workers }, (_, worker) => timelineOf(worker));
  return [
    {
      title: `merge ${workers} workers`,
      operation: "worker",
      cases: [
        {
          name: "results: histograms of all service times",
          operations: workers,
          run: () => mergeHistograms(histograms).size,
        },
        {
          name: "results: a minute of timeline",
          operations: workers,
          run: () => mergeTimelines(timelines, 0).length,
        },
      ],
    },
  ];
}
