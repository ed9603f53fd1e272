/** What a finding says, in sentences. Their figures are those of the points; between points nothing is claimed. */
import { count, duration, percent, percentReached } from "../judge/number-words.ts";
import type { Verdict } from "../judge/verdict.ts";
import { nextToTry } from "./boundary.ts";
import type {
  CapacityFinding,
  Finding,
  FleetFinding,
  PolicyFinding,
  PolicyPoint,
  Search,
  TriedPoint,
} from "./finding.ts";
import { ownPolicyIn } from "./policies.ts";
import { failureWords, serverName, valueWords } from "./words.ts";

export function conclusionOf(finding: Finding): string[] {
  const sentences =
    finding.find === "policy"
      ? policySentences(finding)
      : finding.searches.flatMap((search) => searchSentences(finding, search));
  return finding.interrupted
    ? [...sentences, "It was interrupted: what was not tried by then is not known."]
    : sentences;
}

function searchSentences(finding: FleetFinding | CapacityFinding, search: Search): string[] {
  const { policy, points, stopped } = search;
  if (points.length === 0) return [`With ${withWords(policy)} nothing was tried to its end.`];
  const sentences =
    finding.find === "fleet" ? fleetSentences(finding, search) : capacitySentences(finding, search);
  return [
    ...sentences,
    triedSentence(finding, search),
    ...(stopped === null ? [] : [`The search ended there: ${stopped}.`]),
  ];
}

function fleetSentences(finding: FleetFinding, search: Search): string[] {
  const { policy, points } = search;
  const { holds, fails } = ends(search);
  const { question } = finding;
  if (holds === null) {
    const smallest = lowestOf(points);
    return [
      `With ${withWords(policy)} not even the smallest loss that was tried recovers: ${loss(smallest)}; ${failureWords(smallest.outcome, question)}.`,
    ];
  }
  const recovers = `${loss(holds)}: ${readyWords(finding, holds)}`;
  if (fails === null)
    return [
      `With ${withWords(policy)} the largest loss that was tried recovers, ${recovers}. Larger ones were not tried.`,
    ];
  const more = fails.outcome.affected / holds.outcome.affected - 1;
  return [
    `With ${withWords(policy)} the largest loss that was found to recover is ${recovers}. The next larger one that was tried, ${loss(fails)} (${percent(more)} more), does not: ${failureWords(fails.outcome, question)}.`,
    ...spiralSentence(points, fails),
  ];
}

/** Where the window is too short for what is just above, the size from which it would not help to wait is worth a sentence. */
function spiralSentence(points: readonly TriedPoint[], fails: TriedPoint): string[] {
  if (fails.outcome.verdict === "metastable") return [];
  const spirals = points.filter(
    ({ value, outcome }) => value > fails.value && outcome.verdict === "metastable",
  );
  if (spirals.length === 0) {
    return fails.outcome.verdict === "recovering" || fails.outcome.absence === "window-too-short"
      ? ["Whether it recovers later was not watched: --within takes a longer time."]
      : [];
  }
  return [`The smallest loss that was tried and spirals (METASTABLE) is ${loss(lowestOf(spirals))}.`];
}

function capacitySentences(finding: CapacityFinding, search: Search): string[] {
  const { policy, points } = search;
  const { holds, fails } = ends(search);
  const name = serverName(finding.of);
  if (holds === null) {
    const largest = highestOf(points);
    return [
      `With ${withWords(policy)} not even ${valueWords(finding, largest.value)} of the ${name} are enough: ${failureWords(largest.outcome, finding.question)}. Values below the script's own were not tried: a server that is slower than the others may hold the fleet back from them.`,
    ];
  }
  const enough = `${valueWords(finding, holds.value)}: ${readyWords(finding, holds)}`;
  if (fails === null) {
    return [
      `With ${withWords(policy)} the least that was tried of the ${name} is enough, ${enough}. Less was not tried.`,
    ];
  }
  const less = 1 - fails.value / holds.value;
  return [
    `With ${withWords(policy)} the least of the ${name} that was found to be enough is ${enough}. With the next smaller value that was tried, ${valueWords(finding, fails.value)} (${percent(less)} less), it is not: ${failureWords(fails.outcome, finding.question)}.`,
  ];
}

function withWords(policy: string): string {
  const own = ownPolicyIn(policy);
  return own === null ? policy : `the script's own back-off (${own})`;
}

function ends({ points, bracket }: Search): { holds: TriedPoint | null; fails: TriedPoint | null } {
  const at = (value: number | null): TriedPoint | null =>
    points.find((point) => point.value === value) ?? null;
  return { holds: at(bracket.holds), fails: at(bracket.fails) };
}

function triedSentence(finding: FleetFinding | CapacityFinding, search: Search): string {
  const { points, space } = search;
  const { holds, fails } = search.bracket;
  const isNarrow = holds !== null && fails !== null && nextToTry(space, points) === null;
  const until = isNarrow ? `, until neighbours were at most ${percent(space.tolerance)} apart` : "";
  if (points.length === 1) return `Only ${valueWords(finding, points[0]?.value ?? 0)} were tried.`;
  const from = count(lowestOf(points).value);
  const what =
    finding.find === "fleet" ? "sizes of the fleet were tried" : `values of the ${serverName(finding.of)}`;
  const verb = finding.find === "fleet" ? "" : " were tried";
  return `${points.length} ${what}${verb}, from ${from} to ${valueWords(finding, highestOf(points).value)}${until}; of what lies between them nothing is known.`;
}

