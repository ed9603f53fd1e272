import { stringify } from "csv-stringify/sync";
import { FORECAST } from "../judge/forecast-words.ts";
import type { Finding } from "./finding.ts";
import { type Row, rowsOf } from "./rows.ts";

export const FIND_COLUMNS = [
  "kind",
  "find",
  "policy",
  "fleet_devices",
  "due_devices",
  "config_service_per_s",
  "broker_connects_per_s",
  "affected",
  "verdict",
  "verdict_absence",
  "recovers",
  "mark",
  "ready_p50_ms",
  "ready_p90_ms",
  "ready_p99_ms",
  "ready_target_ms",
  "peak_connects_per_s",
  "peak_config_requests_per_s",
  "connects_per_device",
  "config_requests_per_device",
  "interrupted",
  "reason",
] as const;

type Line = Record<(typeof FIND_COLUMNS)[number], string | number | null>;

/** What one forecast came to. An empty value is "not reached". */
export function outcomeCells({ holds, mark, outcome }: Pick<Row, "holds" | "mark" | "outcome">) {
  const { readyMs, peak, perDevice } = outcome;
  return {
    fleet_devices: outcome.fleet,
    due_devices: outcome.due,
    affected: outcome.affected,
    verdict: outcome.verdict,
    verdict_absence: outcome.absence,
    recovers: holds ? "yes" : "no",
    mark,
    ready_p50_ms: readyMs.p50,
    ready_p90_ms: readyMs.p90,
    ready_p99_ms: readyMs.p99,
    ready_target_ms: readyMs.target,
    peak_connects_per_s: peak.connectsPerS,
    peak_config_requests_per_s: peak.configRequestsPerS,
    connects_per_device: perDevice.connects,
    config_requests_per_device: perDevice.configRequests,
  };
}

/** `find.csv`: a row per forecast. An empty value is "not reached", or nothing that was searched. */
export function findingCsv(finding: Finding): string {
  const server = finding.find === "capacity" ? finding.of : null;
  const lines = rowsOf(finding).map((row): Line => {
    return {
      ...outcomeCells(row),
      kind: FORECAST,
      find: finding.find,
      policy: row.policy,
      config_service_per_s: server === "config-service" ? row.value : null,
      broker_connects_per_s: server === "broker" ? row.value : null,
      interrupted: finding.interrupted ? "yes" : "no",
      reason: row.outcome.reason,
    };
  });
  return stringify(lines, { header: true, columns: [...FIND_COLUMNS], escape_formulas: true });
}
