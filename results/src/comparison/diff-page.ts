import type { ComparedTime } from "../judge/chance.ts";
import { FORECAST } from "../judge/forecast-words.ts";
import { count, counted, duration, ratio } from "../judge/number-words.ts";
import type { StormFields, Summary } from "../judge/summary-schema.ts";
import { badge } from "../report/badge.ts";
import type { Figure } from "../report/figure.ts";
import { type Html, html, NOTHING } from "../report/html.ts";
import { renderShell } from "../report/shell.ts";
import { cell, table } from "../report/table.ts";
import { METRIC_WORDS, stormHeadline } from "../report/words.ts";
import type { StormDiff } from "./diff.ts";
import { loadFigures, recoveryFigure } from "./diff-plots.ts";
import { diffValue } from "./diff-value.ts";
import { DIFFERENCE_WORDS, diffHeadline, stormSentence, wholeFleets } from "./diff-words.ts";
import { slowerSentence, slowerVerdict } from "./slower-words.ts";
import { COMPARISON_STYLE } from "./style.ts";
import type { OverlaidStorm, TwoRuns } from "./two-runs.ts";

/** `diff.html`: two runs overlaid, in one file that needs nothing else. Nothing is computed here. */
export function renderDiff(two: TwoRuns): string {
  const { diff, a, b, storms } = two;
  const title = diffHeadline(two);
  const figures = new Map<OverlaidStorm, Figure>();
  for (const storm of storms) {
    const own = recoveryFigure(storm, b.summary.recoveryTarget);
    if (own !== null) figures.set(storm, own);
  }
  const load = loadFigures(two);
  return renderShell({
    title: `${title} · ${diff.a.testRunId} and ${diff.b.testRunId}`,
    header: html`<p class="kicker">Mass reconnect: B against A</p>
<h1>${title}</h1>
${runTable(a.summary, b.summary)}
${diff.warnings.length === 0 ? NOTHING : html`<div class="alert"><ul>${diff.warnings.map((one) => html`<li>${one}</li>`)}</ul></div>`}
${slowerAlert(two)}
<nav aria-label="Parts of the page"><ul>${PARTS.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>`,
    main: html`<section aria-labelledby="storms"><h2 id="storms">Storms</h2>
<p class="lead">Times are from each device's loss of its connection until it is ready again, over all devices that were affected. <em>Within chance</em>: which devices happen to be slow makes two equal runs differ as much (95 of 100 times). What else differs from one run to the next is not in it: run each twice to know.</p>
${wholeFleets(storms).map((storm) => stormPart(storm, storms, figures, two))}</section>
${changeSection(two)}
<section aria-labelledby="load"><h2 id="load">Offered load and goodput</h2>
<p class="lead">Means over one second, of the whole fleet. Connect attempts and config requests are what the devices ask of the system (offered load); devices that become ready are what comes of it (goodput). Storm windows are shaded.</p>
${load.length === 0 ? html`<p>One of the runs has no timeline.</p>` : load.map((one) => one.html)}</section>
${serviceSection(two)}`,
    footer: html`Runs <code>${diff.a.testRunId}</code> (A) and <code>${diff.b.testRunId}</code> (B). <code>mqtt-results diff A B --json</code> has the numbers.`,
    style: COMPARISON_STYLE,
    plots: [...figures.values(), ...load].map(({ spec }) => spec),
  });
}

const PARTS = [
  ["storms", "Storms"],
  ["changes", "What changed"],
  ["load", "Load and goodput"],
  ["service", "Service times"],
] as const;

function runTable(a: Summary, b: Summary): Html {
  const rows: [string, (run: Summary) => Html | string][] = [
    ["Run", ({ testRunId, forecast }) => (forecast === null ? testRunId : `${FORECAST} ${testRunId}`)],
    [
      "Started",
      ({ startedAt, forecast }) =>
        forecast === null ? `${startedAt.slice(0, 16).replace("T", " ")} UTC` : "–",
    ],
    ["Fleet", ({ fleet }) => counted(fleet.devices, "device")],
    ["Target", ({ target }) => target],
    ["Gate", gateWords],
    ["Generator", generatorWords],
  ];
  return html`<div class="card">${table({
    caption: "The two runs",
    wide: true,
    words: [1, 2],
    header: ["", "A", "B"],
    rows: rows.map(([head, words]) => ({
      head,
      cells: [a, b].map((run) => html`<td class="words wraps half">${words(run)}</td>`),
    })),
  })}</div>`;
}

