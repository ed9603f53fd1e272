import { z } from "zod";
import { log } from "../../artillery.ts";
import type { AuthOptions, LabOptions } from "../../lab/lab.ts";
import { type LabPlan, startLabs } from "../../lab/regions.ts";
import { type AuthSettings, authSettings } from "../forecast-settings.ts";
import { boolean, positiveNumber } from "../scalars.ts";
import { describeKeys } from "../written-as.ts";
import { defineStep, settings, text } from "./step.ts";

/**
 * The lab's addresses stand under this name in the variables that a `before` hook hands to all workers: `target` of the broker,
 * `http` of the config service, `auth` of the auth service, and the same for each region in `regions`.
 */
export const LAB_VARIABLE = "$mqttLab";

const CAPACITY_ALLOWED = "a number of answers per second, above 0";

const regions = z.array(
  z.union(
    [
      text,
      describeKeys(z.strictObject({ name: text, capacity: positiveNumber(CAPACITY_ALLOWED) }), {
        name: "The name of a region of targets.",
        capacity: "Answers per second of its config service.",
      }),
    ],
    { error: "the name of a region, or { name, capacity: answers per second of its config service }" },
  ),
  { error: "a list of regions" },
);

const labSettings = settings(
  {
    tls: boolean.default(false),
    /** This is for readers, and for capacities that differ: every target whose url is lab is started. */
    regions: regions.default([]),
    /** A back end that the broker asks for every CONNECT; one for each broker. */
    auth: authSettings.optional(),
  },
  {
    tls: "Whether the lab's brokers speak TLS; false unless given.",
    regions: "Regions by name, where the capacities of their config services differ.",
    auth: "A back end that the broker asks for every CONNECT.",
  },
);
type LabSpec = z.output<typeof labSettings>;

/**
 * Stands in a `before` hook and starts the embedded broker if the target is `lab`, with TLS or without, and the config service
 * unless it is `external`; where there are regions, for each of them. All end with the run.
 */
export const lab = defineStep({
  name: "lab",
  places: ["hook"],
  schema: describeKeys(z.strictObject({ lab: labSettings }), {
    lab: "Starts the embedded broker and the config service; they end with the run.",
  }),
  compile(spec, compiler) {
    return (context, callback) => {
      if (spec.lab.auth !== undefined && !startsBroker(compiler.lab)) log(NO_AUTH);
      if (compiler.lab === null) {
        callback(null, context);
        return;
      }
      startLabs(withSpec(compiler.lab, spec.lab), compiler.onLabEnded).then(
        ({ main, regions: ofRegions, descriptions }) => {
          for (const line of descriptions) log(line);
          const nothing = { target: null, http: null, auth: null, certificate: null };
          context.vars[LAB_VARIABLE] = { ...(main ?? nothing), regions: ofRegions };
          callback(null, context);
        },
        (error: Error) => callback(error, context),
      );
    };
  },
});

const NO_AUTH = "mqtt lab: no auth service is started: the broker is yours, and asks whom it likes";

function startsBroker(plan: LabPlan | null): boolean {
  return (
    plan !== null && [plan.main, ...plan.regions.map(({ options }) => options)].some((one) => one?.broker)
  );
}

function withSpec(plan: LabPlan, { tls, regions: listed, auth }: LabSpec): LabPlan {
  const ofBroker = { brokerTls: tls, ...(auth === undefined ? {} : { auth: authOptions(auth) }) };
  return {
    main: plan.main === null ? null : { ...plan.main, ...ofBroker },
    regions: plan.regions.map(({ name, options }) => {
      const own = listed.find((region) => typeof region === "object" && region.name === name);
      const capacity = typeof own === "object" ? own.capacity : null;
      return { name, options: { ...withCapacity(options, capacity), ...ofBroker } };
    }),
  };
}

/** Settings in the lab's own units. */
export function authOptions({ capacity, queueLimit, latency, scaleUp }: AuthSettings): AuthOptions {
  const options: AuthOptions = { capacity, queueLimit, latencyMs: latency };
  if (scaleUp !== undefined) options.scaleUp = { afterMs: scaleUp.after, to: scaleUp.to };
  return options;
}

function withCapacity(options: LabOptions, capacity: number | null): LabOptions {
  const { configService } = options;
  if (capacity === null || configService === null) return options;
  return { ...options, configService: { ...configService, capacity } };
}
