import type { GeneratorHealth } from "artillery-engine-mqtt/contract";
import {
  histogramTag,
  LATENCY_METRICS,
  MESSAGE_COUNTER_NAMES,
  type MESSAGE_METRICS,
  stormMetricName,
  type WorkerMessages,
} from "artillery-engine-mqtt/contract";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun, MergedStorm } from "../run/merge.ts";
import { count, counted } from "./number-words.ts";
import { serviceTime } from "./service-time.ts";
import type { LatencySummary, MessagesSummary, StormMessagesSummary } from "./summary-schema.ts";

/** Tracked messages of the whole run; null where none were tracked. */
export function runMessages(run: MergedRun): MessagesSummary | null {
  if (run.messages === null) return null;
  const cohorts = [...run.messages.keys()];
  const deliveryMs = timesOf(run, LATENCY_METRICS.delivery, cohorts, run.generators);
  return messagesOf(sumOf(run.messages, cohorts), deliveryMs);
}

/** Those of a storm and some cohorts; null where none were tracked, or the storm did not come. */
export function stormMessages(
  run: MergedRun,
  storm: MergedStorm,
  cohorts: readonly string[],
): StormMessagesSummary | null {
  if (storm.messages === null || storm.startedAtMs === null) return null;
  const times = (metric: (typeof MESSAGE_METRICS)[number]): LatencySummary =>
    timesOf(run, stormMetricName(storm.index, metric), cohorts, storm.generatorsInWindow);
  return {
    ...messagesOf(sumOf(storm.messages, cohorts), times("delivery_time")),
    floodMs: times("flood_time"),
    flushMs: times("flush_time"),
  };
}

function timesOf(
  { histograms }: MergedRun,
  metric: string,
  cohorts: readonly string[],
  generators: readonly GeneratorHealth[],
): LatencySummary {
  const own = cohorts.flatMap((cohort) => histograms.get(histogramTag(metric, cohort)) ?? []);
  return serviceTime(own.length === 0 ? undefined : addHistograms(own), generators);
}

function sumOf(messages: ReadonlyMap<string, WorkerMessages>, cohorts: readonly string[]): WorkerMessages {
  return Object.fromEntries(
    MESSAGE_COUNTER_NAMES.map((name) => [
      name,
      cohorts.reduce((sum, cohort) => sum + (messages.get(cohort)?.[name] ?? 0), 0),
    ]),
  ) as WorkerMessages;
}

function messagesOf(counts: WorkerMessages, deliveryMs: LatencySummary): MessagesSummary {
  const { lost, reason } = lostOf(counts);
  return { ...counts, lost, lostReason: reason, notes: notesOf(counts, deliveryMs), deliveryMs };
}

/** What later messages of the same streams show to be missing, and has not come since. */
function lostOf(counts: WorkerMessages): { lost: number | null; reason: string } {
  const { delivered, shared, unfollowed, missed, filled } = counts;
  if (missed > 0 || delivered > shared + unfollowed)
    return { lost: Math.max(0, missed - filled), reason: "" };
  if (delivered === 0)
    return { lost: null, reason: "no tracked message was received, so none is known to be missing" };
  return {
    lost: null,
    reason:
      shared > 0
        ? "messages were received through shared subscriptions only, in which gaps are meant"
        : "there were more streams than are followed",
  };
}

/** What the counts leave open. */
function notesOf(counts: WorkerMessages, { count: timed }: LatencySummary): string[] {
  const { delivered, shared, unfollowed, undecided } = counts;
  const notes: string[] = [];
  if (shared > 0 && shared < delivered)
    notes.push(`${counted(shared, "reception")} through shared subscriptions cannot show what is lost`);
  if (unfollowed > 0)
    notes.push(`${counted(unfollowed, "reception")} of streams beyond those that are followed show nothing`);
  if (undecided > 0)
    notes.push(
      `${counted(undecided, "reception")} came too late to be told from duplicates: up to so many fewer are lost`,
    );
  if (timed < delivered)
    notes.push(
      `${count(delivered - timed)} of ${counted(delivered, "reception")} have no time: their clocks were not compared`,
    );
  return notes;
}
