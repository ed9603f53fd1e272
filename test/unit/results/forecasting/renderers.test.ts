import { describe, expect, it } from "vitest";
import { consoleSheet } from "../../../../results/src/forecasting/console.ts";
import { FIND_COLUMNS, findingCsv } from "../../../../results/src/forecasting/csv.ts";
import { type Finding, findingJson } from "../../../../results/src/forecasting/finding.ts";
import { renderSheet } from "../../../../results/src/forecasting/page.ts";
import { sheetOf } from "../../../../results/src/forecasting/sheet.ts";
import {
  capacityFinding,
  failed,
  fleetFinding,
  outcome,
  policyFinding,
  question,
  readyAfter,
  search,
} from "../../../support/findings.ts";

const fleet = fleetFinding([
  search("below", { 1000: outcome(), 2000: failed("metastable", { fleet: 2000 }) }),
]);
const policy = policyFinding([
  { policy: "immediate", holds: false, frontier: false, outcome: failed("recovering") },
  { policy: "uniform 30 s", holds: true, frontier: true, outcome: outcome(readyAfter(29_000)) },
  { policy: "fixed 5 s", holds: true, frontier: true, outcome: outcome(readyAfter(9000)) },
]);

describe("the console", () => {
  it("has a line for each forecast, in the order of what was searched, and says FORECAST", () => {
    const text = consoleSheet(sheetOf(fleet, ["So it is."]), { colour: false, files: ["out/find.csv"] });
    expect(text).toMatchInlineSnapshot(`
      "
      FORECAST: The largest loss that recovers
        Nothing of this was measured: the devices of the engine ran in virtual time against a model of network,
        broker and back end. It is as good as its assumptions.
        fleet.yml: storm 1 (connection reset of 100 %), window 25 s

               lost at                     50 %         99 %        peak  peak config  connects per
        fleet     once  verdict           ready        ready  connects/s       req./s        device
        1,000    1,000  RECOVERED           2 s          4 s         500          500         1.00x  recovers
        2,000    2,000  METASTABLE  not reached  not reached       1,000        1,000         1.00x  does not

        ready: from the loss until that share of the devices that were lost is back and at work.
        peak: the highest mean over one second inside the storm's window. connects per device: attempts of a
        device that was lost until it was ready.

        So it is.

      Assumptions of the forecasts
        broker: connects: 5000 per s (default)

      Files
        out/find.csv
      "
    `);
  });
  it("has policies by the time they take, and another target than 99 % as a column of its own", () => {
    const other = { ...policy, interrupted: true, question: question({ target: 0.9 }) };
    const lines = consoleSheet(sheetOf(other, []), { colour: false, files: [] }).split("\n");
    expect(
      lines
        .filter((line) => /^ {2}(fixed|uniform|immediate)/.test(line))
        .map((line) => line.trim().split(" ")[0]),
    ).toEqual(["fixed", "uniform", "immediate"]);
    expect(lines.join("\n")).toMatch(/50 % +90 % +99 %/);
    expect(lines).toContain("  interrupted: what was known until then");
  });
});

it("find.csv has a row for each forecast, its units in the names, and runs nothing in a spreadsheet", () => {
  const evil = capacityFinding(
    [search("above", { 500: outcome(), 250: failed(null, { absence: "no-baseline" }) }, { policy: "=1+1" })],
    { of: "broker" },
  );
  const [header, ...lines] = findingCsv(evil)
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const rows = lines.map((line) => Object.fromEntries(line.map((text, i) => [header?.[i] ?? "", text])));
  expect(header).toEqual([...FIND_COLUMNS]);
  expect(rows).toMatchObject([
    {
      kind: "FORECAST",
      find: "capacity",
      policy: "'=1+1",
      broker_connects_per_s: "250",
      recovers: "no",
      verdict: "",
      verdict_absence: "no-baseline",
      ready_p99_ms: "",
    },
    {
      broker_connects_per_s: "500",
      config_service_per_s: "",
      recovers: "yes",
      mark: "recovers",
      ready_p99_ms: "4000",
    },
  ]);
});

it("find.json says that it is a forecast, and has everything", () => {
  expect(JSON.parse(findingJson(fleet, ["So it is."]))).toEqual({
    schemaVersion: 1,
    kind: "forecast",
    ...fleet,
    conclusion: ["So it is."],
  });
});

describe("find.html", () => {
  const plotsOf = (page: string) =>
    JSON.parse(/id="plots">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "null") as {
      data: (number | null)[][];
      marks: object[];
      notes: { text: string }[];
    }[];

  it("draws time against loss, and shades where it does not recover", () => {
    const [plot] = plotsOf(renderSheet(sheetOf(fleet, [])));
    expect(plot?.data).toEqual([
      [1000, 2000],
      [4000, null],
    ]);
    expect(plot?.marks).toEqual([{ from: 2000, to: 2600, label: "METASTABLE" }]);
  });
  it("draws time against peak load, and names the frontier", () => {
    const [plot] = plotsOf(renderSheet(sheetOf(policy, [])));
    expect(plot?.data[0]).toHaveLength(2);
    expect(plot?.notes.map(({ text }) => text)).toEqual(["fixed 5 s", "uniform 30 s"]);
  });
  it("has no plot where nothing recovered, and says FORECAST in any case", () => {
    const page = renderSheet(sheetOf(fleetFinding([search("below", { 1: failed("stalled") })]), ["None."]));
    expect(plotsOf(page)).toEqual([]);
    expect(page).toContain("<h1>FORECAST: The largest loss that recovers</h1>");
  });

  const named = (name: string): Finding =>
    fleetFinding(
      [
        search(
          "below",
          { 1000: outcome(), 2000: failed(null, { fleet: 2000, reason: name }) },
          { policy: name },
        ),
        search("below", { 1000: outcome() }, { policy: `other ${name}` }),
      ],
      { question: question({ script: name, assumptions: [{ name, value: name, source: "script" }] }) },
    );
  const tagsOf = (page: string): string[] =>
    (page.match(/<\/?[a-z!][^\s>]*/gi) ?? []).map((tag) => tag.toLowerCase());

  it.each([
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    `" onfocus="alert(1)" x="`,
    "<!--<script>",
    "order\u202Ereversed\u2028",
  ])("keeps what others wrote inert: %s", (name) => {
    const page = renderSheet(sheetOf(named(name), [name]));
    expect(tagsOf(page)).toEqual(tagsOf(renderSheet(sheetOf(named("harmless"), ["harmless"]))));
    for (const [tag] of page.matchAll(/<[a-z][^>]*>/gi)) {
      expect(tag).not.toMatch(/^[^"]*(?:"[^"]*"[^"]*)*\s(?:on[a-z]+|src|style)\s*=/i);
    }
    expect(page).not.toMatch(/[\u202e\u2028]/);
  });
});
