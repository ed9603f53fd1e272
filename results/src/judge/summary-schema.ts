import {
  ASSUMPTION_SOURCES,
  COUNTER_NAMES,
  type CounterName,
  LATENCY_METRICS,
  MESSAGE_COUNTER_NAMES,
  REGION_COUNTERS,
  SCHEMA_VERSION,
  STORM_CAUSES,
  STORM_COUNTERS,
  STORM_FATES,
  STORM_OUTAGES,
} from "artillery-engine-mqtt/contract";
import { z } from "zod";
import { cohortClient } from "../run/cohort-client.ts";
import { LIMITING_FACTORS } from "./limiting-factors.ts";
import { VERDICT_ABSENCES, VERDICTS } from "./verdict.ts";

const count = z.number().nonnegative();
const ms = z.number();
const msOrNotReached = ms.nullable();

const recovery = z.object({
  p50: msOrNotReached,
  p90: msOrNotReached,
  p99: msOrNotReached,
  max: msOrNotReached,
});
/** Is null where no value was recorded. */
const latency = recovery.extend({
  count,
  p999: msOrNotReached,
  /** Percentiles that are at least partly the generator's own delay. */
  doubtful: z.array(z.enum(["p50", "p99"])).default([]),
});
/** What is read of summaries of older versions. */
const NEVER_MEASURED = { count: 0, p50: null, p90: null, p99: null, p999: null, max: null, doubtful: [] };
const load = z.object({ connectAttemptsPerS: count, configRequestsPerS: count });
const rates = z.object({ connectsPerS: count, configRequestsPerS: count });
/** A rate is null where none was seen, so that what the target can take is not known. */
const knownRates = z.object({ connectsPerS: count.nullable(), configRequestsPerS: count.nullable() });
const delay = z.object({ p50: ms, p99: ms });
/** The worst worker's. */
const generator = z.object({
  /** The generator itself was the bottleneck. */
  saturated: z.boolean(),
  /** Says why, with figures; empty where it was not. */
  reasons: z.array(z.string()),
  watchedMs: ms,
  /** Delay of the event loop beyond what was asked. */
  eventLoopDelayMs: delay.extend({ max: ms }),
  /** The delay that timed operations met, which their times may hold too much; null where none were timed. */
  operationDelayMs: delay.nullable(),
  /** All the time in which the event loop was late by more than 10 ms. */
  stalledMs: ms,
  cpuShare: z.number(),
  /** How long it was ready to run and no processor was free; null where the system does not say. */
  cpuWaitMs: ms.nullable(),
});

const forecast = z.object({
  assumptions: z.array(
    z.object({
      name: z.string(),
      /** With its unit, or a sentence. */
      value: z.string(),
      source: z.enum(ASSUMPTION_SOURCES),
      /** The run that a calibration read it from. */
      run: z.string().optional(),
    }),
  ),
  /** Some devices stood for all; null where each was simulated. */
  sample: z
    .object({
      devices: count,
      of: count,
      /** So many smaller samples told the errors; null without, then devices are taken to be independent. */
      pilots: count.nullable().default(null),
      /** With 95 % confidence, the figure of the whole fleet is between both; null: not reached. */
      errors: z.array(
        z.object({
          storm: count,
          figure: z.string(),
          fromMs: msOrNotReached,
          toMs: msOrNotReached,
          /** False where a sample and its pilots do not tell; both bounds are null then. */
          known: z.boolean().default(true),
        }),
      ),
    })
    .nullable()
    .default(null),
});

function shapeOf<Name extends string>(names: readonly Name[]): Record<Name, typeof count> {
  return Object.fromEntries(names.map((name) => [name, count])) as Record<Name, typeof count>;
}

/** Devices count for the region that they were connected to, `homeDevices` for their home. Empty without regions, and in older summaries. */
const regions = z.record(z.string(), z.object(shapeOf(REGION_COUNTERS))).default({});

