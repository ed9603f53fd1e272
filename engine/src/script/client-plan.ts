import type { BackoffSpec, ResetAfter } from "../device/backoff.ts";
import { PRESETS, type PresetName } from "../device/backoff-presets.ts";
import { type ClientSettings, DEFAULT_BASE_MS } from "./client-settings.ts";

const DEFAULT_CAP_MS = 30_000;

/** Back-off of a client. */
export interface ReconnectPlan {
  /** Null where the script gives a policy and its numbers. */
  preset: PresetName | null;
  backoff: BackoffSpec;
  resetAfter: ResetAfter;
}

/** The client that the devices of one cohort have. */
export interface ClientPlan extends Omit<Required<ClientSettings>, "reconnect" | MqttFive> {
  reconnect: ReconnectPlan;
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
export function planClient(settings: WholeClientSettings, own: Partial<ClientSettings>): ClientPlan {
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
    receiveMaximum: isFive ? (client.receiveMaximum ?? null) : null,
    topicAliasMaximum: isFive ? (client.topicAliasMaximum ?? null) : null,
    serverReference: isFive ? (client.serverReference ?? null) : null,
  };
}

function planReconnect(reconnect: ClientSettings["reconnect"]): ReconnectPlan {
  if (reconnect.preset !== undefined) {
    const name = reconnect.preset as PresetName;
    const preset = PRESETS[name];
    return { preset: name, backoff: preset.spec, resetAfter: reconnect.resetAfter ?? preset.resetAfter };
  }
  const baseMs = reconnect.base ?? DEFAULT_BASE_MS;
  const backoff = {
    policy: reconnect.policy ?? "full-jitter",
    baseMs,
    capMs: Math.max(baseMs, reconnect.cap ?? DEFAULT_CAP_MS),
    windowMs: reconnect.window ?? DEFAULT_CAP_MS,
  } as BackoffSpec;
  return { preset: null, backoff, resetAfter: reconnect.resetAfter ?? "ready" };
}
