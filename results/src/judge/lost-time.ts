import { TIMELINE_ROW_MS } from "artillery-engine-mqtt/contract";
import type { TimelineRow } from "../run/timeline.ts";

/**
 * Where the time went that a storm took from the fleet. Every device that is to be ready and is not is in one of four states, so
 * the four sum up to the whole.
 */
export interface LostTime {
  /** No attempt to connect was open: the device waited to try, or had stopped. Device-seconds, as the others. */
  waitingS: number;
  /** A call for credentials was under way before an attempt. */
  authenticatingS: number;
  /** From an attempt's beginning to its CONNACK, its failure or its time-out. */
  connectingS: number;
  /** Connected, but the work that follows a connection was not done. */
  gettingReadyS: number;
}

/** A stretch of the recovery; rates are per second, levels are means. */
export interface LoadStretch {
  connectsAcceptedPerS: number;
  answersPerS: number;
  credentialsPerS: number;
  /** Calls for credentials that were under way. */
  authenticating: number;
  /** Attempts to connect that were open. */
  connecting: number;
  /** Config requests that were neither answered nor given up. */
  asking: number;
}

export interface RecoveryLoad {
  lost: LostTime;
  /** Equal parts of the recovery, in the order of time. */
  stretches: LoadStretch[];
}

/** So long is a stretch: what a service does in it is not all chance, and a recovery of few seconds has several. */
export const STRETCH_MS = 500;
const ROWS = STRETCH_MS / TIMELINE_ROW_MS;

/**
 * @param rows of the whole fleet, one for each time, sorted
 * @param fleet devices that are to be ready
 */
export function recoveryLoad(
  rows: readonly TimelineRow[],
  fleet: number,
  fromMs: number,
  toMs: number,
): RecoveryLoad {
  const lost: LostTime = { waitingS: 0, authenticatingS: 0, connectingS: 0, gettingReadyS: 0 };
  const stretches: LoadStretch[] = [];
  let [authenticating, connecting, asking] = [0, 0, 0];
  let current: LoadStretch[] = [];
  for (const row of rows) {
    if (row.t_ms >= toMs) break;
    authenticating = Math.max(0, authenticating + row.auth_requests - row.auth_responses - row.auth_failures);
    connecting = Math.max(
      0,
      connecting + row.connect_attempts - row.connects_accepted - row.connects_refused,
    );
    if (row.t_ms + TIMELINE_ROW_MS <= fromMs) continue;
    // What was asked before went with the connections that the storm took, and nothing counts that.
    asking = Math.max(0, asking + row.config_requests - row.config_responses - row.config_timeouts);
    addRow(lost, row, fleet, authenticating, connecting);
    const answered = row.config_responses + row.late_responses;
    current.push({
      connectsAcceptedPerS: row.connects_accepted,
      answersPerS: answered,
      credentialsPerS: row.auth_responses,
      authenticating,
      connecting,
      asking,
    });
    if (current.length === ROWS) {
      stretches.push(stretchOf(current));
      current = [];
    }
  }
  return { lost, stretches };
}

function addRow(
  lost: LostTime,
  { online, ready }: TimelineRow,
  fleet: number,
  authenticating: number,
  connecting: number,
): void {
  let left = Math.max(0, fleet - ready);
  const take = (devices: number): number => {
    const taken = Math.min(left, Math.max(0, devices));
    left -= taken;
    return (taken * TIMELINE_ROW_MS) / 1000;
  };
  lost.gettingReadyS += take(online - ready);
  lost.connectingS += take(connecting);
  lost.authenticatingS += take(authenticating);
  lost.waitingS += take(left);
}

/** Its events are per second, its levels means. */
function stretchOf(rows: readonly LoadStretch[]): LoadStretch {
  const mean = (of: (row: LoadStretch) => number): number =>
    rows.reduce((total, row) => total + of(row), 0) / rows.length;
  const perS = (of: (row: LoadStretch) => number): number => (mean(of) * 1000) / TIMELINE_ROW_MS;
  return {
    connectsAcceptedPerS: perS((row) => row.connectsAcceptedPerS),
    answersPerS: perS((row) => row.answersPerS),
    credentialsPerS: perS((row) => row.credentialsPerS),
    authenticating: mean((row) => row.authenticating),
    connecting: mean((row) => row.connecting),
    asking: mean((row) => row.asking),
  };
}
