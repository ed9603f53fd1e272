import { histogramTag } from "artillery-engine-mqtt/contract";
import { expect, it } from "vitest";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { mergedHlog } from "../../../../results/src/run/merged-hlog.ts";
import { readHistograms } from "../../../../results/src/run/read-histograms.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

it("holds every value of all workers, one interval per tag", () => {
  const run = mergeRun(readRun([writeRun([spiralWorker("1"), spiralWorker("2")])]));
  const text = mergedHlog(run);
  const lines = text.trimEnd().split("\n");
  expect(lines.slice(0, 4)).toEqual([
    "#[Histogram log format version 1.3]",
    "#[Values are microseconds; tag = metric;cohort, the cohort URI-encoded]",
    expect.stringMatching(
      /^#\[StartTime: 1795168799\.500 \(seconds since epoch\), 2026-11-20T09:59:59\.500Z\]$/,
    ),
    '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"',
  ]);
  expect(lines).toHaveLength(4 + run.histograms.size);
  const problems: string[] = [];
  const read = readHistograms(text, "merged.hlog", problems);
  expect(problems).toEqual([]);
  expect([...read.keys()]).toEqual([...run.histograms.keys()].sort());
  for (const [tag, histogram] of run.histograms) {
    expect(read.get(tag)?.outputPercentileDistribution()).toBe(histogram.outputPercentileDistribution());
  }
  expect(read.get(histogramTag("mqtt.connect_time", "cached"))?.totalCount).toBe(240);
});
