import type pc from "picocolors";
import type { Verdict } from "../judge/verdict.ts";

export type Colours = ReturnType<typeof pc.createColors>;

/** A verdict in capitals; null is none. */
export function verdictWord(verdict: Verdict | null): string {
  return verdict?.toUpperCase() ?? "NO VERDICT";
}

export function verdictPaint(verdict: Verdict | null, colours: Colours): (text: string) => string {
  if (verdict === "recovered") return colours.green;
  return verdict === null || verdict === "recovering" ? colours.yellow : colours.red;
}
