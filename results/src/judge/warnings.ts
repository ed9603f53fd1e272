import type { MergedRun } from "../run/merge.ts";

/** What makes a run doubtful that no count shows by itself, in sentences; each with what to do about it. */
export function warningsOf(run: MergedRun): string[] {
  return [...sameIds(run), ...takeovers(run), ...uncorrelated(run)];
}

function sameIds({ sameIdsAs }: MergedRun): string[] {
  return sameIdsAs.map(
    (other) =>
      `run ${other} had devices with the same client ids at this broker at the same time: each took the other's sessions, and neither says anything of the broker; give one of them a clientIdPrefix, or WORKER_ID`,
  );
}

/** Connections that another client with the same client id took: only MQTT 5 says so. */
export function takeoversOf({ disconnects }: Pick<MergedRun, "disconnects">): number {
  return [...disconnects.values()].reduce((sum, causes) => sum + (causes.get("session_taken_over") ?? 0), 0);
}

function takeovers(run: MergedRun): string[] {
  const taken = takeoversOf(run);
  if (taken === 0) return [];
  return [
    `${taken} connections were taken over by another client with the same client id (MQTT 5 reason 0x8E): is the fleet's range of ids in use elsewhere?`,
  ];
}

function uncorrelated(run: MergedRun): string[] {
  const timeouts = [...run.counters.values()].reduce((sum, { configTimeouts }) => sum + configTimeouts, 0);
  return run.uncorrelated.map(
    (cohort) =>
      `cohort ${cohort} cannot tell an answer from that to an earlier request (${timeouts} of all config requests timed out): where one came late, it counted as in time, with too short a time; put {{ requestId }} into topic and responseTopic, or set correlation`,
  );
}
