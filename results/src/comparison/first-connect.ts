import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import type { Summary } from "../judge/summary-schema.ts";
import { peakPerS } from "../judge/timeline-rates.ts";
import type { TimelineRow } from "../run/timeline.ts";
import type { Phase } from "./phase.ts";
import { type PhaseCurve, thinned } from "./phase-curve.ts";

/** The name of this phase. */
export const FIRST_CONNECT = "first connect";

/** The time from the first attempt to the first storm, and when 50, 90, 99 and 100 % of the fleet were ready in it. */
export function firstConnect(summary: Summary, timeline: readonly TimelineRow[]): Phase {
  const { devices } = summary.fleet;
  const untilMs = summary.storms.find(({ affected }) => affected > 0)?.at ?? Number.POSITIVE_INFINITY;
  const rows = timeline.filter(({ t_ms }) => t_ms < untilMs);
  const levels = readyLevels(rows);
  const begin = rows.find((row) => row.connect_attempts > 0)?.t_ms ?? 0;
  const reached = (share: number): number | null => {
    const at = levels.find(({ ready }) => ready >= Math.max(1, Math.ceil(share * devices)));
    return at === undefined ? null : at.endMs - begin;
  };
  const sum = (column: "connect_attempts" | "connects_accepted" | "config_requests"): number =>
    rows.reduce((total, row) => total + row[column], 0);
  const perDevice = (total: number): number | null => (devices === 0 ? null : total / devices);
  const lastMs = rows.at(-1)?.t_ms ?? 0;
  return {
    name: FIRST_CONNECT,
    verdict: null,
    verdictReason: null,
    devices,
    ready: levels.reduce((most, { ready }) => Math.max(most, ready), 0),
    readyMs: { p50: reached(0.5), p90: reached(0.9), p99: reached(0.99), max: reached(1) },
    connectsPerS: rows.length === 0 ? 0 : peakPerS(rows, "connects_accepted", begin, lastMs),
    amplification: {
      connect: perDevice(sum("connect_attempts")),
      config: perDevice(sum("config_requests")),
    },
    generatorSaturated: summary.generator?.saturated ?? false,
    curve: devices === 0 ? null : arrivalCurve(levels, begin, devices),
  };
}

/** A fleet that loses devices again while it arrives is as far as it ever was. */
function arrivalCurve(
  levels: readonly { endMs: number; ready: number }[],
  beginMs: number,
  devices: number,
): PhaseCurve {
  let most = 0;
  const points = [{ tMs: 0, share: 0 }];
  for (const { endMs, ready } of levels) {
    if (endMs <= beginMs || ready <= most) continue;
    most = ready;
    points.push({ tMs: endMs - beginMs, share: Math.min(1, most / devices) });
  }
  return thinned({ timesMs: points.map(({ tMs }) => tMs), shares: points.map(({ share }) => share) });
}

/** Ready devices of all cohorts at the end of each row. */
function readyLevels(rows: readonly TimelineRow[]): { endMs: number; ready: number }[] {
  const levels = new Map<number, number>();
  for (const { t_ms, ready } of rows) levels.set(t_ms, (levels.get(t_ms) ?? 0) + ready);
  return [...levels].map(([t_ms, ready]) => ({ endMs: t_ms + TIMELINE_ROW_MS, ready }));
}
