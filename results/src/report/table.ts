import { duration } from "../judge/number-words.ts";
import { type Html, html, NOTHING } from "./html.ts";

export interface TableOptions {
  caption: string;
  /** The first column's header comes first. */
  header: readonly string[];
  /** Each row has its header cell and the other cells. */
  rows: readonly { head: Html | string; cells: readonly Html[] }[];
  /** The table is as wide as the page allows. */
  wide?: boolean;
  /** Where the page is narrow each row becomes a block, for its columns are too many to scroll through. */
  stacked?: boolean;
  /** Columns that hold words and not numbers, besides the first. */
  words?: readonly number[];
}

/** A table that scrolls by itself where the page is too narrow, with keys as well. */
export function table(options: TableOptions): Html {
  const { caption, header, rows, wide, stacked, words = [] } = options;
  // What is no table to the eye any more stays one for who listens.
  const as = (role: string): Html => (stacked ? html` role="${role}"` : NOTHING);
  return html`<p class="caption" aria-hidden="true">${caption}</p>
<div class="scroll${wide ? " wide" : ""}${stacked ? " stacked" : ""}" role="region" aria-label="${caption}" tabindex="0"><table${as("table")}>
<caption class="visually-hidden">${caption}</caption>
<thead${as("rowgroup")}><tr${as("row")}>${header.map((cell, column) => html`<th scope="col"${as("columnheader")}${words.includes(column) ? html` class="words"` : NOTHING}>${cell}</th>`)}</tr></thead>
<tbody${as("rowgroup")}>
${rows.map(
  ({
    head,
    cells,
  }) => html`<tr${as("row")}><th scope="row"${as("rowheader")}>${head}</th>${stacked ? cells.map((one, i) => named(one, header[i + 1] ?? "")) : cells}</tr>
`,
)}</tbody>
</table></div>`;
}

/** A cell that says which column it is of. */
function named(one: Html, column: string): Html {
  const { html: label } = html`<td role="cell" data-column="${column}"`;
  return { html: one.html.replace("<td", () => label) };
}

export function cell(text: string | number): Html {
  return html`<td>${text}</td>`;
}

export function wordCell(text: Html | string): Html {
  return html`<td class="words">${text}</td>`;
}

/** Words that may take several lines. */
export function textCell(text: string): Html {
  return html`<td class="words meaning">${text}</td>`;
}

/** A percentile over affected devices. */
export function timeCell(ms: number | null): Html {
  return ms === null ? html`<td><span class="unreached">not reached</span></td>` : cell(duration(ms));
}
