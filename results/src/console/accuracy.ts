import { printable } from "artillery-engine-mqtt/contract";
import pc from "picocolors";
import { errorWords, type StormAccuracy } from "../judge/accuracy.ts";
import { DIFFERENCES_SENTENCE, type Difference } from "../judge/differences.ts";
import { duration } from "../judge/number-words.ts";
import { indented, table, WIDTH, wrap } from "./layout.ts";
import { type Colours, verdictPaint, verdictWord } from "./verdict-word.ts";

/** A forecast beside what was measured, with the error of each figure. Renders it and computes nothing. */
export function consoleAccuracy(
  storms: readonly StormAccuracy[],
  differences: readonly Difference[],
  options: { colour: boolean; measuredSaturated: boolean },
): string {
  const colours = pc.createColors(options.colour);
  const lines = storms.flatMap(({ storm, figures, verdict: { measured, forecast }, generatorSaturated }) => [
    "",
    `${colours.bold(`Storm ${storm}, measured against forecast`)}: ${verdictPaint(measured, colours)(verdictWord(measured, false))}${generatorSaturated ? " (generator saturated)" : ""}, ${verdictPaint(forecast, colours)(verdictWord(forecast, true))}${measured === forecast ? "" : colours.red(": the verdicts differ")}`,
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
  return [
    ...differenceLines(differences, colours),
    ...(options.measuredSaturated ? saturatedLines(colours) : []),
    ...lines,
    "",
  ].join("\n");
}

function saturatedLines(colours: Colours): string[] {
  return [
    "",
    colours.red("GENERATOR SATURATED"),
    ...wrap(
      "The generator of the measured run was itself a bottleneck in part of it: what was measured is partly its own, and no forecast knows of that.",
      WIDTH - 2,
      "",
    ).map(indented),
  ];
}

/** A script that is another altogether differs in hundreds of places. */
const MOST_LINES = 15;

function differenceLines(differences: readonly Difference[], colours: Colours): string[] {
  if (differences.length === 0) return [];
  const more = differences.length - MOST_LINES;
  return [
    "",
    colours.red("NOT THE SAME EXPERIMENT"),
    ...wrap(DIFFERENCES_SENTENCE, WIDTH - 2, "").map(indented),
    ...table(
      [
        ["", "measured", "forecast"],
        ...differences
          .slice(0, MOST_LINES)
          .map(({ path, measured, forecast }) => [path, measured, forecast].map(printable)),
      ],
      [0, 1, 2],
    ),
    ...(more > 0 ? [indented(`and ${more} more: report.html has them all`)] : []),
  ];
}
