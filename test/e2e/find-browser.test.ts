import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../results/src/forecasting/finding.ts";
import { renderSheet } from "../../results/src/forecasting/page.ts";
import { sheetOf } from "../../results/src/forecasting/sheet.ts";
import {
  pointsOf,
  sideBySideConclusion,
  sideBySideSheet,
} from "../../results/src/forecasting/side-by-side.ts";
import {
  browserMissing,
  coloursDrawn,
  openBrowser,
  openPage,
  seriousViolations,
} from "../support/browser.ts";
import { failed, fleetFinding, outcome, policyFinding, readyAfter, search } from "../support/findings.ts";
import { temporaryDirectory } from "../support/run-files.ts";

const missing = browserMissing();
if (missing !== null) console.warn(`find.html in a browser: skipped, for ${missing}`);

const HOSTILE = `</script><script>document.title = "owned"</script>`;

const point = (policy: string, ms: number, connectsPerS: number, frontier: boolean) => ({
  policy,
  holds: true,
  frontier,
  outcome: outcome({ ...readyAfter(ms), peak: { connectsPerS, configRequestsPerS: connectsPerS } }),
});

const FINDINGS: Record<string, { finding: Finding; spoken: string }> = {
  fleet: {
    finding: fleetFinding([
      search(
        "below",
        {
          1000: outcome(),
          1400: outcome({ fleet: 1400, ...readyAfter(16_000) }),
          2000: failed("metastable", { fleet: 2000 }),
        },
        { policy: HOSTILE },
      ),
    ]),
    spoken: `1,000: ${HOSTILE} 4 s`,
  },
  policy: {
    finding: policyFinding([
      point("full-jitter 1 s to 30 s", 4000, 1000, true),
      point("uniform 30 s", 29_000, 50, true),
      point("fixed 5 s", 9000, 1200, false),
    ]),
    spoken: "50: frontier 29 s, other policies no value",
  },
};

describe.skipIf(missing !== null)("find.html in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());

  it.each([
    ["fleet", "light", 1200],
    ["policy", "light", 1200],
    ["policy", "dark", 390],
  ] as const)("draws, speaks, asks the network for nothing and is accessible: %s, %s, %i px", async (name, colorScheme, width) => {
    const { finding, spoken } = FINDINGS[name] ?? { finding: policyFinding([]), spoken: "" };
    const path = join(temporaryDirectory(), "find.html");
    writeFileSync(path, renderSheet(sheetOf(finding, [HOSTILE])));
    const url = pathToFileURL(path).href;
    const { page, noise } = await openPage(browser, url, { colorScheme, width });
    const [colours] = await coloursDrawn(page);
    expect(colours).toBeGreaterThan(10);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.title()).toContain("FORECAST: ");
    await page.focus("#plot-find");
    await page.keyboard.press("Home");
    expect(await page.locator("#plot-find + [aria-live]").textContent()).toBe(spoken);
    expect(noise).toEqual([]);
    expect(await seriousViolations(page)).toEqual([]);
    await page.context().close();
  });

  it.each([
    "light",
    "dark",
  ] as const)("shares and policies side by side have a plot each, and a table that leads to their runs: %s", async (colorScheme) => {
    const outcomes = [outcome(), outcome(readyAfter(9000))];
    const forecasts = [0.5, 1].flatMap((fraction) =>
      ["fixed 5 s", HOSTILE].map((policy, i) => ({ fraction, policy, run: `run-${i}`, outcomes })),
    );
    const storms = [1, 2].map((index) => {
      const points = pointsOf(forecasts, index - 1);
      return { index, words: "reset", windowMs: 25_000, points };
    });
    const compared = {
      script: HOSTILE,
      target: 0.99,
      devices: 1000,
      seed: 1,
      assumptions: [],
      interrupted: false,
      planned: 4,
      storms,
    };
    const path = join(temporaryDirectory(), "forecasts.html");
    writeFileSync(path, renderSheet(sideBySideSheet(compared, sideBySideConclusion(compared))));
    const { page, noise } = await openPage(browser, pathToFileURL(path).href, { colorScheme, width: 390 });
    const colours = await coloursDrawn(page);
    expect(colours).toHaveLength(4);
    for (const colour of colours) expect(colour).toBeGreaterThan(10);
    expect(await page.locator('a[href="run-1/report.html"]').count()).toBe(4);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(390);
    expect(noise).toEqual([]);
    expect(await seriousViolations(page)).toEqual([]);
    await page.context().close();
  });
});
