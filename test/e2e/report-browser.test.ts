import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Curves, curvesOf } from "../../results/src/judge/curves.ts";
import { duration } from "../../results/src/judge/number-words.ts";
import { buildSummary } from "../../results/src/judge/summary.ts";
import type { Summary } from "../../results/src/judge/summary-schema.ts";
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
import { type SyntheticWorker, temporaryDirectory, writeRun } from "../support/run-files.ts";
import { spiralWorker, twoStormsWorker } from "../support/synthetic-run.ts";

const missing = browserMissing();
if (missing !== null) console.warn(`report in a browser: skipped, for ${missing}`);

const HOSTILE = `</script><script>document.title = "owned"</script><img src=x onerror=alert(1)>`;

interface Written {
  url: string;
  summary: Summary;
  curves: Curves;
}

function writeReport(workers: readonly SyntheticWorker[]): Written {
  const run = mergeRun(readRun([writeRun(workers)]));
  const curves = curvesOf(run);
  const summary = buildSummary(run, { target: 0.99, problems: [HOSTILE] });
  const path = join(temporaryDirectory(), "report.html");
  writeFileSync(path, renderReport({ summary, curves, script: `# ${HOSTILE}\nconfig:\n  target: lab\n` }));
  return { url: pathToFileURL(path).href, summary, curves };
}

