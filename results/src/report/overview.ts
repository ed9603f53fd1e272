import { count, counted, duration } from "../judge/number-words.ts";
import type { StormRecovery } from "../judge/recovery-by-cohort.ts";
import { stormName, stormWords } from "../judge/storm-words.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";
import { badge } from "./badge.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { table, timeCell, wordCell } from "./table.ts";
import { FACTOR_WORDS } from "./words.ts";

/** What somebody asks first: how did it end, why, did the gate hold, and is it to be believed? */
export function overviewSection(summary: Summary, recovery: readonly StormRecovery[]): Html {
  return html`<section aria-labelledby="overview"><h2 id="overview">At a glance</h2>
<div class="card">${stormTable(summary, recovery)}<dl class="glance">${[gateFact(summary), trustFact(summary)]}</dl></div></section>`;
}

function stormTable({ storms, forecast }: Summary, recovery: readonly StormRecovery[]): Html {
  if (storms.length === 0) return html`<p>The script has no storm.</p>`;
  return table({
    caption: "Each storm: how it ended, how long it took from each device's loss, and what decided that",
    wide: true,
    stacked: true,
    words: [1, 5],
    header: ["Storm", "Verdict", "Recovered", "50 % ready", "99 % ready", "What limited it"],
    rows: storms.map((storm) => ({
      head: html`<a href="#storm-${storm.index}">${storm.index}: ${stormWords(storm)}</a>`,
      cells: [
        wordCell(badge(storm, forecast !== null)),
        html`<td>${count(storm.recovered)}${smallCurve(recovery.find(({ storm: index }) => index === storm.index))}</td>`,
        timeCell(storm.readyMs.p50),
        timeCell(storm.readyMs.p99),
        html`<td class="words meaning">${factorsOf(storm)}</td>`,
      ],
    })),
  });
}

const SMALL_WIDTH = 120;
const SMALL_HEIGHT = 26;

/** The recovery curve of the whole fleet, small: what it shows stands in words beside it, and large below. */
function smallCurve(recovery: StormRecovery | undefined): Html {
  const [shares] = recovery?.curve.shares ?? [];
  if (recovery === undefined || shares === undefined || recovery.shownMs <= 0) return NOTHING;
  const steps = recovery.curve.timesMs.map((ms, i) => {
    const x = Math.round((ms / recovery.shownMs) * SMALL_WIDTH);
    const y = Math.round((1 - (shares[i] ?? 0)) * SMALL_HEIGHT);
    return { x, y };
  });
  // Of all steps within one pixel the last is seen.
  const seen = steps.filter(({ x }, i) => steps[i + 1]?.x !== x);
  const path = seen.map(({ x, y }, i) => (i === 0 ? `M${x} ${y}` : `H${x}V${y}`)).join("");
  return html`<svg class="small-curve" viewBox="-1 -1 ${SMALL_WIDTH + 2} ${SMALL_HEIGHT + 2}" aria-hidden="true"><path d="${path}"/></svg>`;
}

function factorsOf({ limits }: StormSummary): string {
  if (limits.length === 0) return "nothing stands out";
  return limits.map(({ factor }) => FACTOR_WORDS[factor]).join(", then ");
}

function gateFact({ gate, gateChecks }: Summary): Html {
  if (gateChecks.length === 0 && gate.length === 0)
    return fact("Gate", "none", html`none: the script has no <code>fail</code>, so no verdict fails the run`);
  if (gate.length === 0)
    return fact("Gate", "good", html`passed: ${counted(gateChecks.length, "condition")} held`);
  return fact("Gate", "bad", html`failed: <ul>${gate.map(({ message }) => html`<li>${message}</li>`)}</ul>`);
}

/** Whether the figures are those of the system under test. */
function trustFact({ forecast, complete, missing, generator, storms }: Summary): Html {
  if (forecast !== null)
    return fact(
      "Trust",
      "fair",
      html`a forecast: nothing was measured; see its <a href="#generator">assumptions</a>`,
    );
  if (!complete)
    return fact(
      "Trust",
      "bad",
      html`incomplete: ${missing[0] ?? "something is missing"}${missing.length > 1 ? html` and ${count(missing.length - 1)} more` : NOTHING}`,
    );
  const saturated = storms.filter((storm) => storm.generatorSaturated);
  if (generator?.saturated === true || saturated.length > 0) {
    const where = saturated.length === 0 ? "" : ` in ${saturated.map(stormName).join(", ")}`;
    return fact(
      "Trust",
      "fair",
      html`the generator was saturated${where}: times are partly its own; see <a href="#generator">its health</a>`,
    );
  }
  if (generator === null) return fact("Trust", "none", html`the generator was not watched`);
  const { p99 } = generator.eventLoopDelayMs;
  return fact("Trust", "good", html`complete, and the generator kept up: late by ${duration(p99)} at p99`);
}

function fact(name: string, tone: "good" | "fair" | "bad" | "none", words: Html): Html {
  return html`<div><dt>${name}</dt><dd class="${tone}">${words}</dd></div>`;
}
