import { printable } from "artillery-engine-mqtt/contract";
import { describe, expect, it } from "vitest";
import { consoleSummary } from "../../../../results/src/console/summary.ts";
import { duration } from "../../../../results/src/judge/number-words.ts";
import { record, storm, stormCohort } from "../../../support/run-files.ts";
import { spiralWorker, summaryOf } from "../../../support/synthetic-run.ts";

const files = ["mqtt-results/t-synthetic/summary.json"];

it("reads like this", () => {
  const text = consoleSummary(summaryOf([spiralWorker("1"), spiralWorker("2")]), { colour: false, files });
  expect(text).toMatchInlineSnapshot(`
    "
    Mass reconnect t-synthetic
      mqtt://broker:1883: 200 devices (200 were online), 2 cohorts, 2 workers

    Storm 1: connection reset of 100 % at 10 s: 200 devices affected, cut within 4 ms; window 20 s
      METASTABLE (generator saturated): 70 % of the affected devices were ready inside the window (target 99 %);
        nobody came back in the last 5 s, yet those who are out offered 60 connects/s, at least the 36 accepted
        before the storm and 60 config requests/s, at least the 16 answered before the storm
      devices: 60 out when the window ended
      storm factor at most 5 s (best connect rate before the storms, a lower bound of what is sustainable)
      cached: RECOVERED (generator saturated): 100 % of the affected devices were ready inside the window
        (target 99 %)
      cohort        recovered         50 %         90 %         99 %        100 %  reconnect   connect    config
                   / affected        ready        ready        ready        ready        p99  per dev.  per dev.
      all cohorts   140 / 200       848 ms  not reached  not reached  not reached     985 ms     6.70x     6.10x
      cached        120 / 120       543 ms       909 ms          1 s          1 s        1 s     1.00x     0.00x
      spiral          20 / 80  not reached  not reached  not reached  not reached      90 ms    15.25x    15.25x
      time lost: 1,600 device-seconds: 100 % connected, not ready
      limited by the load generator itself, which was at its limit: it stood still for 40 % of the time
      next: Run the fleet on more workers or machines before anything else: until then its times are partly the
          generator's own.
      limited by the back end that devices ask when they connect: 1,200 of 1,220 requests timed out, and 600
        answers came too late to be of use
      next: Let devices keep their configuration (\`cache: true\`) or ask later, give the back end more capacity,
          or spread the reconnects: \`mqtt-results forecast --find capacity\` says how much, \`--find policy\` which
          back-off.

    Totals
      connects         1,542 attempted, 1,540 accepted, 2 refused
      config requests  1,300 sent, 0 answered, 0 rejected, 1,200 timed out, 0 answered late
      disconnects      1,200 bootstrap, 200 storm

    Service times of what succeeded
               count      p50      p90      p99  p99.9   max
      connect  1,540  2.63 ms  4.53 ms  4.96 ms   5 ms  5 ms

    Errors
      bootstrap_timeout  1,200
      tcp_refused            2

    generator saturated: loop delay p50 0.1 ms, p99 2 ms, max 8 ms; CPU 40 % of a core, 500 ms waited for one
      storm 1: it stood still for 40 % of the time

    Files
      mqtt-results/t-synthetic/summary.json
    "
  `);
});

describe("hostile and long", () => {
  const name = `${"a scenario with a rather long name ".repeat(4)}\u001b[2J\u202e`;
  const cohorts = { [name]: stormCohort({ affected: 1_000_000, recovered: 0 }) };
  const summary = summaryOf([{ record: record({ state: "running", storms: [storm({ cohorts })] }) }]);
  const text = consoleSummary(summary, { colour: false, files: [] });

  it("lets no control character through", () => {
    expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
  it("stays within 110 columns in its tables and prints long names on lines of their own", () => {
    const table = text.split("\n").filter((line) => /recovered {2}|not reached {2}|rather long/.test(line));
    expect(table).toHaveLength(3);
    for (const line of table) expect(line.length).toBeLessThan(110);
  });
  it("marks the run as incomplete", () => {
    expect(text).toContain("INCOMPLETE RUN: worker 1 was killed");
  });
});

it("keeps every line of an ordinary run within 110 columns", () => {
  const text = consoleSummary(summaryOf([spiralWorker("2")]), { colour: false, files });
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(110);
});

it.each([
  ["tls", "INSECURE TLS"],
  ["http", "INSECURE HTTPS"],
] as const)("says aloud that %s verified nothing", (what, words) => {
  const summary = summaryOf([spiralWorker("1"), spiralWorker("2")]);
  const text = (insecure: boolean): string =>
    consoleSummary({ ...summary, [what]: { insecure } }, { colour: false, files: [] });
  expect(text(true)).toContain(words);
  expect(text(false)).not.toContain(words);
});

it("colours only when asked", () => {
  const summary = summaryOf([spiralWorker("1")]);
  expect(consoleSummary(summary, { colour: true, files: [] })).toContain("\u001b[31mMETASTABLE\u001b[39m");
});

it.each([
  [null, "not reached"],
  [0, "0 ms"],
  [0.1234, "0.12 ms"],
  [12.345, "12.3 ms"],
  [999.4, "999 ms"],
  [999.6, "1 s"],
  [1234.5, "1.23 s"],
  [99_949, "99.9 s"],
  [123_456, "123 s"],
])("prints %j ms as %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it("shows control characters as codes", () => {
  expect(printable("a\u001b[31m\nb")).toBe("a\\u{1b}[31m\\u{a}b");
});
