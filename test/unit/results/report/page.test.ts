import { createHash } from "node:crypto";
import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import type { Fail } from "../../../../results/src/judge/gate.ts";
import { count, duration, ratio } from "../../../../results/src/judge/number-words.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { VERDICT_ABSENCES, VERDICTS } from "../../../../results/src/judge/verdict.ts";
import { type ReportData, renderReport } from "../../../../results/src/report/page.ts";
import { verdictSentence } from "../../../../results/src/report/words.ts";
import { type MergedRun, mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { record, type SyntheticWorker, storm, stormCohort, writeRun } from "../../../support/run-files.ts";
import { evenly, spiralWorker } from "../../../support/synthetic-run.ts";

function merged(workers: readonly Partial<SyntheticWorker>[]): MergedRun {
  return mergeRun(readRun([writeRun(workers)]));
}

function dataOf(workers: readonly Partial<SyntheticWorker>[], script: string | null = null): ReportData {
  const run = merged(workers);
  return { summary: buildSummary(run, { target: 0.99, problems: [] }), curves: curvesOf(run), script };
}

const spiral = dataOf([spiralWorker("1"), spiralWorker("2")], "config:\n  target: lab\n");
const page = renderReport(spiral);

/** What stands between the tags, without style and script. */
function textOf(html: string): string {
  return html
    .replace(/<(style|script)[\s\S]*?<\/\1>/g, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

/** Cells of the body of the table with this name. */
function tableOf(html: string, name: string): string[][] {
  const at = html.indexOf(`<caption class="visually-hidden">${name}`);
  expect(at, name).toBeGreaterThan(0);
  const body = html.slice(html.indexOf("<tbody", at), html.indexOf("</tbody>", at));
  return body
    .split(/<tr(?: role="row")?>/)
    .slice(1)
    .map((row) => (row.match(/<t[hd][\s\S]*?<\/t[hd]>/g) ?? []).map((cell) => textOf(cell).trim()));
}

describe("report.html", () => {
  it.each([
    ["tls", "Insecure TLS."],
    ["http", "Insecure HTTPS."],
  ] as const)("says aloud that %s verified nothing", (what, words) => {
    const insecure = { ...spiral, summary: { ...spiral.summary, [what]: { insecure: true } } };
    expect(textOf(renderReport(insecure))).toContain(words);
    expect(textOf(page)).not.toContain(words);
  });

  it("says each storm's verdict in a sentence, with the reason of summary.json", () => {
    const [only] = spiral.summary.storms;
    if (!only) throw new Error("no storm");
    expect(textOf(page)).toContain(
      "Only 140 of the 200 devices that lost their connection (70 %) were working again after 20 s",
    );
    expect(textOf(page)).toContain(verdictSentence(only, 0.99));
    expect(textOf(page)).toContain(only.verdictReason);
    expect(page).toContain(
      "<h1>The fleet did not recover from the storm: the overload outlived its cause</h1>",
    );
    expect(textOf(page)).toContain("Generator saturated");
  });

  it("says first how it ended, what limited it, whether the gate held, and whether to believe it", () => {
    const glance = (data: ReportData): string => {
      const html = renderReport(data);
      return textOf(html.slice(html.indexOf('<h2 id="overview"'), html.indexOf('<h2 id="recovery"')));
    };
    expect(glance(spiral)).toContain(
      "Metastable 140 848 ms not reached the load generator, then the back end",
    );
    expect(glance(spiral)).toContain("Gate none: the script has no fail , so no verdict fails the run");
    expect(glance(spiral)).toContain("Trust the generator was saturated in storm 1");
    const run = merged([spiralWorker("1")]);
    const judged = (fail: Fail): ReportData => ({
      ...spiral,
      summary: buildSummary(run, { target: 0.99, problems: [], fail }),
    });
    expect(glance(judged({ unrecovered: 0.5 }))).toContain(
      "Gate failed: storm 1, cohort spiral: 75 % unrecovered (30 of 40), allowed 50 %",
    );
    expect(glance(judged({ unrecovered: 0.8 }))).toContain("Gate passed: 5 conditions held");
    expect(glance(judged({ unrecovered: 0.8 }))).toContain("Trust complete, and the generator kept up");
    const missing = buildSummary(run, { target: 0.99, problems: ["worker 2 was killed"] });
    expect(glance({ ...spiral, summary: missing })).toContain("Trust incomplete: worker 2 was killed");
  });

  it("shows the summary's numbers for every cohort", () => {
    const [only] = spiral.summary.storms;
    if (!only) throw new Error("no storm");
    const rows = tableOf(page, "Storm 1 by cohort");
    expect(rows.map((row) => row[0])).toEqual(["all cohorts", "cached", "spiral"]);
    for (const [i, fields] of [only, only.cohorts.cached, only.cohorts.spiral].entries()) {
      if (!fields) throw new Error("no such cohort");
      expect(rows[i]?.slice(2)).toEqual([
        `${count(fields.recovered)} / ${count(fields.affected)}`,
        duration(fields.readyMs.p50),
        duration(fields.readyMs.p90),
        duration(fields.readyMs.p99),
        duration(fields.readyMs.max),
        duration(fields.reconnectMs.p99),
        count(fields.configRequests),
        count(fields.configTimeouts),
        count(fields.lateResponses),
      ]);
    }
    expect(rows[2]?.[5]).toBe("not reached");
    expect(textOf(page)).toContain(ratio(only.amplification.connect));
  });

  it("shows service times, errors and generator as the summary has them", () => {
    const { connect } = spiral.summary.latencyMs;
    expect(tableOf(page, "One operation alone")[0]).toEqual([
      "Connect, all cohorts",
      count(connect.count),
      ...[connect.p50, connect.p90, connect.p99, connect.p999, connect.max].map(duration),
    ]);
    expect(tableOf(page, "Failed tries").map((row) => row.slice(0, 4))).toEqual([
      ["bootstrap_timeout", "1,200", "0", "1,200"],
      ["tcp_refused", "2", "2", "0"],
    ]);
    expect(tableOf(page, "Load generator").map((row) => row.slice(0, 2))).toEqual([
      ["Whole run", "! Saturated"],
      ["Storm 1", "! Saturated"],
    ]);
    expect(textOf(page)).toContain("storm 1: it stood still for 40 % of the time");
  });

  it("is one file: refers to nothing outside, and its policy allows only its own style and script", () => {
    const references = [...page.matchAll(/\s(?:src|href|srcset|action|data|poster)="([^"]*)"/g)];
    expect(references.map(([, to]) => to?.[0])).toEqual(references.map(() => "#"));
    expect(page).not.toMatch(/@import|url\(|<link|<iframe|<img|<object/i);
    expect(page).not.toMatch(/\sstyle=|\son[a-z]+=/);
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
    expect(policy).toMatch(/^default-src &#39;none&#39;;/);
    expect(policy).not.toContain("unsafe");
    for (const tag of ["style", "script"]) {
      const text = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(page)?.[1] ?? "";
      expect(policy).toContain(`sha256-${createHash("sha256").update(text).digest("base64")}`);
    }
  });

  it("has a table and a spoken description behind every plot, and headings in order", () => {
    const specs = JSON.parse(/id="plots">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "[]");
    // There are plots of recovery, of the load of the fleet and two cohorts, of ready time and of connect, and of connect over time.
    expect(specs).toHaveLength(7);
    for (const spec of specs) {
      expect(page).toContain(`id="${spec.id}"`);
      expect(spec.description).not.toBe("");
    }
    expect(page.split("<summary>Values as a table")).toHaveLength(specs.length + 1);
    const levels = [...page.matchAll(/<h([1-6])/g)].map(([, level]) => Number(level));
    expect(levels[0]).toBe(1);
    for (const [i, level] of levels.entries()) {
      expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1);
    }
  });

  it("is written for a run without storms, timeline or script", () => {
    const empty = renderReport(dataOf([{ record: record({ state: "interrupted" }) }]));
    expect(empty).toContain("The run had no storm");
    expect(empty).toContain("Incomplete run.");
    expect(empty).toContain("The script is not known");
  });

  it("has a sentence for each verdict, and for each reason to have none", () => {
    const cohort = (recovered: number): SyntheticWorker["record"] =>
      record({
        cohorts: { only: { devices: 100, everOnline: 100 } },
        storms: [
          storm({ cohorts: { only: stormCohort({ affected: 100, recovered }) } }),
          storm({ index: 2, atMs: 40_000, startedAtMs: null, closed: false }),
        ],
      });
    const READY = histogramTag(stormMetricName(1, "ready_time"), "only");
    const text = (n: number, toMs: number): string =>
      textOf(renderReport(dataOf([{ record: cohort(n), intervals: [{ [READY]: evenly(n, 100, toMs) }] }])));
    expect(text(100, 2000)).toContain(
      "All 100 devices that lost their connection were working again within 2 s",
    );
    expect(text(100, 2000)).toContain("This storm did not happen");
    expect(text(99, 2000)).toContain(
      "(99 %) were working again within 20 s, which meets the target of 99 %. 1 were not.",
    );
    expect(text(90, 19_000)).toContain("when it ended 90 of 100 devices were working");
    const [only] = spiral.summary.storms;
    if (!only) throw new Error("no storm");
    const sentences = [
      ...VERDICTS.map((verdict) => verdictSentence({ ...only, verdict }, 0.99)),
      ...VERDICT_ABSENCES.map((verdictAbsence) =>
        verdictSentence({ ...only, verdict: null, verdictAbsence }, 0.99),
      ),
    ];
    expect(new Set(sentences).size).toBe(VERDICTS.length + VERDICT_ABSENCES.length);
    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z0-9].*\.$/);
  });
});
