import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../results/src/forecasting/finding.ts";
import { renderFinding } from "../../results/src/forecasting/page.ts";
import { browserMissing, openBrowser } from "../support/browser.ts";
import { failed, fleetFinding, outcome, policyFinding, readyAfter, search } from "../support/findings.ts";
import { temporaryDirectory } from "../support/run-files.ts";

const missing = browserMissing();
if (missing !== null) console.warn(`find.html in a browser: skipped, for ${missing}`);

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
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
    writeFileSync(path, renderFinding(finding, [HOSTILE]));
    const url = pathToFileURL(path).href;
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
    const page = await context.newPage();
    const noise: string[] = [];
    page.on("request", (request) => {
      if (request.url() !== url) noise.push(`request ${request.url()}`);
    });
    page.on("console", (message) => noise.push(`console ${message.text()}`));
    page.on("pageerror", (error) => noise.push(`error ${error.message}`));
    await page.goto(url);
    await page.waitForSelector(".chart canvas");
    await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
    const colours = await page.evaluate(`(() => {
      const canvas = document.querySelector(".chart canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    })()`);
    expect(colours).toBeGreaterThan(10);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    expect(await page.title()).toContain("FORECAST: ");
    await page.focus("#plot-find");
    await page.keyboard.press("Home");
    expect(await page.locator("#plot-find + [aria-live]").textContent()).toBe(spoken);
    expect(noise).toEqual([]);
    await page.evaluate(axe);
    const violations: { id: string; impact: string }[] = await page.evaluate(
      "axe.run().then((result) => result.violations)",
    );
    expect(
      violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id }) => id),
    ).toEqual([]);
    await context.close();
  });
});
