/// <reference lib="dom" />
import type { ChartSpec } from "../report/chart-spec.ts";
import type { ChartPage } from "../report/chart-zoom.ts";
import type { startPlot as startPlotType } from "../report/charts.ts";
import type { LiveChange } from "./live-feed.ts";

/*
 * Browser code of the live page, inlined as that of the report is (report/charts.ts): it may use only the browser, the functions of
 * that list, and one another. The server escapes what it sends; the page's policy runs no script but this one.
 */
declare const startPlot: typeof startPlotType;

/** The plots that stand in the page by their ids, and what they have in common. */
interface Drawn {
  plots: Map<string, { spec: ChartSpec; plot: ReturnType<typeof startPlotType> }>;
  page: ChartPage;
}

export function startLive(): void {
  const drawn: Drawn = { plots: new Map(), page: { charts: [], shown: new Map(), tools: [] } };
  const pause = document.getElementById("pause");
  const link = document.getElementById("link");
  /** What came while the page stood still. */
  let waiting: LiveChange[] = [];
  let isPaused = false;
  let isOver = false;
  const say = (words: string): void => {
    if (link !== null && link.textContent !== words) link.textContent = words;
  };
  const sayState = (): void => say(isPaused ? "Paused: what is new waits" : "Connected");
  const take = (change: LiveChange): void => {
    if (isPaused) waiting = change.isWhole ? [change] : [...waiting, change].slice(-600);
    else showChange(drawn, change);
  };
  pause?.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    for (const change of isPaused ? [] : waiting) showChange(drawn, change);
    waiting = [];
    if (!isOver) sayState();
  });
  const connect = (): void => {
    const source = new EventSource("events");
    source.addEventListener("change", (event) => {
      sayState();
      take(JSON.parse((event as MessageEvent<string>).data) as LiveChange);
    });
    source.addEventListener("over", () => {
      isOver = true;
      source.close();
      say("The run has ended, and this page with it: mqtt-results watch opens it again");
    });
    source.addEventListener("error", () => {
      say(`No connection since ${new Date().toLocaleTimeString()}: trying again`);
      // A browser gives up where the answer is an error, and tries again by itself in all other cases.
      if (source.readyState === EventSource.CLOSED && !isOver) setTimeout(connect, 2000);
    });
  };
  connect();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    for (const { plot } of drawn.plots.values()) plot.redraw();
  });
}

/** Shows what is new of a view. */
export function showChange(drawn: Drawn, change: LiveChange): void {
  const main = document.getElementById("live");
  if (main === null) return;
  if (change.title !== undefined) document.title = change.title;
  if (change.layout !== undefined) {
    main.innerHTML = change.layout;
    drawn.plots.clear();
    drawn.page = { charts: [], shown: drawn.page.shown, tools: [] };
  }
  for (const [name, text] of Object.entries(change.parts)) {
    const place = document.querySelector(`[data-part="${name}"]`);
    if (place !== null) showPart(place, text);
  }
  for (const spec of change.plots) {
    const known = drawn.plots.get(spec.id);
    if (known === undefined) {
      document.getElementById(spec.id)?.closest("[hidden]")?.removeAttribute("hidden");
      drawn.plots.set(spec.id, { spec, plot: startPlot(spec, drawn.page) });
      continue;
    }
    const { series } = known.spec;
    const isSame = String(series.map(({ label }) => label)) === String(spec.series.map(({ label }) => label));
    // A plot holds on to its series: they are told what is new of them.
    for (const [i, own] of isSame ? series.entries() : []) Object.assign(own, spec.series[i]);
    Object.assign(known.spec, spec, isSame ? { series } : {});
    if (isSame) known.plot.refresh();
    else known.plot.redraw();
  }
}

/** A table that somebody scrolled, or stands in with the keyboard, stays as it was. */
export function showPart(place: Element, text: string): void {
  const before = place.querySelector(".scroll");
  const left = before?.scrollLeft ?? 0;
  const isFocused = before !== null && before === document.activeElement;
  place.innerHTML = text;
  const after = place.querySelector<HTMLElement>(".scroll");
  if (after === null) return;
  after.scrollLeft = left;
  if (isFocused) after.focus({ preventScroll: true });
}
