import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { curvesOf } from "../../results/src/judge/curves.ts";
import { buildSummary } from "../../results/src/judge/summary.ts";
import { renderReport } from "../../results/src/report/page.ts";
import { mergeRun } from "../../results/src/run/merge.ts";
import { readRun } from "../../results/src/run/run-files.ts";
import {
  browserMissing,
  coloursDrawn,
  type Opened,
  openBrowser,
  openPage,
  seriousViolations,
} from "../support/browser.ts";
import { temporaryDirectory, writeRun } from "../support/run-files.ts";
import { spiralWorker } from "../support/synthetic-run.ts";

const missing = browserMissing();
if (missing !== null) console.warn(`report in a browser: skipped, for ${missing}`);

const HOSTILE = `</script><script>document.title = "owned"</script><img src=x onerror=alert(1)>`;

function writeReport(): string {
  const run = mergeRun(readRun([writeRun([spiralWorker("1"), spiralWorker("2")])]));
  const summary = buildSummary(run, { target: 0.99, problems: [HOSTILE] });
  const path = join(temporaryDirectory(), "report.html");
  writeFileSync(
    path,
    renderReport({ summary, curves: curvesOf(run), script: `# ${HOSTILE}\nconfig:\n  target: lab\n` }),
  );
  return pathToFileURL(path).href;
}

describe.skipIf(missing !== null)("report.html in a browser", () => {
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    browser = await openBrowser();
    url = writeReport();
  });
  afterAll(() => browser?.close());

  const open = (colorScheme: "light" | "dark", width: number): Promise<Opened> =>
    openPage(browser, url, { colorScheme, width });

  it.each([
    ["light", 1200],
    ["dark", 1200],
    ["light", 390],
  ] as const)("draws every plot, asks the network for nothing, and is accessible (%s, %i px)", async (scheme, width) => {
    const { page, noise } = await open(scheme, width);
    const colours = await coloursDrawn(page);
    expect(colours).toHaveLength(6);
    for (const colour of colours) expect(colour).toBeGreaterThan(10);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.title()).toContain("The fleet did not recover");
    expect(noise).toEqual([]);

    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    expect(await seriousViolations(page)).toEqual([]);
    await page.context().close();
  });

  it("shows and speaks values by hover and by keys", async () => {
    const { page, noise } = await open("light", 1200);
    const legend = page.locator("#plot-recovery-1 .u-value");
    expect(await legend.first().textContent()).toBe("–");
    await page.hover("#plot-recovery-1 .u-over");
    await expect.poll(() => legend.first().textContent()).toMatch(/ s$/);
    await page.focus("#plot-recovery-1");
    await page.keyboard.press("End");
    expect(await page.locator("#plot-recovery-1 + [aria-live]").textContent()).toBe(
      "20 s: all cohorts 70 %, cached 100 %, spiral 25 %",
    );
    expect(noise).toEqual([]);
    await page.context().close();
  });

  it("redraws when the colour scheme changes, and prints light and narrow", async () => {
    const { page, noise } = await open("light", 1200);
    const picture = (): Promise<string> =>
      page.evaluate(`document.querySelector(".chart canvas").toDataURL()`);
    const light = await picture();
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(picture).not.toBe(light);
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    await page.emulateMedia({ media: "print" });
    expect(await page.evaluate(`getComputedStyle(document.body).color`)).toBe("rgb(26, 34, 48)");
    expect(await page.evaluate(`document.querySelector(".chart canvas").clientWidth`)).toBe(640);
    expect(await page.evaluate(`document.querySelector("details.prints").open`)).toBe(true);
    expect(noise).toEqual([]);
    await page.context().close();
  });
});