function loss({ outcome: { affected, fleet } }: TriedPoint): string {
  return affected === fleet
    ? `${count(affected)} devices lost at once`
    : `${count(affected)} of ${count(fleet)} devices lost at once`;
}

function readyWords({ question: { target } }: Finding, { outcome }: TriedPoint | PolicyPoint): string {
  return `${percentReached(target)} of them are ready after ${duration(outcome.readyMs.target)}`;
}

function policySentences(finding: PolicyFinding): string[] {
  const { question, points } = finding;
  if (points.length === 0) return ["Nothing was tried to its end."];
  const recovered = points.filter(({ holds }) => holds);
  const limit = duration(question.withinMs ?? question.storm.windowMs);
  const losses = points.map(({ outcome }) => outcome.affected);
  const [fewest, most] = [Math.min(...losses), Math.max(...losses)];
  return [
    `${recovered.length} of ${points.length} policies bring ${count(most)} devices that are lost at once back within ${limit}${othersWords(points)}.`,
    ...(fewest === most
      ? []
      : [
          `Not all had the same loss, but from ${count(fewest)} to ${count(most)} devices: some of the others were not back when the storm came.`,
        ]),
    ...frontierSentences(finding, recovered),
    ...ownSentences(finding, recovered),
  ];
}

/** `; the fleet spirals with 3 (METASTABLE), devices are still coming back when the window ends with 2 (RECOVERING)` */
function othersWords(points: readonly PolicyPoint[]): string {
  const missed = points.filter(({ holds }) => !holds);
  const words: [Verdict | null, (n: number) => string][] = [
    ["metastable", (n) => `the fleet spirals with ${n} (METASTABLE)`],
    ["stalled", (n) => `nobody comes back any more with ${n} (STALLED)`],
    ["relapsed", (n) => `the fleet comes back and is lost again with ${n} (RELAPSED)`],
    ["recovering", (n) => `devices are still coming back when the window ends with ${n} (RECOVERING)`],
    ["recovered", (n) => `it takes longer with ${n} (RECOVERED)`],
    [null, (n) => `there is no verdict with ${n}`],
  ];
  const parts = words.flatMap(([verdict, say]) => {
    const n = missed.filter(({ outcome }) => outcome.verdict === verdict).length;
    return n === 0 ? [] : [say(n)];
  });
  return parts.length === 0 ? "" : `; ${parts.join(", ")}`;
}

function frontierSentences(finding: PolicyFinding, recovered: readonly PolicyPoint[]): string[] {
  const frontier = recovered
    .filter((point) => point.frontier)
    .sort((a, b) => (a.outcome.readyMs.target ?? 0) - (b.outcome.readyMs.target ?? 0));
  const [fastest] = frontier;
  const lightest = frontier.at(-1);
  if (fastest === undefined || lightest === undefined) return [];
  const at = (point: PolicyPoint): string =>
    `${point.policy} (${percentReached(finding.question.target)} ready after ${duration(point.outcome.readyMs.target)}, at most ${count(point.outcome.peak.connectsPerS)} connects/s)`;
  if (fastest === lightest) return [`${at(fastest)} is the whole frontier: no other is as fast or as light.`];
  return [
    `The fastest is ${at(fastest)}; the lightest is ${at(lightest)}.`,
    `On the frontier, where no other is as fast and as light, are: ${frontier.map(({ policy }) => policy).join("; ")}.`,
  ];
}

/** How the script's own policy, which stands first, does beside the others. */
function ownSentences(finding: PolicyFinding, recovered: readonly PolicyPoint[]): string[] {
  const own = finding.points.find(({ policy }) => ownPolicyIn(policy) !== null);
  if (own === undefined) return [];
  if (!own.holds)
    return [`With ${withWords(own.policy)} it does not: ${failureWords(own.outcome, finding.question)}.`];
  const figures = `${own.policy} takes ${duration(own.outcome.readyMs.target)} at ${count(own.outcome.peak.connectsPerS)} connects/s`;
  if (own.frontier) return [`${figures}: it is on the frontier.`];
  const better = recovered.filter((one) => one.frontier && isNoWorse(one, own)).map(({ policy }) => policy);
  return [`${figures}; as fast and as light, and better in one of the two: ${better.join("; ")}.`];
}

function isNoWorse({ outcome: a }: PolicyPoint, { outcome: b }: PolicyPoint): boolean {
  return (
    (a.readyMs.target ?? Number.POSITIVE_INFINITY) <= (b.readyMs.target ?? Number.POSITIVE_INFINITY) &&
    a.peak.connectsPerS <= b.peak.connectsPerS
  );
}

function lowestOf(points: readonly TriedPoint[]): TriedPoint {
  return points.reduce((a, b) => (b.value < a.value ? b : a));
}

function highestOf(points: readonly TriedPoint[]): TriedPoint {
  return points.reduce((a, b) => (b.value > a.value ? b : a));
}
