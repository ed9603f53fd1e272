import { capital } from "../judge/capital.ts";
import { lostTimeWords } from "../judge/limit-words.ts";
import { count, duration, ratio } from "../judge/number-words.ts";
import { unsaidPresence } from "../judge/presence-words.ts";
import { devicesDue, fleetDue } from "../judge/recovery.ts";
import { fateWords, sparedWords } from "../judge/storm-words.ts";
import type { StormFields, StormSummary, Summary } from "../judge/summary-schema.ts";
import { badge, badgeOf } from "./badge.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { cell, table, timeCell, wordCell } from "./table.ts";
import { ALL_COHORTS, stormHeadline, verdictSentence } from "./words.ts";

export function verdictSection(summary: Summary): Html {
  return html`<section aria-labelledby="verdicts"><h2 id="verdicts">Verdict of each storm</h2>
<p class="lead">A device is working again (<em>ready</em>) when it is connected and has done the work that follows a connection, such as subscribing and fetching its configuration. Percentiles are over all devices that lost their connection, also those that did not come back.</p>
${summary.storms.length === 0 ? html`<p>The script has no storm.</p>` : NOTHING}
${summary.storms.map((storm) => stormCard(storm, summary))}</section>`;
}

function stormCard(storm: StormSummary, { recoveryTarget: target, forecast }: Summary): Html {
  const isForecast = forecast !== null;
  const judged = storm.happened && storm.affected > 0;
  const heading = `storm-${storm.index}`;
  return html`<article class="card storm ${badgeOf(storm).tone}" aria-labelledby="${heading}">
<div class="storm-head">${badge(storm, isForecast)}${storm.generatorSaturated ? html`<span class="badge fair"><span aria-hidden="true">!</span> Generator saturated</span>` : NOTHING}<h3 id="${heading}">Storm ${storm.index}: ${stormHeadline(storm)}</h3></div>
<p class="sentence">${verdictSentence(storm, target)}</p>
<p class="note">Why: ${storm.verdictReason}.</p>
${differingCohorts(storm, target, isForecast)}
${limits(storm)}
${fates(storm)}
${storm.generatorSaturated ? html`<div class="alert"><p><strong>Generator saturated:</strong> during this storm the load generator itself was at its limit. The times are at least partly its own, so the verdict is about the generator as well as about the system under test: ${(storm.generator?.reasons ?? []).join("; ")}.</p></div>` : NOTHING}
${judged ? keyFigures(storm) : NOTHING}
${judged ? cohortTable(storm, isForecast) : NOTHING}</article>
`;
}

/** Cohorts that did not fare as the fleet did: what holds for all would hide them. */
function differingCohorts(storm: StormSummary, target: number, isForecast: boolean): Html {
  const differing = Object.entries(storm.cohorts).filter(
    ([, cohort]) => cohort.affected > 0 && cohort.verdict !== storm.verdict,
  );
  if (differing.length === 0) return NOTHING;
  return html`<ul>${differing.map(([name, cohort]) => html`<li>${badge(cohort, isForecast)} <strong>${name}:</strong> ${verdictSentence(cohort, target)}</li>`)}</ul>`;
}

function limits(storm: StormSummary): Html {
  const lost = lostTimeWords(storm);
  if (storm.limits.length === 0 && lost === "") return NOTHING;
  const none = html`<p>No part of it stands out.</p>`;
  const found = html`<ul>${storm.limits.map(({ evidence, action }) => html`<li>${capital(evidence)}. <em>Next:</em> ${action}</li>`)}</ul>`;
  return html`<div class="limits"><h4>What limited it</h4>${storm.limits.length === 0 ? none : found}${lost === "" ? NOTHING : html`<p class="note">Time lost: ${lost}.</p>`}</div>`;
}

