import { describe, expect, it } from "vitest";
import { consoleSheet } from "../../../../results/src/forecasting/console.ts";
import { renderSheet } from "../../../../results/src/forecasting/page.ts";
import {
  type Forecasted,
  pointsOf,
  type SideBySide,
  sideBySideConclusion,
  sideBySideCsv,
  sideBySideSheet,
} from "../../../../results/src/forecasting/side-by-side.ts";
import { failed, outcome, readyAfter } from "../../../support/findings.ts";

const OWN = "script (immediate)";
const UNIFORM = "uniform 30 s";

const lost = (affected: number, ms: number) => outcome({ fleet: 1000, affected, ...readyAfter(ms) });
const spirals = (affected: number) => failed("metastable", { fleet: 1000, affected });

function comparedOf(forecasts: Forecasted[], storms = 1, changes: Partial<SideBySide> = {}): SideBySide {
  return {
    script: "fleet.yml",
    target: 0.99,
    devices: 1000,
    seed: 42,
    assumptions: [],
    interrupted: false,
    planned: forecasts.length,
    storms: Array.from({ length: storms }, (_, place) => ({
      index: place + 1,
      words: "reset",
      windowMs: 25_000,
      points: pointsOf(forecasts, place),
    })),
    ...changes,
  };
}

const shares = (...outcomes: [number, Forecasted["outcomes"][number]][]): Forecasted[] =>
  outcomes.map(([fraction, one]) => ({
    fraction,
    policy: OWN,
    run: `fraction-${fraction}`,
    outcomes: [one],
  }));

describe("several shares", () => {
  it("are concluded from what was forecast of each", () => {
    const all = shares([0.25, lost(250, 2000)], [1, lost(1000, 4000)]);
    expect(sideBySideConclusion(comparedOf(all))).toEqual([
      "All recover: 99 % are ready after 2 s (250 lost at once), 4 s (1,000 lost at once).",
    ]);
    const some = shares([1, spirals(1000)], [0.25, lost(250, 2000)], [0.5, lost(500, 3000)]);
    expect(sideBySideConclusion(comparedOf(some))).toEqual([
      "The largest loss that recovers is 500 of 1,000 devices lost at once, 99 % of them ready after 3 s; the smallest that does not is 1,000 devices lost at once: the fleet spirals: the load of those who are out keeps them out (METASTABLE).",
    ]);
    const none = shares([0.5, spirals(500)], [1, spirals(1000)]);
    expect(sideBySideConclusion(comparedOf(none))[0]).toMatch(
      /^None recovers; the smallest loss is 500 of 1,000/,
    );
  });

  it("have no frontier: they are not what one chooses among", () => {
    const { storms } = comparedOf(shares([0.25, lost(250, 2000)], [1, lost(1000, 4000)]));
    expect(storms[0]?.points.some(({ frontier }) => frontier)).toBe(false);
  });
});

