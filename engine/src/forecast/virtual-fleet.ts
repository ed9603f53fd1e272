import type { ArtilleryScript, Helpers, RunEvents } from "../artillery.ts";
import { Recorder } from "../capture/recorder.ts";
import { TIMELINE_ROW_MS } from "../contract.ts";
import { IdHolders } from "../device/id-holders.ts";
import { ONLY_CONTAINER } from "../device/identity.ts";
import { FleetRun } from "../fleet/fleet-run.ts";
import type { Loads } from "../region/load.ts";
import { Regions } from "../region/regions.ts";
import { givenValues } from "../script/client-ids.ts";
import { type FleetPlan, ownClientIdPrefix } from "../script/plan.ts";
import { stepsOf } from "../script/references.ts";
import { hasOnlyOwnIds } from "../script/shared-ids.ts";
import { LAB_VARIABLE } from "../script/steps/lab.ts";
import type { ParsedStep } from "../script/steps/step.ts";
import { REGION_VARIABLE } from "../script/variables.ts";
import { RecoveryBoard } from "../storm/recovery-board.ts";
import { planEndMs } from "../storm/schedule.ts";
import type { Population } from "../storm/selection.ts";
import type { Arrivals } from "./arrivals.ts";
import { AuthBackEnd } from "./auth.ts";
import { BackEnd } from "./back-end.ts";
import { Broker } from "./broker.ts";
import { VirtualClock } from "./clock.ts";
import { companyOf, loadsElsewhere } from "./company.ts";
import { Contexts, scenarioPicker } from "./contexts.ts";
import { Dealer, workersWithArrivals } from "./dealing.ts";
import { Generator } from "./generator.ts";
import { hearOneAnother } from "./hearing.ts";
import { ForecastHost } from "./host.ts";
import { ForecastHttp, labUrl } from "./http.ts";
import type { Lane } from "./lane.ts";
import type { Model } from "./model.ts";
import { Network } from "./network.ts";

/** Every forecast begins at this instant, 2000-01-01T00:00:00Z: no clock of this machine is in its files. */
export const EPOCH_MS = 946_684_800_000;

/** Regions are looked at so often in a real run too. */
const LOADS_TICK_MS = 1000;

export interface VirtualFleetOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  model: Model;
  arrivals: readonly Arrivals[];
  /** As Artillery would start worker threads: fewer where some would have no arrivals. */
  workers: number;
  helpers: Helpers;
  /** Hears what happens, a line each. */
  log(line: string): void;
}

/** One worker of a run: its devices, and what it records of them. */
export interface VirtualWorker {
  recorder: Recorder;
  /** Null where the script has one target. */
  regions: Regions | null;
  run: FleetRun;
}

/** A whole run in virtual time: arrivals, devices, network, brokers and back ends. Nothing of it happens but by `advance`. */
export class VirtualFleet {
  readonly workers: readonly VirtualWorker[];
  readonly brokers: readonly Broker[];
  readonly #clock = new VirtualClock();
  readonly #contexts: Contexts;
  readonly #pick: (arrival: number) => number;
  readonly #cohortOf: ReadonlyMap<number, number>;
  readonly #arrivals: readonly Arrivals[];
  readonly #dealer: Dealer;
  readonly #lane: Lane;
  #phase = 0;
  #inPhase = 0;
  #arrived = 0;
  /** Arrivals that maxVusers left out. */
  skipped = 0;
  #present = 0;
  #numbers = 0;
  /** Devices started so far, by cohort. */
  readonly #inCohorts: number[] = [];
  #timeZeroMs: number | null = null;
  readonly #populationsOfStorms = new Map<number, Population[]>();

