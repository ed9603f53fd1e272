import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's package; playwright-core brings no browser of its own. */
const CHROMIUM = "/usr/bin/chromium";

/** Why browser tests cannot run here; null where they can. On CI they have to, so a missing browser fails them there. */
export function browserMissing(): string | null {
  if (existsSync(CHROMIUM) || process.env.CI) return null;
  return `${CHROMIUM} is absent (apt-get install chromium)`;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
  });
}

export interface Opened {
  page: Page;
  /** Requests other than for the file itself, and all that the console said. */
  noise: string[];
}

export interface View {
  colorScheme: "light" | "dark";
  /** Pixels. */
  width: number;
}

/** Opens a page with plots, and waits until they are drawn. */
export async function openPage(browser: Browser, url: string, { colorScheme, width }: View): Promise<Opened> {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const noise: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== url) noise.push(`request ${request.url()}`);
  });
  page.on("console", (message) => noise.push(`console ${message.text()}`));
  page.on("pageerror", (error) => noise.push(`error ${error.message}`));
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => noise.push("dialog")));
  await page.goto(url);
  await page.waitForSelector(".chart canvas");
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  return { page, noise };
}

/** How many different colours the canvas of each plot has. */
export function coloursDrawn(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll(".chart canvas")].map((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  })`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What makes the page hard to use for some: the rule, and where it is broken. Axe is injected past the page's policy. */
export async function seriousViolations(page: Page): Promise<string[][]> {
  await page.evaluate(axe);
  const violations: { id: string; impact: string; nodes: { html: string }[] }[] = await page.evaluate(
    "axe.run().then((result) => result.violations)",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => [id, ...nodes.map((node) => node.html)]);
}
