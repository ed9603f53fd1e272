// Before all else.
import "./require-node.ts";

import { randomUUID } from "node:crypto";
import { rootCertificates } from "node:tls";
import { isMainThread } from "node:worker_threads";
import {
  type ArtilleryScript,
  abortRun,
  artilleryVersion,
  endRun,
  type Helpers,
  log,
  type RunEvents,
  type StepCallback,
  type VuContext,
  type WorkerEvents,
  whereabouts,
} from "./artillery.ts";
import { artilleryProblem } from "./artillery-needs.ts";
import { IdHolders } from "./device/id-holders.ts";
import { type Container, ONLY_CONTAINER, shareOf } from "./device/identity.ts";
import { takeHangupAsTermination } from "./hangup.ts";
import type { LabAddresses, StartedLabs } from "./lab/regions.ts";
import { chooseTcp, type TcpChoice } from "./live/choose-tcp.ts";
import { time } from "./live/clock.ts";
import { findContainer, processName, workerIdOf } from "./live/container.ts";
import { guardExit } from "./live/exit-guard.ts";
import { type FleetEnvironment, readFleetEnvironment } from "./live/fleet-environment.ts";
import { FleetNumbers, sharedNumbers } from "./live/fleet-numbers.ts";
import { compileHook } from "./live/hook.ts";
import { checkPlace, openerOfPlace } from "./live/places.ts";
import { probesOf, probeTargets, sharedConnectOf } from "./live/probe.ts";
import {
  NEVER_ONLINE_EXIT_CODE,
  probeWarning,
  slowTcpWarning,
  unreachableSentence,
} from "./live/warnings.ts";
import { Worker } from "./live/worker.ts";
import type { OpenPlace, Place } from "./rendezvous/place.ts";
import { givenValues } from "./script/client-ids.ts";
import { functionsProblem, nameFunctions } from "./script/named-functions.ts";
import type { FleetPlan } from "./script/plan.ts";
import { renderProblems } from "./script/problem.ts";
import type { KnownRegion, RegionsPlan } from "./script/region-plan.ts";
import { hasOnlyOwnIds } from "./script/shared-ids.ts";
import { LAB_VARIABLE } from "./script/steps/lab.ts";
import { parseTarget, type Target, type UrlTarget } from "./script/target.ts";
import { loadTls } from "./script/tls-settings.ts";
import { validate } from "./script/validate.ts";
import { environmentNames, hideEnvironment } from "./secrets/secret-values.ts";
import { devicesOfPhases } from "./transport/descriptors.ts";
import { createPemReader } from "./transport/pem.ts";
import { NO_TLS_SETTINGS, type TlsMaterial } from "./transport/tls-material.ts";

type Scenario = (context: VuContext, callback: StepCallback) => void;

/**
 * Set by the main thread of a run with a `before` hook: worker threads copy its environment, but Artillery takes the hook
 * out of the script that it gives them.
 */
const HOOK_FLAG = "ARTILLERY_ENGINE_MQTT_HOOK";

const ONE_MACHINE =
  "config.engines.mqtt.endWhenRecovered: is for one machine: several containers would each end at a time of their own; allowed with MQTT_FLEET_CONTAINERS: leave it out";

/** The class that Artillery loads: once in every worker thread, and in the main thread for hooks. It holds wiring alone. */
export default class MqttEngine {
  readonly #script: ArtilleryScript;
  readonly #helpers: Helpers;
  /** Paths in the script count from the working directory. */
  readonly #readPem = createPemReader(process.cwd());
  #tls: TlsMaterial = NO_TLS_SETTINGS;
  /** Null where the script is no good: the run is about to end. */
  readonly #plan: FleetPlan | null;
  #worker: Worker | null = null;
  #numbers = new FleetNumbers();
  #tcp: TcpChoice = { kind: "net", problem: null };
  #fleet: FleetEnvironment = { containers: 1, isNumbered: false, index: null, rendezvous: null };
  #container: Container = ONLY_CONTAINER;
  /** Where this container keeps its ordinal; null where it was given one, or has none. */
  #ordinalPlace: Place | null = null;

