import { type BackoffSpec, longestBackoffMs, type ResetAfter } from "../device/backoff.ts";
import { PRESETS, type PresetName } from "../device/backoff-presets.ts";
import { type FailureLimit, longestOwnWaitMs, type Reaction, type Reactions } from "../device/patience.ts";
import { refusalCodes } from "../transport/reason-codes.ts";
import { type ClientSettings, DEFAULT_BASE_MS } from "./client-settings.ts";

const DEFAULT_CAP_MS = 30_000;

/** Back-off of a client. */
export interface ReconnectPlan {
  /** Null where the script gives a policy and its numbers. */
  preset: PresetName | null;
  backoff: BackoffSpec;
  resetAfter: ResetAfter;
  /** As the script names them; empty for none. */
  onReason: Readonly<Record<string, Reaction>>;
  /** Null for a client that tries for ever. */
  failureLimit: FailureLimit | null;
}

/** The client that the devices of one cohort have. */
export interface ClientPlan extends Omit<Required<ClientSettings>, "reconnect" | MqttFive> {
  reconnect: ReconnectPlan;
  /** `http` steps leave their server alone for so long at most where it asks for it; 0 where none does. */
  longestRetryAfterMs: number;
  /** These three are of MQTT 5; null with 3.1.1, and where nobody gives one. */
  receiveMaximum: number | null;
  topicAliasMaximum: number | null;
  serverReference: ClientSettings["serverReference"] | null;
}

type MqttFive = "receiveMaximum" | "topicAliasMaximum" | "serverReference";

/** Settings that say everything but what has no default. */
export type WholeClientSettings = Omit<ClientSettings, MqttFive> & {
  [Key in MqttFive]?: ClientSettings[Key] | undefined;
};

/** @param own what the scenario says: it stands in place of the settings, key by key */
export function planClient(
  settings: WholeClientSettings,
  own: Partial<ClientSettings>,
  longestRetryAfterMs: number = 0,
): ClientPlan {
  const client = { ...settings, ...own };
  const isFive = client.protocolVersion === 5;
  return {
    protocolVersion: client.protocolVersion,
    keepalive: client.keepalive,
    connectTimeout: client.connectTimeout,
    ackTimeout: client.ackTimeout,
    session: client.session,
    resubscribe: client.resubscribe,
    reconnect: planReconnect(client.reconnect),
    longestRetryAfterMs,
    receiveMaximum: isFive ? (client.receiveMaximum ?? null) : null,
    topicAliasMaximum: isFive ? (client.topicAliasMaximum ?? null) : null,
    serverReference: isFive ? (client.serverReference ?? null) : null,
  };
}

/** By code; null for none. A code that is written as a number goes before a name that stands for it too. */
export function reactionsOf({ onReason }: ReconnectPlan): Reactions | null {
  const found = Object.entries(onReason).map(([name, reaction]) => ({
    reaction,
    codes: refusalCodes(name) ?? [],
  }));
  if (found.length === 0) return null;
  const widestFirst = found.toSorted((a, b) => b.codes.length - a.codes.length);
  return new Map(
    widestFirst.flatMap(({ reaction, codes }) => codes.map((code) => [code, reaction] as const)),
  );
}

/** The longest that a device waits between two attempts: by its policy, by what a server says, or while it reboots. */
export function longestWaitOf({ reconnect, longestRetryAfterMs }: ClientPlan): number {
  const { backoff, onReason, failureLimit } = reconnect;
  const own: Reaction[] = [...Object.values(onReason), failureLimit?.reboot ?? "stop"];
  const ownMs = own.map((one) => (one === "stop" ? 0 : longestOwnWaitMs(one)));
  return Math.max(longestBackoffMs(backoff), longestRetryAfterMs, ...ownMs);
}

function planReconnect(reconnect: ClientSettings["reconnect"]): ReconnectPlan {
  const { onReason = {}, giveUpAfter, rebootAfter } = reconnect;
  const patience = { onReason, failureLimit: failureLimitOf(giveUpAfter, rebootAfter) };
  if (reconnect.preset !== undefined) {
    const name = reconnect.preset as PresetName;
    const preset = PRESETS[name];
    const resetAfter = reconnect.resetAfter ?? preset.resetAfter;
    return { preset: name, backoff: preset.spec, resetAfter, ...patience };
  }
  const baseMs = reconnect.base ?? DEFAULT_BASE_MS;
  const backoff = {
    policy: reconnect.policy ?? "full-jitter",
    baseMs,
    capMs: Math.max(baseMs, reconnect.cap ?? DEFAULT_CAP_MS),
    windowMs: reconnect.window ?? DEFAULT_CAP_MS,
    ...(reconnect.factor === undefined ? {} : { factor: reconnect.factor }),
    ...(reconnect.jitter === undefined ? {} : { jitter: reconnect.jitter }),
    ...(reconnect.first === undefined ? {} : { leadMs: reconnect.first }),
  } as BackoffSpec;
  return { preset: null, backoff, resetAfter: reconnect.resetAfter ?? "ready", ...patience };
}

function failureLimitOf(
  giveUpAfter: number | undefined,
  rebootAfter: ClientSettings["reconnect"]["rebootAfter"],
): FailureLimit | null {
  if (giveUpAfter !== undefined) return { failures: giveUpAfter, reboot: null };
  return rebootAfter === undefined ? null : { failures: rebootAfter.failures, reboot: rebootAfter.takes };
}
