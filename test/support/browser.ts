import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

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
