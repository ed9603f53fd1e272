import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderDiff } from "../../results/src/comparison/diff-page.ts";
import { renderComparison } from "../../results/src/comparison/page.ts";
import { twoRuns } from "../../results/src/comparison/two-runs.ts";
import { mergeDirectories } from "../../results/src/directory/judged-runs.ts";
import {
  browserMissing,
  coloursDrawn,
  openBrowser,
  openPage,
  seriousViolations,
} from "../support/browser.ts";
import { comparedBrokers } from "../support/compared-brokers.ts";
import { type RehearsalOptions, rehearsal } from "../support/paired-runs.ts";
import { temporaryDirectory, writeRun } from "../support/run-files.ts";

const missing = browserMissing();
if (missing !== null) console.warn(`comparisons in a browser: skipped, for ${missing}`);

function diffPage(): string {
  const run = (options: RehearsalOptions, cap: string) => {
    const directory = writeRun([rehearsal({ storms: 2, ...options })]);
    const script = { config: { engines: { mqtt: { reconnect: { cap } } } } };
    writeFileSync(join(directory, "script.json"), JSON.stringify(script));
    return mergeDirectories([directory], {});
  };
  return renderDiff(twoRuns(run({}, "30s"), run({ slow: 1.5, back: 0.97 }, "60s"), 0.2));
}

const PAGES = [
  { name: "diff.html", render: diffPage, plots: 9, title: "B did worse in both storms" },
  {
    name: "comparison.html",
    render: () => renderComparison(comparedBrokers()),
    plots: 2,
    title: "Fast broker recovered first",
  },
];

describe.skipIf(missing !== null).each(PAGES)("$name in a browser", ({ name, render, plots, title }) => {
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    browser = await openBrowser();
    const path = join(temporaryDirectory(), name);
    writeFileSync(path, render());
    url = pathToFileURL(path).href;
  });
  afterAll(() => browser?.close());

  it.each([
    ["light", 1280],
    ["dark", 390],
  ] as const)("draws every plot, loads nothing, is accessible, and nothing of it is off-screen (%s, %i px)", async (colorScheme, width) => {
    const { page, noise } = await openPage(browser, url, { colorScheme, width });
    const colours = await coloursDrawn(page);
    expect(colours).toHaveLength(plots);
    for (const colour of colours) expect(colour).toBeGreaterThan(10);
    expect(await page.title()).toContain(title);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await hiddenToTheSide(page)).toEqual([]);
    expect(noise).toEqual([]);
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    expect(await seriousViolations(page)).toEqual([]);
    await page.context().close();
  });

  /** Tables that have to be scrolled to be read, of those that are seen without opening anything. */
  const hiddenToTheSide = (page: Awaited<ReturnType<typeof openPage>>["page"]): Promise<string[]> =>
    page.evaluate(
      "[...document.querySelectorAll('.scroll')].filter((one) => one.checkVisibility({ contentVisibilityAuto: true }) && one.scrollWidth > one.clientWidth + 1).map((one) => one.ariaLabel)",
    );
});
