import { expect, it } from "vitest";
import { parseStat, treeOf } from "../../../benchmarks/brokers/process-usage.ts";

it("reads a stat line whose command has spaces and parentheses", () => {
  const fields = ["S", "41", "42", "42", "0", "-1", "0", "1", "2", "3", "4", "700", "30", "5", "6"];
  const rest = ["20", "0", "9", "0", "123456", "1000000", "2500", "99"];
  expect(parseStat(`42 (a (b) c) ${[...fields, ...rest].join(" ")}`)).toEqual({
    parent: 41,
    cpuTicks: 730,
    startedAt: "123456",
    residentPages: 2500,
  });
});

it("finds children whose numbers are lower than their parent's, and no strangers", () => {
  const processes = new Map([
    [5, { parent: 30 }],
    [30, { parent: 100 }],
    [100, { parent: 1 }],
    [101, { parent: 1 }],
    [102, { parent: 100 }],
  ]);
  expect(treeOf(100, processes).sort((a, b) => a - b)).toEqual([5, 30, 100, 102]);
  expect(treeOf(7, processes)).toEqual([]);
});
