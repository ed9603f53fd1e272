import { printable, REFUSED_HERE } from "artillery-engine-mqtt/contract";
import { capital } from "../judge/capital.ts";
import { generatorSummary } from "../judge/generator.ts";
import { count, counted, duration, percent, percentReached } from "../judge/number-words.ts";
import { containerName } from "../judge/presence-words.ts";
import { devicesDue } from "../judge/recovery.ts";
import { stormWords } from "../judge/storm-words.ts";
import { sum } from "../judge/sum.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";
import { badge } from "../report/badge.ts";
import type { ChartSpec } from "../report/chart-spec.ts";
import { type Html, html, NOTHING } from "../report/html.ts";
import { cell, table, wordCell } from "../report/table.ts";
import { errorWords, headline, verdictSentence } from "../report/words.ts";
import { type MergedRun, type MergedStorm, mergeRun } from "../run/merge.ts";
import { fleetPlot, type LivePlot, loadPlot, recoveryPlace, recoveryPlot } from "./live-plots.ts";
import { isSilent, type Phase, phaseOf, stormState } from "./phase.ts";
import { type LiveRates, ratesOf } from "./rates.ts";
import { totalErrors } from "./recent-errors.ts";
import type { RunSeen, WorkerSeen } from "./run-tail.ts";

/** What the page shows: places, what stands in each, and plots. All text in it is escaped. */
export interface LiveView {
  title: string;
  /** HTML with elements `data-part`, and places of plots, hidden where they have none yet. It changes only where other storms are shown. */
  layout: string;
  /** HTML by part. */
  parts: Record<string, string>;
  plots: ChartSpec[];
}

export interface ViewOptions {
  /** Words for what is watched. */
  directory: string;
  /** Share of the affected devices that must be ready for `recovered`; 0..1 */
  target: number;
  /** Whether the page has a report to lead to. */
  hasReport: boolean;
  /** Failures of the last seconds by name. */
  recentErrors: ReadonlyMap<string, number>;
}

/** So many storms have a place; those that are nearest. */
const MOST_STORMS = 20;
/** So many workers have a row; those first with which something is wrong. */
const MOST_WORKERS = 100;

export function liveView(seen: RunSeen, options: ViewOptions): LiveView {
  const phase = phaseOf(seen);
  if (seen.workers.length === 0) return waitingView(seen, options);
  const records = seen.workers.map(({ record }) => record);
  const run = mergeRun({ records, histograms: seen.readyTimes, latencies: new Map(), timelines: new Map() });
  const errors = totalErrors(records);
  const windows = run.storms
    .filter(({ startedAtMs }) => startedAtMs !== null)
    .map(({ atMs, windowMs }) => ({
      fromMs: run.timeZeroMs + atMs,
      toMs: run.timeZeroMs + atMs + windowMs,
    }));
  const rates = ratesOf(seen.fleet, seen.slotMs, windows);
  const fleet = fleetPlot(seen, run);
  const load = loadPlot(rates, seen.slotMs, run);
  const knownMs = (seen.fleet.at(-1)?.tMs ?? run.timeZeroMs) + seen.slotMs - run.timeZeroMs;
  const storms = nearest(run.storms, knownMs).map((storm) => ({
    storm,
    plot: recoveryPlot(run, storm, options.target, knownMs - storm.atMs),
  }));
  const plots: LivePlot[] = [fleet, load, ...storms.flatMap(({ plot }) => plot ?? [])];
  const captions = plots.map(({ spec, caption }) => [`caption-${spec.id}`, html`${caption}`] as const);
  const cards = storms.map(
    ({ storm }) => [`storm-${storm.index}`, stormPart(storm, seen, phase, knownMs, options)] as const,
  );
  const parts: (readonly [string, Html])[] = [
    ["head", headPart(seen, run, phase, options)],
    ["alerts", alertsPart(seen, run, phase)],
    ["figures", figuresPart(seen, run, rates)],
    ["errors", errorsPart(run, errors, options)],
    ["generator", generatorPart(run, errors)],
    ["workers", workersPart(seen)],
    ...cards,
    ...captions,
  ];
  return {
    title: titleOf(seen, run, phase),
    layout: layoutOf(
      fleet,
      load,
      storms.map(({ storm }) => storm),
      run.storms.length,
    ).html,
    parts: Object.fromEntries(parts.map(([name, { html: text }]) => [name, text])),
    plots: plots.map(({ spec }) => spec),
  };
}

