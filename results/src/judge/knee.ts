/**
 * The knee of a service under a load that grows: the highest offered rate that was still served without its latency growing. Pure:
 * rows in, a knee out.
 *
 * Latency is not timed here: by Little's law (L = λW) it is how many are inside divided by how many are served per second, so it
 * is known for each second of a run, and for those who are never answered too. A second is **grown** where that is more than twice
 * the idle latency and more than 20 ms beyond it; one customer more or less, which rows cannot tell apart, is allowed for. The load
 * has passed the knee where three seconds in a row are grown: a pause of the generator or of a collector is shorter.
 *
 * The knee is not below the highest rate that was served before that, and not above what was offered as latency began to grow. In
 * between it is what was served from then on: a service that works without a pause serves just what it can.
 */

/** One second of a run, per second; `inside` are those who were offered and neither served nor gone, as its mean. */
export interface LoadSecond {
  offered: number;
  served: number;
  inside: number;
}

export type Knee =
  | {
      kind: "knee";
      perS: number;
      lowPerS: number;
      highPerS: number;
      /** Seconds of load up to where latency began to grow. */
      seconds: number;
      /** Latency in the last second before that. */
      loadedMs: number;
    }
  /** All was served: the knee is beyond. */
  | { kind: "none"; atLeastPerS: number; seconds: number; loadedMs: number }
  /** The load was too much from its beginning, or there was none. */
  | { kind: "unknown"; why: string };

const GROWTH_FACTOR = 2;
const GROWTH_MS = 20;
/** So many grown seconds in a row are a load that is too high. */
const GROWN_SECONDS = 3;
/** What is served in so many seconds from the knee on is what can be served. */
const PLATEAU_SECONDS = 5;
/** A second in which a smaller share was served only seems to be in order: its queue is young. */
const SERVED_SHARE = 0.97;
/** Events fall into one second or the next. */
const EVENTS_BETWEEN = 2;
const FEWEST_SECONDS = 5;

/**
 * @param seconds in the order of time; those without any load count for nothing
 * @param idleMs latency with nobody waiting
 */
export function kneeOf(seconds: readonly LoadSecond[], idleMs: number): Knee {
  const loaded = seconds.filter(({ offered, inside }) => offered > 0 || inside > 0);
  if (loaded.length < FEWEST_SECONDS)
    return { kind: "unknown", why: `there were only ${loaded.length} seconds of load` };
  const isGrown = loaded.map((one) => latencyMs(one) > limitMs(one, idleMs));
  const onset = firstOf(isGrown);
  const before = loaded.slice(0, onset ?? loaded.length).filter((_, i) => !isGrown[i]);
  const kept = before.filter(isServed);
  const best = kept.reduce<LoadSecond | null>((a, b) => (a === null || b.offered > a.offered ? b : a), null);
  if (best === null)
    return { kind: "unknown", why: "already its lightest load was not served in time: begin with less" };
  const lowPerS = best.offered;
  const loadedMs = latencyMs(best);
  if (onset === null) return { kind: "none", atLeastPerS: lowPerS, seconds: loaded.length, loadedMs };
  const highPerS = Math.max(
    lowPerS,
    ...loaded.slice(onset, onset + GROWN_SECONDS).map(({ offered }) => offered),
  );
  const plateau = loaded
    .slice(onset, onset + PLATEAU_SECONDS)
    .filter((_, i) => isGrown[onset + i])
    .map(({ served }) => served);
  const perS = Math.min(highPerS, Math.max(lowPerS, median(plateau)));
  return { kind: "knee", perS, lowPerS, highPerS, seconds: onset, loadedMs };
}

/** Infinite where many are inside and none is served. */
function latencyMs({ inside, served }: LoadSecond): number {
  return inside === 0 ? 0 : (inside * 1000) / served;
}

function limitMs({ offered }: LoadSecond, idleMs: number): number {
  const oneCustomerMs = offered === 0 ? 0 : 1000 / offered;
  return Math.max(GROWTH_FACTOR * idleMs, idleMs + GROWTH_MS) + oneCustomerMs;
}

function isServed({ offered, served }: LoadSecond): boolean {
  return served >= SERVED_SHARE * offered - EVENTS_BETWEEN;
}

/** Where the first run of grown seconds begins that is long enough, or lasts to the end; null where there is none. */
function firstOf(isGrown: readonly boolean[]): number | null {
  let length = 0;
  for (let i = 0; i < isGrown.length; i++) {
    length = isGrown[i] ? length + 1 : 0;
    const isLast = i === isGrown.length - 1;
    if (length === GROWN_SECONDS || (isLast && length === GROWN_SECONDS - 1)) return i - length + 1;
  }
  return null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}
