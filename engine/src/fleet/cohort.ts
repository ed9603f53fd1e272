import type { Helpers, RunEvents, Step } from "../artillery.ts";
import { createBackoff } from "../device/backoff.ts";
import { EVENTS } from "../device/events.ts";
import type { Messages } from "../device/messages/messages.ts";
import type { DevicePlan } from "../device/plan.ts";
import type { DeviceEnvironment, DeviceIds } from "../device/port.ts";
import type { Operation } from "../device/program.ts";
import type { Regions } from "../region/regions.ts";
import { type ClientPlan, reactionsOf } from "../script/client-plan.ts";
import { compileProgram, compileSteps } from "../script/compile.ts";
import { compileReaction } from "../script/on-message.ts";
import type { CohortPlan, FleetPlan } from "../script/plan.ts";
import type { ProcessorCalls } from "../script/processor-calls.ts";
import { contextOf, type HttpAccess, NEVER_S, type StepPlace } from "../script/steps/step.ts";
import { compileTelemetry } from "../script/telemetry.ts";
import { REGION_VARIABLE } from "../script/variables.ts";
import { forgetsAtReboot, inMemory } from "./device-memory.ts";
import type { Fleet } from "./fleet.ts";
import type { Host } from "./host.ts";

/** The devices of one scenario of the script, ready to be made. */
export interface Cohort {
  environment: DeviceEnvironment;
  flow: readonly Step[];
  /** Processor functions around the flow, by name. */
  before: readonly string[];
  after: readonly string[];
  /** What its steps refer to and none of them sets. */
  needs: CohortPlan["needs"];
}

/** What the cohorts of a worker share. */
export interface CohortParts {
  plan: FleetPlan;
  helpers: Helpers;
  /** Hears what is wrong with the script, and at which step. */
  tellError(error: Error, where: string): void;
  calls: ProcessorCalls;
  runEvents: RunEvents;
  host: Host;
  fleet: Fleet;
  http: HttpAccess;
  /** Null where the script has none; then there is one target. */
  regions: Regions | null;
  /** Null where no messages are tracked. */
  messages: Messages | null;
  ids: DeviceIds | null;
}

/** `index`: the cohort's place within the worker's counts. */
export function compileCohort(cohort: CohortPlan, index: number, parts: CohortParts): Cohort {
  const { plan, helpers, tellError, calls, runEvents, host, fleet, http, regions, messages, ids } = parts;
  const subject = { cohort: index, region: 0 };
  const base = (place: StepPlace): Parameters<typeof compileSteps>[1] => ({
    place,
    helpers,
    runEvents,
    calls,
    tellError,
    countError: (failure) => host.tell(EVENTS.error, subject, 0, 0, failure),
    time: host,
    fleet,
    http,
    lab: null,
    onLabEnded: () => {},
  });
  const steps = compileProgram(cohort.onConnect, base("onConnect"));
  const remembered = cohort.client.reconnect.failureLimit?.reboot == null ? [] : inMemory(cohort.onConnect);
  const program = remembered.length === 0 ? steps : [forgetsAtReboot(remembered), ...steps];
  return {
    flow: compileSteps(cohort.flow, base("flow")),
    before: cohort.beforeScenario,
    after: cohort.afterScenario,
    needs: cohort.needs,
    environment: {
      plan: devicePlan(cohort.client, plan.settings.maxPacketSize, index),
      port: host,
      telemetry: cohort.telemetry.map((spec) =>
        compileTelemetry(spec, { tellError, where: `telemetry of ${JSON.stringify(cohort.name)}` }),
      ),
      reactions: {
        handlers: cohort.onMessage.map((spec) => compileReaction(spec, base("onMessage"))),
        queue: cohort.messageQueue,
        ackDelayMs: cohort.ackDelayMs,
      },
      program: regions === null ? program : [namesRegion(regions), ...program],
      regions,
      messages,
      ids,
    },
  };
}

/** A device that came to another region has that one's name in its variables. */
function namesRegion({ names }: Regions): Operation {
  return {
    begin(device, waiter) {
      contextOf(device).vars[REGION_VARIABLE] = names[device.region];
      device.env.port.turns.settle(waiter, null);
    },
  };
}

function devicePlan(client: ClientPlan, maxPacketBytes: number, cohort: number): DevicePlan {
  const { backoff, resetAfter, failureLimit } = client.reconnect;
  return {
    cohort,
    protocolVersion: client.protocolVersion,
    keepaliveMs: client.keepalive,
    connectTimeoutMs: client.connectTimeout,
    ackTimeoutMs: client.ackTimeout,
    clean: client.session.clean,
    sessionExpiryS: Math.min(client.session.expiry / 1000, NEVER_S),
    resubscribe: client.resubscribe,
    backoff: createBackoff(backoff),
    backoffBaseMs: "baseMs" in backoff ? backoff.baseMs : 0,
    resetAfter,
    reactions: reactionsOf(client.reconnect),
    failureLimit,
    maxPacketBytes,
    receiveMaximum: client.receiveMaximum ?? 65_535,
    topicAliasMaximum: client.topicAliasMaximum ?? 0,
    followReferences: client.serverReference === "follow",
  };
}
