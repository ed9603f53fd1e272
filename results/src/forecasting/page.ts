import { FORECAST, FORECAST_SENTENCE, sourceWords } from "../judge/forecast-words.ts";
import { count, percentReached } from "../judge/number-words.ts";
import { type Html, html, NOTHING } from "../report/html.ts";
import { renderShell } from "../report/shell.ts";
import { cell, table, wordCell } from "../report/table.ts";
import type { Finding, Question } from "./finding.ts";
import { plotOf } from "./plot.ts";
import { columnsOf, rowsOf } from "./rows.ts";
import { stormAsked, titleOf } from "./words.ts";

/** `find.html`: one file that needs nothing else. Renders the finding and computes nothing. */
export function renderFinding(finding: Finding, conclusion: readonly string[]): string {
  const { question } = finding;
  const title = `${FORECAST}: ${titleOf(finding)}`;
  const plot = plotOf(finding);
  return renderShell({
    title: `${title} · ${question.script}`,
    header: html`<p class="kicker">Mass reconnect forecast</p>
<h1>${title}</h1>
${facts(question)}
<div class="alert"><p><strong>${FORECAST}.</strong> ${FORECAST_SENTENCE} See its <a href="#assumptions">assumptions</a>.</p></div>
${finding.interrupted ? html`<div class="alert bad"><p><strong>Interrupted.</strong> What was known until then.</p></div>` : NOTHING}`,
    main: html`<section aria-labelledby="conclusion"><h2 id="conclusion">What it comes to</h2>
<div class="card">${conclusion.map((sentence) => html`<p class="sentence">${sentence}</p>`)}</div></section>
${plot === null ? NOTHING : html`<section aria-labelledby="plot"><h2 id="plot">Plot</h2>${plot.html}</section>`}
<section aria-labelledby="points"><h2 id="points">Every forecast</h2>
<div class="card">${pointsTable(finding)}</div></section>
${assumptionSection(question)}`,
    footer: html`The numbers of this page are those of <code>find.json</code> and <code>find.csv</code> beside it.`,
    plots: plot === null ? [] : [plot.spec],
  });
}

function facts(question: Question): Html {
  const entries: [string, string][] = [
    ["Script", question.script],
    ["Asked", stormAsked(question)],
    ["Target", `${percentReached(question.target)} of the affected devices ready`],
    ["Fleet of the script", `${count(question.devices)} devices`],
    ["Seed", String(question.seed)],
  ];
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

function pointsTable(finding: Finding): Html {
  const columns = columnsOf(finding);
  const [first, ...others] = columns;
  if (first === undefined) return NOTHING;
  return table({
    caption: `${FORECAST}: each line is a forecast`,
    wide: true,
    words: columns.flatMap(({ isWords }, place) => (isWords ? [place] : [])),
    header: columns.map(({ header }) => header),
    rows: rowsOf(finding).map((row) => ({
      head: first.text(row),
      cells: others.map((column) => (column.isWords ? wordCell(column.text(row)) : cell(column.text(row)))),
    })),
  });
}

function assumptionSection({ assumptions }: Question): Html {
  return html`<section aria-labelledby="assumptions"><h2 id="assumptions">Assumptions</h2>
<div class="card">${table({
    caption: "What the model takes for granted",
    words: [1, 2],
    header: ["What", "Value", "From"],
    rows: assumptions.map((one) => ({
      head: one.name,
      cells: [html`<td class="words meaning">${one.value}</td>`, wordCell(sourceWords(one))],
    })),
  })}</div></section>`;
}
