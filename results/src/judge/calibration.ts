import {
  type BrokerWork,
  type CalibratedRate,
  type Calibration,
  LATENCY_METRICS,
  TIMELINE_ROW_MS,
} from "artillery-engine-mqtt/contract";
import type { Histogram } from "hdr-histogram-js";
import { addHistograms } from "../run/histogram.ts";
import type { MergedRun } from "../run/merge.ts";
import type { TimelineRow } from "../run/timeline.ts";
import { type Knee, kneeOf, type LoadSecond } from "./knee.ts";
import type { Summary } from "./summary-schema.ts";
import { fleetRows } from "./timeline-rates.ts";

/** What is idle in a run that ramps its load: the tenth percentile, for a tenth of all came before the load was high. */
const IDLE_PERCENTILE = 10;

/** The mix of work at the knee is that of so many seconds before it. */
const MIX_SECONDS = 5;

const ROWS_PER_S = 1000 / TIMELINE_ROW_MS;

/** Knees that are no further apart are one, seen twice: answers pass through the broker. */
const SAME_KNEE_SECONDS = 2;

/**
 * What a run that ramped the load told of its target.
 *
 * The broker is a service for whole devices: one is offered with its attempt to connect, and served when it is ready. Inside it are
 * those that connect, and those that are online and not ready, but for those that wait for the back end. The back end's customers
 * are config requests. A knee that a saturated generator saw may be the generator's own, and one of the back end that the broker
 * has too is the broker's: each is then a lower bound.
 */
export function calibrationOf(run: MergedRun, { generator }: Pick<Summary, "generator">): Calibration {
  const seconds = secondsOf(fleetRows(run.timeline));
  const idleMs = (metric: string): number | null => percentileMs(run, metric, IDLE_PERCENTILE);
  const answerMs = idleMs(LATENCY_METRICS.config);
  const totals = totalsOf(run);
  const deviceMs = idleDeviceMs(totals, idleMs);
  const devices = kneeOf(seconds.map(deviceLoad), deviceMs ?? 0);
  const answers = kneeOf(seconds.map(answerLoad), answerMs ?? 0);
  const onset = devices.kind === "knee" ? devices.seconds : Number.POSITIVE_INFINITY;
  const isBrokers = answers.kind === "knee" && answers.seconds >= onset - SAME_KNEE_SECONDS;
  const doubt = generator?.saturated
    ? "beyond that the generator was saturated itself, so that the knee may be its own"
    : "";
  const rate = rateOf(devices, deviceMs, doubt);
  return {
    run: run.testRunId,
    tcpMs: idleMs(LATENCY_METRICS.tcp),
    connackMs: idleMs(LATENCY_METRICS.connack),
    broker: rate && { ...rate, perDevice: perDeviceOf(totals, seconds, onset) },
    answers: rateOf(
      answers,
      answerMs,
      isBrokers ? "beyond that the broker did not serve its devices in time either" : "",
    ),
  };
}

/** One second of the fleet: what was counted in it, and the means of who was inside. */
interface Second {
  connects: number;
  ready: number;
  unready: number;
  requests: number;
  responses: number;
  asking: number;
}

const EMPTY: Second = { connects: 0, ready: 0, unready: 0, requests: 0, responses: 0, asking: 0 };

function deviceLoad({ connects, ready, unready }: Second): LoadSecond {
  return { offered: connects, served: ready, inside: unready };
}

function answerLoad({ requests, responses, asking }: Second): LoadSecond {
  return { offered: requests, served: responses, inside: asking };
}

