import { errorWords, type StormAccuracy } from "../judge/accuracy.ts";
import { FORECAST } from "../judge/forecast-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { type Html, html } from "./html.ts";
import { cell, table, timeCell } from "./table.ts";
import { VERDICT_BADGES } from "./words.ts";

/** A forecast beside the run that was measured, with the error of each figure. */
export function accuracySection(storms: readonly StormAccuracy[], measured: Summary): Html {
  return html`<section aria-labelledby="accuracy"><h2 id="accuracy">Measured against forecast</h2>
<p class="lead">Beside this forecast, what the run <code>${measured.testRunId}</code> measured${measured.generator?.saturated ? html`, whose generator was <strong>saturated</strong>` : ""}. Both are of one script only where the forecast was made of the run's own, without other options. The curves below show both.</p>
${storms.map((one) => html`<div class="card">${stormTable(one)}</div>`)}</section>`;
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
