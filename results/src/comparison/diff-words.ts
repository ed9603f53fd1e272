import type { ComparedTime, Difference } from "../judge/chance.ts";
import { duration } from "../judge/number-words.ts";
import { isAtLeastAsBad } from "../judge/verdict.ts";
import type { OverlaidStorm, TwoRuns } from "./two-runs.ts";

export type Tone = "good" | "fair" | "bad" | "none";

/** What one storm's difference comes to. */
export interface DiffSentence {
  /** Is B better (`good`), worse (`bad`), alike or not to be told (`none`)? */
  tone: Tone;
  /** For the headline, without figures. */
  short: string;
  words: string;
}

export const DIFFERENCE_WORDS: Record<Difference, { word: string; tone: Tone }> = {
  slower: { word: "slower", tone: "bad" },
  faster: { word: "faster", tone: "good" },
  chance: { word: "within chance", tone: "none" },
  none: { word: "cannot be told", tone: "none" },
};

/** The whole page in one line: of each storm what the whole fleet did. */
export function diffHeadline({ storms }: Pick<TwoRuns, "storms">): string {
  const fleets = wholeFleets(storms).map(stormSentence);
  const [only] = fleets;
  if (only === undefined) return "Neither run has a storm";
  if (fleets.length === 1) return only.short;
  const parts = (["bad", "good"] as const).flatMap((tone) => {
    const n = fleets.filter((one) => one.tone === tone).length;
    return n === 0 ? [] : [`${tone === "bad" ? "worse" : "better"} in ${ofStorms(n, fleets.length)}`];
  });
  return parts.length === 0 ? `B did as A did in ${fleets.length} storms` : `B did ${parts.join(" and ")}`;
}

function ofStorms(n: number, all: number): string {
  return n < all ? `${n} of ${all} storms` : n === 2 ? "both storms" : `all ${n} storms`;
}

/** The first of each storm is the whole fleet, or the only cohort there is. */
export function wholeFleets(storms: readonly OverlaidStorm[]): OverlaidStorm[] {
  return storms.filter(({ diff }, i) => storms.findIndex((other) => other.diff.storm === diff.storm) === i);
}

export function stormSentence({ diff, ready }: OverlaidStorm): DiffSentence {
  if (diff.in !== "both") {
    const side = diff.in.toUpperCase();
    return { tone: "none", short: `Only ${side} has the storm`, words: `Only ${side} has this storm.` };
  }
  const { a, b } = diff.verdict;
  const time = mostTelling(ready);
  const times = time === null ? "" : ` ${timeWords(time)}`;
  if (a === null || b === null) {
    const side = a === null && b === null ? "Neither run" : a === null ? "A" : "B";
    const why = [diff.absence.a, diff.absence.b].filter((one) => one !== null);
    return {
      tone: "none",
      short: `${side} has no verdict: nothing can be concluded`,
      words: `${side} has no verdict (${[...new Set(why)].join(", ")}), so nothing can be concluded.${times}`,
    };
  }
  if (a !== b && isAtLeastAsBad(b, a) !== isAtLeastAsBad(a, b)) {
    const worse = isAtLeastAsBad(b, a);
    const short = `A ${VERDICT_WORDS[a]}, B ${VERDICT_WORDS[b]}`;
    return { tone: worse ? "bad" : "good", short, words: `${short}.${times}` };
  }
  if (time === null) {
    return {
      tone: "none",
      short: "No part of the fleet came back in either run",
      words: "Not even half of the devices came back in either run.",
    };
  }
  const saturated = (["a", "b"] as const).filter((side) => diff.generatorSaturated[side]);
  if (saturated.length > 0) {
    const whose = saturated.map((side) => side.toUpperCase()).join(" and of ");
    const short = `The generator of ${whose} was saturated: times tell little`;
    return { tone: "none", short, words: `${short}, for they are partly its own. ${timeWords(time)}` };
  }
  const tone = DIFFERENCE_WORDS[time.difference].tone;
  return { tone, short: shortWords(time), words: timeWords(time) };
}

const VERDICT_WORDS = {
  recovered: "recovered",
  recovering: "was still recovering",
  stalled: "stalled",
  relapsed: "relapsed",
  metastable: "stayed overloaded (metastable)",
} as const;

/** The highest percentile up to 99 % that one of the runs reached. */
function mostTelling(ready: readonly ComparedTime[]): ComparedTime | null {
  return (
    ready.filter(({ percentile, a, b }) => percentile <= 99 && (a !== null || b !== null)).at(-1) ?? null
  );
}

function shortWords({ percentile, a, b, difference }: ComparedTime): string {
  if (a === null || b === null) {
    return `${a === null ? "Only B" : "Only A"} had ${percentile} % of the fleet ready again`;
  }
  const times = a === 0 || b === 0 ? "" : `${Math.max(a / b, b / a).toFixed(2)} times as `;
  switch (difference) {
    case "slower":
      return `B took ${times}long as A to recover`;
    case "faster":
      return `A took ${times}long as B to recover`;
    case "chance":
      return "B recovered as fast as A: what differs is within chance";
    case "none":
      return "Too few devices to tell B from A";
  }
}

function timeWords({ percentile, a, b, difference }: ComparedTime): string {
  const ends = `${percentile} % of the devices were ready again after ${duration(a)} in A, and after ${duration(b)} in B`;
  if (a === null || b === null) {
    const [had, not] = a === null ? ["B", "A"] : ["A", "B"];
    return `${percentile} % of the devices were ready again after ${duration(a ?? b)} in ${had}, and never in ${not}.`;
  }
  const more = a === 0 ? "" : ` (${(b / a).toFixed(2)}x)`;
  const why =
    difference === "chance"
      ? ": that is within chance"
      : difference === "none"
        ? ": too few devices to tell"
        : "";
  return `${ends}${more}${why}.`;
}
