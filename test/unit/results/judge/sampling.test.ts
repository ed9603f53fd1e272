import { expect, it } from "vitest";
import { createRandom } from "../../../../engine/src/random.ts";
import { boundsByPilots, boundWords, rankBounds } from "../../../../results/src/judge/sampling.ts";

it.each([
  [50, 1000],
  [90, 1000],
  [99, 2000],
])("between the bounds of the percentile %s of a sample of %s is the fleet's, in about 95 of 100 samples", (percentile, devices) => {
  const random = createRandom(7, percentile);
  const { from, to } = rankBounds(percentile, devices);
  let hits = 0;
  const samples = 1000;
  for (let sample = 0; sample < samples; sample++) {
    // Uniform values: the fleet's percentile is known to be percentile / 100.
    const sorted = Float64Array.from({ length: devices }, random).sort();
    const truth = percentile / 100;
    if ((sorted[from - 1] as number) <= truth && truth <= (sorted[to - 1] as number)) hits++;
  }
  expect(hits / samples).toBeGreaterThan(0.93);
  expect(hits / samples).toBeLessThan(0.98);
});

it("stays within the sample", () => {
  expect(rankBounds(99, 10)).toEqual({ from: 9, to: 10 });
  expect(rankBounds(50, 1)).toEqual({ from: 1, to: 1 });
});

it.each([
  ["the sample reached and its pilots did not", 1000, [null, null, null], ["not known", "not known"]],
  ["one pilot alone reached", 1000, [null, 900, null], ["not known", "not known"]],
  ["pilots reached and the sample did not", null, [900, 950, null], ["not known", "not known"]],
  ["nobody reached", null, [null, null, null], ["not reached", "not reached"]],
])("a percentile that %s is not said to be what it is not", (_, ownMs, readyMs, words) => {
  const pilots = { devices: 250, figures: [{ storm: 1, percentile: 50, readyMs }] };
  const bounds = boundsByPilots(ownMs, 50, 1, { devices: 1000, of: 9000, resolutionMs: 1, pilots });
  expect(bounds && boundWords(bounds)).toEqual(words);
});

it("is open above where some pilots did not get there", () => {
  const pilots = { devices: 250, figures: [{ storm: 1, percentile: 50, readyMs: [990, 1010, null] }] };
  const bounds = boundsByPilots(1000, 50, 1, { devices: 1000, of: 9000, resolutionMs: 1, pilots });
  expect(bounds).toMatchObject({ toMs: null, known: true });
  expect(bounds?.fromMs).toBeLessThan(1000);
});
