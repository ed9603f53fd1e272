import { z } from "zod";
import { BACKOFF_POLICIES } from "../device/backoff.ts";
import { PRESETS } from "../device/backoff-presets.ts";
import { parseShare } from "../share.ts";
import { REFUSAL_NAMES, refusalCodes } from "../transport/reason-codes.ts";
import { boolean, integer, numeric, positiveInteger } from "./scalars.ts";
import { durationMs, positiveDuration, secondsMs, settings } from "./steps/step.ts";
import { describeKeys, written } from "./written-as.ts";

/**
 * What a client library and its firmware decide: keys of `config.engines.mqtt`, and of a scenario for its own devices. Here they
 * have no defaults: a scenario that does not give one has that of the settings.
 */

export const DEFAULT_BASE_MS = 1000;

const MAX_KEEPALIVE_MS = 65_535_000;

const presetNames = Object.keys(PRESETS);

const resetAfter = z
  .union([z.literal("connack"), z.literal("ready"), durationMs], {
    error: "connack, ready, or the time a connection must have lasted",
  })
  .transform((value) => (typeof value === "number" ? { connectedMs: value } : value));

const WITH_CAP: readonly string[] = ["exponential", "full-jitter", "equal-jitter", "decorrelated-jitter"];
/** The policies that read a setting: with another one it would say something that is not so. */
const POLICIES_WITH: Record<"base" | "cap" | "window" | "factor" | "jitter", readonly string[]> = {
  base: ["fixed", ...WITH_CAP],
  cap: WITH_CAP,
  window: ["uniform"],
  factor: ["exponential", "full-jitter", "equal-jitter"],
  jitter: ["fixed", "exponential"],
};

const FACTOR_ALLOWED = "a number from 1 to 100";
const JITTER_ALLOWED = "a share from 0 to 100 %, such as 25 % or 0.25: waits vary by it either way";

/** `25 %` or 0.25; the value is the share. */
const jitter = written(
  { notation: "share" },
  z.unknown().transform((value, context): number => {
    const found = parseShare(value);
    if (found !== null && found <= 1) return found;
    context.addIssue({ code: "custom", message: JITTER_ALLOWED });
    return z.NEVER;
  }),
);

const REACTION_ALLOWED = "stop, or { wait: a duration above 0, jitter }";

const reaction = z.union(
  [
    z.literal("stop"),
    describeKeys(z.strictObject({ wait: positiveDuration, jitter: jitter.default(0) }), {
      wait: "How long to wait before the next attempt.",
      jitter: "The share by which that wait varies to either side; 0 unless given.",
    }).transform((own) => ({ ms: own.wait, jitter: own.jitter })),
  ],
  { error: REACTION_ALLOWED },
);

const onReason = z
  .record(z.string(), reaction, { error: "reactions by reason, such as { not_authorized: stop }" })
  .superRefine((value, context) => {
    for (const name of Object.keys(value)) {
      if (refusalCodes(name) !== null) continue;
      const message = `a reason by which servers refuse or disconnect, or its code (0x87): ${REFUSAL_NAMES.join(", ")}`;
      context.addIssue({ code: "custom", path: [name], message });
    }
  });

const failures = positiveInteger("a whole number above 0");

const firstWaits = z
  .union([durationMs, z.array(durationMs).min(1, { error: "a list of at least one duration" })], {
    error: "a duration, or a list of them: waits before the first attempts",
  })
  .transform((value) => [value].flat());

