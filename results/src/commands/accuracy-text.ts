import { consoleAccuracy } from "../console/accuracy.ts";
import type { HeldAgainst } from "../directory/held-against.ts";
import { accuracyOf } from "../judge/accuracy.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { Io } from "./io.ts";

/** A forecast beside the run that it is held against, for the terminal. */
export function accuracyText({ summary, differences }: HeldAgainst, forecast: Summary, io: Io): string {
  return consoleAccuracy(accuracyOf(summary, forecast), differences, {
    colour: io.colour,
    measuredSaturated: summary.generator?.saturated ?? false,
  });
}
