import { duration } from "../judge/number-words.ts";
import { type Html, html } from "./html.ts";

export interface TableOptions {
  caption: string;
  /** The first column's header comes first. */
  header: readonly string[];
  /** Each row has its header cell and the other cells. */
  rows: readonly { head: Html | string; cells: readonly Html[] }[];
  /** The table is as wide as the page allows. */
  wide?: boolean;
  /** Columns that hold words and not numbers, besides the first. */
  words?: readonly number[];
}

/** A table that scrolls by itself where the page is too narrow, with keys as well. */
export function table({ caption, header, rows, wide, words = [] }: TableOptions): Html {
  return html`<p class="caption" aria-hidden="true">${caption}</p>
<div class="scroll${wide ? " wide" : ""}" role="region" aria-label="${caption}" tabindex="0"><table>
<caption class="visually-hidden">${caption}</caption>
<thead><tr>${header.map((cell, column) => (words.includes(column) ? html`<th scope="col" class="words">${cell}</th>` : html`<th scope="col">${cell}</th>`))}</tr></thead>
<tbody>
${rows.map(({ head, cells }) => html`<tr><th scope="row">${head}</th>${cells}</tr>\n`)}</tbody>
</table></div>`;
}

export function cell(text: string | number): Html {
  return html`<td>${text}</td>`;
}

export function wordCell(text: Html | string): Html {
  return html`<td class="words">${text}</td>`;
}

/** A percentile over affected devices. */
export function timeCell(ms: number | null): Html {
  return ms === null ? html`<td><span class="unreached">not reached</span></td>` : cell(duration(ms));
}
