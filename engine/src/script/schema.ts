import { z } from "zod";
import { BACKOFF_POLICIES } from "../device/backoff.ts";
import { PRESETS } from "../device/backoff-presets.ts";
import type { PlacePlan } from "../rendezvous/plan.ts";
import { parseS3, S3_ALLOWED } from "../rendezvous/s3-address.ts";
import {
  LOCAL_ADDRESSES_ALLOWED,
  type LocalAddresses,
  parseLocalAddresses,
} from "../transport/local-addresses.ts";
import { forecastSettings, serviceSettings } from "./forecast-settings.ts";
import { failover, targets } from "./regions.ts";
import { durationMs, secondsMs, settings, text } from "./steps/step.ts";
import { storms } from "./storms.ts";
import { scenarioTlsSettings, tlsSettings } from "./tls-settings.ts";

export const DEFAULT_BASE_MS = 1000;

const SHARE_ALLOWED = "a share such as 99 %, above 0 and up to 100 %";

/** `config.engines.mqtt`. Messages of leaves say what is allowed; problem.ts puts path and value before them. */

const MAX_KEEPALIVE_MS = 65_535_000;

const positiveDuration = durationMs.refine((value) => value > 0, { error: "a duration above 0" });
const boolean = z.boolean({ error: "true or false" });
const presetNames = Object.keys(PRESETS);

const resetAfter = z
  .union([z.literal("connack"), z.literal("ready"), durationMs], {
    error: "connack, ready, or the time a connection must have lasted",
  })
  .transform((value) => (typeof value === "number" ? { connectedMs: value } : value));

const WITH_CAP: readonly string[] = ["exponential", "full-jitter", "equal-jitter", "decorrelated-jitter"];
/** The policies that read a setting: with another one it would say something that is not so. */
const POLICIES_WITH: Record<"base" | "cap" | "window", readonly string[]> = {
  base: ["fixed", ...WITH_CAP],
  cap: WITH_CAP,
  window: ["uniform"],
};

const reconnect = z
  .strictObject({
    policy: z
      .enum(BACKOFF_POLICIES as [string, ...string[]], { error: BACKOFF_POLICIES.join(", ") })
      .optional(),
    preset: z.enum(presetNames as [string, ...string[]], { error: presetNames.join(", ") }).optional(),
    base: durationMs.optional(),
    cap: durationMs.optional(),
    window: durationMs.optional(),
    resetAfter: resetAfter.optional(),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    if (value.preset !== undefined) {
      for (const key of ["policy", "base", "cap", "window"] as const) {
        if (value[key] !== undefined) refuse(key, "nothing beside a preset, which sets it");
      }
    }
    const policy = value.policy ?? "full-jitter";
    for (const [key, takers] of Object.entries(POLICIES_WITH)) {
      if (value[key as keyof typeof POLICIES_WITH] === undefined || value.preset !== undefined) continue;
      if (!takers.includes(policy))
        refuse(key, `nothing with the policy ${policy}; for ${takers.join(", ")}`);
    }
    if (value.cap !== undefined && value.cap < (value.base ?? DEFAULT_BASE_MS)) {
      refuse("cap", "a duration that is not below base (1s unless given)");
    }
  });

const configService = z.union([z.literal("external"), serviceSettings], {
  error:
    "external, or { requestTopic, responseTopic, payload, capacity: answers per second, queueLimit, scaleUp: { after, to } }",
});

const http = z.strictObject({
  connection: z.enum(["new", "keep-alive"], { error: "new or keep-alive" }).default("new"),
  connections: z
    .int({ error: "a whole number above 0" })
    .positive({ error: "a whole number above 0" })
    .default(100),
  ca: z
    .union([text, z.array(text).min(1, { error: "at least one file" })], {
      error: "the path of a PEM file, or a list of them",
    })
    .optional(),
  insecure: boolean.default(false),
});

const DEFAULT_BARRIER_TIMEOUT_MS = 300_000;
export const DEFAULT_TOPIC = "artillery-engine-mqtt";

/** `99 %` or 0.99; the value is the share. */
const share = z
  .union([z.number(), z.string()], { error: SHARE_ALLOWED })
  .transform((value, context): number => {
    const percent = typeof value === "string" ? /^(\d+(?:\.\d+)?) ?%$/.exec(value.trim()) : null;
    const found = percent === null ? Number(value) : Number(percent[1]) / 100;
    if (found > 0 && found <= 1) return found;
    context.addIssue({ code: "custom", message: SHARE_ALLOWED });
    return z.NEVER;
  });

