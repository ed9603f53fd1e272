import { WorkerFiles } from "../capture/worker-files.ts";
import type { ForecastAssumption, ForecastRecord, WorkerRecord } from "../contract.ts";
import { ONLY_CONTAINER } from "../device/identity.ts";
import { fleetRecord } from "../fleet/fleet-record.ts";
import type { FleetPlan } from "../script/plan.ts";
import { maskHidden } from "../secrets/secret-text.ts";
import { EPOCH_MS, type VirtualFleet } from "./virtual-fleet.ts";

const WORKER_ID = "forecast";

export interface ForecastFilesOptions {
  directory: string;
  testRunId: string;
  plan: FleetPlan;
  fleet: VirtualFleet;
  assumptions: ForecastAssumption[];
  sample: ForecastRecord["sample"] | null;
  state: "ended" | "interrupted";
}

/**
 * Writes the files of the one worker that a forecast is. Everything that was recorded stands in one interval of the histograms.
 *
 * @throws an Error whose message says why they could not be written
 */
export function writeForecastFiles(options: ForecastFilesOptions): void {
  const { directory, testRunId, plan, fleet, assumptions, sample, state } = options;
  const problems: string[] = [];
  const files = new WorkerFiles(directory, WORKER_ID, EPOCH_MS, {
    log: (line) => problems.push(line),
    unwritten: ({ problem }) => problems.push(problem),
  });
  const nowMs = EPOCH_MS + Math.ceil(fleet.nowMs);
  const { recorder, run, regions } = fleet;
  const record: WorkerRecord = fleetRecord(
    { plan, recorder, run, regions, container: ONLY_CONTAINER, process: WORKER_ID },
    {
      testRunId,
      workerId: WORKER_ID,
      state,
      target: maskHidden(plan.target.kind === "lab" ? "lab" : plan.target.url),
      tls: { insecure: false },
      http: { insecure: false },
      sameIdsAs: [],
      others: [],
      containersDue: null,
      clock: null,
      startedAtMs: EPOCH_MS,
      updatedAtMs: nowMs,
      timeZeroMs: fleet.timeZeroMs,
      generator: null,
      forecast: sample ? { assumptions, sample } : { assumptions },
    },
  );
  files.flush(nowMs, recorder.histograms, recorder.timeline.take(true), record, true);
  files.close();
  if (problems.length > 0) throw new Error(`${directory} cannot be written: ${problems[0]}`);
}