function waitingView({ problems }: RunSeen, { directory }: ViewOptions): LiveView {
  const words = `Waiting for a run to begin in ${directory}`;
  return {
    title: "Waiting for a run",
    layout:
      html`<div data-part="alerts"></div><div class="card"><p>This page fills by itself as soon as the workers of a run have written their first files.</p></div>`
        .html,
    parts: { head: head(words, []).html, alerts: problemList(problems).html },
    plots: [],
  };
}

function layoutOf(fleet: LivePlot, load: LivePlot, storms: readonly MergedStorm[], all: number): Html {
  const place = (id: string, figure: Html): Html =>
    html`${figure}<p class="note" data-part="caption-${id}"></p>`;
  const card = ({ spec, html: figure }: LivePlot): Html =>
    html`<div class="card">${place(spec.id, figure)}</div>`;
  const stormCard = (storm: MergedStorm): Html => {
    const { id, html: figure } = recoveryPlace(storm);
    return html`<article class="card" aria-labelledby="storm-${storm.index}"><div data-part="storm-${storm.index}"></div><div hidden>${place(id, figure)}</div></article>`;
  };
  return html`<div data-part="alerts"></div>
<section aria-labelledby="fleet"><h2 id="fleet">The fleet</h2>
<div class="card" data-part="figures"></div>
<div class="pair">${card(fleet)}${card(load)}</div></section>
<section aria-labelledby="storms"><h2 id="storms">Storms</h2>
${all > storms.length ? html`<p class="lead">${count(storms.length)} of ${count(all)}, those that are nearest.</p>` : NOTHING}
${all === 0 ? html`<p>The script has no storm.</p>` : NOTHING}
${storms.map(stormCard)}</section>
<section aria-labelledby="errors"><h2 id="errors">Errors by reason</h2><div class="card" data-part="errors"></div></section>
<section aria-labelledby="generator"><h2 id="generator">Generator</h2>
<div class="card"><div data-part="generator"></div><div data-part="workers"></div></div></section>`;
}

/** The last of those that began, and those that come next. */
function nearest(storms: readonly MergedStorm[], nowMs: number): readonly MergedStorm[] {
  if (storms.length <= MOST_STORMS) return storms;
  const next = storms.findIndex(({ atMs, startedAtMs }) => startedAtMs === null && atMs > nowMs);
  const end = Math.min(storms.length, (next === -1 ? storms.length : next) + MOST_STORMS / 4);
  return storms.slice(Math.max(0, end - MOST_STORMS), end);
}

// ---- head -----------------------------------------------------------------------------------------------------------

