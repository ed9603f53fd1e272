import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { pause } from "../../device/pause.ts";
import { DURATION_NOTATION, parseDuration } from "../../duration.ts";
import { compileTemplate } from "../template.ts";
import { describeKeys } from "../written-as.ts";
import { contextOf, defineStep, deviceOf, LONGEST_TIMER_MS, sameConnection } from "./step.ts";

const ALLOWED = `${DURATION_NOTATION}, of at most 24 days`;

const thinkTime = z
  .union([z.number(), z.string()], { error: DURATION_NOTATION })
  .refine((value) => parseDuration(value) !== null || /\{\{/.test(String(value)), {
    error: DURATION_NOTATION,
    abort: true,
  })
  .refine((value) => (parseDuration(value) ?? 0) <= LONGEST_TIMER_MS, { error: ALLOWED });

const JITTER_ALLOWED = 'a duration, or a share such as "20%"';
const jitterTime = z
  .union([z.string(), z.number()], { error: JITTER_ALLOWED })
  .refine((value) => jitterMs(value, 0) !== null, { error: JITTER_ALLOWED });

/**
 * Artillery's pause, with the same notation of time for every number. A value that a variable has is looked at when it is
 * known. https://www.artillery.io/docs/reference/engines/http#pausing-execution-with-think
 */
export const think = defineStep({
  name: "think",
  places: ["flow", "onConnect", "onMessage", "hook"],
  schema: describeKeys(z.strictObject({ think: thinkTime, jitter: jitterTime.optional() }), {
    think: "Waits: a duration, or a number of seconds; a template.",
    jitter:
      'By how much it varies to either side: a duration, a number of milliseconds, or a share such as "20%".',
  }),
  operation(spec) {
    const lasts = compilePause(spec);
    return {
      begin: (device, waiter) => pause(device, lasts(contextOf(device), device), waiter),
    };
  },
  compile(spec, compiler) {
    const lasts = compilePause(spec);
    return sameConnection(compiler, (context, callback) => {
      // A hook has no device, and no seed.
      const chance = compiler.place === "hook" ? Math : deviceOf(context);
      compiler.time.wake(lasts(context, chance), callback, null, context);
    });
  },
});

/** Who draws: uniform in [0, 1). */
interface Chance {
  random(): number;
}

interface Pause {
  think: string | number;
  jitter?: string | number | undefined;
}

/** Gives the milliseconds of one pause. Throws where a variable's value is no duration. */
function compilePause({ think: spec, jitter }: Pause): (context: VuContext, chance: Chance) => number {
  const render = compileTemplate(spec);
  return (context, chance) => {
    const value = render(context);
    const pauseMs = parseDuration(value);
    if (pauseMs === null || pauseMs > LONGEST_TIMER_MS)
      throw new Error(`think: ${String(value)} is not allowed; allowed: ${ALLOWED}`);
    const besideMs = jitter === undefined ? 0 : (jitterMs(jitter, pauseMs) ?? 0);
    const jitteredMs = Math.max(0, pauseMs + (2 * chance.random() - 1) * besideMs);
    return Math.min(jitteredMs, LONGEST_TIMER_MS);
  };
}

/** Milliseconds to either side of the pause. Null for what is neither; a plain number is milliseconds, as in Artillery. */
function jitterMs(jitter: string | number, pauseMs: number): number | null {
  const share = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(String(jitter));
  if (share !== null) return (pauseMs * Number(share[1])) / 100;
  const number = Number(jitter);
  if (String(jitter).trim() !== "" && Number.isFinite(number)) return number >= 0 ? number : null;
  return parseDuration(jitter);
}
