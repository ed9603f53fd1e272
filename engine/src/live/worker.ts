import {
  type ArtilleryScript,
  abortRun,
  type Helpers,
  log,
  type RunEvents,
  type StepCallback,
  testRunId,
  type VuContext,
} from "../artillery.ts";
import { ensureNames } from "../capture/ensure-names.ts";
import { GeneratorWatch } from "../capture/generator-health.ts";
import { Recorder } from "../capture/recorder.ts";
import type { Device } from "../device/device.ts";
import { EVENTS } from "../device/events.ts";
import { type Container, shareOf, type WorkerShare } from "../device/identity.ts";
import { FleetRun } from "../fleet/fleet-run.ts";
import { Regions } from "../region/regions.ts";
import type { OpenPlace } from "../rendezvous/place.ts";
import type { Progress } from "../rendezvous/rendezvous.ts";
import { descriptorsPerDevice, type FleetPlan, halfOpenShare } from "../script/plan.ts";
import { renderProblems } from "../script/problem.ts";
import type { RegionsPlan } from "../script/region-plan.ts";
import type { UrlTarget } from "../script/target.ts";
import { devicesOfPhases } from "../transport/descriptors.ts";
import { usesTls } from "../transport/endpoints.ts";
import { HostLimits, type PortSupply, readPortPool } from "../transport/host-limits.ts";
import type { HttpClient } from "../transport/http-client.ts";
import type { PortChooser } from "../transport/local-ports.ts";
import type { PemReader } from "../transport/pem.ts";
import type { TcpKind } from "../transport/tcp.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";
import { chooseLocalEnd } from "./choose-local-end.ts";
import { time, wallClock } from "./clock.ts";
import { FleetAgreement } from "./fleet-agreement.ts";
import type { FleetNumbers } from "./fleet-numbers.ts";
import { HalfOpen } from "./half-open.ts";
import { LiveHost } from "./host.ts";
import { openHttp } from "./open-http.ts";
import { openerOptions } from "./opener-options.ts";
import { openerOf } from "./openers.ts";
import { Openings } from "./openings.ts";
import { Partings } from "./partings.ts";
import { warnBeforeStart } from "./preflight.ts";
import { HALF_OPEN_WARNING, warnOfNeverOnline } from "./warnings.ts";
import { WorkerResults } from "./worker-results.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** How often Artillery hears of what was counted. */
const EMIT_MS = 1000;

export interface WorkerOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  helpers: Helpers;
  runEvents: RunEvents;
  /** The broker of the control connection, and of the devices where there are no regions: the script's, or the lab's. */
  broker: UrlTarget;
  /** Devices connect to these instead; null where the script has one target. */
  regions: RegionsPlan<UrlTarget> | null;
  tls: TlsMaterial;
  readPem: PemReader;
  /** Shared by all workers of this process. */
  numbers: FleetNumbers;
  container: Container;
  /** Among all threads and containers of the run. */
  workerId: string;
  /** Tells this process from another that says it is the same container. */
  process: string;
  /** Where the workers of the run meet. */
  open: OpenPlace;
  /** What plain TCP goes over. */
  tcp: TcpKind;
}