function gateWords({ gate, gateChecks }: Summary): Html {
  const [first, ...others] = gate;
  if (first === undefined) {
    return gateChecks.length === 0
      ? html`none`
      : html`passed: ${counted(gateChecks.length, "condition")} held`;
  }
  const more = others.length === 0 ? "" : `, and ${count(others.length)} more`;
  return html`<strong>failed</strong>: ${first.message}${more}`;
}

function generatorWords({ complete, missing, generator, forecast }: Summary): string {
  if (!complete) return `incomplete: ${missing[0] ?? "something is missing"}`;
  if (forecast !== null) return "none: a forecast";
  if (generator === null) return "not watched";
  return generator.saturated ? "saturated: times are partly its own" : "kept up";
}

function slowerAlert({ diff: { slower } }: TwoRuns): Html {
  if (slower === null) return NOTHING;
  const lines = [
    ...slower.checks.filter(({ outcome }) => outcome === "slower").map(slowerSentence),
    ...slower.notCompared.map((why) => `not compared: ${why}`),
    ...slower.onlyInB.map((what) => `not compared: ${what}, nothing to hold it against`),
  ];
  const tone = slower.exit.code === 0 ? "good" : "bad";
  const list = (some: readonly string[]): Html =>
    some.length === 0 ? NOTHING : html`<ul>${some.map((line) => html`<li>${line}</li>`)}</ul>`;
  const rest = lines.slice(MOST_LINES);
  return html`<div class="alert ${tone}"><p><strong>${slowerVerdict(slower)}</strong></p>${list(lines.slice(0, MOST_LINES))}${rest.length === 0 ? NOTHING : html`<details class="prints"><summary>${counted(rest.length, "more line")}</summary>${list(rest)}</details>`}</div>`;
}

/** So many lines of `--fail-slower` are shown at once. */
const MOST_LINES = 4;

function stormPart(
  storm: OverlaidStorm,
  all: readonly OverlaidStorm[],
  figures: ReadonlyMap<OverlaidStorm, Figure>,
  two: TwoRuns,
): Html {
  const { diff } = storm;
  const cohorts = all.filter((one) => one.diff.storm === diff.storm && one !== storm);
  const { tone, words } = stormSentence(storm);
  const heading = `storm-${diff.storm}`;
  const known = storm.b ?? storm.a;
  return html`<article class="card storm ${tone}" aria-labelledby="${heading}">
<h3 id="${heading}">Storm ${diff.storm}: ${known === null ? "" : stormHeadline(known)}</h3>
<p class="storm-head">${verdicts(storm, two)}</p>
<p class="sentence">${words}</p>
${diff.what.a !== null && diff.what.b !== null && diff.what.a !== diff.what.b ? html`<p class="note">In A it was another storm: ${diff.what.a}.</p>` : NOTHING}
${limitList(two, diff)}</article>
<div class="pair">${figures.get(storm)?.html ?? NOTHING}<div class="card">${percentileTable(storm.ready, `Ready times after storm ${diff.storm}, ${whose(diff)}`)}${valueTable(diff)}</div></div>
${cohorts.length === 0 ? NOTHING : html`<h3 class="apart">Storm ${diff.storm} by cohort</h3><div class="pair">${cohorts.map((one) => cohortPart(one, figures.get(one), two))}</div>`}`;
}

function cohortPart(storm: OverlaidStorm, own: Figure | undefined, two: TwoRuns): Html {
  const { diff } = storm;
  return html`<div><div class="card"><h4>${diff.cohort ?? ""}</h4><p class="storm-head">${verdicts(storm, two)}</p><p>${stormSentence(storm).words}</p>
<details class="prints"><summary>Percentiles and counts<span class="visually-hidden"> of ${whose(diff)} in storm ${diff.storm}</span></summary>${percentileTable(storm.ready, `Ready times after storm ${diff.storm}, ${whose(diff)}`)}${rowTable(diff)}</details></div>${own?.html ?? NOTHING}</div>`;
}

function whose({ cohort }: StormDiff): string {
  return cohort === null ? "all cohorts" : `cohort ${cohort}`;
}

function verdicts({ a, b }: OverlaidStorm, two: TwoRuns): Html {
  const one = (name: "A" | "B", storm: StormFields | null, { forecast }: Summary): Html => {
    if (storm === null) return html`<span>${name}: has no such storm or cohort</span>`;
    const why = storm.verdictAbsence === null ? "" : ` (${storm.verdictAbsence})`;
    const mark = storm.generatorSaturated
      ? html` <span class="badge fair"><span aria-hidden="true">!</span> Generator saturated</span>`
      : NOTHING;
    return html`<span>${name}: ${badge(storm, forecast !== null)}${why}${mark}</span>`;
  };
  return html`${one("A", a, two.a.summary)} ${one("B", b, two.b.summary)}`;
}

