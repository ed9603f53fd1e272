import { accuracyOf } from "../judge/accuracy.ts";
import type { Curves } from "../judge/curves.ts";
import type { Difference } from "../judge/differences.ts";
import { FORECAST, FORECAST_SENTENCE } from "../judge/forecast-words.ts";
import { count, duration, percentReached } from "../judge/number-words.ts";
import { besideMeasured } from "../judge/recovery-by-cohort.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { accuracySection } from "./accuracy.ts";
import { clientSection } from "./clients.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { messageSection } from "./messages.ts";
import { overviewSection } from "./overview.ts";
import { plotsOf } from "./plots.ts";
import { errorSection, generatorSection, regionSection, serviceTimesTable } from "./run-tables.ts";
import { renderShell } from "./shell.ts";
import { verdictSection } from "./verdicts.ts";
import { headline } from "./words.ts";

/** All that `report.html` shows. */
export interface ReportData {
  summary: Summary;
  curves: Curves;
  /** The script that was run, secrets masked; null where it is not known. */
  script: string | null;
  /** The run that a forecast is held against. */
  measured?: { summary: Summary; curves: Curves; differences: Difference[] } | null | undefined;
}

/** `report.html`: one file that needs nothing else. Nothing is computed here. */
export function renderReport({ summary, curves: own, script: ran, measured }: ReportData): string {
  const curves =
    measured == null ? own : { ...own, recovery: besideMeasured(own.recovery, measured.curves.recovery) };
  const plots = plotsOf(summary, curves);
  return renderShell({
    title: `${headline(summary)} · mass reconnect ${summary.testRunId}`,
    header: html`<p class="kicker">Mass reconnect ${summary.forecast === null ? "report" : "forecast"}</p>
<h1>${headline(summary)}</h1>
${runFacts(summary)}
${alerts(summary)}
<nav aria-label="Parts of the report"><ul>${partsOf(summary).map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`,
    main: html`${overviewSection(summary, own.recovery)}
${plots.recovery}
${verdictSection(summary)}
${measured == null ? NOTHING : accuracySection(accuracyOf(measured.summary, summary), measured.summary, measured.differences)}
${plots.load}
${messageSection(summary, plots.messages)}
${plots.percentiles}
${serviceTimesTable(summary, curves.serviceTimes)}
${errorSection(summary)}
${clientSection(summary)}
${regionSection(summary)}
${generatorSection(summary)}
${scriptSection(ran)}
${glossary(summary)}`,
    footer: html`Run <code>${summary.testRunId}</code>. The numbers of this page are those of <code>summary.json</code>, <code>percentiles.csv</code> and <code>timeline.csv</code> beside it.`,
    plots: plots.specs,
  });
}

const PARTS = [
  ["overview", "At a glance"],
  ["recovery", "Recovery"],
  ["verdicts", "Verdicts"],
  ["load", "Load and goodput"],
  ["messages", "Messages"],
  ["percentiles", "Percentiles"],
  ["errors", "Errors"],
  ["generator", "Generator"],
  ["script", "Script"],
  ["glossary", "Words"],
] as const;

function partsOf({ forecast, messages }: Summary): readonly (readonly [string, string])[] {
  const parts = PARTS.filter(([id]) => id !== "messages" || messages !== null);
  if (forecast === null) return parts;
  return parts.map(([id, name]) => [id, id === "generator" ? "Assumptions" : name]);
}

