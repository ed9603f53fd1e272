import { count, duration, percent } from "../console/format.ts";
import type { LatencyName, StormFields, Summary } from "../summary-schema.ts";

export const ALL_COHORTS = "all cohorts";

export const METRIC_WORDS: Record<LatencyName, string> = {
  connect: "Connect",
  tcp: "TCP handshake",
  tlsFull: "TLS handshake, full",
  tlsResumed: "TLS handshake, resumed",
  websocket: "WebSocket upgrade",
  connack: "CONNECT to CONNACK",
  subscribe: "Subscribe",
  publish: "Publish",
  configRequest: "Config request",
};

const CAUSE_WORDS = new Map([
  ["reset", "connections reset (TCP RST)"],
  ["close", "connections closed (TCP FIN)"],
  ["disconnect", "devices disconnected (MQTT DISCONNECT)"],
  ["silent", "connections went silent (half-open)"],
  ["exec", "a command was run"],
  ["external", "caused from outside"],
]);

/** What a storm cut, when and how. */
export function stormWords({ at, cause, fraction, region }: StormFields): string {
  if (region !== null) return `region ${region} lost at ${duration(at)}`;
  const share = fraction === null ? "" : `${percent(fraction)} of the fleet `;
  return `${share}at ${duration(at)}, ${CAUSE_WORDS.get(cause) ?? cause}`;
}

const ERROR_WORDS = new Map([
  ["region_lost", "the device tried a region that a storm had taken away"],
  ["tcp_refused", "the broker's host refused the TCP connection"],
  ["tcp_timeout", "no answer to the TCP handshake: a full accept queue looks like this"],
  ["dns", "the broker's name could not be resolved"],
  ["local_ports", "this host had no local port left: give more source addresses"],
  ["local_address", "a source address is not one of this host"],
  ["descriptors", "this host had no file descriptor left: raise the limit on open files"],
  ["tls", "the TLS handshake failed"],
  ["tls_timeout", "the TLS handshake was not done in time"],
  ["tls_certificate", "the devices do not trust the broker's certificate"],
  ["tls_alert", "the broker refused the TLS handshake, for example for the device's certificate"],
  ["tls_client_certificate", "the device's own certificate or key cannot be used"],
  ["websocket", "the WebSocket upgrade failed, or its frames were not MQTT's"],
  ["websocket_timeout", "the WebSocket upgrade was not done in time"],
  ["websocket_3xx", "the WebSocket upgrade was answered with a redirect, which is not followed"],
  ["websocket_4xx", "the WebSocket upgrade was refused: path, host or credentials"],
  ["websocket_5xx", "the WebSocket upgrade was refused: the server or balancer failed"],
  ["closed_before_connack", "connection closed before the broker had answered CONNECT"],
  ["connack_timeout", "no CONNACK in time"],
  [
    "bootstrap_timeout",
    "connected, but the work after CONNACK (subscribe, config request) was not done in time",
  ],
  ["closed", "an open connection was closed by the other side"],
  ["keepalive", "no answer to PINGREQ in time"],
]);

export function errorWords(name: string): string {
  if (name.startsWith("connack.")) return "the broker refused CONNECT with this reason";
  return ERROR_WORDS.get(name) ?? "";
}

/** Cut, not rounded: 98.999 % must not read as the target of 99 %. */
export function shareWords(share: number): string {
  return `${Math.floor(share * 1e4 + 1e-6) / 100} %`;
}

/** What happened to the devices, for someone who knows neither percentiles nor MQTT. */
export function verdictSentence(storm: StormFields, target: number): string {
  if (!storm.happened)
    return storm.cause === "external"
      ? "This storm did not happen: too few devices lost their connection at once."
      : "This storm did not happen: the run ended before it was due.";
  if (storm.affected === 0) return "No device lost its connection, so there is nothing to judge.";
  const [all, back, missing] = [count(storm.affected), count(storm.recovered), count(storm.unrecovered)];
  const window = duration(storm.windowMs);
  const share = shareWords(storm.recovered / storm.affected);
  const some = `${back} of the ${all} devices that lost their connection (${share})`;
  const late = storm.lastQuarter.ready === 0 ? "none" : count(storm.lastQuarter.ready);
  switch (storm.verdict) {
    case "recovered":
      return storm.unrecovered === 0
        ? `All ${all} devices that lost their connection were working again within ${duration(storm.readyMs.max)}, 99 % of them within ${duration(storm.readyMs.p99)}.`
        : `${some} were working again within ${window}, which meets the target of ${shareWords(target)}. ${missing} were not.`;
    case "degraded":
      return `${some} were working again within ${window}. That misses the target of ${shareWords(target)}: ${missing} were still without service. In the last quarter of that time ${late} came back.`;
    case "metastable":
      return `Only ${some} were working again after ${window}; in the last quarter of that time ${late} came back. Meanwhile the other ${missing} kept trying, and their retries are now what keeps the system overloaded: nothing in this run suggests that it would end by itself.`;
    case null:
      return `${some} were working again when watching stopped, before the ${window} were over. That is too early for a verdict.`;
  }
}

export const VERDICT_BADGES = {
  recovered: { word: "Recovered", sign: "✓", tone: "good" },
  degraded: { word: "Degraded", sign: "!", tone: "fair" },
  metastable: { word: "Metastable", sign: "✕", tone: "bad" },
  none: { word: "No verdict", sign: "?", tone: "none" },
} as const;

/** The whole run in one line. */
export function headline({ storms }: Summary): string {
  if (storms.length === 0) return "The run had no storm";
  const verdicts = storms.map((storm) => storm.verdict);
  const n = storms.length;
  const spirals = verdicts.filter((verdict) => verdict === "metastable").length;
  const recovered = verdicts.filter((verdict) => verdict === "recovered").length;
  const ofStorms = (some: number): string =>
    n === 1
      ? "the storm"
      : some === n
        ? n === 2
          ? "both storms"
          : `all ${n} storms`
        : `${some} of ${n} storms`;
  if (recovered === n) return `The fleet recovered from ${ofStorms(n)}`;
  if (spirals > 0) {
    return `The fleet did not recover from ${ofStorms(spirals)}: the overload outlived its cause`;
  }
  if (verdicts.includes("degraded"))
    return `The fleet recovered from ${n === 1 ? "the storm only in part" : `${recovered} of ${n} storms in time`}`;
  return `The run cannot say whether the fleet recovers from ${n === 1 ? "the storm" : `every one of its ${n} storms`}`;
}
