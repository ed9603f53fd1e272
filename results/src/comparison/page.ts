import { type Html, html, NOTHING } from "../report/html.ts";
import { renderShell } from "../report/shell.ts";
import { cell, table, wordCell } from "../report/table.ts";
import { VERDICT_BADGES } from "../report/words.ts";
import type { BrokerRow, Comparison, PhaseRow, Value } from "./comparison.ts";
import { curveFigure } from "./comparison-plots.ts";
import type { Place, Ranking } from "./ranking.ts";
import { placeSentence, rankingHeadline, rankingNotes } from "./ranking-words.ts";
import { COMPARISON_STYLE } from "./style.ts";
import { ratioWords, spreadWords } from "./words.ts";

/** `comparison.html`: one file that needs nothing else. Renders the comparison and computes nothing. */
export function renderComparison(comparison: Comparison): string {
  const { disclosure, brokers, ranking } = comparison;
  const phases = [...new Set(brokers.flatMap((row) => row.phases.map(({ phase }) => phase)))];
  // What decides stands first: the storms, in their order, then how the fleet came in.
  const shown = [...phases.slice(1), ...phases.slice(0, 1)];
  const figures = shown.map((phase, i) => curveFigure(phase, i, brokers));
  const headline = rankingHeadline(ranking);
  return renderShell({
    title: `${headline} · brokers compared: ${disclosure.name}`,
    header: html`<p class="kicker">Broker comparison</p>
<h1>${headline}</h1>
<dl class="facts">
<div><dt>Scenario</dt><dd>${disclosure.name}</dd></div>
<div><dt>Rounds</dt><dd>${disclosure.rounds}, interleaved</dd></div>
<div><dt>Started</dt><dd>${disclosure.startedAt.slice(0, 16).replace("T", " ")} UTC</dd></div>
</dl>
${disclosure.complete ? NOTHING : html`<div class="alert bad"><p><strong>Interrupted.</strong> What was measured until then.</p></div>`}`,
    main: html`${rankingSection(ranking, brokers)}
${shown.map((phase, i) => phaseSection(phase, i, brokers, disclosure.reference, figures[i]?.html ?? NOTHING))}
${resourceSection(brokers)}
${runSection(brokers, disclosure.reference)}
${sheddingSection(brokers)}
${failures(brokers)}
${setUpSection(brokers)}
${disclosureSection(comparison)}`,
    footer: html`The numbers of this page are those of <code>comparison.json</code> and <code>comparison.csv</code> beside it.`,
    style: COMPARISON_STYLE,
    plots: figures.flatMap((one) => (one === null ? [] : [one.spec])),
  });
}

function rankingSection(ranking: Ranking, brokers: readonly BrokerRow[]): Html {
  const { places, unranked } = ranking;
  return html`<section aria-labelledby="ranking"><h2 id="ranking">Ranking</h2>
<p class="lead">${rankingNotes(ranking)}</p>
${places.length === 0 ? NOTHING : html`<ol class="ranking">${places.map((place) => placeItem(place, ranking, brokers))}</ol>`}
${
  unranked.length === 0
    ? NOTHING
    : html`<div class="card"><h3>Not ranked</h3><ul>${unranked.map(({ title, why }) => html`<li><strong>${title}</strong>: ${why}</li>`)}</ul></div>`
}</section>`;
}

function placeItem(place: Place, ranking: Ranking, brokers: readonly BrokerRow[]): Html {
  const broker = brokers.find((row) => row.broker === place.broker);
  const storms = broker?.phases.slice(1) ?? [];
  const worst = storms.map(({ verdicts }) => verdicts);
  return html`<li class="card"><span class="rank" aria-hidden="true">${place.rank}${place.isTied ? "=" : ""}</span><div>
<p class="storm-head"><strong><span class="visually-hidden">Rank ${place.rank}: </span>${place.title}</strong> ${badges(sumOf(worst))}${place.generatorSaturated ? html`<span class="badge fair"><span aria-hidden="true">!</span> Generator saturated</span>` : NOTHING}</p>
<p>${placeSentence(place, ranking)}</p></div></li>`;
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const verdicts of all) {
    for (const [verdict, n] of Object.entries(verdicts)) sum[verdict] = (sum[verdict] ?? 0) + n;
  }
  return sum;
}

/** Each verdict in its colour and its word, and how often where there are several. */
function badges(verdicts: Readonly<Record<string, number>>): Html {
  const entries = Object.entries(verdicts);
  return html`${entries.map(([verdict, n]) => {
    const known = verdict in VERDICT_BADGES ? (verdict as keyof typeof VERDICT_BADGES) : "none";
    const { word, sign, tone } = VERDICT_BADGES[known];
    const times = entries.length === 1 ? "" : ` ×${n}`;
    return html`<span class="badge ${tone}"><span aria-hidden="true">${sign}</span> ${word}${times}</span> `;
  })}`;
}