function head(words: string, facts: readonly (readonly [string, Html | string])[]): Html {
  return html`<h1>${words}</h1>
${facts.length === 0 ? NOTHING : html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`}`;
}

function headPart(seen: RunSeen, run: MergedRun, phase: Phase, options: ViewOptions): Html {
  const { summary } = seen;
  const devices = sum([...run.cohorts.values()].map((cohort) => cohort.devices));
  const reports = seen.workers.filter((worker) => !isSilent(worker)).length;
  const facts: (readonly [string, Html | string])[] = [
    ["Run", run.testRunId],
    ["Target", run.target],
    ["Fleet", `${counted(devices, "device")} in ${counted(run.cohorts.size, "cohort")}`],
    [
      "Workers",
      phase.kind === "running"
        ? `${count(reports)} of ${count(seen.workers.length)} report`
        : count(seen.workers.length),
    ],
    ["Files", options.directory],
  ];
  const link = html`<a href="report">all of it: percentiles, service times, script</a>`;
  return head(headWords(run, phase, summary), options.hasReport ? [...facts, ["Report", link]] : facts);
}

function headWords(run: MergedRun, phase: Phase, summary: Summary | null): string {
  if (phase.kind === "silent") return `No word from this run for ${seconds(phase.forMs)}`;
  if (phase.kind === "ended") {
    if (summary !== null) return headline(summary);
    return phase.isInterrupted ? "The run was interrupted" : "The run has ended";
  }
  const open = run.storms.filter((storm) => stormState(storm, phase) === "open");
  if (open.length > 0)
    return `${open.map(({ index }) => `Storm ${index}`).join(" and ")} ${open.length > 1 ? "are" : "is"} under way`;
  const isBefore = run.storms.some(({ startedAtMs }) => startedAtMs !== null);
  return isBefore ? "The run goes on: no storm is open" : "The run goes on: no storm has come yet";
}

function titleOf({ workers }: RunSeen, run: MergedRun, phase: Phase): string {
  const online = sum(workers.map((worker) => worker.online));
  if (phase.kind === "silent") return `silent · ${run.testRunId}`;
  return `${phase.kind === "ended" ? "ended" : `${count(online)} online`} · mass reconnect ${run.testRunId}`;
}

function alertsPart({ problems, workers }: RunSeen, run: MergedRun, phase: Phase): Html {
  const silent = workers.filter(isSilent);
  const who = silent.slice(0, 5).map(({ id }) => `worker ${id}`);
  const more = silent.length > who.length ? ` and ${count(silent.length - who.length)} more` : "";
  const said: (readonly [string, Html])[] = [];
  if (phase.kind === "silent")
    said.push([
      "bad",
      html`<strong>Silent for ${seconds(phase.forMs)}.</strong> Workers write every 2 s: this run was killed, or it hangs. What stands here is its last word. <code>mqtt-results report</code> with its directory judges what there is.`,
    ]);
  else if (silent.length > 0) {
    const why =
      silent.length === 1
        ? "It was killed, or hangs; its devices are not counted while it stays so."
        : "They were killed, or hang; their devices are not counted while they stay so.";
    said.push([
      "bad",
      html`<strong>${capital(who.join(", "))}${more} silent for ${seconds(silent[0]?.silentMs ?? 0)}.</strong> ${why}`,
    ]);
  }
  if (run.tls.insecure)
    said.push(["bad", html`<strong>Insecure TLS.</strong> The broker's certificate is not verified.`]);
  if (run.http.insecure)
    said.push([
      "bad",
      html`<strong>Insecure HTTPS.</strong> The certificate of the server that <code>http</code> steps ask is not verified.`,
    ]);
  return html`${said.map(([tone, words]) => html`<div class="alert ${tone}"><p>${words}</p></div>`)}${problemList(problems)}`;
}

function problemList(problems: readonly string[]): Html {
  if (problems.length === 0) return NOTHING;
  return html`<div class="alert"><ul>${problems.map((problem) => html`<li>${problem}</li>`)}</ul></div>`;
}

// ---- now ------------------------------------------------------------------------------------------------------------

function figuresPart({ fleet }: RunSeen, run: MergedRun, rates: readonly LiveRates[]): Html {
  const devices = sum([...run.cohorts.values()].map((cohort) => cohort.devices));
  const { online = 0, ready = 0 } = fleet.at(-1) ?? {};
  const rate = rates.at(-1);
  const perS = (value: number | undefined): Html => html`${count(value ?? 0)} <small>per s</small>`;
  const figures: [string, string, Html][] = [
    ["online", "devices online", html`${count(online)} <small>of ${count(devices)}</small>`],
    ["ready", "devices ready", html`${count(ready)} <small>of ${count(devices)}</small>`],
    ["attempts", "connect attempts", perS(rate?.connectAttemptsPerS)],
    ["requests", "config requests", perS(rate?.configRequestsPerS)],
    ["goodput", "became ready (goodput)", perS(rate?.readyPerS)],
  ];
  return html`<dl class="figures">${figures.map(([id, name, value]) => html`<div><dt>${name}</dt><dd id="figure-${id}">${value}</dd></div>`)}</dl>`;
}

