import { printable } from "artillery-engine-mqtt/contract";
import { lostTimeWords } from "../judge/limit-words.ts";
import { count, duration } from "../judge/number-words.ts";
import { devicesDue } from "../judge/recovery.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";

/**
 * Workflow commands, a line each: an annotation for all that failed or is doubtful.
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotations({ gate, warnings, complete, missing, exit }: Summary): string[] {
  const failed = gate.map(({ message }) => command("error", "gate failed", message));
  const ended =
    exit.code === 0 || gate.length > 0 ? [] : [command("error", `exit ${exit.code}`, exit.sentence)];
  const incomplete = complete ? [] : missing.map((one) => command("warning", "incomplete run", one));
  return [...failed, ...ended, ...incomplete, ...warnings.map((one) => command("warning", "warning", one))];
}

/** `printable` leaves no line break that could begin a command of its own. */
function command(kind: "error" | "warning", title: string, message: string): string {
  return `::${kind} title=mqtt-results%3A ${title}::${printable(message).replaceAll("%", "%25")}`;
}

/** Markdown of the job's summary. */
export function stepSummary(summary: Summary): string {
  const { storms, gate, fleet, target, testRunId } = summary;
  const rows = storms.map((storm) => [
    `${storm.index}: ${stormWords(storm)}`,
    storm.verdict ?? `no verdict: ${storm.verdictReason}`,
    `${count(storm.recovered)} / ${count(devicesDue(storm))}`,
    duration(storm.readyMs.p50),
    duration(storm.readyMs.p99),
    duration(storm.readyMs.max),
  ]);
  return [
    `### Mass reconnect ${text(testRunId)}`,
    "",
    `${count(fleet.devices)} devices against ${text(target)}${summary.complete ? "" : " – **incomplete run**"}`,
    "",
    ...tableLines(["storm", "verdict", "recovered", "50 % ready", "99 % ready", "100 % ready"], rows),
    ...storms.flatMap(limitLines),
    ...(gate.length === 0
      ? []
      : ["", "**Gate failed**", "", ...gate.map(({ message }) => `- ${text(message)}`)]),
    ...(summary.gateChecks.length > 0 && gate.length === 0
      ? ["", `Gate passed: ${count(summary.gateChecks.length)} conditions held.`]
      : []),
    "",
    "",
  ].join("\n");
}

function limitLines(storm: StormSummary): string[] {
  const lost = lostTimeWords(storm);
  const said = [
    ...storm.limits.map(({ evidence, action }) => `limited by ${evidence}. Next: ${action}`),
    ...(lost === "" ? [] : [`time lost: ${lost}`]),
  ];
  return said.length === 0 ? [] : ["", `Storm ${storm.index}`, "", ...said.map((one) => `- ${text(one)}`)];
}

function tableLines(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return ["The script has no storm."];
  return [header, header.map(() => "---"), ...rows.map((row) => row.map(text))].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
}

/** Text from scripts and brokers must stay text in Markdown and in the HTML that it may hold. */
function text(value: string): string {
  return printable(value)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/[\\`*_[\]|#!~]/g, "\\$&");
}
