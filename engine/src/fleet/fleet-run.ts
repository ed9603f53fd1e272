import type { ArtilleryScript, Helpers, RunEvents, StepCallback, VuContext } from "../artillery.ts";
import { ArrivalCurve } from "../capture/arrivals.ts";
import type { Recorder } from "../capture/recorder.ts";
import type { DeviceCredentials } from "../device/credentials.ts";
import { Device } from "../device/device.ts";
import type { IdHolders } from "../device/id-holders.ts";
import { type Container, deviceId, fleetNumber } from "../device/identity.ts";
import { Messages } from "../device/messages/messages.ts";
import { hashText } from "../device/messages/stream-index.ts";
import type { Time } from "../device/port.ts";
import type { Regions } from "../region/regions.ts";
import { type FleetPlan, longestWaitMs } from "../script/plan.ts";
import type { Problem } from "../script/problem.ts";
import { bindDevice, deviceOf, type HttpAccess } from "../script/steps/step.ts";
import { credentialsOf } from "../script/target.ts";
import { REGION_VARIABLE } from "../script/variables.ts";
import type { Walk } from "../storm/cut-storms.ts";
import type { RecoveryBoard } from "../storm/recovery-board.ts";
import { planEndMs } from "../storm/schedule.ts";
import { type EarlyEnd, Storms, type StormsOptions } from "../storm/storms.ts";
import { type Cohort, compileCohort } from "./cohort.ts";
import { Fleet } from "./fleet.ts";
import type { Host } from "./host.ts";
import { OwnTakeovers } from "./own-takeovers.ts";
import { nameDevice, VirtualUsers } from "./virtual-user.ts";

export interface FleetRunOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  helpers: Helpers;
  runEvents: RunEvents;
  host: Host;
  recorder: Recorder;
  /** Null where the script has one target. */
  regions: Regions | null;
  http: HttpAccess;
  /** The devices' clock. */
  time: Time;
  /** Epoch milliseconds. */
  wallClock(): number;
  /**
   * Epoch milliseconds of the clock that all workers of the run have in common; null where this worker's own was held against nobody's.
   */
  commonClock(): number | null;
  testRunId: string;
  container: Container;
  /** Counts the devices of this process. */
  numbers: { next(): number; nextInCohort(cohort: number): number; claim(storm: number): boolean };
  /** What the workers of this process tell one another of their storms. */
  board: RecoveryBoard;
  /** Of the devices of this process; null where each has a client id of its own. */
  idHolders: IdHolders | null;
  /** What the workers of a run must agree on. */
  agreement: Pick<StormsOptions, "populations" | "isFirst"> & {
    begin(): void;
  };
  /** Null where nothing generates load. */
  watch: StormsOptions["watch"];
  /** Null for a worker that has its clock for itself. */
  company: Company | null;
  log(line: string): void;
  /** Hears, before the first device of a scenario connects, what its steps refer to and nothing has set: the run ends. Null where that cannot be known. */
  onUnset: ((problems: Problem[]) => void) | null;
}

/** What workers that live in one clock share, so that their devices act in the order in which those of a single worker would. */
export interface Company {
  fleet: Fleet;
  /** The clock of their storms: each happens to all of them at once. */
  stormTime: Time;
  /** One of them is to go through its devices: they all go together. */
  walk(host: Host, ...pass: Parameters<Walk>): void;
}

/** The devices of one worker and what becomes of them, whatever clock and network they live in. */
export class FleetRun {
  readonly fleet: Fleet;
  readonly storms: Storms;
  readonly users: VirtualUsers;
  /** Null where each device has a client id of its own. */
  readonly ids: OwnTakeovers | null;
  /** Null where no messages are tracked. */
  readonly #messages: Messages | null;
  readonly arrivals: ArrivalCurve = new ArrivalCurve();
  readonly #options: FleetRunOptions;
  readonly #cohorts: readonly Cohort[];
  readonly #credentials: Omit<DeviceCredentials, "clientId">;

