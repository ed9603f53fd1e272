import type { CohortServiceTime } from "../judge/curves.ts";
import { FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import { doubtWords } from "../judge/generator.ts";
import { count, duration, percent } from "../judge/number-words.ts";
import { boundsSentence, boundWords, sampleSentence } from "../judge/sampling.ts";
import { stoppedWords } from "../judge/stopped-words.ts";
import type { LatencyName, LatencySummary, Summary } from "../judge/summary-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { cell, table, textCell, wordCell } from "./table.ts";
import { ALL_COHORTS, errorWords, METRIC_WORDS } from "./words.ts";

/** Service times of the whole fleet, and of each cohort if there are several. */
export function serviceTimesTable(summary: Summary, serviceTimes: readonly CohortServiceTime[]): Html {
  const several = Object.keys(summary.fleet.cohorts).length > 1;
  const row = (name: string, times: LatencySummary): { head: string; cells: Html[] } => ({
    head: name,
    cells: [
      cell(count(times.count)),
      ...(["p50", "p90", "p99", "p999", "max"] as const).map((name) => {
        const mark = (times.doubtful as readonly string[]).includes(name) ? "*" : "";
        return cell(times[name] === null ? "–" : `${duration(times[name])}${mark}`);
      }),
    ],
  });
  const rows = (Object.keys(METRIC_WORDS) as LatencyName[]).flatMap((metric) => {
    const fleet = summary.latencyMs[metric];
    if (fleet.count === 0) return [];
    if (!several) return [row(METRIC_WORDS[metric], fleet)];
    const cohorts = serviceTimes.filter((one) => one.metric === metric);
    return [
      row(`${METRIC_WORDS[metric]}, ${ALL_COHORTS}`, fleet),
      ...cohorts.map((one) => row(`${METRIC_WORDS[metric]}, ${one.cohort}`, one.latency)),
    ];
  });
  if (rows.length === 0) return NOTHING;
  const isDoubtful = Object.values(summary.latencyMs).some(({ doubtful }) => doubtful.length > 0);
  const note =
    isDoubtful && summary.generator !== null
      ? html`<p class="note">${doubtWords(summary.generator)}.</p>`
      : NOTHING;
  return html`<div class="card"><h3>Service times of what succeeded</h3>
${table({ caption: "One operation alone, over the whole run", wide: true, stacked: true, header: ["Operation", "Count", "50 %", "90 %", "99 %", "99.9 %", "Highest"], rows })}${note}</div>`;
}

export function errorSection(summary: Summary): Html {
  const cohorts = Object.keys(summary.fleet.cohorts);
  const several = cohorts.length > 1;
  // Names are user text, so they stand in Maps; each is made once, not for every cell.
  const byCohort = new Map(Object.entries(summary.errorsByCohort));
  const errorsOf = cohorts.map((cohort) => new Map(Object.entries(byCohort.get(cohort) ?? {})));
  const rows = Object.entries(summary.errors).map(([name, n]) => ({
    head: html`<code>${name}</code>`,
    cells: [
      cell(count(n)),
      ...(several ? errorsOf.map((errors) => cell(count(errors.get(name) ?? 0))) : []),
      html`<td class="words meaning">${errorWords(name)}</td>`,
    ],
  }));
  const errors =
    rows.length === 0
      ? html`<p>No try failed.</p>`
      : table({
          caption: "Failed tries, each counted where it failed",
          wide: true,
          stacked: true,
          words: [several ? cohorts.length + 2 : 2],
          header: ["Reason", several ? ALL_COHORTS : "Count", ...(several ? cohorts : []), "What it means"],
          rows,
        });
  return html`<section aria-labelledby="errors"><h2 id="errors">Errors by reason</h2>
<div class="card">${errors}${stoppedTable(summary)}${totalsTable(summary)}</div></section>`;
}

/** Who tries no more, and why. */
function stoppedTable(summary: Summary): Html {
  const rows = stoppedWords(summary);
  if (rows.length === 0) return NOTHING;
  return table({
    caption: "Devices that do not try any more, by what made them stop",
    words: [1],
    header: ["What", "Cohort", "Devices"],
    rows: rows.map(([what = "", cohort = "", n = ""]) => ({
      head: what,
      cells: [wordCell(cohort), cell(n)],
    })),
  });
}

function totalsTable({ totals, disconnects }: Summary): Html {
  const rows: [string, number][] = [
    ["Connects attempted", totals.connectAttempts],
    ["accepted", totals.connectsAccepted],
    ["refused", totals.connectsRefused],
    ["of these by an overloaded server", totals.connectsOverload],
    ["sent to another server", totals.connectsRedirected],
    ["Config requests sent", totals.configRequests],
    ["answered", totals.configResponses],
    ["rejected", totals.configRejected],
    ["timed out", totals.configTimeouts],
    ["answered late", totals.lateResponses],
    ...(totals.authRequests === 0
      ? []
      : ([
          ["Credentials asked for (beforeConnect)", totals.authRequests],
          ["brought", totals.authResponses],
          ["failed", totals.authFailures],
        ] satisfies [string, number][])),
    ["asked again as late as the server said", totals.configPostponed],
    ["Devices that stopped because of a server's reason", totals.devicesStopped],
    ["that gave up", totals.devicesGaveUp],
    ["Reboots of devices", totals.devicesRebooted],
    ...Object.entries(disconnects).map(([cause, n]): [string, number] => [`Disconnects: ${cause}`, n]),
  ];
  return html`<details><summary>Totals of the run</summary>${table({
    caption: "Totals of the whole run, before, during and after the storms",
    header: ["What", "Count"],
    rows: rows.map(([name, n]) => ({ head: name, cells: [cell(count(n))] })),
  })}</details>`;
}

const REGION_COLUMNS: readonly { header: string; counter: keyof Summary["regions"][string] }[] = [
  { header: "Home devices", counter: "homeDevices" },
  { header: "Connects", counter: "connectsAccepted" },
  { header: "Failed over to it", counter: "failovers" },
  { header: "Config requests", counter: "configRequests" },
  { header: "Answered", counter: "configResponses" },
];

/** What each region had to bear, in the whole run and in each storm's window. */
export function regionSection({ regions, storms }: Summary): Html {
  if (Object.keys(regions).length === 0) return NOTHING;
  const spans = [
    { span: "whole run", regions },
    ...storms.map((storm) => ({ span: `storm ${storm.index}`, regions: storm.regions })),
  ];
  const rows = spans.flatMap(({ span, regions: of }) =>
    Object.entries(of).map(([name, region]) => ({
      head: `${name}, ${span}`,
      cells: REGION_COLUMNS.map(({ counter }) => cell(count(region[counter]))),
    })),
  );
  return html`<section aria-labelledby="regions"><h2 id="regions">Regions</h2>
<p class="lead">Counted for the region that a device was connected to, wherever it is at home; in a storm, of all devices and inside its window.</p>
<div class="card">${table({
    caption: "Load of each region",
    wide: true,
    stacked: true,
    header: ["Region", ...REGION_COLUMNS.map(({ header }) => header)],
    rows,
  })}</div></section>`;
}

/** A forecast has assumptions where a run has a generator. */
export function generatorSection(summary: Summary): Html {
  if (summary.forecast !== null) return assumptionSection(summary.forecast);
  const reasons = summary.generator?.reasons ?? [];
  const watched = [
    { name: "Whole run", health: summary.generator },
    ...summary.storms.map((storm) => ({ name: `Storm ${storm.index}`, health: storm.generator })),
  ];
  return html`<section aria-labelledby="generator"><h2 id="generator">Generator health</h2>
<p class="lead">The load generator watches itself. Where it was the bottleneck, what it measured is at least partly its own delay. Numbers are of the worst worker; in a storm they are of the time from the end of the cut until the last device that came back did, or of the whole window where none did.</p>
<div class="card">${table({
    caption: "Load generator",
    stacked: true,
    words: [1],
    header: [
      "Time",
      "State",
      "Event-loop delay, 50 %",
      "99 %",
      "highest",
      "CPU, share of one core",
      "waited for a processor",
    ],
    rows: watched.map(({ name, health }) => ({
      head: name,
      cells:
        health === null
          ? [html`<td colspan="6">not watched</td>`]
          : [
              wordCell(
                health.saturated
                  ? html`<span class="badge fair">! Saturated</span>`
                  : html`<span class="badge good">✓ OK</span>`,
              ),
              cell(duration(health.eventLoopDelayMs.p50)),
              cell(duration(health.eventLoopDelayMs.p99)),
              cell(duration(health.eventLoopDelayMs.max)),
              cell(percent(health.cpuShare)),
              cell(health.cpuWaitMs === null ? "–" : duration(health.cpuWaitMs)),
            ],
    })),
  })}${reasons.length === 0 ? NOTHING : html`<ul>${reasons.map((reason) => html`<li>${reason}</li>`)}</ul>`}</div></section>`;
}

function assumptionSection({ assumptions, sample }: NonNullable<Summary["forecast"]>): Html {
  return html`<section aria-labelledby="generator"><h2 id="generator">Assumptions of the forecast</h2>
<p class="lead">${FORECAST_SENTENCE} There is no load generator whose health could be told.</p>
${sample === null ? NOTHING : samplingCard(sample)}<div class="card">${table({
    caption: "What the forecast rests on",
    wide: true,
    stacked: true,
    words: [1, 2],
    header: ["Assumption", "Value", "From"],
    rows: assumptions.map((one) => ({
      head: one.name,
      cells: [textCell(one.value), textCell(sourceWords(one))],
    })),
  })}</div></section>`;
}

function samplingCard(sample: NonNullable<NonNullable<Summary["forecast"]>["sample"]>): Html {
  return html`<p class="lead">${sampleSentence(sample)}</p>
<div class="card">${table({
    caption: `Sampling error: ${boundsSentence(sample)}`,
    header: ["Figure", "from", "to"],
    rows: sample.errors.map((error) => ({
      head: `storm ${error.storm}, ${error.figure}`,
      cells: boundWords(error).map(cell),
    })),
  })}</div>
`;
}
