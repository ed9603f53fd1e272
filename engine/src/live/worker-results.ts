import { type ArtilleryScript, log, testRunId } from "../artillery.ts";
import type { HealthStretch } from "../capture/generator-health.ts";
import { isMonitored, runDirectory } from "../capture/run-directory.ts";
import { postUnwritten } from "../capture/unwritten.ts";
import { workerFigures } from "../capture/worker-figures.ts";
import { WorkerFiles } from "../capture/worker-files.ts";
import { safeFileName, type WorkerRecord } from "../contract.ts";
import { type FleetRecordParts, fleetRecord } from "../fleet/fleet-record.ts";
import type { UrlTarget } from "../script/target.ts";
import { maskHidden } from "../secrets/secret-text.ts";
import type { HttpClient } from "../transport/http-client.ts";
import type { TcpKind } from "../transport/tcp.ts";
import { wallClock } from "./clock.ts";
import { FiguresChannel } from "./figures-channel.ts";
import type { FleetAgreement } from "./fleet-agreement.ts";

/** What was measured is on disk after at most this long. */
const FLUSH_MS = 2000;
/** As often as it is scraped where it is monitored. */
const MONITORED_FLUSH_MS = 1000;

/** The parts of a worker that have something to tell. */
export interface WorkerResultsOptions extends FleetRecordParts {
  script: ArtilleryScript;
  /** The broker of the control connection. */
  broker: UrlTarget;
  /** This worker began then, whole epoch milliseconds. */
  startedAtMs: number;
  /** The certificate of a broker is not verified. */
  isInsecure: boolean;
  tcp: TcpKind;
  agreement: FleetAgreement;
  /** Among all threads and containers of the run. */
  workerId: string;
  http: HttpClient;
  health: HealthStretch;
}

/** What a worker leaves behind: what was recorded, and what it knows of itself. It leaves nothing where nobody reads it. */
export class WorkerResults {
  readonly #options: WorkerResultsOptions;
  readonly #files: WorkerFiles | null;
  /** Null where nobody asks while the run goes on. */
  readonly #figures: FiguresChannel | null;
  readonly #timer: NodeJS.Timeout;

  constructor(options: WorkerResultsOptions) {
    this.#options = options;
    const directory = runDirectory(options.script);
    const teller = { log, unwritten: postUnwritten };
    this.#files =
      directory === null
        ? null
        : new WorkerFiles(directory, safeFileName(options.workerId), options.startedAtMs, teller);
    this.#figures = isMonitored(options.script) ? new FiguresChannel() : null;
    this.#flush("running");
    const everyMs = this.#figures === null ? FLUSH_MS : MONITORED_FLUSH_MS;
    this.#timer = setInterval(() => this.#flush("running"), everyMs).unref();
  }

  /** Writes what is left. Nothing may be recorded any more. */
  end(state: "ended" | "interrupted"): void {
    clearInterval(this.#timer);
    this.#flush(state);
    this.#files?.close();
    this.#figures?.close();
  }

  #flush(state: WorkerRecord["state"]): void {
    if (this.#files === null) return;
    const { recorder } = this.#options;
    const nowMs = wallClock();
    const isLast = state !== "running";
    const lines = recorder.timeline.take(isLast);
    const record = this.#record(state, nowMs);
    const intervals = this.#files.flush(nowMs, recorder.histograms, lines, record, isLast);
    this.#figures?.tell(workerFigures(recorder, record, intervals));
  }

  #record(state: WorkerRecord["state"], nowMs: number): WorkerRecord {
    const { broker, agreement, workerId, isInsecure, tcp, http, startedAtMs, health } = this.#options;
    return fleetRecord(this.#options, {
      testRunId: testRunId(),
      workerId,
      state,
      target: maskHidden(broker.url),
      tls: { insecure: isInsecure },
      tcp,
      http: { insecure: http.isInsecure },
      sameIdsAs: agreement.sameIdsAs,
      others: agreement.neighbours(),
      containersDue: agreement.containersDue,
      clock: agreement.clock,
      startedAtMs,
      updatedAtMs: Math.ceil(nowMs),
      timeZeroMs: agreement.timeZeroMs,
      generator: health.read(),
    });
  }
}
