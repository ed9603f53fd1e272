import { WorkerFiles } from "../capture/worker-files.ts";
import type { ForecastAssumption, ForecastRecord, WorkerRecord } from "../contract.ts";
import { ONLY_CONTAINER } from "../device/identity.ts";
import { fleetRecord } from "../fleet/fleet-record.ts";
import type { FleetPlan } from "../script/plan.ts";
import { maskHidden } from "../secrets/secret-text.ts";
import { EPOCH_MS, type VirtualFleet, type VirtualWorker } from "./virtual-fleet.ts";

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
 * Writes the files of each worker of a forecast. Everything that was recorded stands in one interval of the histograms.
 *
 * @throws an Error whose message says why they could not be written
 */
export function writeForecastFiles(options: ForecastFilesOptions): void {
  const { workers } = options.fleet;
  workers.forEach((worker, i) => {
    writeWorker(worker, workers.length === 1 ? WORKER_ID : `${WORKER_ID}-${i + 1}`, options);
  });
}

function writeWorker(
  { recorder, run, regions }: VirtualWorker,
  workerId: string,
  { directory, testRunId, plan, fleet, assumptions, sample, state }: ForecastFilesOptions,
): void {
  const problems: string[] = [];
  const files = new WorkerFiles(directory, workerId, EPOCH_MS, {
    log: (line) => problems.push(line),
    unwritten: ({ problem }) => problems.push(problem),
  });
  const nowMs = EPOCH_MS + Math.ceil(fleet.nowMs);
  const record: WorkerRecord = fleetRecord(
    { plan, recorder, run, regions, container: ONLY_CONTAINER, process: WORKER_ID },
    {
      testRunId,
      workerId,
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
