import { count, duration } from "./number-words.ts";
import type { LatencySummary, StormMessagesSummary } from "./summary-schema.ts";

/** What `fail` may say of tracked messages; what is not given always holds. */
export interface MessageConditions {
  /** The most messages that may be lost; where that cannot be told, it exceeds any. */
  lost?: number | undefined;
  /** The most receptions that may be repetitions. */
  duplicates?: number | undefined;
  /** Milliseconds from a publication to its reception. */
  deliveryP99?: number | undefined;
  /** Milliseconds from CONNACK until what had waited is in. */
  floodP99?: number | undefined;
}
type MessageCondition = keyof MessageConditions;

/** Why a storm fails for its messages, by condition; null where it does not. What was not tracked has not passed. */
export function messageFailures(
  allowed: MessageConditions,
  messages: StormMessagesSummary | null,
): Record<MessageCondition, string | null> {
  const judged = (
    condition: MessageCondition,
    judge: (limit: number, of: StormMessagesSummary) => string | null,
  ): string | null => {
    const limit = allowed[condition];
    if (limit === undefined) return null;
    return messages === null
      ? `${condition} is not known: no messages were tracked (config.engines.mqtt.messages)`
      : judge(limit, messages);
  };
  return {
    lost: judged("lost", lostFailure),
    duplicates: judged("duplicates", (limit, { duplicates }) =>
      duplicates <= limit ? null : `${count(duplicates)} duplicates, allowed ${count(limit)}`,
    ),
    deliveryP99: judged("deliveryP99", (limit, { deliveryMs, delivered }) =>
      timeFailure("delivery p99", limit, deliveryMs, delivered > 0 ? CLOCKS : null),
    ),
    floodP99: judged("floodP99", (limit, { floodMs, flood }) =>
      timeFailure("flood p99", limit, floodMs, flood > 0 ? FLOODS : null),
    ),
  };
}

function lostFailure(limit: number, { lost, lostReason }: StormMessagesSummary): string | null {
  if (lost === null) return `lost messages are not known (${lostReason})`;
  return lost <= limit ? null : `${count(lost)} messages lost, allowed ${count(limit)}`;
}

const CLOCKS = "the clocks of the machines were not compared";
const FLOODS = "no flood was followed to its end";

/**
 * Nothing that came took no time: but what came and was not timed has not passed.
 *
 * @param unknown why there is no time of what came; null where nothing came
 */
function timeFailure(
  what: string,
  limitMs: number,
  { p99 }: LatencySummary,
  unknown: string | null,
): string | null {
  if (p99 === null) return unknown === null ? null : `${what} is not known: ${unknown}`;
  if (p99 <= limitMs) return null;
  const [was, allowed] = [duration(p99), duration(limitMs)];
  return `${what} ${was === allowed ? `${p99} ms` : was}, allowed ${allowed}`;
}
