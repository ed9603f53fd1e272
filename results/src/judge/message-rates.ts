import type { MergedRun } from "../run/merge.ts";
import { type RateSeries, rateSeries, sumEvents } from "./rate-series.ts";

const MESSAGE_RATES = ["publishedPerS", "deliveredPerS", "missedPerS", "duplicatesPerS"] as const;
export type MessageRate = (typeof MESSAGE_RATES)[number];

/** Tracked messages of the whole fleet over time, each when it happened; null where none were tracked. */
export function messageRates({ messages, timeline }: MergedRun): RateSeries<MessageRate> | null {
  if (messages === null) return null;
  const events = timeline.map((row) => ({
    tMs: row.t_ms,
    publishedPerS: row.messages_published,
    deliveredPerS: row.messages_delivered,
    missedPerS: row.messages_missed,
    duplicatesPerS: row.messages_duplicates,
  }));
  return rateSeries(MESSAGE_RATES, sumEvents(MESSAGE_RATES, [events]));
}