// ---- storms ---------------------------------------------------------------------------------------------------------

function stormPart(
  storm: MergedStorm,
  { summary }: RunSeen,
  phase: Phase,
  knownMs: number,
  { target }: ViewOptions,
): Html {
  const judged =
    phase.kind === "ended" ? summary?.storms.find(({ index }) => index === storm.index) : undefined;
  const heading = html`<h3 id="storm-${storm.index}">Storm ${storm.index}: ${capital(stormWords(named(storm)))}</h3>`;
  if (judged !== undefined && summary !== null)
    return html`<div class="storm-head">${badge(judged, summary.forecast !== null)}${heading}</div>
<p class="sentence">${verdictSentence(judged, summary.recoveryTarget)}</p><p class="note">Why: ${judged.verdictReason}.</p>${gateWords(judged, summary)}`;
  const state = stormState(storm, phase);
  const tone = state === "open" ? "fair" : "none";
  return html`<div class="storm-head"><span class="badge ${tone}">${capital(state)}</span>${heading}</div>
<p class="sentence">${stateSentence(storm, state, knownMs - storm.atMs, target)}</p>`;
}

function named(storm: MergedStorm): Parameters<typeof stormWords>[0] {
  const { name, cause, fraction, region, onlyCohorts, overMs, outage } = storm;
  return {
    name: name ?? null,
    cause,
    fraction,
    region: region ?? null,
    onlyCohorts: onlyCohorts ?? null,
    overMs: overMs ?? null,
    outage: outage ?? null,
  };
}

function stateSentence(
  storm: MergedStorm,
  state: ReturnType<typeof stormState>,
  sinceMs: number,
  target: number,
): string {
  if (state === "did not happen") return "This storm did not happen.";
  if (state === "to come") {
    if (storm.cause === "external") return "It begins when enough connections are lost from outside.";
    return `It comes at ${duration(storm.atMs)}${sinceMs < 0 ? `, in ${seconds(-sinceMs)}` : ""}.`;
  }
  const cohorts = [...storm.cohorts.values()];
  const due = sum(cohorts.map(devicesDue));
  const ready = sum(cohorts.map(({ readyAtEnd }) => readyAtEnd));
  const share = due > 0 ? ` (${percentReached(ready / due)}; the target is ${percent(target)})` : "";
  const again = `${count(ready)} of the ${count(due)} affected devices are ready${share}`;
  const window = duration(storm.windowMs);
  const were = again.replace(" are ", " were ");
  if (state === "over" && storm.closed)
    return `${were} when the window of ${window} ended. It is judged when the run ends.`;
  if (state === "over") return `${were} at the last word of it, before the window of ${window} was over.`;
  return `${again}, ${seconds(Math.max(0, sinceMs))} of the window of ${window} are over.`;
}

function gateWords({ index }: StormSummary, { gateChecks }: Summary): Html {
  const own = gateChecks.filter(({ storm }) => storm === index);
  if (own.length === 0) return NOTHING;
  const failed = own.flatMap(({ message }) => message ?? []);
  if (failed.length === 0) return html`<p class="note">Gate: ${counted(own.length, "condition")} held.</p>`;
  return html`<div class="alert bad"><ul>${failed.map((message) => html`<li>Gate failed: ${message}</li>`)}</ul></div>`;
}

// ---- errors, generator, workers -------------------------------------------------------------------------------------

