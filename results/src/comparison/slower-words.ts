import { printable } from "artillery-engine-mqtt/contract";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { counted, duration, percent } from "../judge/number-words.ts";
import type { SlowerCheck, SlowerResult } from "./slower.ts";

/** What `--fail-slower` came to, in one line. */
export function slowerVerdict({ limit, checks, exit }: SlowerResult): string {
  const asked = `--fail-slower ${percent(limit)}`;
  if (exit.code === EXIT_CODES.slower.code) {
    const n = checks.filter(({ outcome }) => outcome === "slower").length;
    return `${asked}: B is slower in ${n} of ${counted(checks.length, "figure")}`;
  }
  if (exit.code === EXIT_CODES.notMeasured.code) {
    return `${asked}: not known, for not all of A could be compared`;
  }
  return `${asked}: B is not slower in any of ${counted(checks.length, "figure")}`;
}

/** A figure in which B was slower. */
export function slowerSentence({ storm, cohort, figure, a, b }: SlowerCheck): string {
  const where = cohort === null ? `storm ${storm}` : `storm ${storm}, cohort ${printable(cohort)}`;
  if (b === null || a === null) return `${where}: ${figure} not reached in B, ${duration(a)} in A`;
  const more = a === 0 ? "" : `, ${percent(b / a - 1)} slower`;
  return `${where}: ${figure} ${duration(b)} in B, ${duration(a)} in A${more}`;
}