describe("several policies", () => {
  const policies = (fraction: number | null): Forecasted[] => [
    { fraction, policy: OWN, run: "a", outcomes: [spirals(1000)] },
    { fraction, policy: UNIFORM, run: "b", outcomes: [lost(1000, 29_000)] },
  ];
  it("have the sentences of a comparison for each share", () => {
    const both = [...policies(0.5), ...policies(1)];
    const sentences = sideBySideConclusion(comparedOf(both));
    expect(sentences.filter((one) => /: 1 of 2 policies/.test(one))).toHaveLength(2);
    expect(sentences.map((one) => one.split(":")[0])).toEqual([
      ...Array(3).fill("50 % lost"),
      ...Array(3).fill("100 % lost"),
    ]);
    expect(sentences).toContain(
      "100 % lost: With the script's own back-off (immediate) it does not: the fleet spirals: the load of those who are out keeps them out (METASTABLE).",
    );
  });
  it("are not on the frontier with a part of the fleet alone", () => {
    const part = outcome({ fleet: 598, due: 1000, ...readyAfter(100) });
    const points = pointsOf(
      [
        ...policies(null),
        { ...policies(null)[0], policy: "fixed 5 s", run: "c", outcomes: [part] } as Forecasted,
      ],
      0,
    );
    expect(points.map(({ holds, frontier }) => [holds, frontier])).toEqual([
      [false, false],
      [true, true],
      [false, false],
    ]);
  });
  it("that met unequal losses are not said to have met the largest", () => {
    const unequal = [
      ...policies(null),
      { fraction: null, policy: "aws-iot", run: "c", outcomes: [lost(900, 4000)] },
    ];
    const sentences = sideBySideConclusion(comparedOf(unequal));
    expect(sentences[0]).toContain("2 of 3 policies bring 900 to 1,000 devices that are lost at once back");
    expect(sentences[1]).toBe(
      "Not all had the same loss, but from 900 to 1,000 devices: some of the others were not online when the storm came.",
    );
  });
  it("have a row each in the table, by share and by time, and a plot for each share", () => {
    const sheet = sideBySideSheet(comparedOf([...policies(0.5), ...policies(1)]), []);
    expect(sheet.tables[0]?.rows.map((cells) => cells.slice(0, 2))).toEqual([
      ["50 %", UNIFORM],
      ["50 %", OWN],
      ["100 %", UNIFORM],
      ["100 %", OWN],
    ]);
    expect(sheet.plots.map(({ spec }) => spec.id)).toEqual(["plot-storm-1-1", "plot-storm-1-2"]);
    expect(sideBySideSheet(comparedOf(policies(null)), []).tables[0]?.rows[0]?.[0]).toBe(UNIFORM);
  });
});

it("each storm of the script has a table of its own, and its own sentence", () => {
  const two = shares([0.25, lost(250, 2000)], [1, lost(1000, 4000)]).map((one) => ({
    ...one,
    outcomes: [...one.outcomes, spirals(1000)],
  }));
  const compared = comparedOf(two, 2);
  const conclusion = sideBySideConclusion(compared);
  expect(conclusion.map((one) => one.slice(0, 22))).toEqual([
    "Storm 1: all recover: ",
    "Storm 2: none recovers",
  ]);
  const sheet = sideBySideSheet(compared, conclusion);
  const text = consoleSheet(sheet, { colour: false, files: [] });
  expect(text).toContain("FORECAST: 2 forecasts side by side");
  expect(text).toContain("Storm 2 (reset), window 25 s");
  expect(renderSheet(sheet)).toContain('<a href="fraction-0.25/report.html">25 %</a>');
  expect(renderSheet(sheet)).toContain("FORECAST, Storm 2 (reset), window 25 s: each line is a forecast");
});

it("the title counts what was made", () => {
  const two = shares([0.25, lost(250, 2000)], [1, lost(1000, 4000)]);
  const title = (changes: Partial<SideBySide>) => sideBySideSheet(comparedOf(two, 1, changes), []).title;
  expect(title({ interrupted: true, planned: 64 })).toBe("2 of 64 forecasts side by side");
  expect(sideBySideSheet(comparedOf(two.slice(1)), []).title).toBe("1 forecast");
});

it("forecasts.csv has a row for each storm of each, and the directory of its run", () => {
  const forecasts = shares([0.25, lost(250, 2000)], [1, spirals(1000)]);
  const lines = sideBySideCsv(comparedOf(forecasts, 1, { interrupted: true }))
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const [header = [], ...rows] = lines;
  const at = (row: string[] | undefined, name: string) => row?.[header.indexOf(name)];
  expect(rows).toHaveLength(2);
  expect(
    ["kind", "run", "storm", "fraction", "verdict", "interrupted"].map((name) => at(rows[1], name)),
  ).toEqual(["FORECAST", "fraction-1", "1", "1", "metastable", "yes"]);
  expect(at(rows[0], "ready_p99_ms")).toBe("2000");
});
