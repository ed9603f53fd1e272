import type { ForecastOptions, PreparedForecast } from "artillery-engine-mqtt/forecast";
import pc from "picocolors";
import { indented, WIDTH, wrap } from "../console/layout.ts";
import { notReady } from "../forecasting/not-ready.ts";
import type { Summary } from "../judge/summary-schema.ts";
import type { Io } from "./io.ts";

/**
 * Why a fleet of another size than the script's was not at work when its storms came, and what to change, for the terminal. Empty
 * where it was, or where the script's own was forecast.
 */
export function notReadyText(
  { arrivals, model, written, sample }: PreparedForecast,
  { devices, scale }: Pick<ForecastOptions, "devices" | "scale">,
  summaries: readonly Summary[],
  { colour }: Io,
): string {
  if (devices === undefined) return "";
  // Rates of a sample are as much smaller as it is.
  const share = sample === null ? 1 : sample.devices / sample.of;
  const answers = model.services.flatMap((one) => (one === null ? [] : [one.capacity]));
  const lines = notReady(
    {
      written,
      devices,
      scale: scale ?? null,
      arrivedByMs: Math.max(0, ...arrivals.map(({ fromMs, everyMs, count }) => fromMs + everyMs * count)),
      arrivalsPerS: Math.max(0, ...arrivals.map(({ everyMs }) => 1000 / everyMs)) / share,
      connectsPerS: model.broker.connects / share,
      answersPerS: answers.length === 0 ? null : Math.min(...answers) / share,
      regions: model.services.length,
    },
    summaries.flatMap(({ storms }) => storms),
    share,
  );
  if (lines.length === 0) return "";
  const [title = "", ...others] = lines;
  const colours = pc.createColors(colour);
  const text = [colours.yellow(title), ...others.flatMap((one) => wrap(one, WIDTH - 2, "  ").map(indented))];
  return `${text.join("\n")}\n\n`;
}
