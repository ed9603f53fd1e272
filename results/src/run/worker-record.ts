import {
  ARRIVAL_BINS,
  ARRIVAL_ROW_MS,
  ASSUMPTION_SOURCES,
  COUNTER_NAMES,
  MESSAGE_COUNTER_NAMES,
  REGION_COUNTERS,
  REGION_LOADS,
  SCHEMA_VERSION,
  STORM_CAUSES,
  STORM_COUNTERS,
  STORM_FATES,
  STORM_OUTAGES,
  TCP_KINDS,
  type WorkerRecord,
} from "artillery-engine-mqtt/contract";
import { z } from "zod";
import { cohortClient } from "./cohort-client.ts";
import { LIMITS } from "./limits.ts";

const count = z.number().nonnegative();

/** Dates end there: ECMA-262, Time Values and Time Range. */
const epochMs = z.number().min(0).max(8.64e15);

/** Storms and their windows count from time zero: what lies beyond a century is no run. */
const LONGEST_MS = 100 * 365 * 86_400_000;
const sinceZeroMs = z.number().min(-LONGEST_MS).max(LONGEST_MS);

/** Cohorts, regions, runs, errors: the user's text, and that of others. */
const name = z.string().max(LIMITS.nameChars);

/** Names are counted before what stands under them is looked at: thousands of damaged ones would each have an issue. */
function byName<Value extends z.ZodType>(
  value: Value,
  most: number,
  what: string,
): z.ZodPipe<z.ZodRecord<z.ZodString, z.ZodUnknown>, z.ZodRecord<z.ZodString, Value>> {
  const few = z.record(z.string(), z.unknown()).refine((all) => Object.keys(all).length <= most, {
    error: `at most ${most} ${what} are read`,
  });
  return few.pipe(z.record(name, value));
}

function byCohort<Value extends z.ZodType>(value: Value): ReturnType<typeof byName<Value>> {
  return byName(value, LIMITS.run.cohorts, "cohorts");
}

function byRegion<Value extends z.ZodType>(value: Value): ReturnType<typeof byName<Value>> {
  return byName(value, LIMITS.regions, "regions");
}

/** A counter that an older engine did not know yet is 0. */
function counters<Name extends string>(
  names: readonly Name[],
): z.ZodObject<Record<Name, z.ZodDefault<z.ZodNumber>>> {
  return z.object(
    Object.fromEntries(names.map((name) => [name, count.default(0)])) as Record<
      Name,
      z.ZodDefault<z.ZodNumber>
    >,
  );
}

const milliseconds = z.number();

/** What older engines did not measure is 0, or null where that is what it means. */
const generator = z.object({
  watchedMs: milliseconds.default(0),
  eventLoopDelayMs: z.object({ p50: milliseconds.default(0), p99: milliseconds, max: milliseconds }),
  operationDelayMs: z.object({ p50: milliseconds, p99: milliseconds }).nullable().default(null),
  stalledMs: milliseconds.default(0),
  cpuShare: z.number(),
  cpuWaitMs: milliseconds.nullable().default(null),
});

const regions = byRegion(counters(REGION_COUNTERS));
const messages = byCohort(counters(MESSAGE_COUNTER_NAMES));

const storm = z.object({
  index: z.int().positive(),
  name: name.optional(),
  cause: z.enum(STORM_CAUSES),
  fraction: z.number().nullable(),
  atMs: sinceZeroMs,
  windowMs: z.number().positive().max(LONGEST_MS),
  endedEarlyMs: z.number().positive().max(LONGEST_MS).optional(),
  region: name.optional(),
  onlyCohorts: z.array(name).max(LIMITS.cohortsOfStorm).optional(),
  overMs: z.number().positive().max(LONGEST_MS).optional(),
  outage: z.object({ of: z.enum(STORM_OUTAGES), forMs: z.number().positive().max(LONGEST_MS) }).optional(),
  startedAtMs: epochMs.nullable(),
  closed: z.boolean(),
  missedByMs: z.number().nullable().default(null),
  endMissedByMs: z.number().nullable().default(null),
  cohorts: byCohort(
    z.object({
      selected: count,
      affected: count,
      recovered: count,
      refusedHere: count.default(0),
      ...counters(STORM_FATES).shape,
      ...counters(STORM_COUNTERS).shape,
    }),
  ),
  regions: regions.optional(),
  messages: messages.optional(),
  regionLoads: byRegion(counters(REGION_LOADS)).optional(),
  generator: generator.nullable(),
  generatorInWindow: generator.nullable().default(null),
});