  constructor({ script, plan, model, arrivals, workers: asked, helpers, log }: VirtualFleetOptions) {
    const clock = this.#clock;
    const { seed, http } = plan.settings;
    const { regions } = plan;
    const network = new Network(clock, model.latencyMs, model.broker.latencyMs);
    const backEnds = model.services.map((service) => service && new BackEnd(service, network));
    const auths = backEnds.map(() => model.auth && new AuthBackEnd(model.auth, network));
    const routesMessages = hearOneAnother(plan);
    this.brokers = backEnds.map(
      (backEnd, i) =>
        new Broker({
          model: model.broker,
          network,
          backEnd,
          auth: auths[i] ?? null,
          hasOwnIds: hasOwnIds(plan),
          routesMessages,
        }),
    );
    const generator = model.generatorConnects === null ? null : new Generator(clock, model.generatorConnects);
    const regionNames = regions === null ? [""] : regions.list.map(({ name }) => name);
    const forecastHttp = new ForecastHttp({
      network,
      backEnds: new Map(
        regionNames.flatMap((name, i) => {
          const backEnd = backEnds[i];
          return backEnd ? [[labUrl(name), backEnd] as const] : [];
        }),
      ),
      isNew: http.connection === "new",
      others: model.http,
    });
    const workers = workersWithArrivals(arrivals, asked);
    const company = workers === 1 ? null : companyOf(workers, clock, planEndMs(plan.storms) !== null);
    const wallClock = (): number => EPOCH_MS + clock.now();
    const devices = arrivals.reduce((sum, { count }) => sum + count, 0);
    const idHolders = hasOnlyOwnIds(plan.cohorts, givenValues(script))
      ? null
      : new IdHolders(new Int32Array(new ArrayBuffer(IdHolders.bytesFor(devices))));
    const board = new RecoveryBoard();
    const newWorker = (loads?: Loads): VirtualWorker => {
      const recorder = new Recorder(
        plan.cohorts.map(({ name }) => name),
        NOBODY,
        wallClock,
        [],
        plan.settings.messages !== undefined,
      );
      const own = regions && new Regions({ regions: regions.list, failover: regions.failover, seed, loads });
      const host = new ForecastHost({
        time: clock,
        seed,
        recorder,
        regions: own,
        network,
        generator,
        brokers: this.brokers,
        usesTls: model.usesTls,
        usesWebSocket: model.usesWebSocket,
        resumes: plan.cohorts.map(({ resume }) => resume ?? plan.settings.tls?.resume ?? false),
      });
      const run = new FleetRun({
        script: { ...script, config: { ...script.config, processor: stubs(plan, clock, auths[0] ?? null) } },
        plan,
        helpers,
        runEvents: NOBODY,
        onUnset: null,
        host,
        recorder,
        regions: own,
        http: forecastHttp,
        time: clock,
        wallClock,
        commonClock: wallClock,
        testRunId: "forecast",
        container: ONLY_CONTAINER,
        numbers: {
          next: () => this.#numbers++,
          nextInCohort: (cohort) => {
            const number = this.#inCohorts[cohort] ?? 0;
            this.#inCohorts[cohort] = number + 1;
            return number;
          },
          claim: () => true,
        },
        board,
        idHolders,
        agreement: {
          begin: () => this.#setTimeZero(),
          populations: (storm, cohorts) => this.#populations(storm, cohorts),
          isFirst: () => true,
        },
        watch: null,
        company,
        log,
      });
      return { recorder, regions: own, run };
    };
    const first = newWorker();
    const loads = first.regions && loadsElsewhere(first.regions.names, first.regions.loads);
    this.workers = [first, ...Array.from({ length: workers - 1 }, () => newWorker(loads ?? undefined))];
    const set = ["deviceId", ...(regions === null ? [] : [REGION_VARIABLE]), ...variablesSetBy(plan)];
    this.#contexts = new Contexts(script, seed, labVariables(regionNames), set);
    const scenarios = Array.isArray(script.scenarios) ? (script.scenarios as unknown[]) : [];
    this.#pick = scenarioPicker(scenarios, seed);
    this.#cohortOf = new Map(plan.cohorts.map(({ scenarioIndex }, cohort) => [scenarioIndex, cohort]));
    this.#arrivals = arrivals;
    this.#dealer = new Dealer(workers);
    this.#lane = clock.lane();
    this.#armArrival();
    if (regions !== null) this.#armLoads();
  }

  /** Milliseconds since it began. */
  get nowMs(): number {
    return this.#clock.now();
  }

  get events(): number {
    return this.#clock.events;
  }

  /** Virtual users that have arrived so far. */
  get arrived(): number {
    return this.#arrived;
  }

  /** Devices that are online now. */
  get online(): number {
    return this.workers.reduce((sum, { recorder }) => sum + recorder.online, 0);
  }

  /** Devices started so far, ended ones included. */
  get started(): number {
    return this.#numbers;
  }

  /** Epoch milliseconds; null before the first arrival. */
  get timeZeroMs(): number | null {
    return this.#timeZeroMs;
  }

  get isOver(): boolean {
    return this.#phase >= this.#arrivals.length && this.#present === 0;
  }

  /** So many events happen, or fewer where the run is over before. False once it is. */
  advance(events: number): boolean {
    const until = this.#clock.events + events;
    while (!this.isOver && this.#clock.events < until) {
      // The end is looked for now and then: what comes after it changes nothing, but would take time.
      if (!this.#clock.advance(Math.min(EVENTS_AT_A_TIME, until - this.#clock.events))) return false;
    }
    return !this.isOver;
  }

  /** Nothing happens any more. */
  stop(): void {
    for (const { run } of this.workers) run.stop(this.isOver);
  }

  // ---- arrivals ---------------------------------------------------------------------------------------------------

  #armArrival(): void {
    const phase = this.#arrivals[this.#phase];
    if (phase === undefined) return;
    this.#inPhase++;
    const waitMs = phase.isPoisson
      ? this.#poissonWait(phase)
      : phase.fromMs + phase.everyMs * this.#inPhase - this.nowMs;
    this.#clock.push(this.#lane, Math.max(0, waitMs), onArrival, this, phase);
  }

