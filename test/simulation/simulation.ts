import type { Helpers, Step, VuContext } from "../../engine/src/artillery.ts";
import type { GeneratorWatch } from "../../engine/src/capture/generator-health.ts";
import { createBackoff, longestBackoffMs } from "../../engine/src/device/backoff.ts";
import { Device } from "../../engine/src/device/device.ts";
import { type DeviceEvent, EVENTS, type Subject } from "../../engine/src/device/events.ts";
import { ONLY_CONTAINER } from "../../engine/src/device/identity.ts";
import type { DevicePlan } from "../../engine/src/device/plan.ts";
import type { DeviceEnvironment } from "../../engine/src/device/port.ts";
import { ConfigRequest } from "../../engine/src/device/session/config-requests.ts";
import { Exchange } from "../../engine/src/device/session/exchange.ts";
import { NO_REACTIONS } from "../../engine/src/device/session/message-work.ts";
import { Fleet } from "../../engine/src/fleet/fleet.ts";
import { Regions } from "../../engine/src/region/regions.ts";
import { compileProgram, compileSteps, series } from "../../engine/src/script/compile.ts";
import { ProcessorCalls } from "../../engine/src/script/processor-calls.ts";
import { bindDevice, type Compiler, deviceOf, type StepPlace } from "../../engine/src/script/steps/step.ts";
import { Storms } from "../../engine/src/storm/storms.ts";
import type { HttpClient } from "../../engine/src/transport/http-client.ts";
import { checkAccounts } from "./accounts.ts";
import { BackEnd } from "./back-end.ts";
import { Broker, type BrokerWorld } from "./broker.ts";
import { Chance } from "./chance.ts";
import { LogHash } from "./log-hash.ts";
import { Meddler } from "./meddler.ts";
import { type Destination, Network } from "./network.ts";
import { Operations } from "./operations.ts";
import { processorOf } from "./processor.ts";
import { type CohortSetup, drawSetup, type Setup } from "./setup.ts";
import { COHORTS, type Gains, type SharedRecorder, same } from "./shared-recorder.ts";
import { SimulatedHost } from "./simulated-host.ts";
import { auditOpening, auditStorm } from "./storm-audit.ts";
import { User } from "./user.ts";
import { Violation } from "./violation.ts";
import { VirtualTime } from "./virtual-time.ts";
import { LONGEST_KEEPALIVE_MS, WatchedDevice } from "./watched-device.ts";
import { watched } from "./watched-program.ts";
import { CALM_CONDUCT } from "./weather.ts";

/** Wall clock at the start of a case, at which its monotonic clock stands at START_MS. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
const START_MS = 1000;

/** All devices are looked at after so many events; after every event those that it was about. */
const LOOK_EVERY = 64;

/** Events of a case, at most: one that goes in a circle is found too. */
const MOST_EVENTS = 3_000_000;

/** Whoever waits for something else than a device is told after this long at the latest. */
const LONGEST_WAIT_MS = 60_000;

/** What a case came to. */
export interface Outcome {
  /** The same for the same seed and number. */
  readonly hash: number;
  readonly events: number;
  readonly connections: number;
  readonly operations: number;
  readonly devices: number;
  readonly storms: number;
  readonly gains: readonly Gains[];
}

/** The life of one fleet: troubles, storms, calm, the end. */
export class Simulation {
  readonly #setup: Setup;
  readonly #shared: SharedRecorder;
  readonly #seed: number;
  readonly #trace: ((line: string) => void) | null;
  readonly chance: Chance;
  readonly time: VirtualTime;
  readonly version: 4 | 5;
  readonly operations = new Operations();
  readonly backEnd: BackEnd;
  readonly fleet: Fleet;
  isCalm = false;
  readonly #network: Network;
  readonly #brokerWorld: BrokerWorld;
  readonly #brokers: Broker[];
  readonly #host: SimulatedHost;
  readonly #regions: Regions | null;
  readonly #storms: Storms;
  readonly #meddler: Meddler;
  readonly #calls: ProcessorCalls;
  readonly #environments: readonly DeviceEnvironment[];
  readonly #flows: readonly Step[];
  readonly #users: User[] = [];
  readonly #hash = new LogHash();
  /** Devices that something happened to since they were last looked at. */
  readonly #touched = new Set<WatchedDevice>();
  /** Sum over all events. */
  #online = 0;
  #events = 0;
  #openStorm: number | null = null;

