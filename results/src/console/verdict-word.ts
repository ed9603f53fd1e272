import type pc from "picocolors";
import { FORECAST } from "../judge/forecast-words.ts";
import type { Verdict } from "../judge/verdict.ts";

export type Colours = ReturnType<typeof pc.createColors>;

/** A verdict in capitals; null is none. One that was not measured says so. */
export function verdictWord(verdict: Verdict | null, isForecast: boolean): string {
  const word = verdict?.toUpperCase() ?? "NO VERDICT";
  return isForecast ? `${FORECAST} ${word}` : word;
}

export function verdictPaint(verdict: Verdict | null, colours: Colours): (text: string) => string {
  if (verdict === "recovered") return colours.green;
  return verdict === null || verdict === "recovering" ? colours.yellow : colours.red;
}
