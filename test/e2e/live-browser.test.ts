import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";
import { freePort, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import {
  browserMissing,
  coloursDrawn,
  openBrowser,
  openPage,
  seriousViolations,
  type View,
} from "../support/browser.ts";

const missing = browserMissing() ?? (mosquittoAvailable() ? null : "mosquitto is absent");
if (missing !== null) console.warn(`the live page in a browser: skipped, for ${missing}`);

const BIN = resolve(fileURLToPath(import.meta.url), "../../../results/bin/mqtt-results.js");
const DEVICES = 60;
const SETTLED_MS = 4000;
const OVER = "The run has ended, and this page with it: mqtt-results watch opens it again";

/** All devices lose their power for 5 s: a dip that nobody can miss. */
const script = (target: string, port: number): object => ({
  config: {
    target,
    phases: [{ duration: 1, arrivalCount: DEVICES }],
    engines: {
      mqtt: {
        reconnect: { policy: "full-jitter", base: "1s", cap: "2s" },
        seed: 7,
        storms: [{ at: "6s", fraction: 1, cause: "reset", for: "5s", window: "9s" }],
      },
    },
    plugins: { "mqtt-results": { live: { port }, report: ["json"] } },
  },
  scenarios: [
    {
      name: "all",
      engine: "mqtt",
      onConnect: [{ subscribe: { topics: ["t/{{ deviceId }}"], qos: 0 } }],
      flow: [{ connect: {} }, { stayOnline: {} }],
    },
  ],
});

/** Devices that are connected as Mosquitto's log tells it, line by line. */
function connectedIn(log: string): number {
  const connected = new Set<string>();
  for (const line of log.split("\n")) {
    const [, come] = /New client connected from \S+ as (device-\S+) /.exec(line) ?? [];
    const [, gone] = /: Client (device-\S+) /.exec(line) ?? [];
    if (come !== undefined) connected.add(come);
    if (gone !== undefined) connected.delete(gone);
  }
  return connected.size;
}

const figure = async (page: Page, name: string): Promise<number> =>
  Number.parseInt((await page.locator(`#figure-${name}`).textContent())?.replaceAll(",", "") ?? "", 10);

/** What a plot says under its cursor, from its first point to its last: a reader by keyboard hears the same. */
async function spoken(page: Page, id: string): Promise<string[]> {
  const said: string[] = [];
  await page.focus(`#${id}`);
  await page.keyboard.press("Home");
  for (let i = 0; i < 250; i++) {
    const text = (await page.locator(`#${id} + [aria-live]`).textContent()) ?? "";
    if (text === said.at(-1)) break;
    said.push(text);
    await page.keyboard.press("ArrowRight");
  }
  return said;
}

describe.skipIf(missing !== null)("the live page in a browser, on Mosquitto", () => {
  let browser: Browser;
  let broker: Mosquitto;
  let run: ArtilleryRun;
  /** Figures of the page beside the broker's, while the run went on. */
  const seen: {
    atMs: number;
    online: number;
    ready: number;
    connections: number;
    heading: string;
    link: string;
  }[] = [];
  const noise: string[] = [];
  let after = { online: Number.NaN, heading: "", link: "", dip: [] as string[] };

  beforeAll(async () => {
    [browser, broker] = await Promise.all([openBrowser(), Mosquitto.start()]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/`;
    let told = (): void => {};
    const served = new Promise<void>((resolve) => {
      told = resolve;
    });
    const running = runArtillery(script(broker.url, port), {
      onOutput: (text) => text.includes(`live at ${url}`) && told(),
    });
    let isOver = false;
    void running.finally(() => {
      isOver = true;
    });
    const ended = running.then(({ stdout, stderr }) => {
      throw new Error(`it ended too soon: ${stdout}${stderr}`);
    });
    ended.catch(() => {});
    await Promise.race([served, ended]);
    const page = await browser.newPage();
    page.on("console", (message) => noise.push(message.text()));
    page.on("pageerror", (error) => noise.push(error.message));
    page.on("request", (request) => request.url().startsWith(url) || noise.push(request.url()));
    await page.goto(url);
    await Promise.race([page.waitForSelector("#figure-online"), ended]);
    while (!isOver) {
      const connections = connectedIn(broker.log());
      seen.push({
        atMs: performance.now(),
        online: await figure(page, "online"),
        ready: await figure(page, "ready"),
        connections,
        heading: (await page.locator("h1").textContent()) ?? "",
        link: (await page.locator("#link").textContent()) ?? "",
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    run = await running;
    after = {
      online: await figure(page, "online"),
      heading: (await page.locator("h1").textContent()) ?? "",
      link: (await page.locator("#link").textContent()) ?? "",
      dip: await spoken(page, "plot-fleet"),
    };
    await page.close();
  });
  afterAll(() => Promise.all([browser?.close(), broker?.stop()]));

  it("said the address once, and ended the run as ever", () => {
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(run.stdout.match(/mqtt-results: live at /g)).toHaveLength(1);
  });

  it("shows who is online: as many as Mosquitto says, also in the middle of the storm", () => {
    // Files are flushed every 2 s: what the broker has had for 4 s the page has too.
    const settled = seen.filter(({ atMs, connections }) => {
      const before = seen.filter((one) => one.atMs <= atMs && one.atMs >= atMs - SETTLED_MS);
      const isLong = (seen[0]?.atMs ?? atMs) <= atMs - SETTLED_MS;
      return isLong && before.every((one) => one.connections === connections);
    });
    for (const { online, connections } of settled) expect(online).toBe(connections);
    expect(new Set(settled.map(({ connections }) => connections))).toEqual(new Set([0, DEVICES]));
    const full = seen.findIndex(({ online }) => online === DEVICES);
    const dip = seen.findIndex(({ online }, i) => i > full && online === 0);
    const back = seen.findIndex(({ online }, i) => i > dip && online === DEVICES);
    expect([full >= 0, dip > full, back > dip]).toEqual([true, true, true]);
    expect(seen[dip]?.heading).toBe("Storm 1 is under way");
    expect([...new Set(seen.map(({ link }) => link))].filter((link) => link !== OVER)).toEqual(["Connected"]);
    expect(noise).toEqual([]);
  });

  it("draws the dip, and keeps the last word of a run that is over, with its verdict", () => {
    const online = after.dip.map((text) => Number(/online (\d+)/.exec(text)?.[1]));
    const full = online.indexOf(DEVICES);
    const lost = online.indexOf(0, full);
    expect([full > 0, lost > full, online.indexOf(DEVICES, lost) > lost]).toEqual([true, true, true]);
    expect(after).toMatchObject({
      heading: "The fleet recovered from the storm",
      link: OVER,
    });
    // Mosquitto's own log: each device came twice.
    expect(broker.logged(/New client connected from \S+ as device-/)).toBe(2 * DEVICES);
  });

  describe("opened again by mqtt-results watch", () => {
    let url: string;
    let ended: Promise<number | null>;
    let end = (): void => {};

    beforeAll(async () => {
      const child = spawn(process.execPath, [BIN, "watch"], {
        cwd: run.runDirectory,
        stdio: ["ignore", "pipe", "pipe"],
      });
      ended = new Promise((resolve) => child.once("exit", resolve));
      end = () => child.kill("SIGINT");
      url = await new Promise<string>((resolve, failed) => {
        let text = "";
        child.stdout.setEncoding("utf8").on("data", (piece: string) => {
          text += piece;
          const found = /(http:\S+) \(Ctrl-C/.exec(text)?.[1];
          if (found !== undefined) resolve(found);
        });
        child.once("exit", () => failed(new Error(`it ended: ${text}`)));
      });
    });

    const views: View[] = (["light", "dark"] as const).flatMap((colorScheme) =>
      [1280, 390].map((width) => ({ colorScheme, width })),
    );
    it("has the figures of summary.json, fits and is accessible in light and dark, 1280 and 390 px", async () => {
      const output = join(run.runDirectory, "mqtt-results");
      const [id = ""] = readdirSync(output);
      const [storm] = JSON.parse(readFileSync(join(output, id, "summary.json"), "utf8")).storms;
      expect(storm).toMatchObject({ verdict: "recovered", recovered: DEVICES });
      await Promise.all(views.map(looksRight));
    });

    /** It fits, is drawn, is accessible. */
    async function looksRight(view: View): Promise<void> {
      const { page } = await openPage(browser, url, view);
      await expect.poll(() => page.locator("h1").textContent()).toBe("The fleet recovered from the storm");
      expect(await page.locator('[data-part="storm-1"]').textContent()).toContain(`All ${DEVICES} devices`);
      const colours = await coloursDrawn(page);
      expect(colours).toHaveLength(3);
      for (const colour of colours) expect(colour).toBeGreaterThan(5);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(view.width);
      // Axe is injected past the page's policy.
      expect(await seriousViolations(page)).toEqual([]);
      await page.context().close();
    }

    it("leads to the report, stands still when asked to, comes back by itself, and is gone at Ctrl-C", async () => {
      const { page } = await openPage(browser, url, { colorScheme: "light", width: 1280 });
      await page.click("#pause");
      expect(await page.locator("#pause").getAttribute("aria-pressed")).toBe("true");
      expect(await page.locator("#link").textContent()).toBe("Paused: what is new waits");
      const report = await page.context().newPage();
      await report.goto(`${url}report`);
      expect(await report.title()).toContain("The fleet recovered from the storm");
      await report.waitForSelector(".chart canvas");
      end();
      expect(await ended).toBe(0);
      await expect
        .poll(() => page.locator("#link").textContent())
        .toMatch(/^No connection since .*: trying again$/);
      // What was seen last stays.
      expect(await page.locator("h1").textContent()).toBe("The fleet recovered from the storm");
      await page.context().close();
    });
  });
});
