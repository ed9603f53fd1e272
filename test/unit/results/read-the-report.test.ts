/** The page that explains a run shows what a run shows: its example is the README's, its names are those of the report and of the summary. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { forecastCommand, scriptOf } from "../../support/forecast-command.ts";

const ROOT = join(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("results/docs/read-the-report.md");
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** First cells of a section's table. */
function rowsOf(section: string): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(section)) ?? "";
  return [...text.matchAll(/^\| (.*?) \| /gm)].map(([, cell = ""]) => cell).slice(2);
}

it("each piece of its example stands in the README, below the same command", () => {
  const readme = read("README.md");
  const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const pieces = blocks.filter(([, language]) => language === "").map(([, , text = ""]) => text);
  expect(pieces.length).toBeGreaterThan(8);
  for (const piece of pieces) expect(inOneLine(readme)).toContain(inOneLine(piece));
  expect(readme).toContain("npx artillery run scenarios/mass-reconnect.yml");
});

it("its parts of the report are the report's, in their order", async () => {
  const { text } = await forecastCommand([scriptOf()]);
  const navigation = /<nav aria-label="Parts of the report">.*?<\/nav>/s.exec(text("report.html"))?.[0] ?? "";
  const parts = [...navigation.matchAll(/<a [^>]*>(.*?)<\/a>/g)].map(([, name = ""]) => name);
  // Nothing of a forecast is measured: it has assumptions in place of a generator, and this one tracks no messages.
  const ofForecast = rowsOf("report.html").filter((name) => name !== "Messages");
  expect(ofForecast.map((name) => (name === "Generator" ? "Assumptions" : name))).toEqual(parts);
});

it("its keys of summary.json are those of the schema", () => {
  const schema = JSON.parse(read("results/summary.schema.json"));
  const table = page.split("## summary.json")[1] ?? "";
  const rows = [...table.matchAll(/^\| .*? \| (.*) \|$/gm)].map(([, cell = ""]) => cell);
  const keys = rows.flatMap((cell) => [...cell.matchAll(/`([a-zA-Z[\].]+)`/g)].map(([, key = ""]) => key));
  const names = keys.filter((key) => key !== "null");
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    const ofStorm = /^storms\[\]\.(.*)$/.exec(name)?.[1];
    const { properties } = ofStorm === undefined ? schema : schema.properties.storms.items;
    expect(Object.keys(properties)).toContain(ofStorm ?? name);
  }
});
