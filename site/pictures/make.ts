/**
 * Takes the README's pictures of a run's report: its first screen and its recovery curve, light and dark.
 *
 *   npx artillery run scenarios/mass-reconnect.yml
 *   npm run pictures -- mqtt-results/RUN
 */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const [run] = process.argv.slice(2);
if (run === undefined) {
  console.error("usage: npm run pictures -- mqtt-results/RUN");
  process.exit(1);
}
const report = pathToFileURL(resolve(run, "report.html")).href;

const SCHEMES = ["light", "dark"] as const;
/** Pixels: as wide as GitHub shows a page, and what a reader sees without scrolling. */
const SCREEN = { width: 1280, height: 800 };
const MARGIN = 32;

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
for (const colorScheme of SCHEMES) await takeAll(browser, colorScheme);
await browser.close();

async function takeAll(from: Browser, colorScheme: (typeof SCHEMES)[number]): Promise<void> {
  const context = await from.newContext({ colorScheme, viewport: SCREEN });
  const page = await context.newPage();
  await page.goto(report);
  await page.waitForSelector(".chart canvas");
  await drawn(page);
  // The first screen ends where what is to be seen at a glance does.
  const glance = await page.locator("section[aria-labelledby=overview]").boundingBox();
  const height = Math.ceil(glance === null ? SCREEN.height : glance.y + glance.height + MARGIN);
  keep(
    `report-${colorScheme}.png`,
    await page.screenshot({ clip: { x: 0, y: 0, width: SCREEN.width, height } }),
  );
  // All storms, where there are several.
  const figure = page.locator("section[aria-labelledby=recovery] figure").first();
  await figure.scrollIntoViewIfNeeded();
  await drawn(page);
  keep(`recovery-${colorScheme}.png`, await figure.screenshot());
  await context.close();
}

/** Plots are drawn in the next frame. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
}

function keep(name: string, bytes: Buffer): void {
  const path = join(import.meta.dirname, name);
  writeFileSync(path, bytes);
  console.log(`${path} ${(bytes.length / 1024).toFixed(0)} KiB`);
}
