import { errorWords, type StormAccuracy } from "../judge/accuracy.ts";
import { DIFFERENCES_SENTENCE, type Difference } from "../judge/differences.ts";
import { FORECAST } from "../judge/forecast-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { cell, table, textCell, timeCell } from "./table.ts";
import { VERDICT_BADGES } from "./words.ts";

/** A forecast beside the run that was measured, with the error of each figure. */
export function accuracySection(
  storms: readonly StormAccuracy[],
  measured: Summary,
  differences: readonly Difference[],
): Html {
  return html`<section aria-labelledby="accuracy"><h2 id="accuracy">Measured against forecast</h2>
<p class="lead">Beside this forecast, what the run <code>${measured.testRunId}</code> measured${measured.generator?.saturated ? html`, whose generator was <strong>saturated</strong>` : ""}. The curves below show both.</p>
${differences.length === 0 ? NOTHING : differenceAlert(differences)}
${storms.map((one) => html`<div class="card">${stormTable(one)}</div>`)}</section>`;
}

function differenceAlert(differences: readonly Difference[]): Html {
  return html`<div class="alert bad"><p><strong>Not the same experiment.</strong> ${DIFFERENCES_SENTENCE}</p></div>
<div class="card">${table({
    caption: "What differs",
    wide: true,
    stacked: true,
    words: [1, 2],
    header: ["Path", "measured", FORECAST],
    rows: differences.map((one) => ({
      head: one.path,
      cells: [textCell(one.measured), textCell(one.forecast)],
    })),
  })}</div>`;
}

function stormTable({ storm, figures, verdict }: StormAccuracy): Html {
  const word = (which: keyof typeof verdict): string => VERDICT_BADGES[verdict[which] ?? "none"].word;
  const agree = verdict.measured === verdict.forecast ? "equal" : "different";
  return table({
    caption: `Storm ${storm}: ready times of all affected devices`,
    header: ["Figure", "measured", FORECAST, "error"],
    rows: [
      ...figures.map((figure) => ({
        head: figure.name,
        cells: [timeCell(figure.measuredMs), timeCell(figure.forecastMs), cell(errorWords(figure))],
      })),
      { head: "verdict", cells: [cell(word("measured")), cell(word("forecast")), cell(agree)] },
    ],
  });
}
