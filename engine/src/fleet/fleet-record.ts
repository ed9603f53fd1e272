import type { Recorder } from "../capture/recorder.ts";
import { type WorkerFacts, workerRecord } from "../capture/worker-record.ts";
import type { WorkerRecord } from "../contract.ts";
import { type Container, containerLabel, deviceId } from "../device/identity.ts";
import type { Regions } from "../region/regions.ts";
import { type FleetPlan, longestWaitMs, ownClientIdPrefix, uncorrelatedCohorts } from "../script/plan.ts";
import { clientRecord } from "./client-record.ts";
import type { FleetRun } from "./fleet-run.ts";

/** The parts of a worker that its record is made of. */
export interface FleetRecordParts {
  plan: FleetPlan;
  recorder: Recorder;
  run: FleetRun;
  /** Null where the script has one target. */
  regions: Regions | null;
  container: Container;
  /** Tells this process from another that says it is the same container. */
  process: string;
}

/** What follows from the plan and the devices; the rest is the worker's own to say. */
type Known =
  | "container"
  | "seed"
  | "longestBackoffMs"
  | "clients"
  | "clientIds"
  | "ownTakeovers"
  | "uncorrelated"
  | "containerName"
  | "arrivals"
  | "devices"
  | "storms"
  | "regions";

/** `worker-<id>.json` as it is now. */
export function fleetRecord(parts: FleetRecordParts, own: Omit<WorkerFacts, Known>): WorkerRecord {
  const { plan, recorder, run, regions, container } = parts;
  const idPrefix = ownClientIdPrefix(plan);
  return workerRecord(recorder, {
    ...own,
    seed: plan.settings.seed,
    longestBackoffMs: longestWaitMs(plan),
    clients: Object.fromEntries(plan.cohorts.map(({ name, client }) => [name, clientRecord(client)])),
    clientIds: idPrefix === null ? null : `${idPrefix}${deviceId(container, 0)}`,
    ownTakeovers: run.ids?.report(),
    uncorrelated: uncorrelatedCohorts(plan),
    ...(container.of === 1
      ? {}
      : { container: { ordinal: container.ordinal, of: container.of, process: parts.process } }),
    containerName: containerLabel(container),
    arrivals: run.arrivals.read(),
    devices: run.users.started,
    storms: run.storms.report(),
    regions: regions?.counts.byName() ?? null,
  });
}
