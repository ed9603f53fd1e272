import { z } from "zod";
import { STORM_CAUSES, STORM_OUTAGES, type StormCause } from "../contract.ts";
import { CAUSE_KEYS, type CauseKey } from "../storm/causes/cause.ts";
import { CAUSES } from "../storm/causes/index.ts";
import type { StormPlan } from "../storm/schedule.ts";
import { NEXT_WRITES } from "../transport/next-write.ts";
import { regionLoss } from "./regions.ts";
import { anyText, integer, share } from "./scalars.ts";
import { durationMs, positiveDuration } from "./steps/step.ts";
import { describeKeys } from "./written-as.ts";

/** `config.engines.mqtt.storms`. */

/** A storm is a set of metrics: so many are enough for a day of flapping. */
export const MOST_STORMS = 100;

const FRACTION_ALLOWED = "a share above 0 and up to 1, such as 0.25 or 25 %";
const TIMES_ALLOWED = `a whole number from 1 to ${MOST_STORMS}`;
const nextWrite = { error: NEXT_WRITES.join(", ") };
const outage = { error: STORM_OUTAGES.join(", ") };
const command = { error: "a list: the program and its arguments; no shell reads it" };
const cohortNames = { error: "the name of a scenario, or a list of them" };
const cohorts = z
  .union([z.string(), z.array(z.string(cohortNames), cohortNames).nonempty(cohortNames)], cohortNames)
  .transform((names) => (typeof names === "string" ? [names] : names));
const argument = z.union([z.string(), z.number()], { error: "text" }).transform(String);

/** The loss of a region has a key of its own. */
const NAMED_CAUSES = STORM_CAUSES.filter((cause) => cause !== "regionLoss");

/** It stands in lines of the terminal and in the heads of tables. */
const LONGEST_NAME = 60;
const NAME_ALLOWED = `what happened, on one line of up to ${LONGEST_NAME} characters`;
const stormName = anyText.refine((name) => new RegExp(`^[^\\p{C}]{1,${LONGEST_NAME}}$`, "u").test(name), {
  error: NAME_ALLOWED,
});

const storm = z
  .strictObject({
    name: stormName.optional(),
    at: durationMs,
    fraction: share(FRACTION_ALLOWED).optional(),
    cause: z.enum(NAMED_CAUSES, { error: NAMED_CAUSES.join(", ") }).optional(),
    regionLoss: regionLoss.optional(),
    nextWrite: z.enum(NEXT_WRITES, nextWrite).optional(),
    window: positiveDuration,
    command: z.array(argument, command).nonempty(command).optional(),
    timeout: positiveDuration.optional(),
    waitFor: positiveDuration.optional(),
    cohort: cohorts.optional(),
    sparing: cohorts.optional(),
    over: positiveDuration.optional(),
    for: positiveDuration.optional(),
    outage: z.enum(STORM_OUTAGES, outage).optional(),
    repeat: describeKeys(
      z.strictObject({ times: integer(1, MOST_STORMS, TIMES_ALLOWED), every: positiveDuration }),
      { times: "How often the storm comes in all.", every: "From the beginning of one to that of the next." },
    ).optional(),
  })
  .superRefine((value, context) => {
    const cause = causeOf(value);
    const { needs, takes } = CAUSES[cause];
    if (value.regionLoss !== undefined && value.cause !== undefined) {
      const message = "nothing beside regionLoss, which is the cause";
      context.addIssue({ code: "custom", path: ["cause"], message });
    }
    if (value.cohort !== undefined && value.sparing !== undefined) {
      const message = "nothing beside cohort, which says all that the storm is for";
      context.addIssue({ code: "custom", path: ["sparing"], message });
    }
    if (value.outage !== undefined && value.for === undefined) {
      const message = "nothing without for, which says how long";
      context.addIssue({ code: "custom", path: ["outage"], message });
    }
    const away = (value.over ?? 0) + (value.for ?? 0);
    if (away > 0 && value.window <= away) {
      const message = `more than ${away / 1000}s: before that the last of its devices cannot come back`;
      context.addIssue({ code: "custom", path: ["window"], message });
    }
    for (const key of CAUSE_KEYS) {
      const message =
        value[key] === undefined
          ? needs.includes(key) && NEEDED[key]
          : !needs.includes(key) &&
            !takes.includes(key) &&
            `nothing with the cause ${cause}${whyNot(key, cause)}`;
      if (message) context.addIssue({ code: "custom", path: [key], message });
    }
  });

describeKeys(storm, {
  name: "What happened, on one line of up to 60 characters: it stands in console, report and gates.",
  at: "When it comes, counted from the fleet's time zero.",
  fraction: 'The share of the devices online that it takes: above 0 and up to 1, such as 0.25 or "25 %".',
  cause: "What ends the connections; reset (TCP RST) unless given.",
  regionLoss: "Takes a region away, in place of a cause.",
  nextWrite: "For the cause silent: what the next write of such a device meets.",
  window: "How long recovery is watched, and has time for the verdict.",
  command: "For the cause exec: the program and its arguments; no shell reads it.",
  timeout: "For the cause exec: how long the command may take; 30s unless given.",
  waitFor: "For the causes exec and external: how long the losses are waited for; 10m unless given.",
  cohort: "The storm is for the devices of these scenarios alone: a name, or a list of them.",
  sparing: "The storm spares the devices of these scenarios: a name, or a list of them.",
  over: "Devices are taken one after the other over this time, not at once.",
  for: "How long devices that were taken stay away.",
  outage: "What they lack meanwhile: power (they forget, unless given) or network.",
  repeat: "The storm comes again.",
});

