import { type ArtilleryScript, log, testRunId, workerIdentity } from "../artillery.ts";
import type { HealthStretch } from "../capture/generator-health.ts";
import type { Recorder } from "../capture/recorder.ts";
import { runDirectory } from "../capture/run-directory.ts";
import { postUnwritten } from "../capture/unwritten.ts";
import { WorkerFiles } from "../capture/worker-files.ts";
import { workerRecord } from "../capture/worker-record.ts";
import { safeFileName, type WorkerRecord } from "../contract.ts";
import { longestBackoffMs } from "../device/backoff.ts";
import { deviceId } from "../device/identity.ts";
import type { Regions } from "../region/regions.ts";
import { type FleetPlan, ownClientIdPrefix, uncorrelatedCohorts } from "../script/plan.ts";
import type { UrlTarget } from "../script/target.ts";
import { maskHidden } from "../secrets/secret-text.ts";
import type { Storms } from "../storm/storms.ts";
import type { HttpClient } from "../transport/http-client.ts";
import type { TcpKind } from "../transport/tcp.ts";
import { wallClock } from "./clock.ts";
import type { FleetAgreement } from "./fleet-agreement.ts";
import type { VirtualUsers } from "./virtual-user.ts";

/** What was measured is on disk after at most this long. */
const FLUSH_MS = 2000;

/** The parts of a worker that have something to tell. */
export interface WorkerResultsOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  /** The broker of the control connection. */
  broker: UrlTarget;
  /** This worker began then, whole epoch milliseconds. */
  startedAtMs: number;
  /** The certificate of a broker is not verified. */
  isInsecure: boolean;
  tcp: TcpKind;
  /** This worker's container, empty on one machine. */
  container: string;
  recorder: Recorder;
  users: VirtualUsers;
  agreement: FleetAgreement;
  storms: Storms;
  /** Null where the script has one target. */
  regions: Regions | null;
  http: HttpClient;
  health: HealthStretch;
}

/** What a worker leaves behind: what was recorded, and what it knows of itself. It leaves nothing where nobody reads it. */
export class WorkerResults {
  readonly #options: WorkerResultsOptions;
  readonly #files: WorkerFiles | null;
  readonly #timer: NodeJS.Timeout;

  constructor(options: WorkerResultsOptions) {
    this.#options = options;
    const directory = runDirectory(options.script);
    const teller = { log, unwritten: postUnwritten };
    this.#files =
      directory === null
        ? null
        : new WorkerFiles(directory, safeFileName(workerIdentity().id), options.startedAtMs, teller);
    this.#flush("running");
    this.#timer = setInterval(() => this.#flush("running"), FLUSH_MS).unref();
  }

  /** Writes what is left. Nothing may be recorded any more. */
  end(state: "ended" | "interrupted"): void {
    clearInterval(this.#timer);
    this.#flush(state);
    this.#files?.close();
  }

  #flush(state: WorkerRecord["state"]): void {
    if (this.#files === null) return;
    const { recorder } = this.#options;
    const nowMs = wallClock();
    const isLast = state !== "running";
    const lines = recorder.timeline.take(isLast);
    this.#files.flush(nowMs, recorder.histograms, lines, this.#record(state, nowMs), isLast);
  }

  #record(state: WorkerRecord["state"], nowMs: number): WorkerRecord {
    const { plan, broker, container, recorder, users, agreement, storms, regions } = this.#options;
    const idPrefix = ownClientIdPrefix(plan);
    return workerRecord(recorder, {
      testRunId: testRunId(),
      workerId: workerIdentity().id,
      state,
      target: maskHidden(broker.url),
      tls: { insecure: this.#options.isInsecure },
      tcp: this.#options.tcp,
      http: { insecure: this.#options.http.isInsecure },
      seed: plan.settings.seed,
      longestBackoffMs: longestBackoffMs(plan.backoff),
      clientIds: idPrefix === null ? null : `${idPrefix}${deviceId(container, 0)}`,
      uncorrelated: uncorrelatedCohorts(plan),
      sameIdsAs: agreement.sameIdsAs,
      startedAtMs: this.#options.startedAtMs,
      updatedAtMs: Math.ceil(nowMs),
      timeZeroMs: agreement.timeZeroMs,
      devices: users.started,
      storms: storms.report(),
      regions: regions?.counts.byName() ?? null,
      generator: this.#options.health.read(),
    });
  }
}
