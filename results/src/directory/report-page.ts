import { curvesOf } from "../judge/curves.ts";
import { renderReport } from "../report/page.ts";
import type { HeldAgainst } from "./held-against.ts";
import type { MergedResults } from "./judged-runs.ts";

/**
 * `report.html` of merged files.
 *
 * @param measured the run that a forecast is held against
 */
export function reportPage(
  { run, summary, script }: MergedResults,
  measured?: Pick<HeldAgainst, "run" | "summary" | "differences"> | null,
): string {
  return renderReport({
    summary,
    curves: curvesOf(run),
    script,
    measured: measured && {
      summary: measured.summary,
      curves: curvesOf(measured.run),
      differences: measured.differences,
    },
  });
}
