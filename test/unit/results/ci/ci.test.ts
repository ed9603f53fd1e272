import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, it } from "vitest";
import { annotations, stepSummary } from "../../../../results/src/ci/github.ts";
import { junitXml } from "../../../../results/src/ci/junit.ts";
import type { Fail } from "../../../../results/src/judge/gate.ts";
import { buildSummary } from "../../../../results/src/judge/summary.ts";
import type { Summary } from "../../../../results/src/judge/summary-schema.ts";
import { mergeRun } from "../../../../results/src/run/merge.ts";
import { readRun } from "../../../../results/src/run/run-files.ts";
import { writeRun } from "../../../support/run-files.ts";
import { spiralWorker } from "../../../support/synthetic-run.ts";

/** 60 of 60 `cached` devices recover, and 10 of 40 `spiral` ones. */
function spiral(fail?: Fail): Summary {
  const files = readRun([writeRun([spiralWorker("1")])]);
  return buildSummary(mergeRun(files), { target: 0.99, problems: files.problems, fail });
}

/** The document as somebody else's parser reads it. */
function parsed(summary: Summary): Record<string, string>[] {
  const xml = junitXml(summary);
  expect(XMLValidator.validate(xml)).toBe(true);
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => ["testsuite", "testcase"].includes(name),
  });
  const { testsuites } = parser.parse(xml);
  return testsuites.testsuite.flatMap((suite: { name: string; testcase: Record<string, unknown>[] }) =>
    suite.testcase.map((one) => ({
      suite: suite.name,
      name: one["name"],
      outcome: ["failure", "skipped"].find((key) => Object.hasOwn(one, key)) ?? "passed",
      message: (one["failure"] as { message?: string } | undefined)?.message ?? "",
    })),
  );
}

describe("junit.xml", () => {
  it("has a case for each condition of each cohort, passed or not", () => {
    const cases = parsed(spiral({ verdict: "metastable", cohorts: { spiral: { readyP99: 30_000 } } }));
    expect(cases.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual(
      [
        "measured: passed",
        "complete: passed",
        "storms: passed",
        "verdict: failed",
        "verdict, cohort cached: passed",
        "verdict, cohort spiral: failed",
        "readyP99, cohort spiral: failed",
      ].map((line) => line.replace("failed", "failure")),
    );
    expect(cases.at(-1)?.["message"]).toBe(
      "storm 1, cohort spiral: ready p99 from the loss not reached, allowed 30 s",
    );
  });

  it("counts them, as CI servers show it", () => {
    const xml = junitXml(spiral({ verdict: "metastable", cohorts: { spiral: { readyP99: 30_000 } } }));
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites name="[^"]+" tests="7" failures="3"/,
    );
  });

  it("has one case for a storm without a gate, which passes whatever its verdict, and is skipped without one", () => {
    const summary = spiral();
    expect(parsed(summary).map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
      "measured: passed",
      "verdict: metastable: passed",
    ]);
    const storms = summary.storms.map((storm) => ({ ...storm, verdict: null, verdictReason: "cut short" }));
    expect(parsed({ ...summary, storms })[1]?.["outcome"]).toBe("skipped");
  });

  it("fails where the run was not measured", () => {
    const exit = { code: 2, sentence: "no device of the whole fleet was ever online" };
    expect(parsed({ ...spiral(), exit })[0]).toMatchObject({ outcome: "failure", message: exit.sentence });
  });

  it("stays a document whatever a script says", () => {
    const summary = spiral();
    const hostile = `]]><x a="1">&\u0000\u001b[31m\n`;
    const storms = summary.storms.map((storm) => ({ ...storm, name: hostile }));
    const gateChecks = [{ storm: 1, cohort: hostile, condition: "verdict", message: hostile }];
    const [, only] = parsed({ ...summary, testRunId: hostile, storms, gateChecks });
    expect(only?.["name"]).toContain('<x a="1">&');
  });
});

describe("GitHub Actions", () => {
  it("gets an annotation for each failure of the gate, and none where all is well", () => {
    expect(annotations(spiral({ unrecovered: 0.5 }))).toEqual([
      "::error title=mqtt-results%3A gate failed::storm 1, cohort spiral: 75 %25 unrecovered (30 of 40), allowed 50 %25",
    ]);
    expect(annotations(spiral())).toEqual([]);
  });

  it("is given no command by a script", () => {
    const warnings = ["first\n::set-output name=x::y"];
    for (const line of annotations({ ...spiral(), warnings })) expect(line).not.toMatch(/[\r\n]/);
  });

  it("gets a table of the storms, what limited them, and what failed", () => {
    const text = stepSummary(spiral({ unrecovered: 0.5 }));
    expect(text).toContain("| 1: connection reset of 100 % | metastable | 70 / 100 |");
    expect(text).toContain("- limited by the back end");
    expect(text).toContain("- storm 1, cohort spiral: 75 % unrecovered (30 of 40), allowed 50 %");
    expect(stepSummary(spiral({ unrecovered: 0.8 }))).toContain("Gate passed: 5 conditions held.");
  });

  it("leaves text of a script text", () => {
    const storms = spiral().storms.map((storm) => ({ ...storm, name: "<img src=x>|[a](b)" }));
    const text = stepSummary({ ...spiral(), storms });
    expect(text).toContain("&lt;img src=x>\\|\\[a\\](b)");
  });
});