function runFacts(summary: Summary): Html {
  const { devices, everOnline, cohorts } = summary.fleet;
  const names = Object.entries(cohorts).map(([name, n]) => `${name} (${count(n)})`);
  const facts: [string, string][] = [
    ["Target", summary.target],
    ["Fleet", `${count(devices)} devices, ${count(everOnline)} were online`],
    [names.length === 1 ? "Cohort" : "Cohorts", names.join(", ")],
    ...(summary.forecast === null
      ? [["Started", `${summary.startedAt.slice(0, 19).replace("T", " ")} UTC`] as [string, string]]
      : []),
    [
      summary.forecast === null ? "Took" : "Would take",
      duration(Date.parse(summary.endedAt) - Date.parse(summary.startedAt)),
    ],
    ["Workers", count(summary.workers)],
  ];
  return html`<dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function alerts(summary: Summary): Html {
  const incomplete = html`<div class="alert bad"><p><strong>Incomplete run.</strong> What is missing:</p><ul>${summary.missing.map((one) => html`<li>${one}</li>`)}</ul></div>`;
  const exit = html`<div class="alert bad"><p><strong>Exit ${summary.exit.code}:</strong> ${summary.exit.sentence}</p></div>`;
  const saturated = html`<div class="alert"><p><strong>Generator saturated.</strong> The load generator itself was a bottleneck in part of this run; see <a href="#generator">generator health</a> before trusting its times.</p></div>`;
  const insecure = html`<div class="alert bad"><p><strong>Insecure TLS.</strong> The broker's certificate was not verified: <code>tls.insecure</code> of the script, or <code>-k</code>.</p></div>`;
  const insecureHttp = html`<div class="alert bad"><p><strong>Insecure HTTPS.</strong> The certificate of the server that <code>http</code> steps ask was not verified: <code>http.insecure</code> of the script, or <code>-k</code>.</p></div>`;
  const warnings = html`<div class="alert"><ul>${summary.warnings.map((one) => html`<li>${one}</li>`)}</ul></div>`;
  const forecast = html`<div class="alert"><p><strong>${FORECAST}.</strong> ${FORECAST_SENTENCE} See its <a href="#generator">assumptions</a>.</p></div>`;
  return html`${summary.forecast === null ? NOTHING : forecast}${summary.warnings.length === 0 ? NOTHING : warnings}${summary.tls.insecure ? insecure : NOTHING}${summary.http.insecure ? insecureHttp : NOTHING}${summary.complete ? NOTHING : incomplete}${summary.exit.code === 0 || summary.gate.length > 0 ? NOTHING : exit}${summary.generator?.saturated ? saturated : NOTHING}`;
}

function scriptSection(script: string | null): Html {
  const text =
    script === null
      ? html`<p>The script is not known: this report was made from the run's files alone.</p>`
      : html`<details class="prints"><summary>Show the script</summary><pre tabindex="0" role="region" aria-label="Script"><code>${script}</code></pre></details>`;
  return html`<section aria-labelledby="script"><h2 id="script">The script that was run</h2>
<p class="lead">Secrets are masked.</p>${text}</section>`;
}

function glossary({ recoveryTarget }: Summary): Html {
  const target = percentReached(recoveryTarget);
  const entries: [string, string][] = [
    ["storm", "one synchronised disconnect of a part of the fleet, and what follows until its window ends"],
    ["affected", "the devices that a storm disconnected"],
    ["cohort", "the devices of one scenario of the script"],
    ["ready", "connected, and the work that follows a connection is done"],
    ["ready time", "from the loss of the connection until ready again, failed tries included"],
    ["goodput", "devices that became ready per second"],
    [
      "storm factor",
      "lost connections by the most connects per second seen before the first storm: how long they alone would keep the system busy, at most",
    ],
    [
      "recovered",
      `at least ${target} of the affected devices came back, and as much of the fleet was ready when the window ended`,
    ],
    ["relapsed", "that was reached, and lost again"],
    ["recovering", "not reached, but devices still came back when the window ended: it is too short"],
    [
      "stalled",
      "nobody came back any more, under less load than the target is known to sustain: something is broken",
    ],
    [
      "metastable",
      "nobody came back any more, and those who were out offered at least what the target is known to sustain: the load itself keeps them out",
    ],
    [
      "not reached",
      "not enough devices came back for this percentile; it is never a number over the survivors",
    ],
  ];
  return html`<section aria-labelledby="glossary"><h2 id="glossary">Words</h2>
<dl class="words-list">${entries.map(([word, meaning]) => html`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl></section>`;
}