/** The fleet of one worker thread, from its first virtual user to its last. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #share: WorkerShare;
  readonly #recorder: Recorder;
  readonly #regions: Regions | null;
  readonly #agreement: FleetAgreement;
  readonly #run: FleetRun;
  readonly #watch: GeneratorWatch;
  readonly #http: HttpClient;
  readonly #results: WorkerResults;
  readonly #timer: NodeJS.Timeout;
  readonly #limits = new HostLimits(log);
  readonly #partings = new Partings(time);
  readonly #halfOpen: HalfOpen;
  #hasLetGo = false;
  #isOver = false;

  constructor(options: WorkerOptions) {
    const startedAtMs = Math.floor(wallClock());
    keepYoungGenerationSmall();
    this.#options = options;
    const { plan, script, helpers, runEvents, broker, numbers, container, workerId } = options;
    const { seed, maxPacketSize: maxPacketBytes } = plan.settings;
    this.#share = shareOf(script.config.phases);
    const names = plan.cohorts.map((cohort) => cohort.name);
    const tracksMessages = plan.settings.messages !== undefined;
    this.#recorder = new Recorder(names, runEvents, wallClock, ensureNames(script.config), tracksMessages);
    this.#watch = new GeneratorWatch(() => this.#recorder.timed);
    const health = this.#watch.begin();
    const { regions } = options;
    this.#regions = regions && new Regions({ regions: regions.list, failover: regions.failover, seed });
    const devices = devicesOfPhases(script.config.phases, this.#share.workers);
    const [chooser, ports] = [this.#portChooser, readPortPool()];
    const { local, paths } = chooseLocalEnd({
      given: plan.settings.localAddresses ?? null,
      ports,
      chooser,
      // A connection that is left half-open keeps its port while the device opens another.
      devices: devices && Math.ceil(devices * (1 + halfOpenShare(plan))),
      hosts: this.#targets.map(({ endpoint }) => endpoint.host),
      brokers: this.#targets.length - (plan.storms.some(({ cause }) => cause === "regionLoss") ? 1 : 0),
    });
    const supply: PortSupply = { ports, paths, chooser };
    this.#halfOpen = new HalfOpen({
      time,
      most: this.#limits.halfOpenRoom(devices, descriptorsPerDevice(plan), supply, this.#share.workers),
      letGo: (device) => this.#letGo(device as Device),
    });
    const host = new LiveHost({
      time,
      seed,
      recorder: this.#recorder,
      regions: this.#regions,
      maxPacketBytes,
      partings: this.#partings,
      halfOpen: this.#halfOpen,
      openings: new Openings(setImmediate),
    });
    const openers = openerOptions(plan, options.tls, options.readPem, options.tcp, local);
    for (const cohort of plan.cohorts)
      host.openers.push(openerOf(cohort, { targets: this.#targets, regions: this.#regions, openers }));
    this.#agreement = new FleetAgreement({
      plan,
      open: options.open,
      container,
      workerId,
      process: options.process,
      isFirst: this.#share.worker === 1,
      numbers,
      time,
      progress: () => this.#progress(),
      onTimeZero: (epochMs) => this.#run.storms.setTimeZero(epochMs),
      onNoTimeZero: () => this.#run.storms.abandon(),
    });
    this.#http = openHttp(plan.settings.http);
    this.#run = new FleetRun({
      script,
      plan,
      helpers,
      runEvents,
      host,
      recorder: this.#recorder,
      regions: this.#regions,
      http: this.#http,
      time,
      wallClock,
      commonClock: () => this.#agreement.commonClock(),
      testRunId: testRunId(),
      container,
      numbers,
      board: numbers.board,
      idHolders: numbers.idHolders,
      agreement: this.#agreement,
      watch: this.#watch,
      company: null,
      log,
      onUnset: (problems) => abortRun(renderProblems(problems, "the script", "the run ends")),
    });
    warnBeforeStart({
      script,
      plan,
      share: this.#share,
      limits: this.#limits,
      devices,
      supply,
      container,
      isInsecure: this.#isInsecure,
    });
    this.#results = new WorkerResults({
      script,
      plan,
      broker,
      startedAtMs,
      isInsecure: this.#isInsecure,
      tcp: options.tcp,
      container,
      process: options.process,
      workerId,
      recorder: this.#recorder,
      run: this.#run,
      agreement: this.#agreement,
      regions: this.#regions,
      http: this.#http,
      health,
    });
    this.#timer = setInterval(() => this.#everySecond(), EMIT_MS).unref();
  }

  /** How far this worker and its process are with their devices. */
  #progress(): Progress {
    const { numbers, plan } = this.#options;
    const { fleet, users } = this.#run;
    const saysCohorts = plan.storms.some(({ cohorts }) => cohorts !== undefined);
    return {
      devices: fleet.started,
      cohorts: saysCohorts ? [...users.started] : [],
      fleet: numbers.count,
      // Nobody asks any more once time zero is there.
      ready: this.#agreement.timeZeroMs === null ? fleet.provisioned : 0,
      arrivalsOver: numbers.arrivalsOver(this.#share.workers),
    };
  }

  /** The broker hears of it, as it would not have where the path is gone. */
  #letGo(device: Device): void {
    this.#recorder.tell(EVENTS.error, device, 0, 0, "half_open_reset");
    if (this.#hasLetGo) return;
    this.#hasLetGo = true;
    log(HALF_OPEN_WARNING);
  }

  /** Devices connect to these. */
  get #targets(): readonly UrlTarget[] {
    const { broker, regions } = this.#options;
    return regions === null ? [broker] : regions.list.map(({ target }) => target);
  }

  /** Only plain TCP over Node's own handle lets us choose ports. */
  get #portChooser(): PortChooser {
    const isPlain = this.#targets.every(({ endpoint }) => endpoint.kind === "tcp");
    return isPlain && this.#options.tcp === "handle" ? "us" : "kernel";
  }

  get #isInsecure(): boolean {
    const { broker, tls } = this.#options;
    return tls.insecure && [broker, ...this.#targets].some(({ endpoint }) => usesTls(endpoint));
  }

  #emitCounters(): void {
    this.#recorder.emitCounters();
    this.#regions?.counts.emit(this.#options.runEvents);
    this.#regions?.loads.tick(time.now());
  }

  #everySecond(): void {
    this.#emitCounters();
    for (const cohort of this.#recorder.cohorts.keys()) {
      const { refused, errors } = this.#recorder.counters(cohort);
      this.#limits.look(refused);
      this.#limits.look(errors);
    }
  }

  runVirtualUser(cohortIndex: number, context: VuContext, callback: StepCallback): void {
    this.#options.runEvents.emit("started");
    this.#run.runVirtualUser(cohortIndex, context, (error) => {
      // Artillery looks at its counters as soon as the last virtual user is over.
      if (this.#run.fleet.members.size > 0) {
        callback(error, context);
      } else {
        this.#emitCounters();
        // The thread ends soon after, and would end first what brokers are to end.
        this.#partings.whenNone(() => callback(error, context));
      }
    });
  }

  /** All virtual users are over (`ended`), or the worker was told to stop before (`interrupted`). The first call counts. */
  finish(state: "ended" | "interrupted"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#timer);
    this.#everySecond();
    this.#run.storms.stop(state === "ended");
    this.#run.endMessages();
    this.#watch.stop();
    this.#run.fleet.stop();
    this.#http.close();
    this.#results.end(state);
    if (state === "ended") this.#warnIfNeverOnline();
    else this.#resetConnections();
    this.#halfOpen.reset();
    void this.#agreement.end();
  }

  /** What the thread's end would close with FIN would hold its port for a minute, and the next run would find none. */
  #resetConnections(): void {
    for (const { line } of this.#run.fleet.members) line.link?.reset();
    this.#partings.reset();
  }

  #warnIfNeverOnline(): void {
    const { started } = this.#run.fleet;
    if (started === 0) return;
    const counters = this.#recorder.cohorts.map((_, cohort) => this.#recorder.counters(cohort));
    if (counters.some(({ everOnline }) => everOnline > 0)) return;
    warnOfNeverOnline(
      started,
      this.#targets.map(({ url }) => url),
      counters.map(({ refused }) => refused),
    );
  }
}
