import { counted, duration, percentReached } from "../judge/number-words.ts";
import type { Place, Ranking } from "./ranking.ts";
import { spreadWords } from "./words.ts";

/** The whole comparison in one line. */
export function rankingHeadline({ places, of }: Ranking): string {
  const first = places.filter(({ rank }) => rank === 1);
  const [leader] = first;
  if (leader === undefined) return "No broker can be ranked";
  const names = listed(first.map(({ title }) => title));
  const did = of === "storms" ? "recovered" : "took the whole fleet in";
  if (leader.reachedIn === 0) {
    return of === "storms"
      ? "No broker brought 99 % of the devices back"
      : "No broker took 99 % of the devices in";
  }
  if (places.length === 1) return `${names} ${did} ${inTime(leader)}`;
  if (first.length === places.length) return `A tie between ${names}`;
  return first.length === 1 ? `${names} ${did} first, ${inTime(leader)}` : `${names} ${did} first, in a tie`;
}

function inTime({ readyMs }: Place): string {
  return readyMs.median === null ? "in some rounds" : `in ${duration(readyMs.median)}`;
}

/** What one broker did, after its name. */
export function placeSentence(place: Place, { places, of }: Ranking): string {
  const { readyMs, reachedIn, timesFirst, rank, isTied, leastReady } = place;
  const again = of === "storms" ? "ready again" : "ready";
  if (reachedIn === 0) {
    return `99 % of the devices were not ${again} in any of ${counted(readyMs.n, "round")}; at worst ${percentReached(leastReady)} were.`;
  }
  const missed = readyMs.n - reachedIn;
  if (missed > 0) {
    return `In ${missed} of ${counted(readyMs.n, "round")} 99 % of the devices were never ${again}, in the ${reachedIn === 1 ? "other" : "others"} at best after ${duration(readyMs.min)}.`;
  }
  const time = `99 % of the devices were ${again} after ${spreadWords("ms", readyMs)}`;
  const more =
    timesFirst === null || rank === 1
      ? ""
      : `, ${timesFirst.toFixed(2)} times as long as ${places[0]?.title ?? ""}`;
  const tied = places.filter((other) => other !== place && other.rank === rank).map(({ title }) => title);
  const tie = isTied ? ` A tie with ${listed(tied)}: their rounds overlap.` : "";
  return `${time}${more}.${tie}`;
}

/** What the ranking rests on, and what it does not tell. */
export function rankingNotes({ of, isRepeated, places }: Ranking): string {
  const what =
    of === "storms"
      ? "By the time from each device's loss until 99 % of the affected devices were ready again, of the slowest storm in each round"
      : "By the time from the first attempt until 99 % of the fleet were ready, for the scenario has no storm";
  const noise = isRepeated
    ? "median (lowest..highest) over the rounds; brokers whose rounds overlap tie"
    : "each had one round, so that the order may be chance: run more (--rounds)";
  return places.length === 0 ? "" : `${what}; ${noise}.`;
}

function listed(names: readonly string[]): string {
  const [last = "", ...before] = [...names].reverse();
  return before.length === 0 ? last : `${before.reverse().join(", ")} and ${last}`;
}