/** Tracked messages (`config.engines.mqtt.messages`), by the counts of the contract. */
const messages = z.object({
  ...shapeOf(MESSAGE_COUNTER_NAMES),
  /**
   * Numbers of streams that were missing when a later one came, and have not come since: `missed - filled`. What comes after the last
   * message that a subscriber heard of a stream is not known to be missing. Null where nothing can be said.
   */
  lost: count.nullable(),
  /** Why it is null; empty otherwise. */
  lostReason: z.string(),
  /** What the counts leave open. */
  notes: z.array(z.string()),
  /** From a publication to each of its receptions. */
  deliveryMs: latency,
});
const stormMessages = messages.extend({
  /** From CONNACK to the last message that had waited, of each device for which some had. */
  floodMs: latency,
  /** From CONNACK to the last acknowledgement of what was not acknowledged at the loss, of each device that had such. */
  flushMs: latency,
});

/** What is said of a storm for the whole fleet, and again for each cohort. */
const stormFields = z.object({
  /** Counts from 1. */
  index: z.int().positive(),
  /** What happened, in the script's words; null where it has none. */
  name: z.string().nullable().default(null),
  /** What happened: its name, or natural words for what it is; null in older summaries. */
  event: z.string().nullable().default(null),
  cause: z.enum(STORM_CAUSES),
  /** A region that is lost has its share by weight. Null for a cause that has none. */
  fraction: z.number().nullable(),
  /** The region that was lost; null for other causes. */
  region: z.string().nullable().default(null),
  /** The cohorts that it was for: `fraction` is of their devices. Null where it was for the whole fleet, and in older summaries. */
  onlyCohorts: z.array(z.string()).nullable().default(null),
  /** Its devices were taken one after the other over so long; null where all at once, and in older summaries. */
  overMs: ms.nullable().default(null),
  /** What each of its devices lacked from its loss on, and for how long; null for nothing, and in older summaries. */
  outage: z
    .object({ of: z.enum(STORM_OUTAGES), forMs: ms })
    .nullable()
    .default(null),
  /** Milliseconds from time zero; for `external` when it began, or from when it was watched for. */
  at: ms,
  /** What was watched. */
  windowMs: ms,
  /** The window that was planned, where the run ended since all storms had recovered; null where it did not, and in older summaries. */
  plannedWindowMs: ms.nullable().default(null),
  /** The storm's instant came. */
  happened: z.boolean(),
  /** The whole window was watched. */
  closed: z.boolean(),
  /** Devices that were chosen, whether or not the storm had a connection to take from them. */
  selected: count,
  /** Devices that the storm disconnected. */
  affected: count,
  /**
   * `fleet`: devices that were there when the storm came and meant to be online. The others are of these, except that
   * `readyAtEnd`, `lostAgain`, `leftByScript` and `leftAfterRecovery` are of the affected devices.
   */
  ...shapeOf(STORM_FATES),
  stopped: count.default(0),
  /** How long after its instant devices lost their connection; with `overMs`, each after its own. */
  dropSpreadMs: z.object({ p50: msOrNotReached, p99: msOrNotReached, max: msOrNotReached }),
  /** Affected devices that were ready again inside the window, whether or not they stayed. */
  recovered: count,
  /** Those that were not, less those that left because the script said so. */
  unrecovered: count,
  /** Is null where nothing can be said; `verdictAbsence` and `verdictReason` say why. */
  verdict: z.enum(VERDICTS).nullable(),
  verdictAbsence: z.enum(VERDICT_ABSENCES).nullable(),
  verdictReason: z.string(),
  /** The generator was the bottleneck during the window: the verdict is at least partly about the generator. */
  generatorSaturated: z.boolean(),
  /** Attempts inside the window that the generator's own machine refused: it had no port or file descriptor left. */
  refusedHere: count,
  /** A percentile that was not reached is null. */
  readyMs: recovery,
  /** A percentile that was not reached is null. */
  reconnectMs: recovery,
  /**
   * The same two, over the same devices, but from the storm's instant: `readyMs` and `reconnectMs` begin when each device noticed that
   * its connection was gone. Null where an older engine did not measure it.
   */
  readyFromStormMs: recovery.nullable().default(null),
  reconnectFromStormMs: recovery.nullable().default(null),
  ...shapeOf(STORM_COUNTERS),
  /** Counts are per affected device; null where there is none. */
  amplification: z.object({ connect: count.nullable(), config: count.nullable() }),
  /** Highest 1 s mean inside the window. */
  peak: load,
  /**
   * The end of the window: a quarter of it, or as long as a device may wait between two attempts. `back`: devices that became
   * ready in it for the first time since the storm. `offered`: means over it, of the devices of all cohorts that were out.
   */
  lastStretch: z.object({ ms, back: count, offered: rates }),
  /** Connects accepted and config requests answered before the storm, highest mean over 5 s: what the target is known to sustain. */
  sustained: knownRates,
  /** What each region was offered and sustains, where the script has some: one that survives may be overloaded while all together are not. */
  regionLoads: z.record(z.string(), z.object({ offered: rates, sustained: knownRates })).default({}),
  /** Of messages that were sent in the window. Null where none were tracked, where the storm did not come, and in older summaries. */
  messages: stormMessages.nullable().default(null),
});

