import { z } from "zod";
import { MARK_PLACES } from "../device/messages/mark.ts";
import type { PlacePlan } from "../rendezvous/plan.ts";
import { parseS3, S3_ALLOWED } from "../rendezvous/s3-address.ts";
import {
  LOCAL_ADDRESSES_ALLOWED,
  type LocalAddresses,
  parseLocalAddresses,
} from "../transport/local-addresses.ts";
import { CLIENT_DESCRIPTIONS, clientShape } from "./client-settings.ts";
import { forecastSettings, serviceSettings } from "./forecast-settings.ts";
import { messageQueue, onMessage } from "./on-message.ts";
import { failover, targets } from "./regions.ts";
import { boolean, numeric, positiveInteger, share } from "./scalars.ts";
import { durationMs, name as functionName, positiveDuration, text } from "./steps/step.ts";
import { storms } from "./storms.ts";
import { telemetry } from "./telemetry.ts";
import { scenarioTlsSettings, tlsSettings } from "./tls-settings.ts";
import { describeKeys, written } from "./written-as.ts";

const SHARE_ALLOWED = "a share such as 99 %, above 0 and up to 100 %";

/** `config.engines.mqtt`. Messages of leaves say what is allowed; problem.ts puts path and value before them. */

const configService = z.union([z.literal("external"), serviceSettings], {
  error:
    "external, or { requestTopic, responseTopic, payload, capacity: answers per second, queueLimit, scaleUp: { after, to } }",
});

const http = z.strictObject({
  connection: z.enum(["new", "keep-alive"], { error: "new or keep-alive" }).default("new"),
  connections: positiveInteger("a whole number above 0").default(100),
  ca: z
    .union([text, z.array(text).min(1, { error: "at least one file" })], {
      error: "the path of a PEM file, or a list of them",
    })
    .optional(),
  insecure: boolean.default(false),
});

describeKeys(http, {
  connection: "new opens a connection for each request (unless given); keep-alive keeps them.",
  connections: "Connections to a server at a time, of one worker; 100 unless given.",
  ca: "Authorities that servers' certificates may be of: the path of a PEM file, or a list of them.",
  insecure: "Certificates of servers are not verified; false unless given.",
});

const DEFAULT_BARRIER_TIMEOUT_MS = 300_000;
export const DEFAULT_TOPIC = "artillery-engine-mqtt";

const barrier = describeKeys(
  z.strictObject({
    topic: text.default(DEFAULT_TOPIC),
    from: z.enum(["arrival", "ready"], { error: "arrival or ready" }).optional(),
    share: share(SHARE_ALLOWED).optional(),
    timeout: positiveDuration.optional(),
  }),
  {
    topic: "The topic below which workers meet; artillery-engine-mqtt unless given.",
    from: "Time zero is the first arrival, or when the devices are ready.",
    share: "With from: ready, the share of the devices that must be ready; all unless given.",
    timeout: "With from: ready, how long they are waited for; 5m unless given.",
  },
)
  .superRefine((value, context) => {
    for (const key of ["share", "timeout"] as const) {
      if (value.from !== "arrival" || value[key] === undefined) continue;
      context.addIssue({ code: "custom", path: [key], message: "nothing with from: arrival; for ready" });
    }
  })
  .transform(({ topic, from, share: of = 1, timeout = DEFAULT_BARRIER_TIMEOUT_MS }) => ({
    topic,
    ...(from === undefined ? {} : { from }),
    share: of,
    timeout,
  }));

const timeZero = z.union(
  [
    z.literal("local"),
    z.iso.datetime({ offset: true }).transform((value) => ({ epochMs: Date.parse(value) })),
    barrier,
  ],
  {
    error:
      "local, a date and time such as 2026-11-23T10:00:00Z, or { from: arrival or ready, share, timeout, topic }",
  },
);

const ONE_PLACE = "broker, { directory: the path of a folder that all share }, or { s3: s3://BUCKET/PREFIX }";

const s3Place = text.transform((value, context): PlacePlan => {
  const place = parseS3(value);
  if (place !== null) return place;
  context.addIssue({ code: "custom", message: S3_ALLOWED });
  return z.NEVER;
});

const rendezvous = z.union(
  [
    z.literal("broker").transform((): PlacePlan => ({ kind: "broker" })),
    describeKeys(z.strictObject({ directory: text.optional(), s3: s3Place.optional() }), {
      directory: "The path of a folder that all workers share.",
      s3: "A place in S3: s3://BUCKET/PREFIX.",
    }).transform(({ directory, s3 }, context): PlacePlan => {
      if (directory !== undefined && s3 === undefined) return { kind: "directory", path: directory };
      if (s3 !== undefined && directory === undefined) return s3;
      context.addIssue({ code: "custom", message: ONE_PLACE });
      return z.NEVER;
    }),
  ],
  { error: ONE_PLACE },
);

