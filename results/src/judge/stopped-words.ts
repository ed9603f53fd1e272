import { count } from "./number-words.ts";
import type { Summary } from "./summary-schema.ts";

/** Who stopped trying or gave up, why, and how many: a row for each cohort and reason. */
export function stoppedWords({ stopped, gaveUp }: Pick<Summary, "stopped" | "gaveUp">): string[][] {
  const rows = (what: string, of: Summary["stopped"]): string[][] =>
    Object.entries(of).flatMap(([cohort, reasons]) =>
      Object.entries(reasons).map(([reason, n]) => [`${what} ${reason}`, cohort, count(n)]),
    );
  return [...rows("told to stop by", stopped), ...rows("gave up after", gaveUp)];
}
