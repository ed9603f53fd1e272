import pc from "picocolors";
import { errorWords, type StormAccuracy } from "../judge/accuracy.ts";
import { duration } from "../judge/number-words.ts";
import { table } from "./layout.ts";
import { verdictPaint, verdictWord } from "./verdict-word.ts";

/** A forecast beside what was measured, with the error of each figure. Renders it and computes nothing. */
export function consoleAccuracy(storms: readonly StormAccuracy[], options: { colour: boolean }): string {
  const colours = pc.createColors(options.colour);
  const lines = storms.flatMap(({ storm, figures, verdict: { measured, forecast } }) => [
    "",
    `${colours.bold(`Storm ${storm}, measured against forecast`)}: ${verdictPaint(measured, colours)(verdictWord(measured, false))}, ${verdictPaint(forecast, colours)(verdictWord(forecast, true))}${measured === forecast ? "" : colours.red(": the verdicts differ")}`,
    ...table([
      ["", "measured", "forecast", "error"],
      ...figures.map((figure) => [
        figure.name,
        duration(figure.measuredMs),
        duration(figure.forecastMs),
        errorWords(figure),
      ]),
    ]),
  ]);
  return [...lines, ""].join("\n");
}