function causeOf({
  cause,
  regionLoss,
}: {
  cause?: StormCause | undefined;
  regionLoss?: unknown;
}): StormCause {
  return regionLoss === undefined ? (cause ?? "reset") : "regionLoss";
}

const NEEDED: Partial<Record<CauseKey, string>> = { fraction: FRACTION_ALLOWED, command: command.error };

/** Why a cause that the engine does not bring itself has no such key. */
const NOT_OURS: Partial<Record<CauseKey, string>> = {
  cohort: ": the engine does not choose whose connections that one takes",
  sparing: ": the engine does not choose whose connections that one takes",
  over: ": the engine does not choose when each connection goes",
  for: ": how long devices stay away is not the engine's to say",
  outage: ": what devices lack is not the engine's to say",
};

/** Where the loss of a region has it, or what says so in its place. */
const NOT_OF_A_REGION: Partial<Record<CauseKey, string>> = {
  fraction: ": it takes all devices of the region",
  cohort: ": it takes all devices of the region, whatever their scenario",
  sparing: ": it takes all devices of the region, whatever their scenario",
  over: ": a region is lost at once",
  for: ": how long the region is lost stands in it, as regionLoss: { target: NAME, for: 30s }",
  outage: ": its devices lack neither power nor network, but the region's broker",
};

function whyNot(key: CauseKey, cause: StormCause): string {
  return (cause === "regionLoss" ? NOT_OF_A_REGION[key] : NOT_OURS[key]) ?? "";
}

/** An item that is null is none: an environment takes a storm of the script out by it. All others keep their place in the list. */
export const storms = z
  .array(storm.nullable(), { error: "a list of storms" })
  .transform((list) => list.flatMap((spec, place) => (spec === null ? [] : [{ ...spec, place }])));
type StormSpec = z.output<typeof storms>[number];

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_WAIT_MS = 600_000;

/** A storm as it will happen, and its place in the script. */
export interface ExpandedStorm {
  /** Which region is lost, what share that is, and where the cohorts stand is planned with the regions and scenarios. */
  plan: Omit<StormPlan, "region" | "cohorts">;
  loss: StormSpec["regionLoss"] | null;
  /** Names of the cohorts that it is for, or that it spares; null for the whole fleet. */
  choice: CohortChoice | null;
  /** Place in the script's list. */
  place: number;
  /** Which of its repetitions it is, counted from 0. */
  repetition: number;
}

export interface CohortChoice {
  key: "cohort" | "sparing";
  names: readonly string[];
}

/** Every storm of the list, repetitions one by one, numbered from 1. */
export function expandStorms(specs: readonly StormSpec[]): ExpandedStorm[] {
  const expanded = specs.flatMap((spec) => {
    const { times, every } = spec.repeat ?? { times: 1, every: 0 };
    return Array.from({ length: times }, (_, repetition) => ({
      plan: planOf(spec, spec.at + repetition * every),
      loss: spec.regionLoss ?? null,
      choice: choiceOf(spec),
      place: spec.place,
      repetition,
    }));
  });
  return expanded.map((one, i) => ({ ...one, plan: { index: i + 1, ...one.plan } }));
}

function choiceOf({ cohort, sparing }: StormSpec): CohortChoice | null {
  if (cohort !== undefined) return { key: "cohort", names: cohort };
  return sparing === undefined ? null : { key: "sparing", names: sparing };
}

/** The cohorts of a script that a storm is for. */
export function chosenOf<C extends { name: string }>(
  { key, names }: CohortChoice,
  cohorts: readonly C[],
): C[] {
  return cohorts.filter(({ name }) => names.includes(name) === (key === "cohort"));
}

function planOf(spec: StormSpec, atMs: number): Omit<StormPlan, "index" | "region" | "cohorts"> {
  const { command, nextWrite, timeout = DEFAULT_TIMEOUT_MS, waitFor = DEFAULT_WAIT_MS } = spec;
  const cause = causeOf(spec);
  return {
    ...(spec.name === undefined ? {} : { name: spec.name }),
    atMs,
    fraction: spec.fraction ?? null,
    cause,
    windowMs: spec.window,
    ...(nextWrite === undefined || nextWrite === "lost" ? {} : { nextWrite }),
    ...(spec.over === undefined ? {} : { overMs: spec.over }),
    ...(spec.for === undefined ? {} : { outage: { of: spec.outage ?? "power", forMs: spec.for } }),
    ...(command === undefined ? {} : { exec: { command, timeoutMs: timeout } }),
    ...(CAUSES[cause].takes.includes("waitFor") ? { waitForMs: waitFor } : {}),
  };
}