const DEFAULT_SETTLE_MS = 5000;

/** Null for no. */
const endWhenRecovered = z.union(
  [
    boolean.transform((wanted) => (wanted ? { settleMs: DEFAULT_SETTLE_MS } : null)),
    describeKeys(z.strictObject({ settle: positiveDuration }), {
      settle: "How long all devices must have been ready; 5s unless given.",
    }).transform((own) => ({ settleMs: own.settle })),
  ],
  { error: "true, false, or { settle: how long all devices must have been ready }" },
);

const PROBE_ALLOWED = "true, false, or { for: how long the target is waited for }";

/** Null for no probe. */
const probe = z.union(
  [
    boolean.transform((wanted) => (wanted ? { forMs: 0 } : null)),
    describeKeys(z.strictObject({ for: positiveDuration }), {
      for: "How long a target is waited for that is not there yet.",
    }).transform((own) => ({ forMs: own.for })),
  ],
  { error: PROBE_ALLOWED },
);

const messages = describeKeys(
  z.strictObject({ track: z.enum(MARK_PLACES, { error: MARK_PLACES.join(" or ") }) }),
  {
    track:
      "Where publications carry their number and time, so that what is lost, repeated and late is known.",
  },
);

export const engineSettings = z.strictObject({
  protocolVersion: clientShape.protocolVersion.default(4),
  // All devices have these. Templates of a device belong into `connect`: Artillery renders the configuration before there is any.
  username: text.optional(),
  password: text.optional(),
  // This stands before the device's id; a whole id of a device's own is in `connect` as well.
  clientIdPrefix: text.optional(),
  keepalive: clientShape.keepalive.default(60_000),
  connectTimeout: clientShape.connectTimeout.default(10_000),
  ackTimeout: clientShape.ackTimeout.default(20_000),
  maxPacketSize: numeric(
    z.int({ error: "a number of bytes" }).min(128, { error: "at least 128 bytes" }),
  ).default(1_048_576),
  // MQTT 5 only; rules/versions.ts says so.
  receiveMaximum: clientShape.receiveMaximum.optional(),
  topicAliasMaximum: clientShape.topicAliasMaximum.optional(),
  serverReference: clientShape.serverReference.optional(),
  session: clientShape.session.default({ clean: true, expiry: 0 }),
  resubscribe: clientShape.resubscribe.default("auto"),
  reconnect: clientShape.reconnect.default({ policy: "full-jitter" }),
  targets: targets.optional(),
  failover: failover.optional(),
  storms: storms.default([]),
  // rules/early-end.ts wants storms for it.
  endWhenRecovered: endWhenRecovered.default(null),
  allowExec: boolean.default(false),
  tls: tlsSettings.optional(),
  localAddresses: z
    .array(text, { error: `a list; each ${LOCAL_ADDRESSES_ALLOWED}` })
    .min(1, { error: "a list of at least one" })
    .transform((entries, context): LocalAddresses => {
      const parsed = parseLocalAddresses(entries);
      if (!("entry" in parsed)) return parsed;
      context.addIssue({ code: "custom", path: [parsed.entry], message: parsed.allowed });
      return z.NEVER;
    })
    .optional(),
  transport: z.enum(["auto", "net"], { error: "auto or net" }).default("auto"),
  probe: probe.default({ forMs: 0 }),
  seed: numeric(z.int({ error: "a whole number" })).default(1),
  timeZero: timeZero.default({ topic: DEFAULT_TOPIC, share: 1, timeout: DEFAULT_BARRIER_TIMEOUT_MS }),
  rendezvous: rendezvous.default({ kind: "broker" }),
  configService: configService.default("external"),
  // rules/tracking.ts says what can be tracked.
  messages: messages.optional(),
  http: http.default({ connection: "new", connections: 100, insecure: false }),
  forecast: forecastSettings.optional(),
});

