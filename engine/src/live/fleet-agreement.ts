import { containersDue, log, testRunId, workerIdentity } from "../artillery.ts";
import { type ClockOffset, safeFileName, TIMELINE_ROW_MS } from "../contract.ts";
import { type FleetPlan, ownClientIdPrefix } from "../script/plan.ts";
import { credentialsOf, dialUrl, type UrlTarget } from "../script/target.ts";
import type { Population } from "../storm/selection.ts";
import { Agreement } from "../storm/time-zero.ts";
import { usesTls } from "../transport/endpoints.ts";
import { mqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";
import { processStartedAtMs, wallClock } from "./clock.ts";
import type { FleetNumbers } from "./fleet-numbers.ts";
import { sameIdsWarning } from "./warnings.ts";

export interface FleetAgreementOptions {
  plan: FleetPlan;
  /** The broker of the control connection. */
  broker: UrlTarget;
  tls: TlsMaterial;
  /** This worker's container, empty on one machine. */
  container: string;
  /** Shared by all workers of this process. */
  numbers: FleetNumbers;
  /** Hears the fleet's time zero, and again whenever an earlier one is agreed on. */
  onTimeZero(epochMs: number): void;
}

const MOST_NEIGHBOURS = 100;

/** What the workers of a run must agree on: one time zero, and who has how many devices. */
export class FleetAgreement {
  readonly #options: FleetAgreementOptions;
  /** Other runs that use this run's client ids at the same broker. */
  readonly sameIdsAs: string[] = [];
  #agreement: Agreement | null = null;
  #latestMs: number | null = null;

  constructor(options: FleetAgreementOptions) {
    this.#options = options;
  }

  /** The fleet's time zero, epoch milliseconds; null before the first virtual user. */
  get timeZeroMs(): number | null {
    return this.#latestMs;
  }

  /** This worker's first virtual user is there: proposes a time zero, and asks the others where there are any storms. */
  begin(): void {
    const { plan, broker, tls, container } = this.#options;
    const { timeZero, settings, storms, target } = plan;
    // It stands on a multiple of the timeline's row: storms then begin with a row.
    const proposedMs = Math.ceil(wallClock() / TIMELINE_ROW_MS) * TIMELINE_ROW_MS;
    this.#setTimeZero(timeZero.kind === "absolute" ? timeZero.epochMs : proposedMs);
    if (timeZero.kind !== "agreed" || storms.length === 0) return;
    this.#agreement = new Agreement(
      {
        url: dialUrl(broker),
        protocolVersion: settings.protocolVersion,
        topic: timeZero.topic,
        testRunId: safeFileName(testRunId()),
        workerId: safeFileName(workerIdentity().id),
        startedAtMs: processStartedAtMs(),
        wallClock,
        ...credentialsOf(target, settings),
        ...(usesTls(broker.endpoint) ? { tls: mqttTlsOptions(tls) } : {}),
        onTimeZero: (epochMs) => this.#setTimeZero(epochMs),
        onSameIds: (otherRun) => this.#noteSameIds(otherRun),
      },
      proposedMs,
      { container, devices: 0, idPrefix: ownClientIdPrefix(plan) },
    );
  }

  #setTimeZero(epochMs: number): void {
    this.#latestMs = epochMs;
    this.#options.onTimeZero(epochMs);
  }

  #noteSameIds(otherRun: string): void {
    this.sameIdsAs.push(otherRun);
    log(sameIdsWarning(otherRun));
  }

  /** Tells the others how many devices this worker has started so far. */
  setDevices(devices: number): void {
    this.#agreement?.setDevices(devices);
  }

  /** The devices of all containers, this process's first: as they are now, or as they were when a storm was first asked for. */
  populations(storm: number | null): Population[] {
    const { numbers, container } = this.#options;
    const devices = storm === null ? numbers.count : numbers.countAt(storm);
    return [{ container, devices }, ...this.others()];
  }

  /** The devices of other containers, by their last word. */
  others(): Population[] {
    return this.#agreement?.others() ?? [];
  }

  /** Those of them that this worker's record names: all together name each, and none names thousands. */
  neighbours(): Population[] {
    const others = this.others();
    const after = others.filter(({ container }) => container > this.#options.container);
    return [...after, ...others.slice(0, others.length - after.length)].slice(0, MOST_NEIGHBOURS);
  }

  /** So many containers the run is to have; null where nobody said. */
  get containersDue(): number | null {
    return containersDue();
  }

  /** How far this worker's clock is from another's; null where that was not measured. */
  get clock(): ClockOffset | null {
    return this.#agreement?.clock ?? null;
  }

  /** Containers in which another worker is alive. */
  containers(): string[] {
    return this.#agreement?.containers() ?? [];
  }

  /** Takes this worker off the others' list. */
  async end(): Promise<void> {
    await this.#agreement?.end();
  }
}