function errorsPart(
  run: MergedRun,
  errors: ReadonlyMap<string, number>,
  { recentErrors }: ViewOptions,
): Html {
  const total = (name: "connectAttempts" | "connectsRefused" | "configTimeouts"): number =>
    sum([...run.counters.values()].map((counters) => counters[name]));
  const words = `Of ${counted(total("connectAttempts"), "connect attempt")} ${count(total("connectsRefused"))} were refused; ${counted(total("configTimeouts"), "config request")} timed out.`;
  if (errors.size === 0) return html`<p>No try failed so far. ${words}</p>`;
  const rows = [...errors].sort(([, a], [, b]) => b - a).slice(0, 50);
  return html`<p>${words}</p>${table({
    caption: "Failed tries, each counted where it failed",
    wide: true,
    words: [3],
    header: ["Reason", "Count", "In the last 10 s", "What it means"],
    rows: rows.map(([name, n]) => ({
      head: html`<code>${name}</code>`,
      cells: [
        cell(count(n)),
        cell(count(recentErrors.get(name) ?? 0)),
        html`<td class="words meaning">${errorWords(name)}</td>`,
      ],
    })),
  })}`;
}

function generatorPart(run: MergedRun, errors: ReadonlyMap<string, number>): Html {
  const refusedHere = sum(REFUSED_HERE.map((name) => errors.get(name) ?? 0));
  const health = generatorSummary({ workers: run.generators, reportedMs: [], refusedHere });
  if (health === null) return html`<p>The generator did not watch itself.</p>`;
  const { eventLoopDelayMs, cpuShare } = health;
  const figures = `event loop late by ${duration(eventLoopDelayMs.p99)} at p99, ${duration(eventLoopDelayMs.max)} at most; ${percent(cpuShare)} of a core at most`;
  if (!health.saturated)
    return html`<p><span class="badge good"><span aria-hidden="true">✓</span> Keeps up</span> In its worst worker: ${figures}.</p>`;
  return html`<p><span class="badge fair"><span aria-hidden="true">!</span> Saturated</span> ${capital(health.reasons.join("; "))}.</p><p class="note">In its worst worker: ${figures}. Times are at least partly its own.</p>`;
}

function workersPart({ workers }: RunSeen): Html {
  const sorted = [...workers].sort((a, b) => Number(isSilent(b)) - Number(isSilent(a)));
  const shown = sorted.slice(0, MOST_WORKERS);
  const several = new Set(workers.map(({ record }) => record.containerName)).size > 1;
  const more = workers.length - shown.length;
  return html`${table({
    caption: "What each worker has, as of its last flush",
    wide: true,
    words: several ? [1, 2] : [1],
    header: [
      "Worker",
      ...(several ? ["Container"] : []),
      "State",
      "Devices",
      "Online",
      "Ready",
      "Connects accepted",
      "Late at p99",
      "CPU",
    ],
    rows: shown.map((worker) => ({
      head: worker.id,
      cells: [
        ...(several ? [wordCell(containerName(worker.record.containerName))] : []),
        wordCell(stateWords(worker)),
        ...workerFigures(worker).map((text) => cell(text)),
      ],
    })),
  })}${more > 0 ? html`<p class="note">and ${count(more)} more</p>` : NOTHING}`;
}

function workerFigures({ record, online, ready }: WorkerSeen): string[] {
  const { generator } = record;
  return [
    count(sum(Object.values(record.cohorts).map(({ devices }) => devices))),
    count(online),
    count(ready),
    count(sum(Object.values(record.counters).map(({ connectsAccepted }) => connectsAccepted))),
    generator === null ? "–" : duration(generator.eventLoopDelayMs.p99),
    generator === null ? "–" : percent(generator.cpuShare),
  ];
}

function stateWords(worker: WorkerSeen): Html {
  const { state } = worker.record;
  if (isSilent(worker)) return html`<span class="unreached">silent for ${seconds(worker.silentMs)}</span>`;
  return html`${state === "running" ? "reports" : printable(state)}`;
}

/** Whole seconds: it is read while it changes. */
function seconds(ms: number): string {
  return `${count(Math.round(ms / 1000))} s`;
}