describe.skipIf(missing !== null)("report.html in a browser", () => {
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    browser = await openBrowser();
    url = writeReport([spiralWorker("1"), spiralWorker("2")]).url;
  });
  afterAll(() => browser?.close());

  const open = (colorScheme: "light" | "dark", width: number): Promise<Opened> =>
    openPage(browser, url, { colorScheme, width });

  it.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 390],
    ["dark", 390],
  ] as const)("draws every plot, asks the network for nothing, and is accessible (%s, %i px)", async (scheme, width) => {
    const { page, noise } = await open(scheme, width);
    const colours = await coloursDrawn(page);
    expect(colours).toHaveLength(7);
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
    expect(await legend.allTextContents()).toEqual([
      "when its window ended",
      "70 %, 99 % not reached",
      "100 %, 99 % after 1 s",
      "25 %, 99 % not reached",
    ]);
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

  describe("of a run with two storms, and little between them", () => {
    let two: Written;
    let page: Page;
    let noise: string[];

    beforeAll(async () => {
      two = writeReport([twoStormsWorker()]);
      ({ page, noise } = await openPage(browser, two.url, { colorScheme: "light", width: 1280 }));
    });
    afterAll(async () => {
      expect(noise).toEqual([]);
      await page?.context().close();
    });

    const legend = (id: string): Promise<string[]> => page.locator(`#${id} .u-value`).allTextContents();
    const tools = (axis: string) => page.locator(`[data-zoom=${axis}]`).first();
    const status = (axis: string) => tools(axis).locator("p").textContent();
    const press = (axis: string, name: string): Promise<void> =>
      tools(axis).getByRole("button", { name, exact: true }).click();
    /** Points at a share of a plot's width. */
    const pointAt = async (id: string, share: number): Promise<void> => {
      const box = await page.locator(`#${id} .u-over`).boundingBox();
      if (box === null) throw new Error(`${id} is not shown`);
      await page.mouse.move(box.x + box.width * share, box.y + box.height / 2);
    };
    const scrollTo = (id: string): Promise<void> => page.locator(`#${id}`).scrollIntoViewIfNeeded();

    it("shows on its first screen how each storm ended, and how the fleet came back", async () => {
      const small = page.locator(".small-curve");
      expect(await small.count()).toBe(two.summary.storms.length);
      const box = await small.last().boundingBox();
      expect((box?.y ?? Number.POSITIVE_INFINITY) + (box?.height ?? 0)).toBeLessThan(900);
      const ends = await small
        .locator("path")
        .evaluateAll((paths) => paths.map((path) => path.getAttribute("d")));
      // 26 pixels are all of the affected devices; the end of a path is whom its storm left out.
      expect(ends.map((path) => Number(/V(\d+)$/.exec(path ?? "")?.[1]))).toEqual(
        two.summary.storms.map(({ recovered, affected }) => Math.round((1 - recovered / affected) * 26)),
      );
    });

    it("says at rest what summary.json says", async () => {
      const [first, second] = two.summary.storms;
      expect(await legend("plot-storms")).toEqual([
        "when their windows ended",
        `100 %, 99 % after ${duration(first?.readyMs.p99 ?? null)}`,
        "90 %, 99 % not reached",
      ]);
      expect(second?.readyMs.p99).toBeNull();
      expect(await legend("plot-percentiles-connect-run")).toEqual([
        "99 %",
        duration(two.summary.latencyMs.connect.p99),
      ]);
      const [whole, connects, requests] = await legend("plot-load-0");
      expect([whole, requests]).toEqual(["whole run", "none"]);
      const peak = Math.max(...two.summary.storms.map((storm) => storm.peak.connectAttemptsPerS));
      expect(connects).toMatch(new RegExp(`^peak ${peak} at `));
    });

    it("folds what is idle, says so, and shows it to scale where that is asked for", async () => {
      expect(await status("run")).toBe("Folded: 13 to 59 s, 66 to 90 s.");
      await scrollTo("plot-load-0");
      // A fold of 46 s is as narrow as the axis has it: most of the width is for the rest.
      const lengthS = (await xAt("plot-load-0", 1)) - (await xAt("plot-load-0", 0));
      const halfS = await xAt("plot-load-0", 0.45);
      expect(lengthS).toBeGreaterThan(85);
      expect(halfS).toBeLessThan(14);
      await press("run", "Whole run");
      expect(await status("run")).toBe("");
      expect(await xAt("plot-load-0", 0.5)).toBeCloseTo(45, -1);
      await press("run", "Storm 2");
      expect(await status("run")).toMatch(/^Shown: 59 s to 81 s\. Folded: 66 to 90 s\.$/);
      expect(await tools("run").locator("[aria-pressed=true]").allTextContents()).toEqual(["Storm 2"]);
      await press("run", "Without idle time");
    });

    /** The time that the legend says at a share of a plot's width, seconds. */
    const xAt = async (id: string, share: number): Promise<number> => {
      await pointAt(id, Math.min(0.999, Math.max(0.001, share)));
      return Number.parseFloat((await legend(id))[0] ?? "");
    };

    it("points at the same moment in all charts that have it", async () => {
      await scrollTo("plot-recovery-1");
      await pointAt("plot-recovery-2", 0.1);
      const [since] = await legend("plot-recovery-2");
      const s = Number.parseFloat(since ?? "");
      expect(Number.parseFloat((await legend("plot-storms"))[0] ?? "")).toBeCloseTo(s, 0);
      expect(Number.parseFloat((await legend("plot-load-0"))[0] ?? "")).toBeCloseTo(60 + s, 0);
      // Storm 1 had its last device back by then, and its chart has ended.
      expect((await legend("plot-recovery-1"))[0]).toBe("when its window ended");
      await page.mouse.move(1, 1);
      expect((await legend("plot-load-0"))[0]).toBe("whole run");
    });

    it("is zoomed by dragging, buttons and keys, all charts of an axis at once, and reset", async () => {
      await scrollTo("plot-storms");
      await pointAt("plot-storms", 0.1);
      await page.mouse.down();
      await pointAt("plot-storms", 0.3);
      await page.mouse.up();
      const shown = /^Shown: ([\d.]+) s to ([\d.]+) s\. $/.exec((await status("storm")) ?? "");
      const [from, to] = [Number(shown?.[1]), Number(shown?.[2])];
      expect([from, to].map(Math.round)).toEqual([2, 6]);
      await page.focus("#plot-recovery-2");
      const spoken = page.locator("#plot-recovery-2 + [aria-live]");
      await page.keyboard.press("Home");
      expect(Number.parseFloat((await spoken.textContent()) ?? "")).toBeGreaterThanOrEqual(from);
      await page.keyboard.press("End");
      expect(Number.parseFloat((await spoken.textContent()) ?? "")).toBeLessThanOrEqual(to);
      await page.keyboard.press("0");
      expect(await status("storm")).toBe("");
      await press("storm", "Zoom in");
      expect(await status("storm")).toBe("Shown: 5 s to 15 s. ");
      await press("storm", "Later");
      expect(await status("storm")).toBe("Shown: 10 s to 20 s. ");
      await page.locator("#plot-storms .u-over").dblclick();
      expect(await status("storm")).toBe("");
      expect(await tools("storm").getByRole("button", { name: "Later" }).isDisabled()).toBe(true);
    });

    it("has a cell for each column and percentile that was measured, in the colour of its value, and none else", async () => {
      const [connect] = two.curves.overTime;
      if (connect === undefined) throw new Error("no connect times");
      expect(connect.columns.map(({ count }) => count)).toEqual([100, 50, 90]);
      await scrollTo("plot-heat-connect");
      await press("run", "Whole run");
      const key: [string, string][] = await page.evaluate(
        `[...document.querySelectorAll("#plot-heat-connect .heat-key li")].map((item) => [getComputedStyle(item.firstChild).backgroundColor, item.textContent])`,
      );
      const ms = (text: string): number => Number.parseFloat(text) * (/ms$/.test(text) ? 1 : 1000);
      const colourOf = (value: number): string =>
        key.find(([, words = ""]) => {
          const [from = "", to = ""] = words.split(" to ");
          return value >= ms(from) && value < ms(to);
        })?.[0] ?? "none";
      const to = two.curves.load[0]?.points.at(-1)?.tMs ?? 0;
      const from = two.curves.load[0]?.points[0]?.tMs ?? 0;
      const cells = connect.columns.flatMap((column) =>
        column.valuesMs.map((value, row) => {
          const x = (column.fromMs + connect.columnMs / 2 - from) / (to - from);
          // Rows are 1 high, from the bottom, and 0.7 are free above them.
          return { value, place: [x, 1 - (row + 0.3) / 5.7] as const };
        }),
      );
      const idle = { value: null, place: [0.4, 0.5] as const };
      const all = [...cells, idle];
      const colours = await coloursAt(
        "plot-heat-connect",
        all.map(({ place }) => place),
      );
      const inKey = key.map(([own]) => own);
      for (const [i, { value }] of all.entries()) {
        if (value === null) expect(inKey).not.toContain(colours[i]);
        else expect(colours[i]).toBe(colourOf(value));
      }
      expect(new Set(colours).size).toBeGreaterThan(4);
      await press("run", "Without idle time");
      // What is spoken, and what stands in the table, is the same.
      await page.focus("#plot-heat-connect");
      await page.keyboard.press("Home");
      const [first] = connect.columns;
      const values = (first?.valuesMs ?? []).map((value) => (value === null ? "no value" : duration(value)));
      expect(await page.locator("#plot-heat-connect + [aria-live]").textContent()).toMatch(
        new RegExp(
          `: 50 % ${values[0]}, 90 % ${values[1]}, 99 % ${values[2]}, 99.9 % ${values[3]}, 100 % ${values[4]}$`,
        ),
      );
      const row = page.locator("figure:has(#plot-heat-connect) details tbody tr").first();
      expect((await row.locator("td").allTextContents()).map((text) => text.trim())).toEqual([
        ...values.map((value) => value.replace("no value", "–")),
        "100",
      ]);
    });

    /** The colours at places of a plot, as shares of its width and height. */
    const coloursAt = (id: string, places: readonly (readonly [number, number])[]): Promise<string[]> =>
      page.evaluate(`(() => {
        const over = document.querySelector("#${id} .u-over").getBoundingClientRect();
        const canvas = document.querySelector("#${id} canvas");
        const own = canvas.getBoundingClientRect();
        const scale = canvas.width / own.width;
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        return ${JSON.stringify(places)}.map(([x, y]) => {
          const left = Math.round((over.left - own.left + x * over.width) * scale);
          const top = Math.round((over.top - own.top + y * over.height) * scale);
          const at = 4 * (top * canvas.width + left);
          return "rgb(" + data.slice(at, at + 3).join(", ") + ")";
        });
      })()`);
  });
});
