import { performance } from "node:perf_hooks";
import {
  type ArtilleryScript,
  type Helpers,
  log,
  processorOf,
  type RunEvents,
  type StepCallback,
  suggestExitCode,
  testRunId,
  type VuContext,
  workerIdentity,
} from "../artillery.ts";
import { GeneratorWatch, type HealthStretch } from "../capture/generator-health.ts";
import { Recorder } from "../capture/recorder.ts";
import { runDirectory } from "../capture/run-directory.ts";
import { postUnwritten } from "../capture/unwritten.ts";
import { WorkerFiles } from "../capture/worker-files.ts";
import { SCHEMA_VERSION, safeFileName, TIMELINE_ROW_MS, type WorkerRecord } from "../contract.ts";
import { longestBackoffMs } from "../device/backoff.ts";
import { Device } from "../device/device.ts";
import type { FleetMember } from "../device/fleet-member.ts";
import { deviceId, shareOf, type WorkerShare } from "../device/identity.ts";
import type { Losses } from "../device/losses.ts";
import type { DeviceCredentials, Time } from "../device/port.ts";
import { Regions } from "../region/regions.ts";
import { ProcessorCalls, ProcessorError } from "../script/processor-calls.ts";
import type { RegionsPlan } from "../script/region-plan.ts";
import { hasOwnClientIds } from "../script/steps/connect.ts";
import { usesHttp } from "../script/steps/http.ts";
import { cannotTellAnswers } from "../script/steps/request.ts";
import { bindDevice, StepFailure } from "../script/steps/step.ts";
import { credentialsOf, dialUrl, type UrlTarget } from "../script/target.ts";
import type { FleetPlan } from "../script/validate.ts";
import { REGION_VARIABLE } from "../script/variables.ts";
import { maskHidden } from "../secrets/secret-text.ts";
import { planEndMs } from "../storm/schedule.ts";
import type { Population } from "../storm/selection.ts";
import { Storms } from "../storm/storms.ts";
import { Agreement } from "../storm/time-zero.ts";
import { createCodec } from "../transport/codec.ts";
import { HostLimits } from "../transport/host-limits.ts";
import type { HttpClient } from "../transport/http-client.ts";
import { parseLocalAddresses } from "../transport/local-addresses.ts";
import { localPortPaths } from "../transport/local-ports.ts";
import { mqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import { type OpenerOptions, usesTls } from "../transport/open.ts";
import type { PemReader } from "../transport/pem.ts";
import { SecureContexts, type TlsMaterial } from "../transport/tls-material.ts";
import { type Cohort, type CohortParts, compileCohort } from "./cohort.ts";
import { FailureTexts } from "./failure-texts.ts";
import { Fleet } from "./fleet.ts";
import type { FleetNumbers } from "./fleet-numbers.ts";
import { openHttp } from "./open-http.ts";
import { keepYoungGenerationSmall } from "./young-generation.ts";

/** What was measured is on disk after at most this long. */
const FLUSH_MS = 2000;
const EMIT_MS = 1000;

/** Exit code of a run in which no device of a worker was ever online. */
const NEVER_ONLINE_EXIT_CODE = 2;

/** Read once: the getter costs more than `performance.now()`. */
const { timeOrigin } = performance;

/** Monotonic time on the wall's scale: a clock that is set during the run does not move storms. */
function wallClock(): number {
  return timeOrigin + performance.now();
}

const time: Time = {
  now: () => performance.now(),
  set: (delayMs, callback, device, argument) => setTimeout(callback, delayMs, device, argument),
  clear: (timer) => clearTimeout(timer as NodeJS.Timeout),
};

const INSECURE =
  "mqtt: WARNING: config.engines.mqtt.tls.insecure is true: the broker's certificate is NOT verified; anyone on the way can read passwords and payloads";

export interface WorkerOptions {
  script: ArtilleryScript;
  plan: FleetPlan;
  helpers: Helpers;
  runEvents: RunEvents;
  /** Of the control connection, and of the devices where there are no regions: the script's, or the lab's. */
  broker: UrlTarget;
  /** Where devices connect to instead; null where the script has one target. */
  regions: RegionsPlan<UrlTarget> | null;
  tls: TlsMaterial;
  readPem: PemReader;
  /** Shared by all workers of this process. */
  numbers: FleetNumbers;
}

/** The fleet of one worker thread, from its first virtual user to its last. */
export class Worker {
  readonly #options: WorkerOptions;
  readonly #share: WorkerShare;
  readonly #recorder: Recorder;
  readonly #fleet: Fleet;
  readonly #regions: Regions | null;
  readonly #storms: Storms;
  readonly #losses: Losses = { watch: null };
  readonly #watch: GeneratorWatch;
  readonly #health: HealthStretch;
  readonly #cohorts: Cohort[];
  readonly #credentials: Omit<DeviceCredentials, "clientId">;
  readonly #http: HttpClient;
  readonly #calls: ProcessorCalls;
  readonly #failures = new FailureTexts(log);
  readonly #files: WorkerFiles | null;
  readonly #timers: NodeJS.Timeout[];
  readonly #limits = new HostLimits(log);
  readonly #startedAtMs = Math.floor(wallClock());
  readonly #devicesOf: number[];
  #agreement: Agreement | null = null;
  /** Other runs that use this run's client ids at the same broker. */
  readonly #sameIdsAs: string[] = [];
  #timeZeroMs: number | null = null;
  #state: WorkerRecord["state"] = "running";
  #live = 0;

  constructor(options: WorkerOptions) {
    keepYoungGenerationSmall();
    this.#options = options;
    const { plan, script, runEvents } = options;
    this.#share = shareOf(script.config.phases, workerIdentity().container);
    const names = plan.cohorts.map((cohort) => cohort.name);
    this.#recorder = new Recorder(names, runEvents, wallClock);
    this.#watch = new GeneratorWatch(() => this.#recorder.timed);
    this.#health = this.#watch.begin();
    this.#devicesOf = names.map(() => 0);
    this.#fleet = new Fleet(planEndMs(plan.storms) !== null, time.now);
    const { seed } = plan.settings;
    this.#regions =
      options.regions === null
        ? null
        : new Regions({ regions: options.regions.list, failover: options.regions.failover, seed });
    this.#storms = new Storms({
      plans: plan.storms,
      seed,
      container: this.#share.container,
      members: this.#fleet.members,
      recorder: this.#recorder,
      losses: this.#losses,
      watch: this.#watch,
      regions: this.#regions,
      longestBackoffMs: longestBackoffMs(plan.backoff),
      populations: (storm) => this.#populations(storm),
      containers: () => this.#agreement?.containers() ?? [],
      claim: (storm) => options.numbers.claim(storm),
      wallClock,
      monotonic: time.now,
      log,
      onOver: () => this.#fleet.over(),
    });
    const openers = this.#openerOptions();
    const { username = null, password = null } = credentialsOf(plan.target, plan.settings);
    this.#credentials = { username, password };
    this.#http = openHttp(plan.settings.http);
    this.#calls = new ProcessorCalls({
      processor: processorOf(script),
      events: runEvents,
      expire: (expired) => this.#fleet.expire(expired),
      tell: (text) => this.#failures.tell(text),
    });
    const parts: CohortParts = {
      plan,
      helpers: options.helpers,
      calls: this.#calls,
      tellError: (error) => this.#tellError(error),
      runEvents,
      events: this.#recorder,
      losses: this.#losses,
      fleet: this.#fleet,
      http: this.#http,
      regions: this.#regions,
      targets: this.#targets,
      openers,
      codec: createCodec(plan.settings.protocolVersion),
      time,
    };
    this.#cohorts = plan.cohorts.map((cohort, index) => compileCohort(cohort, index, parts));
    if (this.#share.worker === 1) {
      const lost = plan.storms.some(({ cause }) => cause === "regionLoss") ? 1 : 0;
      const paths = localPortPaths(openers.local?.count ?? null, this.#targets.length - lost);
      this.#limits.check(script.config.phases, this.#share.workers, paths, descriptorsPerDevice(plan));
      if (this.#isInsecure) log(INSECURE);
      for (const name of this.#uncorrelated) log(uncorrelatedWarning(name));
    }
    this.#files = this.#openFiles();
    this.#flush();
    this.#timers = [
      setInterval(() => this.#everySecond(), EMIT_MS).unref(),
      setInterval(() => this.#flush(), FLUSH_MS).unref(),
    ];
  }

  #openerOptions(): OpenerOptions {
    const { plan, tls, readPem } = this.#options;
    const { settings } = plan;
    const local = settings.localAddresses === undefined ? null : parseLocalAddresses(settings.localAddresses);
    return {
      material: tls,
      contexts: new SecureContexts(tls, readPem),
      resume: settings.tls?.resume ?? false,
      // Validated: what is wrong with it would have ended the run.
      local: local === null || "entry" in local ? null : local,
      maxPacketBytes: settings.maxPacketSize,
      onBadCertificate: (reason) =>
        log(
          `mqtt: a device's connect.cert or connect.key cannot be used (${reason}): refused as "tls_client_certificate"`,
        ),
    };
  }

  /** Where devices connect to. */
  get #targets(): readonly UrlTarget[] {
    const { broker, regions } = this.#options;
    return regions === null ? [broker] : regions.list.map(({ target }) => target);
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
    for (const cohort of this.#cohorts.keys()) {
      const { refused, errors } = this.#recorder.counters(cohort);
      this.#limits.look(refused);
      this.#limits.look(errors);
    }
  }

  #openFiles(): WorkerFiles | null {
    const directory = runDirectory(this.#options.script);
    if (directory === null) return null;
    const teller = { log, unwritten: postUnwritten };
    return new WorkerFiles(directory, safeFileName(workerIdentity().id), this.#startedAtMs, teller);
  }

  // ---- virtual users ----------------------------------------------------------------------------------------------

  runVirtualUser(cohortIndex: number, context: VuContext, callback: StepCallback): void {
    const { runEvents, plan, numbers } = this.#options;
    runEvents.emit("started");
    if (this.#fleet.started === 0) this.#agreeOnTimeZero();
    this.#live++;
    const cohort = this.#cohorts[cohortIndex] as Cohort;
    const number = numbers.next();
    const id = deviceId(this.#share.container, number);
    context.vars["deviceId"] = id;
    flatten(context._uid);
    const { username, password } = this.#credentials;
    const clientId = `${plan.settings.clientIdPrefix ?? ""}${id}`;
    const credentials = { clientId, username, password };
    const device = new Device(number, credentials, cohort.environment, context);
    bindDevice(context, device);
    if (this.#regions !== null) {
      context.vars[REGION_VARIABLE] = this.#regions.names[device.region];
      this.#regions.counts.atHome(device.region);
    }
    const member: FleetMember = { device, cohort: cohortIndex };
    this.#fleet.add(member);
    this.#devicesOf[cohortIndex] = (this.#devicesOf[cohortIndex] as number) + 1;
    this.#agreement?.setDevices(this.#fleet.started);

    let over = false;
    const finish = (error: Error | null): void => {
      if (over) return;
      over = true;
      this.#countFailure(cohortIndex, error);
      this.#storms.left(member, error !== null);
      device.end("ended");
      this.#fleet.remove(member);
      this.#live--;
      // Artillery looks at its counters as soon as the last virtual user is over.
      if (this.#live === 0) this.#emitCounters();
      callback(error, context);
    };
    this.#callFunctions(cohort.before, context, (error) => {
      if (error !== null) {
        finish(error);
        return;
      }
      cohort.flow(context, (flowError) => {
        this.#callFunctions(cohort.after, context, (afterError) => finish(flowError ?? afterError));
      });
    });
  }

  /** A step that failed by a name of its own is counted by then. */
  #countFailure(cohort: number, error: Error | null): void {
    if (error === null || error instanceof StepFailure) return;
    this.#tellError(error);
    this.#recorder.error(cohort, error instanceof ProcessorError ? error.failure : "flow_failed");
  }

  #tellError(error: Error): void {
    if (!(error instanceof ProcessorError)) this.#failures.tell(error.message);
  }

  #callFunctions(names: readonly string[], context: VuContext, done: (error: Error | null) => void): void {
    const [name, ...rest] = names;
    if (name === undefined) {
      done(null);
      return;
    }
    this.#calls.run(name, context, (error) => {
      if (error !== null) done(error);
      else this.#callFunctions(rest, context, done);
    });
  }

  // ---- the fleet's clock ------------------------------------------------------------------------------------------

  #agreeOnTimeZero(): void {
    const { plan, broker } = this.#options;
    const { timeZero, settings, storms, target } = plan;
    // On a multiple of the timeline's row: storms then begin with a row.
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
        ...credentialsOf(target, settings),
        ...(usesTls(broker.endpoint) ? { tls: mqttTlsOptions(this.#options.tls) } : {}),
        onTimeZero: (epochMs) => this.#setTimeZero(epochMs),
        onSameIds: (otherRun) => this.#warnOfSameIds(otherRun),
      },
      proposedMs,
      { container: this.#share.container, devices: 0, idPrefix: this.#idPrefix },
    );
  }

  #warnOfSameIds(testRunId: string): void {
    this.#sameIdsAs.push(testRunId);
    log(
      `mqtt: WARNING: run ${testRunId} has devices with the same client ids at this broker: the two take each other's sessions; give one of them a clientIdPrefix, or WORKER_ID`,
    );
  }

  /** Cohorts in which an answer cannot be told from that to an earlier request. */
  get #uncorrelated(): string[] {
    const { cohorts } = this.#options.plan;
    return cohorts
      .filter(({ onConnect, flow }) => cannotTellAnswers(onConnect) || cannotTellAnswers(flow))
      .map(({ name }) => name);
  }

  /** What the engine's own client ids begin with; null where the script gives every device another. */
  get #idPrefix(): string | null {
    const { plan } = this.#options;
    return plan.cohorts.every(({ flow }) => hasOwnClientIds(flow))
      ? null
      : (plan.settings.clientIdPrefix ?? "");
  }

  #setTimeZero(epochMs: number): void {
    this.#timeZeroMs = epochMs;
    this.#storms.setTimeZero(epochMs);
  }

  /** This process's devices first. */
  #populations(storm: number | null): Population[] {
    const { numbers } = this.#options;
    const devices = storm === null ? numbers.count : numbers.countAt(storm);
    return [{ container: this.#share.container, devices }, ...(this.#agreement?.others() ?? [])];
  }

  // ---- what is left behind ----------------------------------------------------------------------------------------

  #flush(final = false): void {
    if (this.#files === null) return;
    const now = wallClock();
    const lines = this.#recorder.timeline.take(final);
    this.#files.flush(now, this.#recorder.histograms, lines, this.#record(now), final);
  }

  #record(nowMs: number): WorkerRecord {
    const { plan, broker } = this.#options;
    const names = plan.cohorts.map((cohort) => cohort.name);
    const byCohort = <T>(value: (cohort: number) => T): Record<string, T> =>
      Object.fromEntries(names.map((name, cohort) => [name, value(cohort)]));
    return {
      schemaVersion: SCHEMA_VERSION,
      testRunId: testRunId(),
      workerId: workerIdentity().id,
      state: this.#state,
      target: maskHidden(broker.url),
      tls: { insecure: this.#isInsecure },
      http: { insecure: this.#http.isInsecure },
      seed: plan.settings.seed,
      longestBackoffMs: longestBackoffMs(plan.backoff),
      clientIds: this.#idPrefix === null ? null : `${this.#idPrefix}${deviceId(this.#share.container, 0)}`,
      sameIdsAs: this.#sameIdsAs,
      uncorrelated: this.#uncorrelated,
      startedAtMs: this.#startedAtMs,
      updatedAtMs: Math.ceil(nowMs),
      timeZeroMs: this.#timeZeroMs,
      cohorts: byCohort((cohort) => ({
        devices: this.#devicesOf[cohort] as number,
        everOnline: this.#recorder.counters(cohort).everOnline,
      })),
      storms: this.#storms.report(),
      ...(this.#regions === null ? {} : { regions: this.#regions.counts.byName() }),
      counters: byCohort((cohort) => this.#recorder.counters(cohort).counters),
      disconnects: byCohort((cohort) => this.#recorder.counters(cohort).disconnects),
      errors: byCohort((cohort) => this.#recorder.counters(cohort).errors),
      generator: this.#health.read(),
    };
  }

  /** All virtual users are over (`ended`), or the worker was told to stop before (`interrupted`). Only once. */
  finish(state: "ended" | "interrupted"): void {
    if (this.#state !== "running") return;
    this.#state = state;
    for (const timer of this.#timers) clearInterval(timer);
    this.#everySecond();
    this.#storms.stop(state === "ended");
    this.#watch.stop();
    this.#fleet.stop();
    this.#http.close();
    this.#flush(true);
    this.#files?.close();
    this.#warnIfNeverOnline();
    void this.#agreement?.end();
  }

  #warnIfNeverOnline(): void {
    const { plan } = this.#options;
    if (this.#fleet.started === 0) return;
    if (plan.cohorts.some((_, cohort) => this.#recorder.counters(cohort).everOnline > 0)) return;
    if (this.#state === "interrupted") return;
    const urls = this.#targets.map(({ url }) => url).join(" or ");
    log(`mqtt: none of ${this.#fleet.started} devices was ever online; is ${urls} the right target?`);
    suggestExitCode(NEVER_ONLINE_EXIT_CODE);
  }
}

/** Epoch milliseconds. Of the process, not of this thread. */
function processStartedAtMs(): number {
  return Date.now() - process.uptime() * 1000;
}

function uncorrelatedWarning(cohort: string): string {
  return `mqtt: WARNING: scenario ${JSON.stringify(cohort)}: config requests without correlation: an answer to a request that a device has given up counts for the next one, with too short a time; put {{ requestId }} into topic and responseTopic, or set correlation`;
}

/** An `http` step that makes a connection of its own does so beside the device's. */
function descriptorsPerDevice({ settings, cohorts }: FleetPlan): 1 | 2 {
  const asks = cohorts.some(({ onConnect, flow }) => usesHttp(onConnect) || usesHttp(flow));
  return asks && settings.http.connection === "new" ? 2 : 1;
}

/**
 * Artillery builds a virtual user's id one character at a time, and V8 keeps that as a chain of 15 pieces, 480 bytes, until
 * someone reads inside it.
 */
function flatten(text: unknown): void {
  if (typeof text === "string") text.charCodeAt(0);
}
