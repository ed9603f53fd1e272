import type { ForecastOptions, PreparedForecast } from "artillery-engine-mqtt/forecast";
import pc from "picocolors";
import { indented, WIDTH, wrap } from "../console/layout.ts";
import { arrivedByMs } from "../forecasting/at-work.ts";
import { notReady, tooShort } from "../forecasting/no-verdict.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { Io } from "./io.ts";

/** What to change where storms have no verdict for want of a fleet that is at work, or of time, for the terminal; else empty. */
export function nextActionText(
  prepared: PreparedForecast,
  options: Pick<ForecastOptions, "devices" | "scale">,
  summaries: readonly Summary[],
  { colour }: Io,
): string {
  const storms = summaries.flatMap((summary) => summary.storms);
  const { yellow } = pc.createColors(colour);
  const text = [notReadyLines(prepared, options, storms), tooShort(storms)].flatMap(([title, ...others]) =>
    title === undefined
      ? []
      : [yellow(title), ...others.flatMap((one) => wrap(one, WIDTH - 2, "  ").map(indented)), ""],
  );
  return text.length === 0 ? "" : `${text.join("\n")}\n`;
}

/** The fleet of the script itself is its own business. */
function notReadyLines(
  { arrivals, model, written, sample }: PreparedForecast,
  { devices, scale }: Pick<ForecastOptions, "devices" | "scale">,
  storms: Summary["storms"],
): string[] {
  if (devices === undefined) return [];
  // Rates of a sample are as much smaller as it is.
  const share = sample === null ? 1 : sample.devices / sample.of;
  const answers = model.services.flatMap((one) => (one === null ? [] : [one.capacity]));
  const arriving = {
    written,
    devices,
    scale: scale ?? null,
    arrivedByMs: arrivedByMs(arrivals),
    arrivalsPerS: Math.max(0, ...arrivals.map(({ everyMs }) => 1000 / everyMs)) / share,
    connectsPerS: model.broker.connects / share,
    answersPerS: answers.length === 0 ? null : Math.min(...answers) / share,
    regions: model.services.length,
  };
  return notReady(arriving, storms, share);
}