function phaseSection(
  phase: string,
  index: number,
  brokers: readonly BrokerRow[],
  reference: string,
  figure: Html,
): Html {
  const rowOf = (broker: BrokerRow): PhaseRow | undefined => broker.phases.find((row) => row.phase === phase);
  const rows = brokers.map(rowOf);
  const names = valueNames(rows.flatMap((row) => row?.values ?? []));
  const saturated = rows.some((row) => (row?.generatorSaturated ?? 0) > 0);
  const isJudged = rows.some((row) =>
    Object.keys(row?.verdicts ?? {}).some((verdict) => verdict !== "no verdict"),
  );
  const ofRow = (row: PhaseRow | undefined, name: string): Value | undefined =>
    row?.values.find((value) => value.name === name);
  return html`<section aria-labelledby="phase-${index}"><h2 id="phase-${index}">${capitalised(phase)}</h2>
${figure}
<div class="card">${table({
    caption: `Time until 99 % were ready: median (lowest..highest) over the rounds, and as a multiple of ${reference}'s in the same round`,
    wide: true,
    words: isJudged ? [1] : [],
    header: ["Broker", ...(isJudged ? ["Verdict"] : []), "99 % ready", "Ratio"],
    rows: brokers.map((broker, i) => ({
      head: broker.title,
      cells: [
        ...(isJudged
          ? [
              html`<td class="words wraps">${rows[i] === undefined ? "no figures" : badges(rows[i].verdicts)}${(rows[i]?.generatorSaturated ?? 0) > 0 ? html`<abbr title="the generator was a bottleneck">*</abbr>` : NOTHING}</td>`,
            ]
          : []),
        spreadCell(ofRow(rows[i], "ready 99 %")),
        cell(broker.broker === reference ? "1" : ratioText(ofRow(rows[i], "ready 99 %"))),
      ],
    })),
  })}${saturated ? html`<p class="note">* the load generator itself was a bottleneck in at least one round: part of these times is its own.</p>` : NOTHING}
<details class="prints"><summary>All figures<span class="visually-hidden"> of ${phase}</span></summary>${valueTables(`${phase}: median (lowest..highest) over the rounds, and ratio to ${reference}`, brokers, names, (broker, name) => ofRow(rowOf(broker), name))}</details></div></section>`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function valueTables(
  caption: string,
  brokers: readonly BrokerRow[],
  names: readonly string[],
  read: (broker: BrokerRow, name: string) => Value | undefined,
): Html {
  return table({
    caption,
    wide: true,
    header: ["Broker", ...names],
    rows: brokers.map((broker) => ({
      head: broker.title,
      cells: names.map((name) => valueCell(read(broker, name))),
    })),
  });
}

function valueNames(values: readonly Value[]): string[] {
  return [...new Set(values.filter(({ spread }) => spread !== null).map(({ name }) => name))];
}

function spreadText(value: Value | undefined): string {
  return value === undefined || value.spread === null ? "–" : spreadWords(value.unit, value.spread);
}

/** The median, and how far rounds are apart on a line of its own where there is little room. */
function spreadCell(value: Value | undefined): Html {
  if (value === undefined || value.spread === null) return cell("–");
  const [median = "", range] = spreadText(value).split(" (");
  const shown =
    value.spread.median === null ? html`<span class="unreached">${median}</span>` : html`${median}`;
  const spread = range === undefined ? NOTHING : html` <span class="quiet">(${range}</span>`;
  return html`<td class="wraps">${shown}${spread}</td>`;
}

/** Where nothing was reached there is nothing to relate. */
function ratioText(value: Value | undefined): string {
  return value === undefined || (value.ratio?.median ?? null) === null ? "–" : ratioWords(value);
}

function valueCell(value: Value | undefined): Html {
  const ratio = ratioText(value);
  return cell(`${spreadText(value)}${ratio === "–" ? "" : ` · ${ratio}`}`);
}

const RESOURCES = [
  { name: "broker CPU", header: "Processor time" },
  { name: "broker peak memory", header: "Peak memory" },
] as const;

function resourceSection(brokers: readonly BrokerRow[]): Html {
  const highest = RESOURCES.map(({ name }) =>
    Math.max(0, ...brokers.map((broker) => resourceOf(broker, name)?.spread?.median ?? 0)),
  );
  if (highest.every((most) => most === 0)) {
    return html`<section aria-labelledby="resources"><h2 id="resources">What it cost the broker</h2><p>None of the brokers was started here, so that its processor time and memory are not known.</p></section>`;
  }
  return html`<section aria-labelledby="resources"><h2 id="resources">What it cost the broker</h2>
<p class="lead">Of all processes of a broker, from ready to stopped: processor time, and the highest resident memory. Only of brokers that were started here.</p>
<div class="card">${table({
    caption: "Median (lowest..highest) over the rounds",
    wide: true,
    words: [1, 2],
    header: ["Broker", ...RESOURCES.map(({ header }) => header)],
    rows: brokers.map((broker) => ({
      head: broker.title,
      cells: RESOURCES.map(({ name }, i) => barCell(resourceOf(broker, name), highest[i] ?? 0)),
    })),
  })}</div></section>`;
}

function resourceOf({ values }: BrokerRow, name: string): Value | undefined {
  return values.find((value) => value.name === name);
}

/** The length is that of the highest; the page's policy allows no style of elements, so that it is drawn. */
function barCell(value: Value | undefined, highest: number): Html {
  const median = value?.spread?.median ?? null;
  if (median === null || highest === 0) return wordCell(html`<span class="quiet">not measured</span>`);
  const width = Number(((median / highest) * 100).toFixed(1));
  return html`<td class="words wraps">${spreadText(value)}<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" class="track"/><rect width="${width}" height="6"/></svg></td>`;
}