const reconnect = z
  .strictObject({
    policy: z
      .enum(BACKOFF_POLICIES as [string, ...string[]], { error: BACKOFF_POLICIES.join(", ") })
      .optional(),
    preset: z.enum(presetNames as [string, ...string[]], { error: presetNames.join(", ") }).optional(),
    base: durationMs.optional(),
    cap: durationMs.optional(),
    window: durationMs.optional(),
    factor: numeric(
      z
        .number({ error: FACTOR_ALLOWED })
        .min(1, { error: FACTOR_ALLOWED })
        .max(100, { error: FACTOR_ALLOWED }),
    ).optional(),
    jitter: jitter.optional(),
    first: firstWaits.optional(),
    resetAfter: resetAfter.optional(),
    onReason: onReason.optional(),
    giveUpAfter: failures.optional(),
    rebootAfter: describeKeys(z.strictObject({ failures, takes: durationMs, jitter: jitter.default(0) }), {
      failures: "Failures in a row after which the device reboots.",
      takes: "How long a reboot takes.",
      jitter: "The share by which that time varies to either side; 0 unless given.",
    })
      .transform((own) => ({ failures: own.failures, takes: { ms: own.takes, jitter: own.jitter } }))
      .optional(),
  })
  .superRefine((value, context) => {
    const refuse = (key: string, message: string): void => {
      context.addIssue({ code: "custom", path: [key], message });
    };
    if (value.preset !== undefined) {
      for (const key of ["policy", "base", "cap", "window", "factor", "jitter", "first"] as const) {
        if (value[key] !== undefined)
          refuse(key, "nothing beside a preset, which sets it; an environment takes it out by null");
      }
    }
    if (value.giveUpAfter !== undefined && value.rebootAfter !== undefined)
      refuse("rebootAfter", "nothing beside giveUpAfter: a device does the one or the other");
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

describeKeys(reconnect, {
  policy: "The back-off policy: how long a device waits before its next attempt; full-jitter unless given.",
  preset: "The back-off of a known client library, in place of a policy.",
  base: "The first wait of the policy; 1s unless given.",
  cap: "The longest wait of the policy; 30s unless given, and never below base.",
  window: "For the policy uniform: waits are drawn from 0 to this.",
  factor: "By what the wait grows with each attempt, from 1 to 100; 2 unless given.",
  jitter: "For the policies fixed and exponential: the share by which waits vary to either side.",
  first: "Waits before the first attempts, one or a list of them; the policy follows.",
  resetAfter:
    "When the count of attempts starts again: ready, connack, or the time that a connection must have lasted.",
  onReason: "What the device does by the reason or code of a refusal or disconnect: stop, or wait longer.",
  giveUpAfter: "Failures in a row after which the device stops trying for good.",
  rebootAfter: "After so many failures in a row the device reboots, and begins anew.",
});

/** The value is in milliseconds; Infinity for `never`. */
const sessionExpiry = z.union([z.literal("never").transform(() => Number.POSITIVE_INFINITY), secondsMs], {
  error: "a duration of whole seconds, or never",
});

const session = settings(
  { clean: boolean.default(true), expiry: sessionExpiry.default(0) },
  {
    clean: "Whether each connection starts a new session (true unless given); false keeps it.",
    expiry:
      "MQTT 5: how long the server keeps the session after a connection, in whole seconds, or never; 0s unless given.",
  },
);

/** MQTT 5.0 section 3.1.2.11. */
const wholeNumber = (least: number): z.ZodType<number> =>
  integer(least, 65_535, `a whole number from ${least} to 65535`);

export const clientShape = {
  protocolVersion: numeric(z.union([z.literal(4), z.literal(5)], { error: "4 (MQTT 3.1.1) or 5" })),
  // Whole seconds: that is what CONNECT carries. MQTT 3.1.1 section 3.1.2.10.
  keepalive: durationMs.refine((value) => value % 1000 === 0 && value <= MAX_KEEPALIVE_MS, {
    error: "whole seconds from 1s to 65535s, or 0 for none",
  }),
  connectTimeout: positiveDuration,
  ackTimeout: positiveDuration,
  session,
  resubscribe: z.enum(["auto", "always"], { error: "auto or always" }),
  reconnect,
  // MQTT 5 only; rules/versions.ts says so.
  receiveMaximum: wholeNumber(1),
  topicAliasMaximum: wholeNumber(0),
  serverReference: z.enum(["count", "follow"], { error: "count or follow" }),
};

/** What each means, wherever it stands. */
export const CLIENT_DESCRIPTIONS: Readonly<Record<keyof typeof clientShape, string>> = {
  protocolVersion: "The version of MQTT: 4 is 3.1.1 (unless given), 5 is 5.0.",
  keepalive: "MQTT keep alive in whole seconds, 60s unless given; 0 turns it off.",
  connectTimeout: "From opening a connection to CONNACK; 10s unless given.",
  ackTimeout: "How long SUBACK, UNSUBACK, PUBACK and PUBCOMP are waited for; 20s unless given.",
  session: "What becomes of the MQTT session between connections.",
  resubscribe:
    "auto skips subscribe steps of onConnect where the broker kept the session (unless given); always does not.",
  reconnect: "When and how a device that lost its connection comes back.",
  receiveMaximum:
    "MQTT 5: QoS 1 and 2 messages that the server may have in flight to a device; 65535 unless given.",
  topicAliasMaximum: "MQTT 5: topic aliases that the server may use towards a device; 0 unless given.",
  serverReference:
    "MQTT 5: count only counts that a server sends a device elsewhere (unless given), follow goes there.",
};

export type ClientSettings = { [Key in keyof typeof clientShape]: z.output<(typeof clientShape)[Key]> };

export const CLIENT_KEYS = Object.keys(clientShape) as (keyof ClientSettings)[];
