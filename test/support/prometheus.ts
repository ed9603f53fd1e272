import { execFileSync } from "node:child_process";
import parsePrometheusTextFormat from "parse-prometheus-text-format";

/** One series of a scrape, as a parser of others reads it. */
export interface Series {
  name: string;
  labels: Record<string, string>;
  value: number;
}

export interface Scrape {
  /** Types by the names of metrics. */
  types: Map<string, string>;
  series: Series[];
}

/**
 * Reads a scrape with a library, not with anything of ours. It is told nothing of histograms: of those it would keep no labels, and
 * their samples are series like all others.
 */
export function readScrape(text: string): Scrape {
  const types = new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
  );
  const families = parsePrometheusTextFormat(text.replace(/^(# TYPE \S+) histogram$/gm, "$1 untyped"));
  const series = families.flatMap(({ name, metrics }) =>
    metrics.map(({ value, labels = {} }) => ({ name, labels, value: Number(value) })),
  );
  return { types, series };
}

/** The sum over all series of a name whose labels are these. */
export function sumOf({ series }: Scrape, name: string, labels: Record<string, string> = {}): number {
  return series
    .filter(
      (one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value),
    )
    .reduce((sum, { value }) => sum + value, 0);
}

/** What Prometheus' own tool has to say against a scrape; null, with the reason printed, where it is not installed. */
export function promtoolProblems(text: string): string | null {
  try {
    execFileSync(process.env["PROMTOOL"] ?? "promtool", ["check", "metrics"], { input: text, stdio: "pipe" });
    return "";
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code !== "ENOENT") return String(stderr ?? error);
    console.warn("skipped: promtool is not on the PATH (Debian: apt-get install prometheus)");
    return null;
  }
}