  constructor(script: ArtilleryScript, events: WorkerEvents, helpers: Helpers) {
    this.#script = script;
    this.#helpers = helpers;
    const problem = artilleryProblem(helpers, artilleryVersion());
    if (problem !== null) {
      this.#plan = null;
      abortRun(problem);
      return;
    }
    if (nameFunctions(script) > 0 && isMainThread) {
      const unable = functionsProblem(script);
      if (unable !== null) abortRun(unable);
    }
    hideEnvironment(script);
    if (isMainThread) {
      process.env[HOOK_FLAG] = "1";
      takeHangupAsTermination();
    }
    const { plan, problems } = validate(script, process.env[HOOK_FLAG] === "1", {
      variables: process.env,
      names: environmentNames(),
    });
    if (problems !== null) abortRun(renderProblems(problems));
    const { fleet, problems: fleetProblems } = readFleetEnvironment(process.env);
    if (fleetProblems !== null) abortRun(renderProblems(fleetProblems, "the environment"));
    this.#plan = fleet === null ? null : plan;
    if (plan === null || fleet === null) return;
    this.#fleet = fleet;
    if (fleet.containers > 1 && plan.settings.endWhenRecovered !== null) abortRun(ONE_MACHINE);
    const { material, problems: tlsProblems } = loadTls(plan.settings.tls, this.#readPem);
    if (tlsProblems.length > 0) abortRun(renderProblems(tlsProblems));
    this.#tls = material;
    this.#countPhases(events);
    events.on?.("done", () => this.#finish("ended"));
    process.once("exit", () => this.#finish("interrupted"));
  }

  /** Artillery tells every thread of each of its phases, also of those that start nobody there. */
  #countPhases(events: WorkerEvents): void {
    const { phases } = this.#script.config;
    let left = Array.isArray(phases) ? phases.length : 1;
    events.on?.("phaseCompleted", () => {
      left--;
      if (left === 0) this.#numbers.endArrivals();
    });
  }

  /** Artillery awaits it in every worker thread, one thread after the other, before the first arrival. */
  async init(): Promise<void> {
    if (isMainThread || this.#plan === null) return;
    guardExit();
    const isFirst = shareOf(this.#script.config.phases).worker === 1;
    try {
      this.#tcp = await chooseTcp(this.#plan);
      if (isFirst && this.#tcp.problem !== null) log(slowTcpWarning(this.#tcp.problem));
      this.#numbers = await sharedNumbers(isFirst, () => this.#memory());
      checkPlace(this.#fleet.rendezvous ?? this.#plan.rendezvous);
      if (isFirst) await this.#probe(this.#plan);
      await this.#findContainer(this.#plan, isFirst);
    } catch (error) {
      // A rejection would hang the run.
      abortRun(`artillery-engine-mqtt: ${(error as Error).message}`);
    }
  }

  /** The first worker of a machine is initialised before all others. */
  async #probe(plan: FleetPlan): Promise<void> {
    const { probe } = plan.settings;
    if (probe === null) return;
    const random = randomUUID().slice(0, 8);
    const parts = { plan, material: this.#tls, readPem: this.#readPem, tcp: this.#tcp.kind, random };
    const { problems, warnings } = await probeTargets({
      targets: probesOf(parts),
      shared: sharedConnectOf(plan),
      forMs: probe.forMs,
      time,
      say: log,
    });
    for (const warning of warnings) log(probeWarning(warning));
    if (problems.length > 0)
      await endRun(unreachableSentence(problems, probe.forMs > 0), NEVER_ONLINE_EXIT_CODE);
  }

  #finish(state: "ended" | "interrupted"): void {
    this.#worker?.finish(state);
    void this.#ordinalPlace?.end();
    this.#ordinalPlace = null;
  }

  async #findContainer(plan: FleetPlan, isFirst: boolean): Promise<void> {
    const { container, place } = await findContainer({
      fleet: this.#fleet,
      name: whereabouts().container,
      isFirst,
      numbers: this.#numbers,
      open: () => {
        if (plan.target.kind === "url") return this.#place(plan, plan.target, this.#tls);
        throw new Error("a lab is of one machine: several containers need a target that all of them reach");
      },
    });
    this.#container = container;
    this.#ordinalPlace = place;
  }

  /** What the threads of this process share. */
  #memory(): SharedArrayBuffer {
    const { phases } = this.#script.config;
    const { cohorts = [] } = this.#plan ?? {};
    const isOwn = hasOnlyOwnIds(cohorts, givenValues(this.#script));
    const devices = devicesOfPhases(phases, shareOf(phases).workers);
    return FleetNumbers.memoryFor(cohorts.length, isOwn ? 0 : IdHolders.bytesFor(devices));
  }

  /** Where the workers of the run meet. */
  #place(plan: FleetPlan, broker: UrlTarget, tls: TlsMaterial): OpenPlace {
    return openerOfPlace(this.#fleet.rendezvous ?? plan.rendezvous, { plan, broker, tls });
  }

  createScenario(spec: unknown, runEvents: RunEvents): Scenario {
    const plan = this.#plan;
    if (plan === null) return () => {};
    const scenarios: unknown[] = Array.isArray(this.#script.scenarios) ? this.#script.scenarios : [];
    const scenarioIndex = scenarios.indexOf(spec);
    if (scenarioIndex < 0) return compileHook(this.#script, spec, plan, this.#helpers, runEvents, this.#tls);
    const cohort = plan.cohorts.findIndex((candidate) => candidate.scenarioIndex === scenarioIndex);
    return (context, callback) => {
      this.#worker ??= this.#start(plan, context, runEvents);
      this.#worker?.runVirtualUser(cohort, context, callback);
    };
  }

  #start(plan: FleetPlan, context: VuContext, runEvents: RunEvents): Worker | null {
    const lab = context.vars[LAB_VARIABLE] as (LabAddresses & Pick<StartedLabs, "regions">) | undefined;
    const target = resolve(plan.target, lab);
    const regions = plan.regions && resolveRegions(plan.regions, lab);
    if (target === null || (plan.regions !== null && regions === null)) {
      abortRun(
        "artillery-engine-mqtt: a target is lab, but no lab was started; the script needs\n" +
          "  before: { engine: mqtt, flow: [ { lab: {} } ] }",
      );
      return null;
    }
    // The lab's certificates are their own authorities.
    const certificates = [lab, ...Object.values(lab?.regions ?? {})].flatMap((one) => one?.certificate ?? []);
    const targets = [plan.target, ...(plan.regions?.list.map((region) => region.target) ?? [])];
    const known = targets.every(({ kind }) => kind === "lab") ? [] : (this.#tls.ca ?? rootCertificates);
    const tls = certificates.length > 0 ? { ...this.#tls, ca: [...known, ...certificates] } : this.#tls;
    return new Worker({
      script: this.#script,
      plan,
      helpers: this.#helpers,
      runEvents,
      broker: target,
      regions,
      tls,
      readPem: this.#readPem,
      numbers: this.#numbers,
      tcp: this.#tcp.kind,
      container: this.#container,
      workerId: workerIdOf(this.#container, whereabouts()),
      process: processName(),
      open: this.#place(plan, target, tls),
    });
  }
}

/** The lab's target stands in its addresses; null where it was not started. */
function resolve(target: Target, lab: LabAddresses | undefined): UrlTarget | null {
  if (target.kind === "url") return target;
  const started = parseTarget(lab?.target);
  return "kind" in started && started.kind === "url" ? started : null;
}

function resolveRegions(
  { list, failover }: RegionsPlan,
  lab: Pick<StartedLabs, "regions"> | undefined,
): RegionsPlan<UrlTarget> | null {
  const known = list.flatMap(({ name, weight, target }): KnownRegion[] => {
    const where = resolve(target, lab?.regions[name]);
    return where === null ? [] : [{ name, weight, target: where }];
  });
  return known.length === list.length ? { list: known, failover } : null;
}

export type * from "./script-types.ts";

/** An Artillery that loads engines with `require` gets the class itself, and hears from it whether it will do. */
export { MqttEngine as "module.exports" };
