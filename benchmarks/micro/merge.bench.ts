import * as hdr from "hdr-histogram-js";
import { HISTOGRAM, histogramTag, LATENCY_METRICS } from "../../engine/src/contract.ts";
import { getOrAdd } from "../../results/src/run/get-or-add.ts";
import { emptyHistogram } from "../../results/src/run/histogram.ts";
import { addInterval } from "../../results/src/run/hlog-interval.ts";
import { RunBudget } from "../../results/src/run/run-budget.ts";
import { emptyRow, type TimelineRow } from "../../results/src/run/timeline.ts";
import { mergeTimelines, TimelineSum } from "../../results/src/run/timeline-sum.ts";
import type { Scale, Table } from "./suite.ts";

const MINUTE_ROWS = 600;
const VALUES = 5000;

/** One worker's histograms of all service times, as a log has them, each with values over three decades. */
function intervalsOf(worker: number) {
  return Object.values(LATENCY_METRICS).map((metric) => {
    const histogram = emptyHistogram();
    for (let i = 0; i < VALUES; i++) {
      const us = 100 * 1000 ** (((i * 613 + worker * 7) % VALUES) / VALUES);
      histogram.recordValue(Math.min(Math.round(us), HISTOGRAM.highestTrackableValueUs));
    }
    return { tag: histogramTag(metric, "devices"), base64: hdr.encodeIntoCompressedBase64(histogram) };
  });
}

function timelineOf(worker: number): TimelineRow[] {
  return Array.from({ length: MINUTE_ROWS }, (_, i) => ({
    ...emptyRow(i * 100, "devices"),
    online: 100 + worker,
    connect_attempts: i % 7,
  }));
}

export function tables({ workers }: Scale): Table[] {
  const intervals = Array.from({ length: workers }, (_, worker) => intervalsOf(worker));
  const timelines = Array.from({ length: workers }, (_, worker) => timelineOf(worker));
  return [
    {
      title: `merge ${workers} workers`,
      operation: "worker",
      cases: [
        {
          name: "results: histograms of all service times",
          operations: workers,
          run: () => {
            const sums = new Map<string, hdr.Histogram>();
            for (const { tag, base64 } of intervals.flat())
              addInterval(getOrAdd(sums, tag, emptyHistogram), base64);
            return sums.size;
          },
        },
        {
          name: "results: a minute of timeline",
          operations: workers,
          run: () => {
            const sum = new TimelineSum();
            const budget = new RunBudget();
            for (const rows of timelines) sum.addWorker(rows, budget);
            return mergeTimelines([{ sum, zeroMs: 0 }]).length;
          },
        },
      ],
    },
  ];
}
