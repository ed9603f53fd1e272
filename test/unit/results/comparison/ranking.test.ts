import fc from "fast-check";
import { expect, it } from "vitest";
import { consoleComparison } from "../../../../results/src/comparison/console.ts";
import { renderComparison } from "../../../../results/src/comparison/page.ts";
import {
  placeSentence,
  rankingHeadline,
  rankingNotes,
} from "../../../../results/src/comparison/ranking-words.ts";
import { comparedBrokers } from "../../../support/compared-brokers.ts";

const all = comparedBrokers();
const sentences = ({ ranking }: typeof all) =>
  ranking.places.map((place) => `${place.rank}. ${place.title}: ${placeSentence(place, ranking)}`);
const named = (name: string, p99: readonly (number | null)[]) => ({ name, title: name.toUpperCase(), p99 });

it("ranks in words: who was first, by how much others took longer, who ties, who did not get there", () => {
  expect(rankingHeadline(all.ranking)).toBe("Fast broker recovered first, in 3.05 s");
  expect(sentences(all)).toEqual([
    "1. Fast broker: 99 % of the devices were ready again after 3.05 s (3 s..3.1 s).",
    "2. Slow broker: 99 % of the devices were ready again after 4.3 s (4.2 s..4.4 s), 1.41 times as long as Fast broker. A tie with Broker like the slow one: their rounds overlap.",
    "2. Broker like the slow one: 99 % of the devices were ready again after 4.45 s (4.35 s..4.5 s), 1.46 times as long as Fast broker. A tie with Slow broker: their rounds overlap.",
    "4. Stuck broker: In 2 of 3 rounds 99 % of the devices were never ready again, in the other at best after 9 s.",
  ]);
});

it("does not rank who has no verdict or no figures, and says why", () => {
  expect(all.ranking.unranked.map(({ broker, why }) => [broker, why])).toEqual([
    ["silent", "round 1: no verdict on storm 1: connection reset of 100 % (not watched to its end)"],
    ["shut", "round 1: let no device in (tcp_refused: 1400)"],
  ]);
});

it("says that one round tells no noise, and that all tie where they do", () => {
  const once = comparedBrokers([named("a", [1000]), named("b", [1500])]);
  expect(rankingNotes(once.ranking)).toContain("each had one round, so that the order may be chance");
  const alike = comparedBrokers([named("a", [1000, 1500]), named("b", [1100, 1400])]);
  expect(rankingHeadline(alike.ranking)).toBe("A tie between A and B");
  const none = comparedBrokers(
    [named("a", [null, null]), named("b", [null, null])].map((one) => ({
      ...one,
      verdict: "metastable" as const,
    })),
  );
  expect(rankingHeadline(none.ranking)).toBe("No broker brought 99 % of the devices back");
  expect(sentences(none)[1]).toBe(
    "1. B: 99 % of the devices were not ready again in any of 2 rounds; at worst 60 % were.",
  );
});

it("puts nobody before one that was faster in every round, whatever the order they are given in", () => {
  const times = fc.array(fc.option(fc.integer({ min: 1, max: 5000 }), { nil: null }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(fc.array(times, { minLength: 1, maxLength: 6 }), (p99s) => {
      const brokers = p99s.map((p99, i) => ({ ...named(`b${i}`, p99), verdict: "stalled" as const }));
      const { places } = comparedBrokers(brokers).ranking;
      const backwards = comparedBrokers([...brokers].reverse()).ranking.places;
      const ranks = (of: typeof places) => Object.fromEntries(of.map(({ broker, rank }) => [broker, rank]));
      expect(ranks(backwards)).toEqual(ranks(places));
      expect(places).toHaveLength(brokers.length);
      for (const [i, one] of places.entries()) {
        for (const later of places.slice(i + 1)) {
          expect(later.rank).toBeGreaterThanOrEqual(one.rank);
          const isFaster =
            later.readyMs.max !== null && (one.readyMs.min === null || later.readyMs.max < one.readyMs.min);
          expect(isFaster, `${later.broker} before ${one.broker}`).toBe(false);
        }
      }
    }),
  );
});

it("shows the curve of the round with the median time, and each verdict in its word", () => {
  expect(all.brokers.map(({ phases }) => phases[1]?.curve?.round)).toEqual([3, 3, 3, 1, 2, undefined]);
  const page = renderComparison(all);
  expect(page).toContain("Stalled ×2");
  expect(page).toContain(`<svg class="bar"`);
  expect(page).toContain("<strong>Shut broker</strong>: round 1: let no device in");
  expect(consoleComparison(all, { colour: false })).toContain("    1. Fast broker: 99 % of the devices");
});