  constructor(options: FleetRunOptions) {
    this.#options = options;
    const { script, plan, helpers, runEvents, host, regions, http, time, log, agreement, numbers, company } =
      options;
    const cohorts = plan.cohorts.length;
    this.fleet = company?.fleet ?? new Fleet({ hasPlanEnd: planEndMs(plan.storms) !== null, time });
    host.fleet = this.fleet;
    this.storms = new Storms({
      plans: plan.storms,
      earlyEnd: earlyEndOf(plan, options.board),
      seed: plan.settings.seed,
      container: options.container,
      members: company === null ? this.fleet.members : this.fleet.membersOf(host),
      walk: company === null ? undefined : (visit, over) => company.walk(host, visit, over),
      recorder: options.recorder,
      losses: host,
      watch: options.watch,
      regions,
      longestBackoffMs: longestWaitMs(plan),
      populations: (storm, cohorts) => agreement.populations(storm, cohorts),
      isFirst: () => agreement.isFirst(),
      claim: (storm) => numbers.claim(storm),
      wallClock: () => options.wallClock(),
      time: company?.stormTime ?? time,
      ownTime: time,
      log,
      onOver: () => this.fleet.over(),
    });
    const { username = null, password = null } = credentialsOf(plan.target, plan.settings);
    this.#credentials = { username, password };
    this.users = new VirtualUsers({
      script,
      runEvents,
      fleet: this.fleet,
      host,
      cohorts,
      over: (error, context, told) => this.#over(error, context, told),
      log,
      onUnset: options.onUnset,
    });
    this.#messages = followMessages(options);
    const { idHolders, container } = options;
    this.ids = idHolders && new OwnTakeovers(idHolders, (number) => deviceId(container, number), log);
    const parts = {
      plan,
      helpers,
      calls: this.users.calls,
      tellError: (error: Error, where: string) => this.users.tell(error, where),
      runEvents,
      host,
      fleet: this.fleet,
      http,
      regions,
      messages: this.#messages,
      ids: this.ids,
    };
    this.#cohorts = plan.cohorts.map((cohort, index) => compileCohort(cohort, index, parts));
  }

  /**
   * One more virtual user: a device, and its flow.
   *
   * @param over called once, when the flow is
   */
  runVirtualUser(cohortIndex: number, context: VuContext, over: StepCallback): void {
    const { plan, numbers, agreement, container, regions, wallClock } = this.#options;
    if (this.fleet.started === 0) agreement.begin();
    this.arrivals.add(wallClock());
    const cohort = this.#cohorts[cohortIndex] as Cohort;
    const number = fleetNumber(container, numbers.next());
    const id = deviceId(container, number);
    nameDevice(context, id);
    const clientId = `${plan.settings.clientIdPrefix ?? ""}${id}`;
    const { username, password } = this.#credentials;
    const numberInCohort = fleetNumber(container, numbers.nextInCohort(cohortIndex));
    const credentials = { clientId, username, password };
    const device = new Device(number, credentials, cohort.environment, context, numberInCohort);
    bindDevice(context, device);
    if (regions !== null) {
      context.vars[REGION_VARIABLE] = regions.names[device.region];
      regions.counts.count(device.region, "homeDevices");
    }
    this.fleet.add(device);
    this.users.run(cohort, cohortIndex, context, over);
  }

  #over(error: Error | null, context: VuContext, told: StepCallback): void {
    const device = deviceOf(context);
    this.storms.left(device, error !== null);
    device.end("ended");
    this.fleet.remove(device);
    told(error, context);
  }

  /** What devices still wait for of their messages will not come. */
  endMessages(): void {
    this.#messages?.end();
  }

  /** Devices do nothing any more. `allLeft`: every virtual user is over. */
  stop(allLeft: boolean): void {
    this.endMessages();
    this.storms.stop(allLeft);
    this.fleet.stop();
  }
}

function earlyEndOf({ settings: { endWhenRecovered } }: FleetPlan, board: RecoveryBoard): EarlyEnd | null {
  return endWhenRecovered === null ? null : { board, settleMs: endWhenRecovered.settleMs };
}

function followMessages({ plan, recorder, time, commonClock, testRunId }: FleetRunOptions): Messages | null {
  const place = plan.settings.messages?.track;
  if (place === undefined) return null;
  return new Messages({
    run: nameInMarks(testRunId),
    place,
    time,
    commonClock: () => commonClock(),
    segment: () => recorder.storms.segment,
  });
}

/** Runs that share a topic are told apart by eight hexadecimal digits: a whole id in every message would be another load. */
function nameInMarks(testRunId: string): string {
  return hashText(testRunId).toString(16).padStart(8, "0");
}
