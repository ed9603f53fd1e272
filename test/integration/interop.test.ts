/** `.hlog` files in HdrHistogram's own Java tools: an implementation that shares no code with the one that wrote them. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { rankOf, valueAtRankMs } from "../../results/src/judge/ranks.ts";
import { mergeRun } from "../../results/src/run/merge.ts";
import { mergedHlog } from "../../results/src/run/merged-hlog.ts";
import { readHistograms } from "../../results/src/run/read-histograms.ts";
import { readRun } from "../../results/src/run/run-files.ts";
import { record, temporaryDirectory, writeRun } from "../support/run-files.ts";

/** Debian's libhdrhistogram-java. */
const JAR = process.env.HDRHISTOGRAM_JAR ?? "/usr/share/java/hdrhistogram.jar";
const missing = whatIsMissing();
if (missing !== null) {
  console.log(
    `interop.test.ts is skipped: ${missing} (apt-get install libhdrhistogram-java default-jre-headless)`,
  );
}

function whatIsMissing(): string | null {
  if (!existsSync(JAR)) return `${JAR} is missing`;
  try {
    execFileSync("java", ["-version"], { stdio: "ignore" });
    return null;
  } catch {
    return "java is missing";
  }
}

interface JavaDistribution {
  /** Value in microseconds that so many values are at or below. */
  points: { valueUs: number; percentile: number; count: number }[];
  maxUs: number;
  total: number;
}

function processLog(path: string, ...args: string[]): string {
  const processor = "org.HdrHistogram.HistogramLogProcessor";
  return execFileSync("java", ["-cp", JAR, processor, "-i", path, ...args], {
    encoding: "utf8",
    stdio: "pipe",
  });
}

function distribution(path: string, tag: string): JavaDistribution {
  const text = processLog(path, "-tag", tag, "-outputValueUnitRatio", "1");
  const lines = text.matchAll(/^ *([\d.]+) ([\d.]+) +(\d+)(?: +[\d.]+)?$/gm);
  const points = [...lines].map(([, value, percentile, count]) => ({
    valueUs: Number(value),
    percentile: Number(percentile) * 100,
    count: Number(count),
  }));
  const [, max, total] = /#\[Max +=\s*([\d.]+), Total count\s*=\s*(\d+)\]/.exec(text) ?? [];
  return { points, maxUs: Number(max), total: Number(total) };
}

/** The distribution has no line of 99 %; the interval log that the processor writes beside it has. */
function p99Of(path: string, tag: string): number {
  const log = join(temporaryDirectory(), "intervals");
  processLog(path, "-tag", tag, "-outputValueUnitRatio", "1", "-csv", "-o", log);
  const lines = readFileSync(log, "utf8").trim().split("\n");
  const column =
    lines
      .find((line) => line.includes('"Total_99%"'))
      ?.split(",")
      .indexOf('"Total_99%"') ?? -1;
  return Number(lines.at(-1)?.split(",")[column]);
}

/** Long-tailed service times, 50 µs to 30 s, over three flushes. */
function longTail(seed: number): number[] {
  let state = seed;
  return Array.from({ length: 2000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.round(50 * Math.exp((state / 2_147_483_647) ** 3 * 13.3));
  });
}

const TAGS = [
  "mqtt.connect_time;configuration%20on%20every%20connect",
  "mqtt.storm.1.ready_time;%C3%A9%2C%20%22b%22",
];
const worker = (id: string, seed: number) => ({
  record: record({ workerId: id }),
  intervals: [1, 2, 3].map((flush) =>
    Object.fromEntries(TAGS.map((tag, i) => [tag, longTail(seed + flush * 7 + i)])),
  ),
});

describe.skipIf(missing !== null && !process.env.CI)("HdrHistogram's HistogramLogProcessor", () => {
  const directory = writeRun([worker("1", 11), worker("2", 1234)]);
  const merged = join(temporaryDirectory(), "merged.hlog");
  writeFileSync(merged, mergedHlog(mergeRun(readRun([directory]))));

  it.each([
    ["a worker's .hlog", join(directory, "worker-1.hlog"), 6000],
    ["merged.hlog", merged, 12_000],
  ])("reads %s: same tags, counts, percentiles and maximum", (_, path, total) => {
    const tags = processLog(path, "-listtags");
    const problems: string[] = [];
    const ours = readHistograms(readFileSync(path, "utf8"), path, problems);
    expect(problems).toEqual([]);
    for (const tag of TAGS) {
      expect(tags).toContain(tag);
      const histogram = ours.get(tag);
      const java = distribution(path, tag);
      expect(histogram?.totalCount).toBe(total);
      expect(java.total).toBe(total);
      expect(java.points.length).toBeGreaterThan(50);
      const at = (rank: number): number => (valueAtRankMs(histogram, rank) ?? Number.NaN) * 1000;
      // At every point that Java prints, the median among them.
      expect(java.points.some(({ percentile }) => percentile === 50)).toBe(true);
      for (const { valueUs, count } of java.points) expect(at(count)).toBeCloseTo(valueUs, 6);
      expect(at(total)).toBeCloseTo(java.maxUs, 6);
      expect(at(rankOf(99, total))).toBeCloseTo(p99Of(path, tag), 6);
    }
  });
});
