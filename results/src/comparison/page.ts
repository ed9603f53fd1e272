import { contentPolicy } from "../report/content-policy.ts";
import { escapeHtml, type Html, html, NOTHING, trusted } from "../report/html.ts";
import { STYLE } from "../report/style.ts";
import { cell, table, wordCell } from "../report/table.ts";
import type { BrokerRow, Comparison, PhaseRow, Value } from "./comparison.ts";
import { ratioWords, spreadWords, verdictWords } from "./words.ts";

/** `comparison.html`: one file that needs nothing else and runs no script. Renders the comparison and computes nothing. */
export function renderComparison(comparison: Comparison): string {
  const { disclosure, brokers } = comparison;
  const phases = [...new Set(brokers.flatMap((row) => row.phases.map(({ phase }) => phase)))];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${trusted(contentPolicy(STYLE, null))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Brokers compared: ${disclosure.name}</title>
<style>${trusted(STYLE)}</style>
</head>
<body>
<header><div class="frame">
<p class="kicker">Broker comparison</p>
<h1>${disclosure.name}</h1>
<dl class="facts">
<div><dt>Brokers</dt><dd>${brokers.map(({ title }) => title).join(" · ")}</dd></div>
<div><dt>Rounds</dt><dd>${disclosure.rounds}, interleaved</dd></div>
<div><dt>Ratios to</dt><dd>${disclosure.reference}, in the same round</dd></div>
<div><dt>Started</dt><dd>${disclosure.startedAt.slice(0, 19).replace("T", " ")} UTC</dd></div>
</dl>
${disclosure.complete ? NOTHING : html`<div class="alert bad"><p><strong>Interrupted.</strong> What was measured until then.</p></div>`}
${failures(brokers)}
</div></header>
<main class="frame">
${phases.map((phase, i) => phaseSection(phase, i, brokers))}
${runSection(brokers)}
${sheddingSection(brokers)}
${setUpSection(brokers)}
${disclosureSection(comparison)}
</main>
</body>
</html>
`;
  return page.html;
}

function failures(brokers: readonly BrokerRow[]): Html {
  const lines = brokers.flatMap(({ title, failures: own }) => own.map((line) => `${title}: ${line}`));
  if (lines.length === 0) return NOTHING;
  return html`<div class="alert bad"><p><strong>Rounds without figures.</strong></p><ul>${lines.map((line) => html`<li>${line}</li>`)}</ul></div>`;
}

function phaseSection(phase: string, index: number, brokers: readonly BrokerRow[]): Html {
  const rowOf = (broker: BrokerRow): PhaseRow | undefined => broker.phases.find((row) => row.phase === phase);
  const names = valueNames(brokers.flatMap((broker) => rowOf(broker)?.values ?? []));
  const saturated = brokers.some((broker) => (rowOf(broker)?.generatorSaturated ?? 0) > 0);
  return html`<section aria-labelledby="phase-${index}"><h2 id="phase-${index}">${phase}</h2>
<div class="card">${table({
    caption: `${phase}: median (lowest..highest) over the rounds, and ratio to the reference`,
    wide: true,
    words: [1],
    header: ["Broker", "Verdict", ...names],
    rows: brokers.map((broker) => {
      const row = rowOf(broker);
      return {
        head: broker.title,
        cells: [
          wordCell(
            row === undefined
              ? "no figures"
              : `${verdictWords(row.verdicts)}${row.generatorSaturated > 0 ? " *" : ""}`,
          ),
          ...names.map((name) => valueCell(row?.values.find((value) => value.name === name))),
        ],
      };
    }),
  })}${saturated ? html`<p>* the load generator itself was a bottleneck in at least one round: part of these times is its own.</p>` : NOTHING}</div></section>`;
}

function runSection(brokers: readonly BrokerRow[]): Html {
  const names = valueNames(brokers.flatMap(({ values }) => values));
  return html`<section aria-labelledby="run"><h2 id="run">Whole run</h2>
<div class="card">${table({
    caption: "Service times of what succeeded, counts, and the broker's own use of the machine",
    wide: true,
    header: ["Broker", ...names],
    rows: brokers.map((broker) => ({
      head: broker.title,
      cells: names.map((name) => valueCell(broker.values.find((value) => value.name === name))),
    })),
  })}</div></section>`;
}

function valueNames(values: readonly Value[]): string[] {
  return [...new Set(values.filter(({ spread }) => spread !== null).map(({ name }) => name))];
}

function valueCell(value: Value | undefined): Html {
  if (value === undefined || value.spread === null) return cell("–");
  // Where nothing was reached there is nothing to relate.
  const ratio = (value.ratio?.median ?? null) === null ? "" : ` · ${ratioWords(value)}`;
  return cell(`${spreadWords(value.unit, value.spread)}${ratio}`);
}

function sheddingSection(brokers: readonly BrokerRow[]): Html {
  const names = [...new Set(brokers.flatMap(({ errors }) => Object.keys(errors)))].sort();
  const body =
    names.length === 0
      ? html`<p>No try failed with any of them.</p>`
      : table({
          caption: "Failed tries per round, each counted where it failed",
          wide: true,
          header: ["Broker", ...names],
          rows: brokers.map(({ title, errors, measured }) => ({
            head: title,
            cells: names.map((name) =>
              cell(measured === 0 ? "–" : spreadWords("count", errors[name] ?? null)),
            ),
          })),
        });
  return html`<section aria-labelledby="shedding"><h2 id="shedding">How each broker sheds load</h2><div class="card">${body}</div></section>`;
}

function setUpSection(brokers: readonly BrokerRow[]): Html {
  return html`<section aria-labelledby="set-up"><h2 id="set-up">How each broker was set up</h2><div class="card">${table(
    {
      caption: "Versions, limits and persistence",
      words: [1, 2],
      header: ["Broker", "Version", "Set-up"],
      rows: brokers.map(({ title, version, notes }) => ({
        head: title,
        cells: [wordCell(version), wordCell(notes.join("; "))],
      })),
    },
  )}</div></section>`;
}

function disclosureSection({ disclosure }: Comparison): Html {
  const facts: [string, string][] = [
    ["Scenario", disclosure.scenario],
    ["Started", disclosure.startedAt],
    ["Ended", disclosure.endedAt],
    ["Seed", disclosure.seed === null ? "not given" : String(disclosure.seed)],
    ...Object.entries(disclosure.machine),
    ...Object.entries(disclosure.software),
  ];
  return html`<section aria-labelledby="disclosure"><h2 id="disclosure">Full disclosure</h2><div class="card">${table(
    {
      caption: "Machine, versions and script: enough to run it again",
      words: [1],
      header: ["What", "Value"],
      rows: facts.map(([name, value]) => ({ head: name, cells: [wordCell(value)] })),
    },
  )}<details class="prints"><summary>Show the script</summary><pre tabindex="0" role="region" aria-label="Script"><code>${trusted(escapeHtml(disclosure.script))}</code></pre></details></div></section>`;
}
