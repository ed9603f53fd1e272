import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { areMixed, clientWords } from "../judge/client-words.ts";
import { FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import { doubtWords } from "../judge/generator.ts";
import { count, counted, duration, percent } from "../judge/number-words.ts";
import { boundsSentence, boundWords, sampleSentence } from "../judge/sampling.ts";
import { stoppedWords } from "../judge/stopped-words.ts";
import type { LatencyName, Summary } from "../judge/summary-schema.ts";
import { indented, table, WIDTH, wrap } from "./layout.ts";
import { runMessageLines } from "./messages.ts";
import { regionTable } from "./regions.ts";
import { stormLines } from "./storm.ts";
import type { Colours } from "./verdict-word.ts";

export interface ConsoleOptions {
  colour: boolean;
  /** Paths of the files that were written. */
  files: readonly string[];
}

const LATENCY_WORDS: Record<LatencyName, string> = {
  connect: "connect",
  tcp: "  TCP",
  tlsFull: "  TLS, full",
  tlsResumed: "  TLS, resumed",
  websocket: "  WebSocket upgrade",
  connack: "  CONNECT to CONNACK",
  subscribe: "subscribe",
  publish: "publish",
  configRequest: "config request",
  auth: "credentials",
};

/** What an engineer reads after a run. Renders the summary and computes nothing. */
export function consoleSummary(summary: Summary, options: ConsoleOptions): string {
  const colours = pc.createColors(options.colour);
  return [
    "",
    ...headLines(summary, colours),
    ...clientLines(summary, colours),
    ...summary.storms.flatMap((storm) => stormLines(storm, colours, summary.forecast !== null)),
    ...totalLines(summary, colours),
    ...stoppedLines(summary, colours),
    ...regionLines(summary, colours),
    ...runMessageLines(summary, colours),
    ...latencyLines(summary, colours),
    ...errorLines(summary, colours),
    ...(summary.generator === null ? [] : generatorLines(summary.generator, colours)),
    ...(summary.forecast === null ? [] : assumptionLines(summary.forecast, colours)),
    ...(options.files.length > 0 ? ["", "Files"] : []),
    ...options.files.map((path) => `  ${printable(path)}`),
    ...gateLines(summary, colours),
    ...(summary.exit.code === 0
      ? []
      : ["", colours.red(`EXIT ${summary.exit.code}: ${printable(summary.exit.sentence)}`)]),
    "",
  ].join("\n");
}

const INSECURE_HTTP =
  "INSECURE HTTPS: the configuration server's certificate was not verified (http.insecure)";
const INSECURE = "INSECURE TLS: the broker's certificate was not verified (tls.insecure)";

function headLines(summary: Summary, colours: Colours): string[] {
  const { fleet, workers } = summary;
  const cohorts = Object.keys(fleet.cohorts).length;
  const size = `${counted(fleet.devices, "device")} (${count(fleet.everOnline)} were online), ${counted(cohorts, "cohort")}`;
  const warnings = summary.warnings.flatMap((one) => wrap(`WARNING: ${printable(one)}`, WIDTH - 2, "  "));
  const name = summary.forecast === null ? "Mass reconnect" : "FORECAST of a mass reconnect:";
  return [
    colours.bold(`${name} ${printable(summary.testRunId)}`),
    ...(summary.forecast === null ? [] : wrap(FORECAST_SENTENCE, WIDTH - 2, "").map(indented)),
    ...(summary.forecast?.sample
      ? wrap(sampleSentence(summary.forecast.sample), WIDTH - 2, "").map(indented)
      : []),
    `  ${printable(summary.target)}: ${size}, ${counted(workers, "worker")}`,
    ...(summary.tls.insecure ? [colours.red(`  ${INSECURE}`)] : []),
    ...(summary.http.insecure ? [colours.red(`  ${INSECURE_HTTP}`)] : []),
    ...(summary.complete
      ? []
      : [colours.red(`  INCOMPLETE RUN: ${summary.missing.map(printable).join("\n    ")}`)]),
    ...warnings.map((line) => colours.yellow(indented(line))),
  ];
}

/** Where all devices have the same, the script says it. */
function clientLines({ fleet: { clients } }: Summary, colours: Colours): string[] {
  if (!areMixed(clients)) return [];
  const lines = Object.entries(clients).flatMap(([cohort, client]) =>
    wrap(`${printable(cohort)}: ${printable(clientWords(client))}`, WIDTH - 2, "  "),
  );
  return ["", colours.bold("Clients"), ...lines.map(indented)];
}

function totalLines({ totals, disconnects }: Summary, colours: Colours): string[] {
  const causes = Object.entries(disconnects).map(([cause, n]) => `${count(n)} ${printable(cause)}`);
  const connects = [
    `${count(totals.connectAttempts)} attempted`,
    `${count(totals.connectsAccepted)} accepted`,
    `${count(totals.connectsRefused)} refused${
      totals.connectsOverload > 0 ? ` (${count(totals.connectsOverload)} by an overloaded server)` : ""
    }`,
    ...(totals.connectsRedirected > 0 ? [`${count(totals.connectsRedirected)} sent to another server`] : []),
  ];
  const configRequests = [
    `${count(totals.configRequests)} sent`,
    `${count(totals.configResponses)} answered`,
    `${count(totals.configRejected)} rejected`,
    `${count(totals.configTimeouts)} timed out`,
    `${count(totals.lateResponses)} answered late`,
  ];
  return [
    "",
    colours.bold("Totals"),
    `  connects         ${connects.join(", ")}`,
    `  config requests  ${configRequests.join(", ")}`,
    ...(totals.authRequests === 0 ? [] : [authLine(totals)]),
    `  disconnects      ${causes.length > 0 ? causes.join(", ") : "0"}`,
  ];
}

/** Calls of the script's `beforeConnect`. */
function authLine({ authRequests, authResponses, authFailures }: Summary["totals"]): string {
  return `  credentials      ${count(authRequests)} asked for, ${count(authResponses)} brought, ${count(authFailures)} failed`;
}

/** Who tries no more, and why: nobody should have to guess it from a verdict. */
function stoppedLines(summary: Summary, colours: Colours): string[] {
  const rows = stoppedWords(summary).map((row) => row.map(printable));
  const { devicesRebooted } = summary.totals;
  if (rows.length === 0 && devicesRebooted === 0) return [];
  return [
    "",
    colours.bold("Devices out of patience"),
    ...table([...rows, ...(devicesRebooted > 0 ? [["rebooted", "", count(devicesRebooted)]] : [])]),
  ];
}

function regionLines({ regions }: Summary, colours: Colours): string[] {
  const lines = regionTable("", regions);
  return lines.length === 0 ? [] : ["", colours.bold("Regions"), ...lines];
}

function latencyLines({ latencyMs, generator }: Summary, colours: Colours): string[] {
  const measured = (Object.keys(LATENCY_WORDS) as LatencyName[]).filter((name) => latencyMs[name].count > 0);
  if (measured.length === 0) return [];
  const rows = measured.map((name) => {
    const { count: n, p90, p999, max, doubtful, ...times } = latencyMs[name];
    const marked = (percentile: "p50" | "p99"): string =>
      `${duration(times[percentile])}${doubtful.includes(percentile) ? "*" : ""}`;
    return [
      LATENCY_WORDS[name],
      count(n),
      marked("p50"),
      duration(p90),
      marked("p99"),
      duration(p999),
      duration(max),
    ];
  });
  const header = ["", "count", "p50", "p90", "p99", "p99.9", "max"];
  const isDoubtful = measured.some((name) => latencyMs[name].doubtful.length > 0);
  return [
    "",
    colours.bold("Service times of what succeeded"),
    ...table([header, ...rows]),
    ...(isDoubtful && generator !== null ? wrap(doubtWords(generator), WIDTH - 2, "  ").map(indented) : []),
  ];
}

function errorLines({ errors }: Summary, colours: Colours): string[] {
  const rows = Object.entries(errors).map(([name, n]) => [printable(name), count(n)]);
  return rows.length === 0 ? [] : ["", colours.bold("Errors"), ...table(rows)];
}

function gateLines({ gate }: Summary, colours: Colours): string[] {
  const lines = gate.map(({ message }) => colours.red(`gate failed: ${printable(message)}`));
  return lines.length > 0 ? ["", ...lines] : [];
}

/** All that a forecast rests on; it has no generator that could be in bad health. */
function assumptionLines(
  { assumptions, sample }: NonNullable<Summary["forecast"]>,
  colours: Colours,
): string[] {
  const lines = assumptions.flatMap((one) =>
    wrap(`${printable(one.name)}: ${printable(one.value)} (${printable(sourceWords(one))})`, WIDTH - 2, "  "),
  );
  return [
    ...(sample === null ? [] : samplingLines(sample, colours)),
    "",
    colours.bold("Assumptions of the forecast"),
    ...lines.map(indented),
  ];
}

function samplingLines(
  sample: NonNullable<NonNullable<Summary["forecast"]>["sample"]>,
  colours: Colours,
): string[] {
  return [
    "",
    colours.bold(`Sampling error: ${boundsSentence(sample)}`),
    ...table(sample.errors.map((error) => [`storm ${error.storm}, ${error.figure}`, ...boundWords(error)])),
  ];
}

function generatorLines(generator: NonNullable<Summary["generator"]>, colours: Colours): string[] {
  const { p50, p99, max } = generator.eventLoopDelayMs;
  const waited = generator.cpuWaitMs === null ? "" : `, ${duration(generator.cpuWaitMs)} waited for one`;
  const health = `loop delay p50 ${duration(p50)}, p99 ${duration(p99)}, max ${duration(max)}; CPU ${percent(generator.cpuShare)} of a core${waited}`;
  return [
    "",
    `${generator.saturated ? colours.red("generator saturated") : `${colours.bold("Generator")} ok`}: ${health}`,
    ...generator.reasons.flatMap((reason) => wrap(printable(reason), WIDTH - 2, "  ").map(indented)),
  ];
}
