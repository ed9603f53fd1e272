import { describe, expect, it } from "vitest";
import { comparisonText, tableText, time } from "../../../../benchmarks/micro/format.ts";
import { compare, fromCsv, type Row, ratio, statistics, toCsv } from "../../../../benchmarks/micro/rows.ts";

function row(name: string, medianNs: number): Row {
  return {
    table: "backoff",
    name,
    operation: "decision",
    medianNs,
    meanNs: medianNs + 1,
    marginPercent: 0.5,
    samples: 64,
  };
}

describe("statistics", () => {
  it("are those of all samples, in any order", () => {
    const { medianNs, meanNs, marginPercent } = statistics([9, 1, 2, 4]);
    expect([medianNs, meanNs]).toEqual([3, 4]);
    // Variance (25 + 9 + 4 + 0) / 3, over 4 samples: the standard error is 1.7795.
    expect(marginPercent).toBeCloseTo((196 * 1.77951) / 4, 2);
    expect(statistics([3, 1, 2]).medianNs).toBe(2);
  });

  it("of one sample have no margin", () => {
    expect(statistics([5])).toEqual({ medianNs: 5, meanNs: 5, marginPercent: 0 });
    expect(statistics([0, 0]).marginPercent).toBe(0);
  });
});

describe("rows", () => {
  it("come back from CSV as they were", () => {
    const rows = [row("fixed", 12.25), row('a, "quoted" name', 0)];
    expect(fromCsv(toCsv(rows))).toEqual(rows);
  });

  it("say what is wrong with a file", () => {
    expect(() => fromCsv("table,name\na,b\n")).toThrow("row 1 has no");
    expect(() => fromCsv(toCsv([row("a", 1)]).replace(",0.5,", ",x,"))).toThrow("row 1: margin_percent is x");
  });

  it("are compared by table and name", () => {
    const { rows, missing } = compare([row("a", 2), row("new", 1)], [row("gone", 3), row("a", 4)]);
    expect(rows.map(({ row: now, before }) => [now.name, before?.medianNs ?? null])).toEqual([
      ["a", 4],
      ["new", null],
    ]);
    expect(missing.map(({ name }) => name)).toEqual(["gone"]);
  });

  it("have no ratio to nothing", () => {
    expect(ratio(row("a", 3), row("b", 2))).toBe(1.5);
    expect(ratio(row("a", 3), row("b", 0))).toBeNull();
    expect(ratio(row("a", 3), undefined)).toBeNull();
  });

  it("are printed with the ratio to the first, and with what is new or gone", () => {
    expect(tableText([row("a", 100), row("b", 250)])).toMatch(/b .*4,000,000.*2\.50x/);
    const text = comparisonText([row("a", 2), row("b", 1)], [row("a", 4), row("c", 1)]);
    expect(text).toMatch(/a +4\.0 ns +2\.0 ns +0\.50x/);
    expect(text).toMatch(/b +new/);
    expect(text).toContain("not measured this time: backoff: c");
  });

  it("choose the unit that reads best", () => {
    expect([9.87, 120, 25_000, 3_500_000].map(time)).toEqual(["9.9 ns", "120 ns", "25.0 us", "3.50 ms"]);
  });
});