  #poissonWait({ everyMs, fromMs }: Arrivals): number {
    const sinceMs = Math.max(this.nowMs, fromMs) - this.nowMs;
    return sinceMs - everyMs * Math.log(1 - this.#contexts.arrivalChance(this.#arrived));
  }

  arrive(phase: Arrivals): void {
    const number = this.#arrived++;
    const worker = this.workers[this.#dealer.next(phase)] as VirtualWorker;
    if (this.#inPhase >= phase.count) {
      this.#phase++;
      this.#inPhase = 0;
    }
    if (this.#present >= phase.maxVusers) this.skipped++;
    else this.#start(number, worker);
    this.#armArrival();
  }

  #start(arrival: number, { run }: VirtualWorker): void {
    const cohort = this.#cohortOf.get(this.#pick(arrival));
    if (cohort === undefined) return;
    this.#present++;
    run.runVirtualUser(cohort, this.#contexts.next(), this.#left);
  }

  /** One for all virtual users. */
  readonly #left = (): void => {
    this.#present--;
  };

  #setTimeZero(): void {
    const epochMs = EPOCH_MS + this.nowMs;
    this.#timeZeroMs = Math.ceil(epochMs / TIMELINE_ROW_MS) * TIMELINE_ROW_MS;
    for (const { run } of this.workers) run.storms.setTimeZero(this.#timeZeroMs);
  }

  /** As they are now, or as they were when a storm was first asked for. */
  #populations(storm: number | null, cohorts: readonly number[] | null): Population[] {
    const known = storm === null ? undefined : this.#populationsOfStorms.get(storm);
    if (known !== undefined) return known;
    const container = ONLY_CONTAINER;
    const now =
      cohorts === null
        ? [{ container, devices: this.#numbers }]
        : cohorts.map((cohort) => ({ container, devices: this.#inCohorts[cohort] ?? 0, cohort }));
    if (storm !== null) this.#populationsOfStorms.set(storm, now);
    return now;
  }

  #armLoads(): void {
    this.#clock.wakeIdle(LOADS_TICK_MS, onLoads, this, undefined);
  }

  tickLoads(): void {
    for (const { regions } of this.workers) regions?.loads.tick(this.nowMs);
    this.#armLoads();
  }
}

const EVENTS_AT_A_TIME = 1000;

const NOBODY: RunEvents = { emit: () => {} };

function onArrival(fleet: VirtualFleet, phase: Arrivals): void {
  fleet.arrive(phase);
}

function onLoads(fleet: VirtualFleet): void {
  fleet.tickLoads();
}

/** True where no two devices can have the same client id: the engine gives all of them theirs. */
function hasOwnIds(plan: FleetPlan): boolean {
  return (
    ownClientIdPrefix(plan) !== null &&
    !plan.cohorts.some(({ flow }) => JSON.stringify(flow.map(({ spec }) => spec)).includes('"clientId"'))
  );
}

/** Names of variables that steps set. */
function variablesSetBy({ cohorts }: FleetPlan): string[] {
  const names = (step: ParsedStep): string[] => {
    const raw = step.spec as Record<string, unknown>;
    const own = [...(step.definition.defines?.(raw) ?? []), ...(step.definition.locals?.(raw) ?? [])];
    return [...own, ...step.children.flat().flatMap(names)];
  };
  return [...new Set(cohorts.flatMap((cohort) => stepsOf(cohort).flatMap(names)))];
}

/** The lab's addresses, as its hook would hand them on. */
function labVariables(regions: readonly string[]): Record<string, unknown> {
  const [first = ""] = regions;
  const of = (region: string): object => ({
    target: "lab",
    http: labUrl(region),
    auth: null,
    certificate: null,
  });
  return {
    [LAB_VARIABLE]: {
      ...of(first),
      regions: Object.fromEntries(regions.filter(Boolean).map((name) => [name, of(name)])),
    },
  };
}

/** Functions of the processor are not called: each takes the time that the user gave it. */
function stubs(plan: FleetPlan, clock: VirtualClock, auth: AuthBackEnd | null): Record<string, unknown> {
  const durations = Object.entries(plan.settings.forecast?.functions ?? {});
  return Object.fromEntries(
    durations.map(([name, time]) => [
      name,
      (_context: unknown, _events: unknown, done: (error?: Error) => void) => {
        if (time !== "auth") clock.wake(time, callDone, done, undefined);
        else if (auth === null) done(new Error("there is no auth service"));
        else auth.ask({ kind: "call", done });
      },
    ]),
  );
}

function callDone(done: () => void): void {
  done();
}
