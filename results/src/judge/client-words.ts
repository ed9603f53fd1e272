import type { CohortClient, ReconnectRecord } from "artillery-engine-mqtt/contract";
import { duration, percent } from "./number-words.ts";

/** What a back-off is called: that of a preset by its name, another by the numbers that it reads. */
export function policyName({ preset, policy, baseMs, capMs, windowMs }: ReconnectRecord): string {
  if (preset !== null) return preset;
  if (windowMs !== undefined) return `${policy} ${duration(windowMs)}`;
  if (baseMs === undefined) return policy;
  return capMs === undefined
    ? `${policy} ${duration(baseMs)}`
    : `${policy} ${duration(baseMs)} to ${duration(capMs)}`;
}

/** What the client does beside its policy; empty for nothing. */
export function patienceWords(reconnect: ReconnectRecord): string[] {
  const { preset, factor, jitter, firstMs, onReason = {}, giveUpAfter, rebootAfter } = reconnect;
  const waits = (own: { ms: number; jitter: number }): string =>
    `${duration(own.ms)}${own.jitter === 0 ? "" : ` ± ${percent(own.jitter)}`}`;
  return [
    ...(preset !== null || factor === undefined ? [] : [`factor ${factor}`]),
    ...(preset !== null || jitter === undefined ? [] : [`± ${percent(jitter)}`]),
    ...(preset !== null || firstMs === undefined ? [] : [`first ${firstMs.map(duration).join(", ")}`]),
    ...Object.entries(onReason).map(([reason, own]) =>
      own === "stop" ? `stops on ${reason}` : `waits ${waits(own)} on ${reason}`,
    ),
    ...(giveUpAfter === undefined ? [] : [`gives up after ${giveUpAfter} failures`]),
    ...(rebootAfter === undefined
      ? []
      : [`reboots after ${rebootAfter.failures} failures, which takes ${waits(rebootAfter.takes)}`]),
  ];
}

/** When the count of attempts starts again. */
export function resetWords({ resetAfter }: ReconnectRecord): string {
  if (resetAfter === "connack") return "at CONNACK";
  if (resetAfter === "ready") return "when ready";
  return `${duration(resetAfter.connectedMs)} after CONNACK`;
}

export function protocolWords({ protocolVersion }: CohortClient): string {
  return protocolVersion === 5 ? "MQTT 5" : "MQTT 3.1.1";
}

export function sessionWords({ protocolVersion, clean, sessionExpiryMs }: CohortClient): string {
  const begins = clean ? "clean session" : "session kept";
  if (protocolVersion === 4 || sessionExpiryMs === 0) return begins;
  return `${begins}, expires ${sessionExpiryMs === null ? "never" : `after ${duration(sessionExpiryMs)}`}`;
}

export function keepaliveWords({ keepaliveMs }: CohortClient): string {
  return keepaliveMs === 0 ? "no keepalive" : `keepalive ${duration(keepaliveMs)}`;
}

/** In one line. */
export function clientWords(client: CohortClient): string {
  const { reconnect, connectTimeoutMs } = client;
  return [
    protocolWords(client),
    keepaliveWords(client),
    sessionWords(client),
    `gives an attempt up after ${duration(connectTimeoutMs)}`,
    `comes back by ${policyName(reconnect)}, which begins anew ${resetWords(reconnect)}`,
    ...patienceWords(reconnect),
  ].join("; ");
}

/** Whether some cohort's devices have another client than others: then it is told of each. */
export function areMixed(clients: Readonly<Record<string, CohortClient>>): boolean {
  return new Set(Object.values(clients).map((client) => JSON.stringify(client))).size > 1;
}