describeKeys(engineSettings, {
  ...CLIENT_DESCRIPTIONS,
  username: "The user name of all devices; that of the target's URL unless given.",
  password: "The password of all devices; that of the target's URL unless given.",
  clientIdPrefix: "Stands before the id of every device that has no clientId of its own.",
  maxPacketSize: "The longest packet that is taken from the broker, in bytes; 1048576 unless given.",
  targets: "Several brokers, regions, in place of config.target.",
  failover: "Where devices go when their region fails.",
  storms: "What ends connections and when, in the order of time.",
  endWhenRecovered:
    "Whether the run ends when all storms have recovered: true, false (unless given), or { settle }.",
  allowExec: "Lets a storm of the cause exec run a command on this machine; false unless given.",
  tls: "TLS of mqtts:// and wss:// targets.",
  localAddresses:
    "Source addresses and networks of connections, used by turns; the system's choice unless given.",
  transport:
    "auto takes Node's own handle for plain TCP where it works (unless given); net forces net.Socket.",
  probe:
    "Whether each target is tried once before the first device: true (unless given), false, or { for } to wait for it.",
  seed: "A whole number that decides which devices and which delays are drawn; 1 unless given.",
  timeZero:
    "How workers agree on the instant that storms count from: { from, share, timeout, topic }, a date and time, or local.",
  rendezvous: "Where workers meet: broker (unless given), { directory } or { s3 }.",
  configService:
    "The back end that the lab starts and that answers config requests; external (none) unless given.",
  messages: "Whether publications are tracked.",
  http: "Connections of http steps.",
  forecast: "What mqtt-results forecast takes for network, broker and back end; a real run reads none of it.",
});

export type EngineSettings = z.output<typeof engineSettings>;

/**
 * Keys of a scenario of this engine. The last three are of the HTTP engine, but Artillery's own plugins add them to every
 * scenario of a worker's script; they mean nothing here.
 */
const CANNOT_BE_KEPT =
  "a name without halves of a character (lone surrogates), and not __proto__: files of results are keyed by it";

function optional<Shape extends Record<string, z.ZodType>>(
  shape: Shape,
): { [Key in keyof Shape]: z.ZodOptional<Shape[Key]> } {
  return Object.fromEntries(Object.entries(shape).map(([key, schema]) => [key, schema.optional()])) as {
    [Key in keyof Shape]: z.ZodOptional<Shape[Key]>;
  };
}

export const scenarioSettings = z.strictObject({
  name: text
    .refine((name) => !/\p{Surrogate}/u.test(name) && name !== "__proto__", { error: CANNOT_BE_KEPT })
    .optional(),
  engine: z.literal("mqtt").optional(),
  weight: z.union([z.number(), z.string()], { error: "a number" }).optional(),
  onConnect: written({ steps: "onConnect" }, z.array(z.unknown(), { error: "a list of steps" })).default([]),
  flow: written(
    { steps: "flow" },
    z.array(z.unknown(), { error: "a list of steps" }).min(1, { error: "a list of at least one step" }),
  ),
  tls: scenarioTlsSettings.optional(),
  // The client that this scenario's devices have, key by key in place of that of the settings.
  ...optional(clientShape),
  telemetry: telemetry.optional(),
  onMessage: onMessage.default([]),
  messageQueue,
  ackDelay: durationMs.default(0),
  beforeScenario: z
    .union([functionName, z.array(functionName)], { error: "the name of a function, or a list of them" })
    .optional(),
  afterScenario: z
    .union([functionName, z.array(functionName)], { error: "the name of a function, or a list of them" })
    .optional(),
  beforeRequest: z.unknown().optional(),
  afterResponse: z.unknown().optional(),
  onError: z.unknown().optional(),
});

describeKeys(scenarioSettings, {
  ...CLIENT_DESCRIPTIONS,
  name: "The name of the scenario: its devices are a cohort, reported by it.",
  engine: "The engine that runs it.",
  weight: "The probability of this scenario, relative to that of others; 1 unless given.",
  onConnect: "Steps after every CONNACK, until the device is ready.",
  flow: "What the device does once, from connect on.",
  tls: "TLS of these devices.",
  telemetry: "Publications in the background while devices are ready: one or a list of them.",
  onMessage: "What devices do on messages, by topic.",
  messageQueue: "Messages of a device that may wait for those before them, 0 to 100000; 100 unless given.",
  ackDelay: "PUBACK and PUBREC of these devices are put off so long; 0 unless given.",
  beforeScenario: "The function of the processor that runs before the flow, or a list of them.",
  afterScenario: "The function of the processor that runs after the flow, or a list of them.",
  beforeRequest: "Of Artillery's HTTP engine; means nothing here.",
  afterResponse: "Of Artillery's HTTP engine; means nothing here.",
  onError: "Of Artillery's HTTP engine; means nothing here.",
});