  /** @param trace hears of every event, as text; null where nobody does */
  constructor(seed: number, number: number, shared: SharedRecorder, trace: ((line: string) => void) | null) {
    this.#seed = seed;
    this.#trace = trace;
    this.#shared = shared;
    this.chance = new Chance(seed, number);
    const setup = drawSetup(this.chance);
    this.#setup = setup;
    trace?.(JSON.stringify(setup, (key, value) => (key === "definition" ? value.name : value), 1));
    this.version = setup.version;
    this.time = new VirtualTime(START_MS, setup.isCoarse);
    shared.begin(setup.hasTimeline ? () => this.time.now() - START_MS : null);
    this.#network = new Network(this.time, this.chance, setup.weather, setup.version);
    this.#brokerWorld = {
      time: this.time,
      chance: this.chance,
      version: setup.version,
      conduct: setup.conduct,
      ability: setup.ability,
      hosts: Array.from({ length: setup.regions }, (_, index) => hostOf(index)),
      sessions: new Map(),
      visits: new Map(),
    };
    this.#brokers = this.#brokerWorld.hosts.map(() => new Broker(this.#brokerWorld));
    this.backEnd = new BackEnd(this);
    this.#regions =
      setup.regions === 1
        ? null
        : new Regions({
            regions: this.#brokers.map((_, index) => ({ name: `region-${index}`, weight: 1 + index })),
            failover: setup.failover,
            seed,
          });
    this.#host = this.#makeHost();
    this.fleet = new Fleet({ hasPlanEnd: setup.storms.length > 0, time: this.time });
    this.#host.fleet = this.fleet;
    this.#storms = this.#makeStorms();
    this.#meddler = new Meddler(this);
    this.#calls = new ProcessorCalls({
      processor: processorOf(this),
      events: { emit: () => {} },
      expire: (expired) => this.fleet.expire(expired),
      tell: () => {},
    });
    this.#environments = setup.cohorts.map((cohort, index) => this.#environment(cohort, index));
    this.#flows = setup.cohorts.map((cohort, index) => this.#flow(cohort, index));
  }

  // ---- how it is made ---------------------------------------------------------------------------------------------

  #makeHost(): SimulatedHost {
    const { isBytes } = this.#setup;
    const host = new SimulatedHost(
      {
        time: this.time,
        seed: this.#seed,
        recorder: { tell: (...event) => this.#hear(...event) },
        regions: this.#regions,
        maxPacketBytes: 4096,
        partings: null,
        halfOpen: null,
        openings: null,
      },
      isBytes
        ? null
        : (device) => {
            const { link, path } = this.#network.link(device, this.#destination(device));
            device.opens(path);
            return link;
          },
    );
    for (const _ of COHORTS) {
      host.openers.push((listener, dialer) => {
        const device = this.#deviceOf(dialer.number);
        const { transport, path } = this.#network.transport(listener, this.#destination(device));
        device.opens(path);
        return transport;
      });
    }
    return host;
  }

  #deviceOf(number: number): WatchedDevice {
    const user = this.#users.find(({ device }) => device.number === number);
    if (user === undefined) throw new Violation(`no device has the number ${number}`);
    return user.device;
  }

  #destination({ attempt }: WatchedDevice): Destination {
    const { region, endpoint } = attempt;
    if (this.#regions?.isLost(region)) return { broker: null, refusal: "region_lost" };
    if (endpoint === null) return { broker: this.#brokers[region] as Broker, refusal: "tcp_refused" };
    const named = this.#brokers[this.#brokerWorld.hosts.indexOf(endpoint.host)];
    // Once troubles are over a server that was named is there, whatever its name.
    return { broker: named ?? (this.isCalm ? (this.#brokers[0] as Broker) : null), refusal: "dns" };
  }

  #makeStorms(): Storms {
    const { storms, backoff } = this.#setup;
    const stretch = { read: () => null };
    return new Storms({
      earlyEnd: null,
      plans: storms,
      seed: this.#seed,
      container: ONLY_CONTAINER,
      members: this.fleet.members,
      recorder: this.#shared.recorder,
      losses: this.#host,
      // The health of the process is no part of the simulation.
      watch: { beginRecovery: () => stretch, end: () => {} } as unknown as GeneratorWatch,
      regions: this.#regions,
      longestBackoffMs: longestBackoffMs(backoff),
      populations: () => [{ container: ONLY_CONTAINER, devices: this.fleet.started }],
      isFirst: () => true,
      claim: () => true,
      wallClock: () => EPOCH_MS + this.time.now() - START_MS,
      time: this.time,
      ownTime: this.time,
      log: () => {},
      onOver: () => this.fleet.over(),
    });
  }

  #environment(cohort: CohortSetup, index: number): DeviceEnvironment {
    const { version, backoff } = this.#setup;
    const plan: DevicePlan = {
      cohort: index,
      protocolVersion: version,
      keepaliveMs: cohort.keepaliveMs,
      connectTimeoutMs: cohort.connectTimeoutMs,
      ackTimeoutMs: cohort.ackTimeoutMs,
      clean: cohort.clean,
      sessionExpiryS: cohort.sessionExpiryS,
      resubscribe: cohort.resubscribe,
      backoff: createBackoff(backoff),
      backoffBaseMs: "baseMs" in backoff ? backoff.baseMs : 0,
      resetAfter: cohort.resetAfter,
      reactions: null,
      failureLimit: null,
      maxPacketBytes: 4096,
      receiveMaximum: 65_535,
      topicAliasMaximum: 3,
      followReferences: cohort.followReferences,
    };
    const program = compileProgram(cohort.program, this.#compiler("onConnect", index));
    return {
      plan,
      port: this.#host,
      program: watched(program, cohort.program),
      telemetry: [],
      reactions: NO_REACTIONS,
      regions: this.#regions,
      messages: null,
      ids: null,
    };
  }

  #flow(cohort: CohortSetup, index: number): Step {
    const steps = compileSteps(cohort.flow, this.#compiler("flow", index));
    return series(
      steps.map((step, place) => (context, callback) => {
        const settle = this.operations.settler(`step ${place}, ${cohort.flow[place]?.definition.name}`);
        step(context, (error) => {
          settle();
          callback(error, context);
        });
      }),
    );
  }

  #compiler(place: StepPlace, cohort: number): Omit<Compiler, "compileSteps" | "where"> {
    const { chance, time } = this;
    const captureOrMatch: Helpers["captureOrMatch"] = (_spec, _response, _context, done) => {
      const isFailure = !this.isCalm && chance.is(0.1);
      const result = { captures: {}, matches: {}, failedCaptures: false };
      const tell = (): void => done(isFailure ? new Error("no such thing") : null, result);
      if (chance.is(0.5)) tell();
      else time.later(chance.between(1, 500), tell);
    };
    return {
      place,
      helpers: { captureOrMatch } as Helpers,
      calls: this.#calls,
      runEvents: { emit: () => {} },
      tellError: () => {},
      countError: (failure) => this.#host.tell(EVENTS.error, { cohort, region: 0 }, 0, 0, failure),
      time: this.#host,
      fleet: this.fleet,
      // Steps ask it for nothing else.
      http: this.backEnd as unknown as HttpClient,
      lab: null,
      onLabEnded: () => {},
    };
  }

  // ---- what happens -----------------------------------------------------------------------------------------------

  run(): Outcome {
    const { arrivalMs, devices, troublesMs, storms } = this.#setup;
    for (let number = 0; number < devices; number++)
      this.time.later(this.chance.between(0, arrivalMs), () => this.#arrive(number));
    this.#storms.setTimeZero(EPOCH_MS);
    this.#plague();
    this.#until(START_MS + troublesMs, () => false);
    this.#calm();
    const lastMs = Math.max(
      0,
      ...storms.map(({ atMs, waitForMs = 0, windowMs }) => atMs + waitForMs + windowMs),
    );
    this.#until(START_MS + lastMs + 10, () => this.#storms.isOver);
    if (storms.length > 0 && !this.#storms.isOver) throw new Violation("the storms are not over");
    this.#recover();
    this.#end();
    const gains = COHORTS.map((_, cohort) => this.#shared.gains(cohort));
    checkAccounts({ gains, users: this.#users, network: this.#network, regions: this.#regions });
    if (this.#setup.hasTimeline) this.#shared.checkTimeline(gains);
    this.#shared.end();
    return {
      hash: this.#hash.value,
      events: this.#events,
      connections: this.#network.opened,
      operations: this.operations.begun,
      devices,
      storms: storms.length,
      gains,
    };
  }

  #arrive(number: number): void {
    const cohort = number % COHORTS.length;
    const clientId = `device-${number}`;
    const context: VuContext = { vars: { deviceId: clientId }, funcs: {} };
    const environment = this.#environments[cohort] as DeviceEnvironment;
    const device = new WatchedDevice(
      number,
      { clientId, username: null, password: null },
      environment,
      context,
    );
    this.#host.turns.watch(device);
    bindDevice(context, device);
    const user = new User(device, context, ({ goneAs }) => {
      this.#storms.left(device, goneAs === "failed");
      device.end("ended");
      this.fleet.remove(device);
      this.#touched.add(device);
    });
    this.#users.push(user);
    this.#regions?.counts.count(device.region, "homeDevices");
    this.fleet.add(device);
    user.run(this.#flows[cohort] as Step);
  }

  /** Something is done to devices, brokers and the network, again and again until troubles are over. */
  #plague(): void {
    const { meddlesEveryMs, disasterEveryMs, storms } = this.#setup;
    this.#again(meddlesEveryMs, () => {
      if (this.#users.length > 0) this.#meddle(this.chance.pick(this.#users));
    });
    this.#again(disasterEveryMs, () => this.#disaster());
    for (const { cause, atMs } of storms) {
      // What such a storm watches for.
      const isWatching = cause === "exec" || cause === "external";
      if (isWatching && this.chance.is(0.7))
        this.time.later(atMs + this.chance.between(0, 2500), () => this.#crash());
    }
  }

  #disaster(): void {
    if (this.isCalm) return;
    if (this.chance.is(0.4)) this.#network.harm();
    else this.#crash();
  }

  #crash(): void {
    this.chance.pick(this.#brokers).crash(this.chance.between(0, 5000));
  }

  #again(everyMs: number, act: () => void): void {
    if (everyMs === 0) return;
    this.time.later(this.chance.between(0, 2 * everyMs), () => {
      if (this.isCalm) return;
      act();
      this.#again(everyMs, act);
    });
  }

  /** Does something to the device of a virtual user. */
  meddle(context: VuContext): void {
    const device = deviceOf(context);
    const user = this.#users.find((one) => one.device === device);
    if (user !== undefined) this.#meddle(user);
  }

  /** Soon after a loss something else is done to the device: it may not have been known yet to be a storm's. */
  #mayFollow(device: WatchedDevice): void {
    if (this.isCalm || this.#setup.meddlesEveryMs === 0 || !this.chance.is(0.2)) return;
    this.time.later(this.chance.between(1, 600), () => {
      const user = this.#users.find((one) => one.device === device);
      if (user === undefined || user.goneAs !== null || this.isCalm) return;
      this.#touched.add(device);
      this.#meddler.move(user);
    });
  }

  #meddle(user: User): void {
    if (user.goneAs !== null) return;
    this.#touched.add(user.device);
    this.#meddler.meddle(user);
  }

  #calm(): void {
    this.isCalm = true;
    this.#brokerWorld.conduct = CALM_CONDUCT;
    for (const broker of this.#brokers) broker.calm();
    this.#network.calm(this.#setup.cohorts.every(({ keepaliveMs }) => keepaliveMs > 0));
  }

  /** Whoever wants to be online is ready before long, and brokers know whom they have. */
  #recover(): void {
    // What a broker cannot do at all it will not do in calm weather either.
    if (Object.keys(this.#setup.ability).length > 0) return;
    const isAway = ({ device }: User): boolean =>
      device.wantsToBeOnline && !device.isReady && !device.isDeluded;
    this.#until(this.time.now() + this.#longestRecoveryMs(), () => !this.#users.some(isAway));
    const away = this.#users.filter(isAway);
    if (away.length > 0) {
      const states = away.map(({ device }) => `${device.number} ${device.state}`).join(", ");
      throw new Violation(`not ready in time: ${states}`);
    }
    this.#until(this.time.now() + LONGEST_WAIT_MS, () => this.#brokersAgree());
    if (!this.#brokersAgree()) {
      throw new Violation(
        `brokers have ${this.#known.join(", ")}; online are ${this.#onlineIds().join(", ")}`,
      );
    }
  }

  #onlineIds(): string[] {
    const online = this.#users.filter(({ device }) => device.isOnline && !device.part.outage.isUnaware);
    return online.map(({ device }) => device.attempt.identity.clientId);
  }

  /** Clients that the brokers have accepted and that have not gone. */
  get #known(): string[] {
    return [...this.#brokerWorld.visits.keys()];
  }

  #brokersAgree(): boolean {
    const known = this.#known;
    const online = new Set(this.#onlineIds());
    return known.length === online.size && known.every((id) => online.has(id));
  }

  /** Until it finds out that its connection is gone, has waited, is in, and has come through its program: twice. */
  #longestRecoveryMs(): number {
    const { cohorts, backoff } = this.#setup;
    const longest = (of: (cohort: CohortSetup) => number): number => Math.max(...cohorts.map(of));
    const detectionMs = 2 * LONGEST_KEEPALIVE_MS + 3000;
    const attemptMs = 2 * longest(({ connectTimeoutMs }) => connectTimeoutMs) + 3000;
    const programMs = longest(({ program, ackTimeoutMs }) => (1 + program.length) * (5000 + ackTimeoutMs));
    return detectionMs + LONGEST_WAIT_MS + 2 * (longestBackoffMs(backoff) + attemptMs + programMs);
  }

  /** All users leave; nothing is left behind. */
  #end(): void {
    for (const user of this.#users) user.leave("left");
    this.#storms.stop(true);
    this.fleet.over();
    this.fleet.stop();
    this.#shared.stopClock();
    this.#check(true);
    this.#checkTimers();
    this.#until(this.time.now() + 25 * 60_000, () => false);
    same("timers left", this.time.pending, 0);
    this.operations.checkSettled();
    for (const { device } of this.#users) {
      if (device.path !== null && !device.path.isNearOver) throw new Violation("a connection is left open");
      if (device.exchange.session.inflight !== null) throw new Violation("packets are left in flight");
    }
  }

  /** Of a device that has ended only pauses go on: who waits for them is told that the connection is gone. */
  #checkTimers(): void {
    for (const { target, argument } of this.time.timers()) {
      const isDevices = target instanceof Device && argument === undefined;
      const isCalls = target?.constructor.name === "PendingCall";
      if (isDevices || isCalls || target instanceof Exchange || target instanceof ConfigRequest)
        throw new Violation(`a timer of ${target?.constructor.name} is left`);
    }
  }

  // ---- what is looked at ------------------------------------------------------------------------------------------

  #until(untilMs: number, isOver: () => boolean): void {
    while (!isOver() && this.time.step(untilMs)) {
      this.#events++;
      if (this.#events > MOST_EVENTS) throw new Violation("more and more happens");
      this.#check(this.#events % LOOK_EVERY === 0);
    }
  }

  #hear(event: DeviceEvent, subject: Subject, storm: number, value: number | null, name: string): void {
    if (subject instanceof WatchedDevice) {
      subject.tells(event, storm, value);
      this.#touched.add(subject);
      this.#hash.add(subject.number);
    }
    if (this.#trace !== null) {
      const who = subject instanceof WatchedDevice ? `${subject.number} ${subject.state}` : "-";
      this.#trace(
        `${this.time.now().toFixed(3)} ${who}: ${event.name} ${name} storm ${storm} value ${value}`,
      );
    }
    if (event === EVENTS.disconnected && subject instanceof WatchedDevice) this.#mayFollow(subject);
    this.#online += event.online;
    this.#hash.add(event.id);
    this.#hash.add(storm);
    this.#hash.add(value ?? -1);
    this.#hash.addText(name);
    this.#shared.recorder.tell(event, subject, storm, value, name);
  }

  /** After every event, when no device is in the middle of a turn. */
  #check(all: boolean): void {
    if (Violation.first !== null) throw Violation.first;
    for (const device of this.#touched) device.check();
    this.#touched.clear();
    if (all) for (const { device } of this.#users) device.check();
    const { online, storms } = this.#shared.recorder;
    if (online !== this.#online)
      throw new Violation(`the recorder has ${online} online, not ${this.#online}`);
    if (all) this.#checkOnline();
    if (storms.open === this.#openStorm) return;
    if (this.#openStorm !== null) this.#audit(this.#openStorm);
    this.#openStorm = storms.open;
    // A region that is lost ends first attempts: those have no part in the storm, and are no first ones any more.
    const hasCome = this.#openStorm !== null && this.#setup.storms[this.#openStorm - 1]?.region === undefined;
    if (hasCome) auditOpening(this.#openStorm as number, this.#users);
  }

  #checkOnline(): void {
    const there = this.#users.filter(({ device }) => device.isOnline && !device.part.outage.isUnaware);
    same("online", this.#online, there.length);
  }

  /** The window of a storm has ended just now. */
  #audit(index: number): void {
    const storm = this.#storms.report()[index - 1];
    if (storm !== undefined) auditStorm(storm, this.#users);
  }
}

function hostOf(index: number): string {
  return `server-${index}`;
}
