import type { ForecastAssumption } from "artillery-engine-mqtt/contract";

/** Stands wherever a verdict does that was not measured. */
export const FORECAST = "FORECAST";

/** What a reader has to know before any number of a forecast. */
export const FORECAST_SENTENCE =
  "Nothing of this was measured: the devices of the engine ran in virtual time against a model of network, broker and back end. It is as good as its assumptions.";

const SOURCE_WORDS: Record<ForecastAssumption["source"], string> = {
  option: "command line",
  script: "script",
  lab: "script, of the lab",
  default: "default",
  model: "model",
  calibration: "calibration",
};

/** Where an assumption comes from. */
export function sourceWords({ source, run }: Pick<ForecastAssumption, "source" | "run">): string {
  return run === undefined ? SOURCE_WORDS[source] : `${SOURCE_WORDS[source]} ${run}`;
}
