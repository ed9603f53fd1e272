import type { Helpers, RunEvents, Step, VuContext } from "../artillery.ts";
import { createBackoff } from "../device/backoff.ts";
import type { Losses } from "../device/losses.ts";
import type { DeviceEnvironment, DeviceEvents, DevicePlan, Time } from "../device/port.ts";
import { hashRandom } from "../random.ts";
import type { Regions } from "../region/regions.ts";
import { compileSteps, series } from "../script/compile.ts";
import type { CohortPlan, FleetPlan } from "../script/plan.ts";
import type { ProcessorCalls } from "../script/processor-calls.ts";
import { NEVER_S, StepFailure, type StepPlace } from "../script/steps/step.ts";
import type { UrlTarget } from "../script/target.ts";
import { REGION_VARIABLE } from "../script/variables.ts";
import { followEndpoints } from "../transport/endpoints.ts";
import type { HttpClient } from "../transport/http-client.ts";
import { createOpener, type OpenerOptions } from "../transport/open.ts";
import type { OpenTransport } from "../transport/transport.ts";
import type { Fleet } from "./fleet.ts";

/** The devices of one scenario of the script, ready to be made. */
export interface Cohort {
  environment: DeviceEnvironment;
  flow: Step;
  /** Processor functions around the flow, by name. */
  before: readonly string[];
  after: readonly string[];
}

/** What the cohorts of a worker share. */
export interface CohortParts {
  plan: FleetPlan;
  helpers: Helpers;
  /** Hears of an error that no name says what it is. */
  tellError(error: Error): void;
  calls: ProcessorCalls;
  runEvents: RunEvents;
  events: DeviceEvents;
  losses: Losses;
  fleet: Fleet;
  http: HttpClient;
  /** Null where the script has none; then there is one target. */
  regions: Regions | null;
  targets: readonly UrlTarget[];
  openers: OpenerOptions;
  codec: DeviceEnvironment["codec"];
  time: Time;
}

/** `index`: of the cohort within the worker's counts. */
export function compileCohort(cohort: CohortPlan, index: number, parts: CohortParts): Cohort {
  const { plan, helpers, tellError, calls, runEvents, events, losses, fleet, http, regions, codec, time } =
    parts;
  const compile = (place: StepPlace, steps: CohortPlan["flow"]): Step =>
    series(
      compileSteps(steps, {
        place,
        helpers,
        runEvents,
        calls,
        deviceEvents: events,
        cohort: index,
        fleet,
        http,
        lab: null,
        onLabEnded: () => {},
      }),
    );
  const open = openersOf(cohort, parts);
  const bootstrap = compile("onConnect", cohort.onConnect);
  return {
    flow: compile("flow", cohort.flow),
    before: cohort.beforeScenario,
    after: cohort.afterScenario,
    environment: {
      plan: devicePlan(plan, index),
      time,
      open: regions === null ? (open[0] as OpenTransport) : regions.opener(open),
      ...(regions === null ? {} : { regions }),
      codec,
      events,
      losses,
      random: (device, draw) => hashRandom(plan.settings.seed, device, draw),
      bootstrap(device, done) {
        const context = device.owner as VuContext;
        if (regions !== null) context.vars[REGION_VARIABLE] = regions.names[device.region];
        bootstrap(context, (error) => {
          if (error === null || error instanceof StepFailure) {
            done(error?.failure ?? null);
            return;
          }
          tellError(error);
          done("bootstrap_failed");
        });
      },
    },
  };
}

/** One per target. Servers that a broker names instead of itself are opened the same way. */
function openersOf(cohort: CohortPlan, { openers, targets }: CohortParts): OpenTransport[] {
  const options = { ...openers, resume: cohort.resume ?? openers.resume };
  return targets.map(({ endpoint }) =>
    followEndpoints(
      createOpener(endpoint, options),
      (host, port) => createOpener({ ...endpoint, host, port }, options),
      endpoint.port,
    ),
  );
}

function devicePlan({ settings, backoff, resetAfter }: FleetPlan, cohort: number): DevicePlan {
  return {
    cohort,
    protocolVersion: settings.protocolVersion,
    keepaliveMs: settings.keepalive,
    connectTimeoutMs: settings.connectTimeout,
    ackTimeoutMs: settings.ackTimeout,
    clean: settings.session.clean,
    sessionExpiryS: Math.min(settings.session.expiry / 1000, NEVER_S),
    resubscribe: settings.resubscribe,
    backoff: createBackoff(backoff),
    backoffBaseMs: "baseMs" in backoff ? backoff.baseMs : 0,
    resetAfter,
    maxPacketBytes: settings.maxPacketSize,
    receiveMaximum: settings.receiveMaximum ?? 65_535,
    topicAliasMaximum: settings.topicAliasMaximum ?? 0,
    followReferences: settings.serverReference === "follow",
  };
}