/** Whole seconds from the first row on, the last one only if it is whole; rows that are missing are rows without events. */
function secondsOf(rows: readonly TimelineRow[]): Second[] {
  const [first] = rows;
  if (first === undefined) return [];
  const seconds: Second[] = [];
  let [connecting, bootstrapping, asking, unready] = [0, 0, 0, 0];
  let at = 0;
  const slots = ((rows.at(-1)?.t_ms ?? 0) - first.t_ms) / TIMELINE_ROW_MS + 1;
  for (let slot = 0; slot < slots; slot++) {
    if (slot % ROWS_PER_S === 0) seconds.push({ ...EMPTY });
    const second = seconds.at(-1) as Second;
    const row = rows[at];
    if (row !== undefined && row.t_ms <= first.t_ms + slot * TIMELINE_ROW_MS) {
      at++;
      second.connects += row.connect_attempts;
      second.requests += row.config_requests;
      second.responses += row.config_responses;
      connecting = Math.max(
        0,
        connecting + row.connect_attempts - row.connects_accepted - row.connects_refused,
      );
      asking = Math.max(0, asking + row.config_requests - row.config_responses - row.config_timeouts);
      bootstrapping = row.online - row.ready;
      const before = unready;
      // Who waits for the back end is not inside the broker.
      unready = connecting + Math.max(0, bootstrapping - asking);
      second.ready += Math.max(0, row.connect_attempts - row.connects_refused - (unready - before));
    }
    second.unready += unready / ROWS_PER_S;
    second.asking += asking / ROWS_PER_S;
  }
  return slots % ROWS_PER_S === 0 ? seconds : seconds.slice(0, -1);
}

/** @param doubt why its knee is none; empty where it is one */
function rateOf(knee: Knee, idleMs: number | null, doubt: string): CalibratedRate | null {
  if (knee.kind === "unknown") return null;
  const { seconds, loadedMs } = knee;
  const common = { seconds, idleMs, loadedMs };
  if (knee.kind === "none") {
    const { atLeastPerS: perS } = knee;
    return { ...common, perS, isKnee: false, lowPerS: perS, highPerS: perS, doubt: "" };
  }
  const { perS, lowPerS, highPerS } = knee;
  if (doubt === "") return { ...common, perS, isKnee: true, lowPerS, highPerS, doubt };
  return { ...common, perS: lowPerS, isKnee: false, lowPerS, highPerS: lowPerS, doubt };
}

type Totals = Record<"accepted" | "subscribes" | "published" | "tlsFull" | "tlsResumed", number>;

function totalsOf({ counters }: MergedRun): Totals {
  const totals = { accepted: 0, subscribes: 0, published: 0, tlsFull: 0, tlsResumed: 0 };
  for (const one of counters.values()) {
    totals.accepted += one.connectsAccepted;
    totals.subscribes += one.subscribes;
    totals.published += one.publishesSent;
    totals.tlsFull += one.tlsFull;
    totals.tlsResumed += one.tlsResumed;
  }
  return totals;
}

/** A device connects, and then waits for one SUBACK after the other. Null where none was accepted. */
function idleDeviceMs(
  { subscribes, accepted }: Totals,
  idleMs: (metric: string) => number | null,
): number | null {
  const connectMs = idleMs(LATENCY_METRICS.connect);
  if (connectMs === null || accepted === 0) return null;
  return connectMs + (subscribes / accepted) * (idleMs(LATENCY_METRICS.subscribe) ?? 0);
}

/** What one device was to the broker up to the knee: a request and its answer are a message each. */
function perDeviceOf(totals: Totals, seconds: readonly Second[], onset: number): BrokerWork {
  const loaded = seconds.filter(({ connects, unready }) => connects > 0 || unready > 0);
  const end = Math.min(onset, loaded.length);
  const near = loaded.slice(Math.max(0, end - MIX_SECONDS), end);
  const sum = (of: (second: Second) => number): number => near.reduce((total, one) => total + of(one), 0);
  const each = (total: number): number => total / Math.max(1, totals.accepted);
  const published = each(totals.published);
  const answered =
    sum(({ responses }) => responses) /
    Math.max(
      1,
      sum(({ connects }) => connects),
    );
  return {
    connects: 1,
    tlsFull: each(totals.tlsFull),
    tlsResumed: each(totals.tlsResumed),
    subscribes: each(totals.subscribes),
    // A request over MQTT is among what was published; one over HTTP, and its answer, the broker never sees.
    messages: published + Math.min(published, answered),
  };
}

function percentileMs(run: MergedRun, metric: string, percentile: number): number | null {
  const own: Histogram[] = [];
  for (const [tag, histogram] of run.histograms) if (tag.startsWith(`${metric};`)) own.push(histogram);
  const all = addHistograms(own);
  return all.totalCount === 0 ? null : all.getValueAtPercentile(percentile) / 1000;
}