function fates(storm: StormSummary): Html {
  const words = storm.happened
    ? [unsaidPresence(storm), sparedWords(storm), ...fateWords(storm)].filter((one) => one !== "")
    : [];
  return words.length === 0 ? NOTHING : html`<p class="note">Devices: ${words.join("; ")}.</p>`;
}

/** What the figure is for stands beside it: it is a yardstick, and nothing that was measured of this storm. */
function stormFactor({ stormFactor: seconds, affected }: StormSummary): Html {
  if (seconds === null) return NOTHING;
  return html`<p class="note"><strong>Storm factor: at most ${duration(seconds * 1000)}</strong>, for ${count(affected)} lost connections at the ${count(affected / seconds)} connects per s that the system was seen to take before the first storm; it may well take more. A recovery that takes much longer points at something else than connects.</p>`;
}

function keyFigures(storm: StormSummary): Html {
  const unreached = html`<span class="unreached">not reached</span>`;
  const time = (ms: number | null): Html => (ms === null ? unreached : html`${duration(ms)}`);
  const figures: [string, Html][] = [
    ["devices ready again", html`${count(storm.recovered)} <small>of ${count(devicesDue(storm))}</small>`],
    [
      `of the fleet ready when the ${storm.closed ? "window" : "run"} ended`,
      html`${count(storm.fleetReadyAtEnd)} <small>of ${count(fleetDue(storm))}</small>`,
    ],
    ["until half of them were ready", time(storm.readyMs.p50)],
    ["until 99 % were ready", time(storm.readyMs.p99)],
    ...(storm.readyFromStormMs === null
      ? []
      : [
          ["until 99 % were ready, from the storm's instant", time(storm.readyFromStormMs.p99)] as [
            string,
            Html,
          ],
        ]),
    ["connect attempts per device", html`${ratio(storm.amplification.connect)}`],
    ["config requests per device", html`${ratio(storm.amplification.config)}`],
    ["connect attempts at the peak", html`${count(storm.peak.connectAttemptsPerS)} <small>per s</small>`],
  ];
  return html`<dl class="figures">${figures.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>${stormFactor(storm)}`;
}

function cohortTable(storm: StormSummary, isForecast: boolean): Html {
  const cohorts = Object.entries(storm.cohorts).filter(([, cohort]) => cohort.affected > 0);
  const several = cohorts.length > 1;
  const hasStormTimes = storm.readyFromStormMs !== null;
  const rows: [string, StormFields][] = several ? [[ALL_COHORTS, storm], ...cohorts] : cohorts;
  return table({
    caption: `Storm ${storm.index} by cohort; times are from each device's loss of its connection, and where it says so from the storm's instant`,
    wide: true,
    stacked: true,
    words: several ? [1] : [],
    header: [
      "Cohort",
      ...(several ? ["Verdict"] : []),
      "Ready / due",
      "50 % ready",
      "90 % ready",
      "99 % ready",
      "100 % ready",
      "99 % connected",
      ...(hasStormTimes ? ["99 % ready, from the storm", "99 % connected, from the storm"] : []),
      "Config requests",
      "timed out",
      "late",
    ],
    rows: rows.map(([name, cohort]) => ({
      head: name,
      cells: [
        ...(several ? [wordCell(badge(cohort, isForecast))] : []),
        cell(`${count(cohort.recovered)} / ${count(devicesDue(cohort))}`),
        timeCell(cohort.readyMs.p50),
        timeCell(cohort.readyMs.p90),
        timeCell(cohort.readyMs.p99),
        timeCell(cohort.readyMs.max),
        timeCell(cohort.reconnectMs.p99),
        ...(hasStormTimes
          ? [
              timeCell(cohort.readyFromStormMs?.p99 ?? null),
              timeCell(cohort.reconnectFromStormMs?.p99 ?? null),
            ]
          : []),
        cell(count(cohort.configRequests)),
        cell(count(cohort.configTimeouts)),
        cell(count(cohort.lateResponses)),
      ],
    })),
  });
}