function runSection(brokers: readonly BrokerRow[], reference: string): Html {
  const names = valueNames(brokers.flatMap(({ values }) => values));
  return html`<section aria-labelledby="run"><h2 id="run">Whole run</h2>
<p class="lead">Service times of what succeeded, and counts.</p>
<div class="card"><details class="prints"><summary>All figures of the whole run</summary>${valueTables(
    `Median (lowest..highest) over the rounds, and ratio to ${reference}`,
    brokers,
    names,
    ({ values }, name) => values.find((value) => value.name === name),
  )}</details></div></section>`;
}

function sheddingSection(brokers: readonly BrokerRow[]): Html {
  const names = [...new Set(brokers.flatMap(({ errors }) => Object.keys(errors)))].sort();
  const measured = brokers.filter(({ measured: n }) => n > 0);
  const body =
    names.length === 0
      ? html`<p>No try failed with any of them.</p>`
      : html`<ul>${measured.map(({ title, errors }) => {
          const seen = Object.entries(errors).map(
            ([name, spread]) => `${name} ${spreadWords("count", spread)}`,
          );
          return html`<li><strong>${title}</strong>: ${seen.length === 0 ? "no try failed" : seen.join(", ")}</li>`;
        })}</ul>`;
  return html`<section aria-labelledby="shedding"><h2 id="shedding">How each broker sheds load</h2>
<p class="lead">Failed tries per round, each counted where it failed.</p><div class="card wrapping">${body}</div></section>`;
}

function failures(brokers: readonly BrokerRow[]): Html {
  const lines = brokers.flatMap(({ title, failures: own }) => own.map((line) => `${title}: ${line}`));
  if (lines.length === 0) return NOTHING;
  return html`<section aria-labelledby="failures"><h2 id="failures">Rounds without figures</h2><div class="alert bad"><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></div></section>`;
}

function setUpSection(brokers: readonly BrokerRow[]): Html {
  return html`<section aria-labelledby="set-up"><h2 id="set-up">How each broker was set up</h2>
<div class="card wrapping"><dl class="words-list">${brokers.map(({ title, version, notes }) => html`<dt>${title}</dt><dd>${[version, ...notes].join("; ")}</dd>`)}</dl></div></section>`;
}

function disclosureSection({ disclosure }: Comparison): Html {
  const facts: [string, string][] = [
    ["Scenario", disclosure.scenario],
    ["Started", disclosure.startedAt],
    ["Ended", disclosure.endedAt],
    ["Ratios to", `${disclosure.reference}, in the same round`],
    ["Seed", disclosure.seed === null ? "not given" : String(disclosure.seed)],
    ...Object.entries(disclosure.machine),
    ...Object.entries(disclosure.software),
  ];
  return html`<section aria-labelledby="disclosure"><h2 id="disclosure">Full disclosure</h2>
<p class="lead">Machine, versions and script: enough to run it again.</p>
<div class="card wrapping"><dl class="words-list">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
<details class="prints"><summary>Show the script</summary><pre tabindex="0" role="region" aria-label="Script"><code>${disclosure.script}</code></pre></details></div></section>`;
}