const barrier = z
  .strictObject({
    topic: text.default(DEFAULT_TOPIC),
    from: z.enum(["arrival", "ready"], { error: "arrival or ready" }).optional(),
    share: share.optional(),
    timeout: positiveDuration.optional(),
  })
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
    z
      .strictObject({ directory: text.optional(), s3: s3Place.optional() })
      .transform(({ directory, s3 }, context): PlacePlan => {
        if (directory !== undefined && s3 === undefined) return { kind: "directory", path: directory };
        if (s3 !== undefined && directory === undefined) return s3;
        context.addIssue({ code: "custom", message: ONE_PLACE });
        return z.NEVER;
      }),
  ],
  { error: ONE_PLACE },
);

/** The value is in milliseconds; Infinity for `never`. */
const sessionExpiry = z.union([z.literal("never").transform(() => Number.POSITIVE_INFINITY), secondsMs], {
  error: "a duration of whole seconds, or never",
});

const session = settings({ clean: boolean.default(true), expiry: sessionExpiry.default(0) });

export const engineSettings = z.strictObject({
  protocolVersion: z.union([z.literal(4), z.literal(5)], { error: "4 (MQTT 3.1.1) or 5" }).default(4),
  // All devices have these. Templates of a device belong into `connect`: Artillery renders the configuration before there is any.
  username: text.optional(),
  password: text.optional(),
  // This stands before the device's id; a whole id of a device's own is in `connect` as well.
  clientIdPrefix: text.optional(),
  // Whole seconds: that is what CONNECT carries. MQTT 3.1.1 section 3.1.2.10.
  keepalive: durationMs
    .refine((value) => value % 1000 === 0 && value <= MAX_KEEPALIVE_MS, {
      error: "whole seconds from 1s to 65535s, or 0 for none",
    })
    .default(60_000),
  connectTimeout: positiveDuration.default(10_000),
  ackTimeout: positiveDuration.default(20_000),
  maxPacketSize: z
    .int({ error: "a number of bytes" })
    .min(128, { error: "at least 128 bytes" })
    .default(1_048_576),
  // MQTT 5 only; rules/versions.ts says so.
  receiveMaximum: z
    .int({ error: "a whole number from 1 to 65535" })
    .min(1, { error: "a whole number from 1 to 65535" })
    .max(65_535, { error: "a whole number from 1 to 65535" })
    .optional(),
  topicAliasMaximum: z
    .int({ error: "a whole number from 0 to 65535" })
    .min(0, { error: "a whole number from 0 to 65535" })
    .max(65_535, { error: "a whole number from 0 to 65535" })
    .optional(),
  serverReference: z.enum(["count", "follow"], { error: "count or follow" }).optional(),
  session: session.default({ clean: true, expiry: 0 }),
  resubscribe: z.enum(["auto", "always"], { error: "auto or always" }).default("auto"),
  reconnect: reconnect.default({ policy: "full-jitter" }),
  targets: targets.optional(),
  failover: failover.optional(),
  storms: storms.default([]),
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
  seed: z.int({ error: "a whole number" }).default(1),
  timeZero: timeZero.default({ topic: DEFAULT_TOPIC, share: 1, timeout: DEFAULT_BARRIER_TIMEOUT_MS }),
  rendezvous: rendezvous.default({ kind: "broker" }),
  configService: configService.default("external"),
  http: http.default({ connection: "new", connections: 100, insecure: false }),
  forecast: forecastSettings.optional(),
});

export type EngineSettings = z.output<typeof engineSettings>;

/**
 * Keys of a scenario of this engine. The last three are of the HTTP engine, but Artillery's own plugins add them to every
 * scenario of a worker's script; they mean nothing here.
 */
const CANNOT_BE_KEPT =
  "a name without halves of a character (lone surrogates), and not __proto__: files of results are keyed by it";

export const scenarioSettings = z.strictObject({
  name: text
    .refine((name) => !/\p{Surrogate}/u.test(name) && name !== "__proto__", { error: CANNOT_BE_KEPT })
    .optional(),
  engine: z.literal("mqtt").optional(),
  weight: z.union([z.number(), z.string()], { error: "a number" }).optional(),
  onConnect: z.array(z.unknown(), { error: "a list of steps" }).default([]),
  flow: z.array(z.unknown(), { error: "a list of steps" }).min(1, { error: "a list of at least one step" }),
  tls: scenarioTlsSettings.optional(),
  beforeScenario: z
    .union([text, z.array(text)], { error: "the name of a function, or a list of them" })
    .optional(),
  afterScenario: z
    .union([text, z.array(text)], { error: "the name of a function, or a list of them" })
    .optional(),
  beforeRequest: z.unknown().optional(),
  afterResponse: z.unknown().optional(),
  onError: z.unknown().optional(),
});
