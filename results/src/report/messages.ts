import { count, duration } from "../judge/number-words.ts";
import type { MessagesSummary, StormMessagesSummary, Summary } from "../judge/summary-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { cell, table } from "./table.ts";
import { ALL_COHORTS } from "./words.ts";

interface Row {
  head: string;
  messages: MessagesSummary;
  storm: StormMessagesSummary | null;
}

/**
 * What became of tracked messages, in each storm's window and in the whole run; nothing where none were tracked.
 *
 * @param plot the same over time
 */
export function messageSection(summary: Summary, plot: Html): Html {
  if (summary.messages === null) return NOTHING;
  const rows: Row[] = summary.storms.flatMap((storm) => {
    if (storm.messages === null) return [];
    const cohorts = Object.entries(storm.cohorts).flatMap(([name, { messages }]): Row[] =>
      messages === null ? [] : [{ head: `storm ${storm.index}, ${name}`, messages, storm: messages }],
    );
    const all = {
      head: `storm ${storm.index}, ${ALL_COHORTS}`,
      messages: storm.messages,
      storm: storm.messages,
    };
    return cohorts.length > 1 ? [all, ...cohorts] : cohorts;
  });
  rows.push({ head: "whole run", messages: summary.messages, storm: null });
  return html`<section aria-labelledby="messages"><h2 id="messages">Messages across the storms</h2>
<p class="lead">Publications with a number and a time. A message counts for the storm in whose window it was sent, whenever it came; one is lost for a subscriber that heard a later one of the same device and topic, and never this one. What nobody heard a later one of is not known to be lost.</p>
${plot}
<div class="card">${table({
    caption: "What became of tracked messages",
    wide: true,
    stacked: true,
    header: [
      "Sent in",
      "Published",
      "Delivered",
      "Lost",
      "Duplicates",
      "Out of order",
      "Delivery, 50 %",
      "99 %",
      "highest",
    ],
    rows: rows.map(({ head, messages }) => ({ head, cells: deliveryCells(messages) })),
  })}${notesOf(rows)}</div>
<div class="card">${table({
    caption:
      "What had waited: at the broker for devices, and in devices for the broker; times are from CONNACK",
    wide: true,
    stacked: true,
    header: [
      "Away in",
      "Flood, messages",
      "of these retained",
      "in after, 50 %",
      "99 %",
      "Not acknowledged at the loss",
      "acknowledged since",
      "given up",
      "through after, 99 %",
    ],
    rows: rows.flatMap(({ head, storm }) => (storm === null ? [] : [{ head, cells: waitingCells(storm) }])),
  })}</div></section>`;
}

function deliveryCells(of: MessagesSummary): Html[] {
  const { p50, p99, max } = of.deliveryMs;
  return [
    cell(count(of.published)),
    cell(count(of.delivered)),
    cell(of.lost === null ? "not known" : count(of.lost)),
    cell(count(of.duplicates)),
    cell(count(of.outOfOrder)),
    ...[p50, p99, max].map(time),
  ];
}

function waitingCells(of: StormMessagesSummary): Html[] {
  return [
    cell(count(of.flood)),
    cell(count(of.retained)),
    time(of.floodMs.p50),
    time(of.floodMs.p99),
    cell(count(of.backlogAtLoss)),
    cell(count(of.backlogFlushed)),
    cell(count(of.backlogDropped)),
    time(of.flushMs.p99),
  ];
}

function time(ms: number | null): Html {
  return cell(ms === null ? "–" : duration(ms));
}

function notesOf(rows: readonly Row[]): Html {
  const notes = rows.flatMap(({ head, messages: { lost, lostReason, notes: own } }) => [
    ...(lost === null ? [`${head}: what is lost is not known: ${lostReason}.`] : []),
    ...own.map((note) => `${head}: ${note}.`),
  ]);
  return notes.length === 0 ? NOTHING : html`<ul>${notes.map((note) => html`<li>${note}</li>`)}</ul>`;
}
