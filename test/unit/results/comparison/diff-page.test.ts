import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { renderDiff } from "../../../../results/src/comparison/diff-page.ts";
import { diffHeadline, stormSentence } from "../../../../results/src/comparison/diff-words.ts";
import { twoRuns } from "../../../../results/src/comparison/two-runs.ts";
import { mergeDirectories } from "../../../../results/src/directory/judged-runs.ts";
import { type RehearsalOptions, rehearsal } from "../../../support/paired-runs.ts";
import { writeRun } from "../../../support/run-files.ts";

function measured(options: RehearsalOptions = {}, script: string | null = null) {
  const directory = writeRun([rehearsal(options)]);
  if (script !== null) writeFileSync(join(directory, "script.json"), script);
  return mergeDirectories([directory], {});
}
const many = { meters: 600, gateways: 400 };
const one = measured({ devices: many });
const two = (options: RehearsalOptions, limit: number | null = null) =>
  twoRuns(one, measured({ devices: many, ...options }), limit);

it.each<{ b: RehearsalOptions; says: string; tone: string }>([
  { b: { slow: 1.5 }, says: "B took 1.50 times as long as A to recover", tone: "bad" },
  { b: { slow: 0.5 }, says: "A took 2.00 times as long as B to recover", tone: "good" },
  { b: { slow: 1.02 }, says: "B recovered as fast as A: what differs is within chance", tone: "none" },
  { b: { back: 0.97 }, says: "A recovered, B stalled", tone: "bad" },
  { b: { changes: { closed: false } }, says: "B has no verdict: nothing can be concluded", tone: "none" },
  { b: { storms: 2 }, says: "B did as A did in 2 storms", tone: "none" },
])("says of B with $b: $says", ({ b, says, tone }) => {
  const runs = two(b);
  expect(diffHeadline(runs)).toBe(says);
  expect(stormSentence(runs.storms[0] as (typeof runs.storms)[number]).tone).toBe(tone);
});

it("overlays curves and rates, each run's where it is known", () => {
  const { storms, load } = two({ slow: 1.5 });
  expect(
    storms.map(({ diff, recovery }) => [diff.cohort, recovery?.cohorts.map(({ cohort }) => cohort)]),
  ).toEqual([
    [null, ["A: all cohorts", "B: all cohorts"]],
    ["meters", ["A: meters", "B: meters"]],
    ["gateways", ["A: gateways", "B: gateways"]],
  ]);
  const [fleet] = storms;
  const half = fleet?.recovery?.curve;
  const reaches = (run: number) =>
    half?.timesMs[half.shares[run]?.findIndex((share) => share >= 0.5) ?? 0] ?? 0;
  expect(reaches(1) / reaches(0)).toBeCloseTo(1.5, 1);
  expect(load.map(({ rate }) => rate)).toEqual(["connectAttemptsPerS", "configRequestsPerS", "readyPerS"]);
  for (const { timesS, a, b } of load) expect([a.length, b.length]).toEqual([timesS.length, timesS.length]);
});

it("has no value of a run that ended before the other did", () => {
  const short = measured({ devices: many, storms: 1 });
  const long = measured({ devices: many, storms: 2 });
  const { load } = twoRuns(short, long, null);
  expect(load[0]?.a.at(-1)).toBeNull();
  expect(load[0]?.b.at(-1)).not.toBeNull();
});

it("shows what the scripts have not in common, foreign text escaped, and the gate of --fail-slower", () => {
  const hostile = `</script><img src=x onerror=alert(1)>`;
  const script = (cap: string, name: string) =>
    JSON.stringify({ config: { engines: { mqtt: { reconnect: { cap } } } }, scenarios: [{ name }] });
  const page = renderDiff(
    twoRuns(
      measured({ devices: many }, script("30s", "meters")),
      measured({ devices: { ...many, [hostile]: 50 }, slow: 1.5 }, script("60s", hostile)),
      0.2,
    ),
  );
  expect(page).toContain(`<code class="path">config.engines.mqtt.reconnect.cap</code>`);
  expect(page).toContain("<code>60s</code>");
  expect(page).toContain("--fail-slower 20 %: B is slower");
  expect(page).not.toContain("<img");
  expect(page).not.toMatch(/https?:\/\/(?!github|leeoniya|www\.w3)[^"\s]*\.(?:js|css)/);
});

it("says that it does not know the scripts where a run left none", () => {
  expect(renderDiff(two({}))).toContain("Not known: A and B left no script.json.");
});