const presence = z.object({
  due: count,
  there: count,
  /** Of those that were due, so many the storm should have disconnected; null for a cause that chooses none. */
  affectedDue: count.nullable(),
  /** Containers that lacked devices, the largest gap first. `container` is null for one that nobody heard of. */
  gaps: z.array(
    z.object({
      container: z.string().nullable(),
      due: count,
      missing: count,
      /** So much later than the first container's its first device came; null where it left no files. */
      lateMs: ms.nullable(),
    }),
  ),
});

const schema = z.object({
  schemaVersion: z.literal(SCHEMA_VERSION),
  testRunId: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** When the times of storms and timeline count from. */
  timeZeroAt: z.iso.datetime(),
  /** Every worker ended by itself, and all its files could be read. */
  complete: z.boolean(),
  /** What is missing where `complete` is false. */
  missing: z.array(z.string()),
  /** What makes the run doubtful that no count shows by itself. */
  warnings: z.array(z.string()).default([]),
  target: z.string(),
  /** `insecure`: connections were made over TLS that verified nothing. */
  tls: z.object({ insecure: z.boolean() }).default({ insecure: false }),
  /** `insecure`: `http` steps asked over TLS that verified nothing. */
  http: z.object({ insecure: z.boolean() }).default({ insecure: false }),
  workers: count,
  /**
   * How far each container's clock is ahead of the common one, and the bounds of that; null where it was not measured. Empty where there
   * is one container, and in older summaries.
   */
  clocks: z
    .array(z.object({ container: z.string(), aheadMs: ms.nullable(), uncertaintyMs: ms.nullable() }))
    .default([]),
  /** Share of the affected devices that had to be ready for `recovered`. */
  recoveryTarget: z.number(),
  fleet: z.object({
    devices: count,
    everOnline: count,
    cohorts: z.record(z.string(), count),
    /** The client of each cohort: empty in older summaries; none of a cohort that several merged runs had with different ones. */
    clients: z.record(z.string(), cohortClient).default({}),
  }),
  storms: z.array(
    stormFields.extend({
      /**
       * Seconds: affected devices per connect that the target is known to take in a second, which is the highest 1 s mean of
       * accepted connects before the first storm. That is a lower bound of what it can take, so the factor is an upper one.
       * Null where it cannot be measured.
       */
      stormFactor: z.number().nullable().default(null),
      generator: generator.nullable(),
      /** What limited the recovery, as far as there is evidence for it; empty where there is none, and in older summaries. */
      limits: z
        .array(z.object({ factor: z.enum(LIMITING_FACTORS), evidence: z.string(), action: z.string() }))
        .default([]),
      /**
       * Device-seconds from the storm until 99 % were ready, or to the end of the window: no attempt open, a call for credentials, an
       * attempt open, connected and not ready. Null where the storm did not come, and in older summaries.
       */
      lostTime: z
        .object({ waitingS: count, authenticatingS: count, connectingS: count, gettingReadyS: count })
        .nullable()
        .default(null),
      /** What each region gained inside the window, of all devices. */
      regions,
      /**
       * Devices that should have been there, of all containers of the run, whether or not they came or left files; null where the storm
       * did not come, and in older summaries.
       */
      presence: presence.nullable().default(null),
      cohorts: z.record(z.string(), stormFields),
    }),
  ),
  regions,
  totals: z.object(
    Object.fromEntries(COUNTER_NAMES.map((name) => [name, count.default(0)])) as Record<
      CounterName,
      z.ZodDefault<typeof count>
    >,
  ),
  disconnects: z.record(z.string(), count),
  /** Devices that stopped trying, by the server's reason, and that gave up, by their last failure: of each cohort. Empty in older summaries. */
  stopped: z.record(z.string(), z.record(z.string(), count)).default({}),
  gaveUp: z.record(z.string(), z.record(z.string(), count)).default({}),
  latencyMs: z.object({
    connect: latency,
    tcp: latency,
    tlsFull: latency.default(NEVER_MEASURED),
    tlsResumed: latency.default(NEVER_MEASURED),
    websocket: latency.default(NEVER_MEASURED),
    connack: latency,
    subscribe: latency,
    publish: latency,
    configRequest: latency,
    auth: latency.default(NEVER_MEASURED),
  }),
  /** Of the whole run; null where none were tracked, and in older summaries. */
  messages: messages.nullable().default(null),
  errors: z.record(z.string(), count),
  errorsByCohort: z.record(z.string(), z.record(z.string(), count)),
  /** Null in a forecast: nothing generated load, so nothing could be a bottleneck. */
  generator: generator.nullable(),
  /** What a forecast rests on; null where the run was measured. Its verdicts are claims about a model. */
  forecast: forecast.nullable().default(null),
  /** What `fail` forbids and a storm did; empty without `fail`, and in summaries of older versions. */
  gate: z
    .array(z.object({ storm: z.int().nullable(), cohort: z.string().nullable(), message: z.string() }))
    .default([]),
  /** Everything that `fail` held the run to, passed (`message` is null) or not; empty without `fail`, and in older summaries. */
  gateChecks: z
    .array(
      z.object({
        storm: z.int().nullable(),
        cohort: z.string().nullable(),
        condition: z.string(),
        message: z.string().nullable(),
      }),
    )
    .default([]),
  exit: z.object({ code: z.int(), sentence: z.string() }),
});

