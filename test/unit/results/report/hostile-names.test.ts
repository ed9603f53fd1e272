import { histogramTag, stormMetricName } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { curvesOf } from "../../../../results/src/judge/curves.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import { embeddedJson, escapeHtml } from "../../../../results/src/report/html.ts";
import { renderReport } from "../../../../results/src/report/page.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { counters, record, storm, stormCohort, TIME_ZERO_MS, writeRun } from "../../../support/run-files.ts";

const HOSTILE = [
  "<script>alert(1)</script>",
  "</script><script>alert(1)</script>",
  "</style><img src=x onerror=alert(1)>",
  "<!--<script>",
  "--><svg onload=alert(1)>",
  `" onfocus="alert(1)" x="`,
  "' onmouseover='alert(1)",
  "=cmd|' /C calc'!A0",
  "line\r\nbreak",
  "separator\u2028and\u2029",
  "order\u202Ereversed",
  "nul\u0000escape\u001b[31m",
  "&lt;already&gt;",
  "$& $1 $$",
  "constructor",
];

function pageOf(name: string): string {
  const worker = {
    record: record({
      testRunId: "t-hostile",
      target: `mqtt://${name}`,
      cohorts: { [name]: { devices: 2, everOnline: 2 }, other: { devices: 1, everOnline: 1 } },
      counters: { [name]: counters({ connectAttempts: 2 }) },
      disconnects: { [name]: { [name]: 2 } },
      errors: { [name]: { [name]: 3 } },
      storms: [
        storm({
          cohorts: {
            [name]: stormCohort({ affected: 2, recovered: 1 }),
            other: stormCohort({ affected: 1, recovered: 1 }),
          },
        }),
      ],
    }),
    intervals: [
      {
        [histogramTag(stormMetricName(1, "ready_time"), name)]: [1000],
        [histogramTag(stormMetricName(1, "ready_time"), "other")]: [1000],
        [histogramTag("mqtt.connect_time", name)]: [1000, 2000],
      },
    ],
    timeline: [{ t_ms: TIME_ZERO_MS, cohort: name, online: 2 }],
  };
  const run = mergeRun(readRun([writeRun([worker])]));
  const summary = { ...buildSummary(run, { target: 0.99, problems: [name] }), testRunId: name };
  return renderReport({ summary, curves: curvesOf(run), script: `name: ${name}` });
}

const harmless = pageOf("harmless");
const tagsOf = (page: string): string[] =>
  (page.match(/<\/?[a-z!][^\s>]*/gi) ?? []).map((tag) => tag.toLowerCase());

describe("names from scripts, brokers and devices are inert in report.html", () => {
  it.each(HOSTILE.map((name) => [JSON.stringify(name), name]))("%s", (_, name) => {
    const page = pageOf(name);
    // There are the same elements as with a harmless name, and no attribute that runs or loads anything.
    expect(tagsOf(page)).toEqual(tagsOf(harmless));
    for (const [tag] of page.matchAll(/<[a-z][^>]*>/gi)) {
      expect(tag).not.toMatch(/^[^"]*(?:"[^"]*"[^"]*)*\s(?:on[a-z]+|src|style)\s*=/i);
    }
    const json = /id="plots">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "";
    expect(json).not.toMatch(/[<>&\u2028\u2029]/);
    expect(() => JSON.parse(json)).not.toThrow();
    const invisible = ["\u2028", "\u2029", "\u202e", "\u0000", "\u001b", "\r"];
    expect(invisible.filter((char) => page.includes(char))).toEqual([]);
  });

  it("shows the name as it is written", () => {
    expect(pageOf("<script>alert(1)</script>")).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(pageOf("order\u202Ereversed")).toContain("order\\u{202e}reversed");
  });
});

it("escapes what ends an element, an attribute or a script", () => {
  expect(escapeHtml(`<a b="c" d='e'>&\u2028`)).toBe("&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\\u{2028}");
  expect(escapeHtml("lone \uD800 surrogate")).toBe("lone \\u{d800} surrogate");
  const value = { text: "</script><!--\u2028&" };
  expect(embeddedJson(value).html).toBe('{"text":"\\u003c/script\\u003e\\u003c!--\\u2028\\u0026"}');
  expect(JSON.parse(embeddedJson(value).html)).toEqual(value);
});
