import { stormEvent } from "artillery-engine-mqtt/contract";
import { FORECAST } from "../judge/forecast-words.ts";
import type { LimitingFactor } from "../judge/limiting-factors.ts";
import { count, duration, percent, percentReached } from "../judge/number-words.ts";
import { devicesDue, fleetDue, recoveredShare } from "../judge/recovery.ts";
import { cohortWords } from "../judge/storm-words.ts";
import type { LatencyName, StormFields, Summary } from "../judge/summary-schema.ts";
import type { Verdict, VerdictAbsence } from "../judge/verdict.ts";

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
  auth: "Credentials (beforeConnect)",
};

/** What limited a recovery, in few words. */
export const FACTOR_WORDS: Record<LimitingFactor, string> = {
  generator: "the load generator",
  authentication: "the service for credentials",
  broker: "the broker, or the way to it",
  "back-end": "the back end",
  "back-off": "the devices' own back-off",
  detection: "devices that had not noticed",
  outage: "the outage itself",
  patience: "devices that stopped trying",
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
export function stormHeadline(storm: StormFields): string {
  const { name, region, outage } = storm;
  // What is cut says already what happened where it has no other name.
  const isSaid = name === null && region === null && outage === null;
  return isSaid ? whatHappened(storm) : `${stormEvent(storm)}: ${whatHappened(storm)}`;
}

function whatHappened({ at, cause, fraction, region, onlyCohorts, overMs, outage }: StormFields): string {
  if (region !== null) return `region ${region} lost at ${duration(at)}`;
  const whose = onlyCohorts === null ? "the fleet" : cohortWords(onlyCohorts);
  const share = fraction === null ? "" : `${percent(fraction)} of ${whose} `;
  const over = overMs === null ? "" : `, one after the other over ${duration(overMs)}`;
  const each = overMs === null ? "" : " each";
  const lacking = outage === null ? "" : `, without ${outage.of} for ${duration(outage.forMs)}${each}`;
  return `${share}at ${duration(at)}, ${CAUSE_WORDS.get(cause) ?? cause}${over}${lacking}`;
}

const ERROR_WORDS = new Map([
  ["region_lost", "the device tried a region that a storm had taken away"],
  ["network_lost", "a storm had taken the device's network away"],
  ["power_off", "a storm had cut the device's power"],
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
  ["send_buffer_full", "the broker did not read what a device sent: 4 MiB of it waited"],
  ["keepalive", "no answer to PINGREQ in time"],
]);

export function errorWords(name: string): string {
  if (name.startsWith("connack.")) return "the broker refused CONNECT with this reason";
  if (name === "session_taken_over" || name === "disconnect.session_taken_over")
    return "another client connected with the same client id";
  if (name.startsWith("disconnect."))
    return "the broker sent DISCONNECT with this reason; where it answers CONNECT so, against MQTT-3.14.0-1, the attempt counts as refused";
  return ERROR_WORDS.get(name) ?? "";
}

/** What happened to the devices, for someone who knows neither percentiles nor MQTT. */
export function verdictSentence(storm: StormFields, target: number): string {
  const due = devicesDue(storm);
  const [all, back, missing] = [count(due), count(storm.recovered), count(storm.unrecovered)];
  const window = duration(storm.windowMs);
  const share = percentReached(recoveredShare(storm) ?? 0);
  const some = `${back} of the ${all} devices that lost their connection (${share})`;
  const fleet = fleetDue(storm);
  const atWork = `${count(storm.fleetReadyAtEnd)} of ${count(fleet)} devices were working`;
  const stretch = duration(storm.lastStretch.ms);
  const late = storm.lastStretch.back === 0 ? "none" : count(storm.lastStretch.back);
  switch (storm.verdict) {
    case "recovered":
      return storm.unrecovered === 0
        ? `All ${all} devices that lost their connection were working again within ${duration(storm.readyMs.max)}, 99 % of them within ${duration(storm.readyMs.p99)}.`
        : `${some} were working again within ${window}, which meets the target of ${percentReached(target)}. ${missing} were not.`;
    case "relapsed":
      return `${some} were working again at some time, but it did not last: when the ${window} ended, ${atWork}.`;
    case "recovering":
      return `${some} were working again within ${window}. That misses the target of ${percentReached(target)}, but devices were still coming back: ${late} in the last ${stretch}. Watch for longer to see whether all do.`;
    case "stalled":
      return `${some} were working again within ${window}; in the last ${stretch} of that time ${late} came back, and when it ended ${atWork}. It is not the load that keeps the others out, for they offered less than the system is known to sustain: something is broken.`;
    case "metastable":
      return `Only ${some} were working again after ${window}; in the last ${stretch} of that time ${late} came back. Meanwhile the others kept trying, and their retries are now what keeps the system overloaded: nothing in this run suggests that it would end by itself.`;
    case null:
      return ABSENCE_SENTENCES[storm.verdictAbsence ?? "did-not-happen"](storm, some, window);
  }
}

const ABSENCE_SENTENCES: Record<
  VerdictAbsence,
  (storm: StormFields, some: string, window: string) => string
> = {
  "did-not-happen": ({ cause }) =>
    cause === "external"
      ? "This storm did not happen: too few devices lost their connection at once."
      : "This storm did not happen: the run ended before it was due.",
  "nobody-affected": () =>
    "No device lost its connection, or none was meant to come back: there is nothing to judge.",
  "cut-short": (_storm, some, window) =>
    `${some} were working again when watching stopped, before the ${window} were over. That is too early for a verdict.`,
  "not-watched": () =>
    "The load generator did not cut the devices in time, or did not see what became of them: this run says nothing about the system under test.",
  disturbed: () =>
    "Several clients used the same client ids at the same broker, and each took the other's connections: this run says nothing about the system under test.",
  "no-baseline": () =>
    "The fleet was not at work before the storm, so what it did afterwards says nothing about the storm.",
  "capacity-unknown": (_storm, some, window) =>
    `${some} were working again within ${window}, and nobody came back at its end. Whether the load keeps the others out cannot be told: the system was never seen to take what it was asked for then.`,
  "too-few-devices": (_storm, some) =>
    `${some} were working again. So few devices say nothing about a fleet.`,
  "window-too-short": (_storm, some, window) =>
    `${some} were working again within ${window}. The others may just have been waiting for their next attempt: watch for longer.`,
};

export const VERDICT_BADGES = {
  recovered: { word: "Recovered", sign: "✓", tone: "good" },
  recovering: { word: "Recovering", sign: "!", tone: "fair" },
  stalled: { word: "Stalled", sign: "✕", tone: "bad" },
  relapsed: { word: "Relapsed", sign: "✕", tone: "bad" },
  metastable: { word: "Metastable", sign: "✕", tone: "bad" },
  none: { word: "No verdict", sign: "?", tone: "none" },
} as const;

/** The whole run in one line; what was not measured says so. */
export function headline(summary: Summary): string {
  const sentence = headlineOf(summary);
  return summary.forecast === null ? sentence : `${FORECAST}: ${sentence}`;
}

function headlineOf({ storms }: Summary): string {
  if (storms.length === 0) return "The run had no storm";
  const verdicts = storms.map((storm) => storm.verdict);
  const n = storms.length;
  const ofStorms = (some: number): string =>
    n === 1
      ? "the storm"
      : some === n
        ? n === 2
          ? "both storms"
          : `all ${n} storms`
        : `${some} of ${n} storms`;
  const ended = (...words: Verdict[]): number =>
    verdicts.filter((verdict) => verdict !== null && words.includes(verdict)).length;
  if (ended("recovered") === n) return `The fleet recovered from ${ofStorms(n)}`;
  const spirals = ended("metastable");
  if (spirals > 0) {
    return `The fleet did not recover from ${ofStorms(spirals)}: the overload outlived its cause`;
  }
  const broken = ended("stalled", "relapsed");
  if (broken > 0) return `The fleet did not recover from ${ofStorms(broken)}`;
  if (ended("recovering") > 0)
    return `The fleet recovered from ${n === 1 ? "the storm only in part" : `${ended("recovered")} of ${n} storms in time`}`;
  const unsaid = `from ${n === 1 ? "the storm" : `every one of its ${n} storms`}`;
  const lost = lostCohorts(storms);
  if (lost.length === 0) return `The run cannot say whether the fleet recovers ${unsaid}`;
  return `${cohortWords(lost)} did not recover; of the whole fleet the run cannot say whether it recovers ${unsaid}`;
}

/** Cohorts whose own verdict is that they did not recover. */
function lostCohorts(storms: Summary["storms"]): string[] {
  const names = storms.flatMap(({ cohorts }) =>
    Object.entries(cohorts).flatMap(([name, { verdict }]) =>
      verdict === "metastable" || verdict === "stalled" || verdict === "relapsed" ? [name] : [],
    ),
  );
  return [...new Set(names)];
}