/** `summary.json`. Fields may be added, none renamed. */
export type Summary = z.infer<typeof schema>;
export type StormFields = z.infer<typeof stormFields>;
export type StormSummary = Summary["storms"][number];
export type MessagesSummary = z.infer<typeof messages>;
export type StormMessagesSummary = z.infer<typeof stormMessages>;
export type LatencyName = keyof Summary["latencyMs"];
export type LatencySummary = Summary["latencyMs"][LatencyName];
export const summarySchema: z.ZodType<Summary> = schema;

/** `summary.schema.json`. Open for more fields, as `summary.json` is. */
export function summaryJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
  return {
    $schema,
    title: "summary.json of artillery-plugin-mqtt-results",
    description:
      "Times are milliseconds. A percentile of a storm is over all affected devices; null means that it was not reached.",
    ...rest,
  };
}

/** The metric behind each service time. */
export const SERVICE_TIME_METRICS: Record<LatencyName, string> = {
  connect: LATENCY_METRICS.connect,
  tcp: LATENCY_METRICS.tcp,
  tlsFull: LATENCY_METRICS.tlsFull,
  tlsResumed: LATENCY_METRICS.tlsResumed,
  websocket: LATENCY_METRICS.websocket,
  connack: LATENCY_METRICS.connack,
  subscribe: LATENCY_METRICS.subscribe,
  publish: LATENCY_METRICS.publish,
  configRequest: LATENCY_METRICS.config,
  auth: LATENCY_METRICS.auth,
};
