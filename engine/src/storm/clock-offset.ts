/**
 * How far two clocks are apart, from messages that carry times: RFC 5905 (NTP version 4), section 8. Pure.
 * https://www.rfc-editor.org/rfc/rfc5905#section-8
 */
import type { ClockOffset } from "../contract.ts";

/** One question and its answer, milliseconds: the middle two on the clock of who answered, the others on that of who asked. */
export interface ClockExchange {
  askedAtMs: number;
  heardAtMs: number;
  answeredAtMs: number;
  gotAtMs: number;
}

/** Clocks are assumed to drift apart no faster than this: PHI of RFC 5905. */
const DRIFT = 15e-6;

/** What one exchange says. Its message may have taken the whole of the way in either direction. */
export function offsetOf(exchange: ClockExchange, reference: string): ClockOffset {
  const { askedAtMs, heardAtMs, answeredAtMs, gotAtMs } = exchange;
  const onTheWayMs = gotAtMs - askedAtMs - (answeredAtMs - heardAtMs);
  return {
    reference,
    offsetMs: (askedAtMs - heardAtMs + (gotAtMs - answeredAtMs)) / 2,
    uncertaintyMs: Math.max(0, onTheWayMs / 2),
    measuredAtMs: gotAtMs,
  };
}

/** The one that says more: with the shortest way, unless it is so old that the clocks may have drifted since. */
export function better(known: ClockOffset | null, next: ClockOffset): ClockOffset {
  if (known === null || known.reference !== next.reference) return next;
  const driftedMs = Math.abs(next.measuredAtMs - known.measuredAtMs) * DRIFT;
  return next.uncertaintyMs < known.uncertaintyMs + driftedMs ? next : known;
}