/** A forecast rests on some dozens, and what a script names. */
const forecast = z.object({
  assumptions: z
    .array(z.object({ name, value: name, source: z.enum(ASSUMPTION_SOURCES), run: name.optional() }))
    .max(LIMITS.assumptions),
  sample: z
    .object({
      devices: count,
      of: count,
      resolutionMs: count.optional(),
      pilots: z
        .object({
          devices: count,
          figures: z
            .array(
              z.object({
                storm: count,
                percentile: count,
                readyMs: z.array(count.nullable()).max(LIMITS.pilots),
              }),
            )
            .max(LIMITS.pilotFigures),
        })
        .optional(),
    })
    .optional(),
});

const failures = byCohort(byName(count, LIMITS.run.failureNames, "names"));

const arrivals = z.object({
  fromMs: epochMs.nullable(),
  everyMs: z.number().positive().max(LONGEST_MS),
  devices: z.array(count).max(ARRIVAL_BINS),
});

const clock = z.object({
  reference: name,
  offsetMs: sinceZeroMs,
  uncertaintyMs: z.number().nonnegative().max(LONGEST_MS),
  measuredAtMs: epochMs,
});

/** `worker-<id>.json` at the boundary; what is unknown is stripped. */
export const workerRecordSchema: z.ZodType<WorkerRecord> = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  testRunId: name,
  workerId: name,
  state: z.enum(["running", "ended", "interrupted"]),
  target: name,
  /** Older engines had no TLS. */
  tls: z.object({ insecure: z.boolean() }).default({ insecure: false }),
  tcp: z.enum(TCP_KINDS).optional(),
  http: z.object({ insecure: z.boolean() }).default({ insecure: false }),
  seed: z.number(),
  longestBackoffMs: z.number().nullable().default(null),
  clientIds: name.nullable().default(null),
  container: z
    .object({ ordinal: count, of: count, process: name })
    .refine(({ ordinal, of }) => ordinal < of)
    .optional(),
  ownTakeovers: z
    .object({
      count,
      examples: z
        .array(z.object({ clientId: name, devices: z.tuple([name, name]), takeovers: count }))
        .max(LIMITS.sharedIds),
    })
    .optional(),
  uncorrelated: z.array(name).max(LIMITS.run.cohorts).default([]),
  sameIdsAs: z.array(name).max(LIMITS.otherRuns).default([]),
  containerName: name.default(""),
  arrivals: arrivals.default({ fromMs: null, everyMs: ARRIVAL_ROW_MS, devices: [] }),
  others: z
    .array(z.object({ container: name, devices: count }))
    .max(LIMITS.workers)
    .default([]),
  containersDue: z.int().positive().nullable().default(null),
  clock: clock.nullable().default(null),
  startedAtMs: epochMs,
  updatedAtMs: epochMs,
  timeZeroMs: epochMs.nullable(),
  cohorts: byCohort(z.object({ devices: count, everOnline: count })),
  clients: byCohort(cohortClient).optional(),
  storms: z.array(storm).max(LIMITS.run.storms),
  regions: regions.optional(),
  messages: messages.optional(),
  counters: byCohort(counters(COUNTER_NAMES)),
  disconnects: failures,
  stopped: failures.optional(),
  gaveUp: failures.optional(),
  errors: failures,
  generator: generator.nullable(),
  forecast: forecast.optional(),
});
