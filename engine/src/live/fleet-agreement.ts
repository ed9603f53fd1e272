import { randomUUID } from "node:crypto";
import { containersDue, log, testRunId } from "../artillery.ts";
import { type ClockOffset, safeFileName, TIMELINE_ROW_MS } from "../contract.ts";
import { type Container, containerLabel } from "../device/identity.ts";
import type { Time } from "../device/port.ts";
import type { OpenPlace } from "../rendezvous/place.ts";
import { type Progress, Rendezvous, type TimeZeroRule } from "../rendezvous/rendezvous.ts";
import { type FleetPlan, ownClientIdPrefix } from "../script/plan.ts";
import type { Population } from "../storm/selection.ts";
import { processStartedAtMs, wallClock } from "./clock.ts";
import { commonClockMs } from "./common-clock.ts";
import type { FleetNumbers } from "./fleet-numbers.ts";
import { sameIdsWarning } from "./warnings.ts";

export interface FleetAgreementOptions {
  plan: FleetPlan;
  /** Where workers meet. */
  open: OpenPlace;
  container: Container;
  workerId: string;
  /** Tells this process from another that says it is the same container. */
  process: string;
  /** It is the first worker of its process. */
  isFirst: boolean;
  /** Shared by all workers of this process. */
  numbers: FleetNumbers;
  time: Time;
  progress(): Progress;
  /** Hears the fleet's time zero, and again whenever an earlier one is agreed on. */
  onTimeZero(epochMs: number): void;
  /** There will be none: of several containers no other was heard of. */
  onNoTimeZero(): void;
}

const MOST_NEIGHBOURS = 100;

/** What the workers of a run must agree on: one time zero, and who has how many devices. */
export class FleetAgreement {
  readonly #options: FleetAgreementOptions;
  /** Other runs that use this run's client ids at the same broker. */
  readonly sameIdsAs: string[] = [];
  #rendezvous: Rendezvous | null = null;
  #latestMs: number | null = null;
  /** Monotonic milliseconds. */
  #begunAtMs = Number.NaN;

  constructor(options: FleetAgreementOptions) {
    this.#options = options;
  }

  /** The fleet's time zero, epoch milliseconds of this worker's clock; null before there is one. */
  get timeZeroMs(): number | null {
    return this.#latestMs;
  }

  /** This worker's first virtual user is there: sets a time zero or waits for one, and asks the others where there are any storms. */
  begin(): void {
    const { plan, container } = this.#options;
    const { timeZero } = plan;
    const rule = timeZeroRule(plan, container);
    if (rule.kind !== "ready") this.#setTimeZero(rule.epochMs);
    const asksNobody =
      timeZero.kind === "local" ||
      (timeZero.kind === "absolute" && container.of === 1) ||
      plan.storms.length === 0;
    if (asksNobody) return;
    this.#rendezvous = this.#meet(rule);
    this.#begunAtMs = this.#options.time.now();
  }

  #meet(timeZero: TimeZeroRule): Rendezvous {
    const { plan, open, container, workerId, process, isFirst, time, progress } = this.#options;
    return new Rendezvous(
      {
        open,
        testRunId: safeFileName(testRunId()),
        workerId: safeFileName(workerId),
        instance: randomUUID(),
        startedAtMs: processStartedAtMs(),
        timeZero,
        stepMs: TIMELINE_ROW_MS,
        wallClock,
        time,
        progress,
        onTimeZero: (epochMs) => this.#setTimeZero(epochMs),
        onNoTimeZero: () => this.#options.onNoTimeZero(),
        onSameIds: (otherRun) => this.#noteSameIds(otherRun),
        isSpeaker: isFirst,
        say: log,
      },
      {
        container,
        process,
        idPrefix: ownClientIdPrefix(plan),
        devices: 0,
        cohorts: [],
        fleet: 0,
        ready: 0,
        arrivalsOver: false,
      },
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

  /**
   * The devices of all containers, this process's first: as they are now, or as they were when a storm was first asked for; where
   * `cohorts` are given, those of each of them by themselves.
   */
  populations(storm: number | null, cohorts: readonly number[] | null): Population[] {
    const { numbers, container } = this.#options;
    if (cohorts === null) {
      const devices = storm === null ? numbers.count : numbers.countAt(storm);
      return [{ container, devices }, ...(this.#rendezvous?.others() ?? [])];
    }
    const own = cohorts.map((cohort) => {
      const devices = storm === null ? numbers.countInCohort(cohort) : numbers.countInCohortAt(cohort, storm);
      return { container, devices, cohort };
    });
    return [...own, ...(this.#rendezvous?.othersIn(cohorts) ?? [])];
  }

  /** The devices of other containers, by their last word, as this worker's record names them: all together name each, and none names thousands. */
  neighbours(): { container: string; devices: number }[] {
    const own = containerLabel(this.#options.container);
    const others = (this.#rendezvous?.everMet() ?? [])
      .map(({ container, devices }) => ({ container: containerLabel(container), devices }))
      .sort((a, b) => (a.container < b.container ? -1 : 1));
    const after = others.filter(({ container }) => container > own);
    return [...after, ...others.slice(0, others.length - after.length)].slice(0, MOST_NEIGHBOURS);
  }

  /** So many containers the run is to have; null where nobody said. */
  get containersDue(): number | null {
    return containersDue();
  }

  /** How far this worker's clock is from another's, or the place's; null where that was not measured. */
  get clock(): ClockOffset | null {
    return this.#rendezvous?.clock ?? null;
  }

  /** See `commonClockMs`. */
  commonClock(): number | null {
    const { container, time } = this.#options;
    return commonClockMs({
      wallMs: wallClock(),
      offset: this.clock,
      container,
      isFirst: this.#rendezvous?.isFirst() ?? null,
      listenedMs: this.#rendezvous === null ? 0 : time.now() - this.#begunAtMs,
    });
  }

  /** No container in which a worker is alive comes before this one. */
  isFirst(): boolean {
    return this.#rendezvous?.isFirst() ?? true;
  }

  /** Takes this worker off the others' list. */
  async end(): Promise<void> {
    await this.#rendezvous?.end();
  }
}

function timeZeroRule({ timeZero, storms }: FleetPlan, { of }: Container): TimeZeroRule {
  if (timeZero.kind === "absolute") return { kind: "fixed", epochMs: timeZero.epochMs };
  if (timeZero.kind === "agreed" && storms.length > 0) {
    const from = timeZero.from ?? (of > 1 ? "ready" : "arrival");
    if (from === "ready") return { kind: "ready", barrier: timeZero.barrier };
  }
  // It stands on a multiple of the timeline's row: storms then begin with a row.
  return { kind: "proposed", epochMs: Math.ceil(wallClock() / TIMELINE_ROW_MS) * TIMELINE_ROW_MS };
}
