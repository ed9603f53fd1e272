import { z } from "zod";
import { STORM_CAUSES, type StormCause } from "../contract.ts";
import { CAUSE_KEYS } from "../storm/causes/cause.ts";
import { CAUSES } from "../storm/causes/index.ts";
import { latestEndMs, type StormPlan } from "../storm/schedule.ts";
import { type Problem, renderPath } from "./problem.ts";
import type { RegionsPlan } from "./region-plan.ts";
import { regionLoss } from "./regions.ts";
import { durationMs } from "./steps/step.ts";

/** `config.engines.mqtt.storms`. */

/** A storm is a set of metrics: so many are enough for a day of flapping. */
const MOST_STORMS = 100;

const positiveDuration = durationMs.refine((value) => value > 0, { error: "a duration above 0" });
const fraction = { error: "a number above 0 and up to 1" };
const times = { error: `a whole number from 1 to ${MOST_STORMS}` };
const command = { error: "a list: the program and its arguments; no shell reads it" };
const argument = z.union([z.string(), z.number()], { error: "text" }).transform(String);

/** The loss of a region has a key of its own. */
const NAMED_CAUSES = STORM_CAUSES.filter((cause) => cause !== "regionLoss");

const storm = z
  .strictObject({
    at: durationMs,
    fraction: z.number(fraction).gt(0, fraction).max(1, fraction).optional(),
    cause: z.enum(NAMED_CAUSES, { error: NAMED_CAUSES.join(", ") }).optional(),
    regionLoss: regionLoss.optional(),
    window: positiveDuration,
    command: z.array(argument, command).nonempty(command).optional(),
    timeout: positiveDuration.optional(),
    waitFor: positiveDuration.optional(),
    repeat: z
      .strictObject({ times: z.int(times).min(1, times).max(MOST_STORMS, times), every: positiveDuration })
      .optional(),
  })
  .superRefine((value, context) => {
    const cause = causeOf(value);
    const { needs, takes } = CAUSES[cause];
    if (value.regionLoss !== undefined && value.cause !== undefined) {
      const message = "nothing beside regionLoss, which is the cause";
      context.addIssue({ code: "custom", path: ["cause"], message });
    }
    for (const key of CAUSE_KEYS) {
      const message =
        value[key] === undefined
          ? needs.includes(key) && NEEDED[key]
          : !needs.includes(key) && !takes.includes(key) && `nothing with the cause ${cause}`;
      if (message) context.addIssue({ code: "custom", path: [key], message });
    }
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

const NEEDED: Record<(typeof CAUSE_KEYS)[number], string> = {
  fraction: fraction.error,
  command: command.error,
  timeout: "a duration above 0",
  waitFor: "a duration above 0",
};

export const storms = z.array(storm, { error: "a list of storms" });
type StormSpec = z.output<typeof storm>;

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_WAIT_MS = 600_000;

/** A storm as it will happen, and where the script says so. */
export interface ExpandedStorm {
  plan: StormPlan;
  /** Place in the script's list. */
  place: number;
  /** Which of its repetitions, from 0. */
  repetition: number;
}

/** Every storm of the list, repetitions one by one, numbered from 1. */
export function expandStorms(
  specs: readonly StormSpec[],
  regions: RegionsPlan | null = null,
): ExpandedStorm[] {
  const expanded = specs.flatMap((spec, place) => {
    const { times, every } = spec.repeat ?? { times: 1, every: 0 };
    return Array.from({ length: times }, (_, repetition) => ({
      plan: planOf(spec, spec.at + repetition * every, regions),
      place,
      repetition,
    }));
  });
  return expanded.map((one, i) => ({ ...one, plan: { index: i + 1, ...one.plan } }));
}

function planOf(spec: StormSpec, atMs: number, regions: RegionsPlan | null): Omit<StormPlan, "index"> {
  const { command, timeout = DEFAULT_TIMEOUT_MS, waitFor = DEFAULT_WAIT_MS } = spec;
  const cause = causeOf(spec);
  return {
    atMs,
    fraction: spec.fraction ?? null,
    cause,
    windowMs: spec.window,
    ...(spec.regionLoss === undefined ? {} : lossOf(spec.regionLoss, spec.window, regions)),
    ...(command === undefined ? {} : { exec: { command, timeoutMs: timeout } }),
    ...(CAUSES[cause].takes.includes("waitFor") ? { waitForMs: waitFor } : {}),
  };
}

/** The region's share by weight, and which it is. */
function lossOf(
  { target, for: forMs }: NonNullable<StormSpec["regionLoss"]>,
  windowMs: number,
  regions: RegionsPlan | null,
): Pick<StormPlan, "fraction" | "region"> {
  const list = regions?.list ?? [];
  const index = list.findIndex(({ name }) => name === target);
  const total = list.reduce((sum, { weight }) => sum + weight, 0);
  return {
    fraction: total === 0 ? null : (list[index]?.weight ?? 0) / total,
    region: { index, name: target, forMs: forMs ?? windowMs },
  };
}

/** Rules over the whole list, read from the raw one, so that order is checked even where another key is wrong. */
export function stormListProblems(raw: unknown, path: readonly PropertyKey[]): Problem[] {
  const settings = raw as { storms?: unknown; allowExec?: unknown } | null;
  const parsed = storms.safeParse(settings?.storms);
  if (!parsed.success) return [];
  const given = settings?.storms as Record<string, unknown>[];
  const problemAt = (place: number, keys: readonly string[], allowed: string): Problem => ({
    path: renderPath([...path, "storms", place, ...keys]),
    value: keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], given[place]),
    allowed,
  });
  const expanded = expandStorms(parsed.data);
  const problems = expanded.length > MOST_STORMS ? [tooMany(expanded, path)] : [];
  if (settings?.allowExec !== true) {
    parsed.data.forEach(({ cause }, place) => {
      if (cause === "exec") problems.push(problemAt(place, ["cause"], EXEC_FORBIDDEN));
    });
  }
  // Of each storm of the script only the first thing that is wrong: repetitions have it in common.
  const told = new Set<number>();
  expanded.forEach(({ plan, place, repetition }, i) => {
    const previous = expanded[i - 1]?.plan;
    if (previous === undefined || plan.atMs >= latestEndMs(previous) || told.has(place)) return;
    told.add(place);
    if (repetition > 0) {
      const least = latestEndMs(previous) - previous.atMs;
      const why = "windows may not overlap: the repetition before ends then";
      problems.push(problemAt(place, ["repeat", "every"], `${least / 1000}s or more (${why})`));
      return;
    }
    const order =
      plan.atMs < previous.atMs ? "storms stand in the order of their times" : "windows may not overlap";
    const end = `${latestEndMs(previous) / 1000}s or later`;
    problems.push(problemAt(place, ["at"], `${end} (${order}: the storm before ends then)`));
  });
  return problems;
}

const EXEC_FORBIDDEN =
  "any other cause, unless config.engines.mqtt.allowExec is true: the command runs on this machine with your rights";

function tooMany(expanded: readonly ExpandedStorm[], path: readonly PropertyKey[]): Problem {
  return {
    path: renderPath([...path, "storms"]),
    value: `a list of ${expanded.length} storms, repetitions counted`,
    allowed: `${MOST_STORMS} storms at most`,
  };
}
