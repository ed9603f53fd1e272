import { printable } from "artillery-engine-mqtt/contract";
import XMLBuilder from "fast-xml-builder";
import { EXIT_CODES } from "../judge/exit-codes.ts";
import { FORECAST } from "../judge/forecast-words.ts";
import type { GateCheck } from "../judge/gate.ts";
import { stormWords } from "../judge/storm-words.ts";
import type { StormSummary, Summary } from "../judge/summary-schema.ts";

/** A test case of JUnit's report; `problem` is what `failure` or `skipped` says. */
interface Case {
  name: string;
  outcome: "passed" | "failed" | "skipped";
  problem: string;
}

interface Suite {
  name: string;
  seconds: number;
  cases: Case[];
}

/** What the run alone, without a gate, may fail of. */
const MEASURED: readonly number[] = [EXIT_CODES.ok.code, EXIT_CODES.gate.code];

/**
 * `junit.xml`: a suite for each storm and one for the run, a case for each thing that `fail` holds them to. Without `fail` a storm has
 * one case, which passes with any verdict, and is skipped where there is none.
 *
 * The format is that of Ant's JUnit task as CI servers read it: https://github.com/testmoapp/junitxml
 */
export function junitXml(summary: Summary): string {
  const suites = [runSuite(summary), ...summary.storms.map((storm) => stormSuite(storm, summary))];
  const builder = new XMLBuilder({
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    format: true,
    suppressEmptyNode: true,
  });
  const xml = builder.build({
    testsuites: {
      "@name": runName(summary),
      ...totals(suites),
      testsuite: suites.map((suite) => ({
        "@name": suite.name,
        "@timestamp": summary.startedAt.slice(0, 19),
        ...totals([suite]),
        testcase: suite.cases.map((one) => caseOf(one, suite, summary)),
      })),
    },
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`;
}

function totals(suites: readonly Suite[]): Record<string, string> {
  const cases = suites.flatMap((suite) => suite.cases);
  const of = (outcome: Case["outcome"]): string =>
    String(cases.filter((one) => one.outcome === outcome).length);
  const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0);
  return {
    "@tests": String(cases.length),
    "@failures": of("failed"),
    "@errors": "0",
    "@skipped": of("skipped"),
    "@time": seconds.toFixed(3),
  };
}

function caseOf({ name, outcome, problem }: Case, suite: Suite, summary: Summary): object {
  const said = { "@message": problem, "#text": problem };
  return {
    "@name": name,
    "@classname": `mqtt-results.${runName(summary)}.${suite.name}`,
    "@time": (suite.seconds / suite.cases.length).toFixed(3),
    ...(outcome === "failed" ? { failure: { ...said, "@type": "gate" } } : {}),
    ...(outcome === "skipped" ? { skipped: { "@message": problem } } : {}),
  };
}

function runName({ testRunId, forecast }: Summary): string {
  return `${forecast === null ? "" : `${FORECAST}: `}${printable(testRunId)}`;
}

function runSuite({ gateChecks, exit, startedAt, endedAt }: Summary): Suite {
  const isMeasured = MEASURED.includes(exit.code);
  const measured: Case = {
    name: "measured",
    outcome: isMeasured ? "passed" : "failed",
    problem: isMeasured ? "" : exit.sentence,
  };
  return {
    name: "run",
    seconds: (Date.parse(endedAt) - Date.parse(startedAt)) / 1000,
    cases: [measured, ...gateChecks.filter(({ storm }) => storm === null).map(gateCase)],
  };
}

function stormSuite(storm: StormSummary, { gateChecks }: Summary): Suite {
  const own = gateChecks.filter(({ storm: index }) => index === storm.index).map(gateCase);
  const isJudged = storm.verdict !== null;
  const verdict: Case = {
    name: isJudged ? `verdict: ${storm.verdict}` : "verdict",
    outcome: isJudged ? "passed" : "skipped",
    problem: isJudged ? "" : printable(storm.verdictReason),
  };
  return {
    name: `storm ${storm.index}: ${stormWords(storm)}`,
    // The time of its recovery is the run's: suites do not add up to more.
    seconds: 0,
    cases: own.length > 0 ? own : [verdict],
  };
}

function gateCase({ cohort, condition, message }: GateCheck): Case {
  return {
    name: cohort === null ? condition : `${condition}, cohort ${printable(cohort)}`,
    outcome: message === null ? "passed" : "failed",
    problem: printable(message ?? ""),
  };
}
