/** The page that explains a run shows what a run shows: its pieces are of one run, its names are those of the report and of the summary. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { forecastCommand, scriptOf } from "../../support/forecast-command.ts";
import { blocksOf, ROOT } from "../../support/pages.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("results/docs/read-the-report.md");
const inOneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim();

/** First cells of a section's table. */
function rowsOf(section: string): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(section)) ?? "";
  return [...text.matchAll(/^\| (.*?) \| /gm)].map(([, cell = ""]) => cell).slice(2);
}

it("each piece of its example, and what the README shows, is of the run at its end", () => {
  const [readme, own] = ["README.md", "results/docs/read-the-report.md"].map((path) => {
    const outputs = blocksOf(path).filter(({ language }) => language === "");
    return outputs.map(({ text }) => inOneLine(text));
  });
  const whole = own?.pop() ?? "";
  expect(whole).toMatch(/^Mass reconnect/);
  expect(own?.length).toBeGreaterThan(8);
  expect(readme).toHaveLength(1);
  for (const piece of [...(own ?? []), ...(readme ?? [])]) expect(whole).toContain(piece);
  // Its pictures are of that run, and so is what is said of them to those who do not see them.
  const figures = [...read("README.md").matchAll(/alt="([^"]*)"/g)].flatMap(([, alt = ""]) =>
    [...alt.matchAll(/\d[\d.]* (?:ms|s|%)/g)].map(([figure]) => figure),
  );
  expect(figures.length).toBeGreaterThan(5);
  for (const figure of figures) expect(whole).toContain(figure);
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
