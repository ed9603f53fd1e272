import type { ChartSpec } from "../report/chart-spec.ts";
import type { LiveView } from "./live-view.ts";

/** What is new of a view; all of it for who comes late. */
export interface LiveChange {
  isWhole: boolean;
  title?: string;
  layout?: string;
  parts: Record<string, string>;
  plots: ChartSpec[];
}

export function wholeOf({ title, layout, parts, plots }: LiveView): LiveChange {
  return { isWhole: true, title, layout, parts, plots };
}

/** Null where nothing is new. */
export function changeOf(before: LiveView, now: LiveView): LiveChange | null {
  // Another layout has other places, all of them empty.
  if (now.layout !== before.layout) return wholeOf(now);
  const known = new Map(before.plots.map((spec) => [spec.id, JSON.stringify(spec)]));
  const parts = Object.fromEntries(
    Object.entries(now.parts).filter(([name, text]) => before.parts[name] !== text),
  );
  const plots = now.plots.filter((spec) => known.get(spec.id) !== JSON.stringify(spec));
  const isSame = Object.keys(parts).length === 0 && plots.length === 0 && now.title === before.title;
  return isSame ? null : { isWhole: false, title: now.title, parts, plots };
}

/** One event of a stream: https://html.spec.whatwg.org/multipage/server-sent-events.html. JSON has no line break of its own. */
export function serverSentEvent(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
