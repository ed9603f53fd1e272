import { FORECAST } from "../judge/forecast-words.ts";
import type { StormFields } from "../judge/summary-schema.ts";
import { type Html, html } from "./html.ts";
import { VERDICT_BADGES } from "./words.ts";

export function badgeOf(
  storm: Pick<StormFields, "verdict">,
): (typeof VERDICT_BADGES)[keyof typeof VERDICT_BADGES] {
  return VERDICT_BADGES[storm.verdict ?? "none"];
}

/** The verdict in one word, which no colour alone says. */
export function badge(storm: Pick<StormFields, "verdict">, isForecast: boolean): Html {
  const { word, sign, tone } = badgeOf(storm);
  const mark = isForecast ? `${FORECAST}: ` : "";
  return html`<span class="badge ${tone}"><span aria-hidden="true">${sign}</span> ${mark}${word}</span>`;
}
