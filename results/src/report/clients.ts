import {
  keepaliveWords,
  patienceWords,
  policyName,
  protocolWords,
  resetWords,
  sessionWords,
} from "../judge/client-words.ts";
import { duration } from "../judge/number-words.ts";
import type { Summary } from "../judge/summary-schema.ts";
import { type Html, html, NOTHING } from "./html.ts";
import { cell, table, wordCell } from "./table.ts";

/** What the devices of each cohort are set to, whether their scenario says so or the settings of all. */
export function clientSection({ fleet: { clients } }: Summary): Html {
  const known = Object.entries(clients);
  if (known.length === 0) return NOTHING;
  return html`<section aria-labelledby="clients"><h2 id="clients">Clients</h2>
<p class="lead">What the devices of each cohort are set to: by their scenario, else by the settings of all.</p>
<div class="card">${table({
    caption: "The client of each cohort",
    wide: true,
    stacked: true,
    words: [1, 2, 3, 5, 6],
    header: [
      "Cohort",
      "Protocol",
      "Keepalive",
      "Session",
      "An attempt may take",
      "Comes back by",
      "which begins anew",
      "Longest wait",
    ],
    rows: known.map(([cohort, client]) => ({
      head: cohort,
      cells: [
        wordCell(protocolWords(client)),
        wordCell(keepaliveWords(client)),
        wordCell(sessionWords(client)),
        cell(duration(client.connectTimeoutMs)),
        wordCell([policyName(client.reconnect), ...patienceWords(client.reconnect)].join("; ")),
        wordCell(resetWords(client.reconnect)),
        cell(duration(client.longestBackoffMs)),
      ],
    })),
  })}</div></section>`;
}