function limitList({ a, b }: TwoRuns, { storm }: StormDiff): Html {
  const words = (name: string, { storms }: Summary): Html => {
    const own = storms.find(({ index }) => index === storm);
    if (own === undefined) return NOTHING;
    if (own.limits.length === 0) return html`<li>${name}: nothing stands out</li>`;
    return html`${own.limits.map(({ evidence }) => html`<li>${name}: ${evidence}</li>`)}`;
  };
  return html`<div class="limits"><h4>What limited it</h4><ul>${[words("A", a.summary), words("B", b.summary)]}</ul></div>`;
}

function percentileTable(times: readonly ComparedTime[], caption: string): Html {
  if (times.length === 0) return NOTHING;
  return table({
    caption,
    header: ["Percentile", "A", "B", "B / A"],
    rows: times.map((one) => ({ head: `${one.percentile} %`, cells: timeCells(one) })),
  });
}

function timeCells({ a, b, difference }: ComparedTime): Html[] {
  const { word, tone } = DIFFERENCE_WORDS[difference];
  const times = a === null || b === null || a === 0 ? NOTHING : html`${ratio(b / a)} `;
  const said =
    tone === "none"
      ? html`<span class="quiet">${word}</span>`
      : html`<span class="badge ${tone}">${word}</span>`;
  return [time(a), time(b), html`<td class="wraps">${times}${said}</td>`];
}

function time(ms: number | null): Html {
  return ms === null ? html`<td><span class="unreached">not reached</span></td>` : cell(duration(ms));
}

function valueTable(diff: StormDiff): Html {
  return html`<details class="prints"><summary>All counts and rates<span class="visually-hidden"> of storm ${diff.storm}</span></summary>${rowTable(diff)}</details>`;
}

function rowTable(diff: StormDiff): Html {
  return table({
    caption: `Storm ${diff.storm}, ${whose(diff)}`,
    header: ["", "A", "B", "B / A"],
    rows: diff.rows.map((row) => ({
      head: row.name,
      cells: [cell(diffValue(row, "a", diff.in)), cell(diffValue(row, "b", diff.in)), cell(ratio(row.ratio))],
    })),
  });
}

function serviceSection({ service }: TwoRuns): Html {
  return html`<section aria-labelledby="service"><h2 id="service">Service times</h2>
<p class="lead">Of single operations that succeeded, over the whole run.</p>
<div class="card">${
    service.length === 0
      ? html`<p>No operation that both runs did.</p>`
      : table({
          caption: "Service times of both runs",
          header: ["Operation", "A", "B", "B / A"],
          rows: service.flatMap(({ metric, times }) =>
            times.map((one) => ({
              head: `${METRIC_WORDS[metric]}, ${one.percentile} %`,
              cells: timeCells(one),
            })),
          ),
        })
  }</div></section>`;
}

function changeSection({ changes, a, b }: TwoRuns): Html {
  return html`<section aria-labelledby="changes"><h2 id="changes">What changed in the script</h2>
<p class="lead">As each run was told, command line applied. Secrets are masked, so that a change of one does not show.</p>
<div class="card">${changeList({ changes, a, b })}
${a.script === null && b.script === null ? NOTHING : html`<details><summary>Both scripts</summary>${scriptText("A", a.script)}${scriptText("B", b.script)}</details>`}</div></section>`;
}

function changeList({ changes, a, b }: Pick<TwoRuns, "changes" | "a" | "b">): Html {
  if (changes === null) {
    const without = [...(a.script === null ? ["A"] : []), ...(b.script === null ? ["B"] : [])];
    return html`<p>Not known: ${without.length === 0 ? "a script cannot be read" : `${without.join(" and ")} left no script.json`}.</p>`;
  }
  if (changes.length === 0) return html`<p>Nothing: both runs had the same script.</p>`;
  return html`<p>${count(changes.length)} ${changes.length === 1 ? "difference" : "differences"}:</p><ul class="changes">${changes.map(
    ({ path, a: was, b: is }) => html`<li><code class="path">${path}</code>
<span class="was"><span class="side">A</span> ${was === null ? html`<em>not there</em>` : html`<code>${was}</code>`}</span>
<span class="is"><span class="side">B</span> ${is === null ? html`<em>not there</em>` : html`<code>${is}</code>`}</span></li>`,
  )}</ul>`;
}

function scriptText(name: string, script: string | null): Html {
  return script === null
    ? NOTHING
    : html`<h4>${name}</h4><pre tabindex="0" role="region" aria-label="Script of ${name}"><code>${script}</code></pre>`;
}
