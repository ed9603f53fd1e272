/** What a finding says, in sentences. Their figures are those of the points; between points nothing is claimed. */
import { capital } from "../judge/capital.ts";
import { count, counted, duration, percent, percentReached } from "../judge/number-words.ts";
import type { Verdict } from "../judge/verdict.ts";
import { isThere } from "./at-work.ts";
import { nextToTry } from "./boundary.ts";
import type {
  CapacityFinding,
  Finding,
  FleetFinding,
  PolicyFinding,
  PolicyPoint,
  Question,
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
  if (fails.outcome.verdict === "metastable" || !isThere(fails.outcome)) return [];
  const spirals = points.filter(
    ({ value, outcome }) => value > fails.value && outcome.verdict === "metastable" && isThere(outcome),
  );
  if (spirals.length === 0) {
    return fails.outcome.verdict === "recovering" || fails.outcome.absence === "window-too-short"
      ? [
          "Whether it recovers later is not known, for its window ends before: --within has it watched for longer.",
        ]
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
    const lowest = lowestOf(points);
    const less =
      lowest.value < search.space.start
        ? ` Nor is less, down to ${valueWords(finding, lowest.value)}: ${failureWords(lowest.outcome, finding.question)}.`
        : "";
    return [
      `With ${withWords(policy)} not even ${valueWords(finding, largest.value)} of the ${name} are enough: ${failureWords(largest.outcome, finding.question)}.${less}`,
    ];
  }
  const enough = `${valueWords(finding, holds.value)}: ${readyWords(finding, holds)}`;
  if (fails === null) {
    return [
      `With ${withWords(policy)} the least that was tried of the ${name} is enough, ${enough}. Less was not tried.`,
      ...tooMuchSentence(finding, search, holds.value),
    ];
  }
  const less = 1 - fails.value / holds.value;
  return [
    `With ${withWords(policy)} the least of the ${name} that was found to be enough is ${enough}. With the next smaller value that was tried, ${valueWords(finding, fails.value)} (${percent(less)} less), it is not: ${failureWords(fails.outcome, finding.question)}.`,
    ...tooMuchSentence(finding, search, holds.value),
  ];
}

/** A broker that takes more lets more through to what is slower than it is. */
function tooMuchSentence(finding: CapacityFinding, { points }: Search, enough: number): string[] {
  const beyond = points.filter(({ value, holds }) => !holds && value > enough);
  if (beyond.length === 0) return [];
  const [least, most] = [lowestOf(beyond), highestOf(beyond)];
  const which =
    least === most
      ? `With ${valueWords(finding, least.value)}`
      : `With ${beyond.length} values from ${count(least.value)} to ${valueWords(finding, most.value)}`;
  return [
    `More is not always enough: it may let more through than what stands behind it can take. ${which} it does not recover; with the least of them, ${failureWords(least.outcome, finding.question)}.`,
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
  const until = isNarrow ? `, until ${narrowWords(space, holds, fails)}` : "";
  const [only] = points;
  if (points.length === 1 && only !== undefined)
    return `Only ${valueWords(finding, only.value)} ${only.value === 1 ? "was" : "were"} tried.`;
  const from = count(lowestOf(points).value);
  const what =
    finding.find === "fleet" ? "sizes of the fleet were tried" : `values of the ${serverName(finding.of)}`;
  const verb = finding.find === "fleet" ? "" : " were tried";
  return `${points.length} ${what}${verb}, from ${from} to ${valueWords(finding, highestOf(points).value)}${until}; of what lies between them nothing is known.`;
}

/** Of small numbers neighbours are further apart than was asked for, and nothing is between them. */
function narrowWords({ tolerance }: Search["space"], a: number, b: number): string {
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  return high - low <= low * tolerance
    ? `neighbours were at most ${percent(tolerance)} apart`
    : "no whole number was left between neighbours";
}

export function loss({ outcome: { affected, fleet } }: Pick<TriedPoint, "outcome">): string {
  return affected === fleet
    ? `${counted(affected, "device")} lost at once`
    : `${count(affected)} of ${counted(fleet, "device")} lost at once`;
}

function readyWords({ question: { target } }: Finding, { outcome }: TriedPoint | PolicyPoint): string {
  return `${percentReached(target)} of them are ready after ${duration(outcome.readyMs.target)}`;
}

/** What of a question the sentences on policies need. */
export type Asked = Pick<Question, "target" | "withinMs" | "storm">;

function policySentences({ question, points }: PolicyFinding): string[] {
  if (points.length === 0) return ["Nothing was tried to its end."];
  return [
    policyCount(question, points),
    ...unequalSentences(points),
    ...frontierSentences(question, points),
    ...ownSentences(question, points),
  ];
}

/** Where policies did not meet the same loss, that is said; else nothing. */
export function unequalSentences(points: readonly PolicyPoint[]): string[] {
  const { fewest, most } = lossesOf(points);
  return fewest === most
    ? []
    : [
        `Not all had the same loss, but from ${count(fewest)} to ${counted(most, "device")}: some of the others were not online when the storm came.`,
      ];
}

function lossesOf(points: readonly PolicyPoint[]): { fewest: number; most: number } {
  const losses = points.map(({ outcome }) => outcome.affected);
  return { fewest: Math.min(...losses), most: Math.max(...losses) };
}

/** `14 of 20 policies bring 500 devices that are lost at once back within 12 s; …` */
export function policyCount({ withinMs, storm }: Asked, points: readonly PolicyPoint[]): string {
  const recovered = points.filter(({ holds }) => holds).length;
  const { fewest, most } = lossesOf(points);
  const devices = `${fewest === most ? "" : `${count(fewest)} to `}${counted(most, "device")} that ${most === 1 ? "is" : "are"} lost at once`;
  const policies = points.length === 1 ? "policy brings" : "policies bring";
  return `${recovered} of ${points.length} ${policies} ${devices} back within ${duration(withinMs ?? storm.windowMs)}${othersWords(points)}.`;
}

/** `; the fleet spirals with 3 (METASTABLE), devices are still coming back when the window ends with 2 (RECOVERING)` */
function othersWords(points: readonly PolicyPoint[]): string {
  const failed = points.filter(({ holds }) => !holds);
  const isAway = ({ outcome }: PolicyPoint): boolean => outcome.verdict !== null && !isThere(outcome);
  const away = failed.filter(isAway).length;
  const missed = failed.filter((point) => !isAway(point));
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
  if (away > 0) parts.push(`the fleet is not at work before the storm with ${away}`);
  return parts.length === 0 ? "" : `; ${parts.join(", ")}`;
}

/** The ends of the frontier, and what lies between them; nothing where nobody recovers. */
export function frontierSentences({ target }: Asked, points: readonly PolicyPoint[]): string[] {
  const frontier = points
    .filter((point) => point.frontier)
    .sort((a, b) => (a.outcome.readyMs.target ?? 0) - (b.outcome.readyMs.target ?? 0));
  const figures = ({ outcome }: PolicyPoint): string =>
    `${percentReached(target)} ready after ${duration(outcome.readyMs.target)}, at most ${count(outcome.peak.connectsPerS)} connects/s`;
  // Those whose figures read the same are not told apart.
  const groups = [...Map.groupBy(frontier, figures)].map(([words, same]) => {
    const names = same.map(({ policy }) => policy);
    return { words, names, text: names.join("; ") };
  });
  const [fastest] = groups;
  const lightest = groups.at(-1);
  if (fastest === undefined || lightest === undefined) return [];
  if (fastest === lightest) {
    return [
      fastest.names.length === 1
        ? `${fastest.text} (${fastest.words}) is the whole frontier: no other is as fast or as light.`
        : `${fastest.names.length} are equal, and the whole frontier, for no other is as fast or as light (${fastest.words}): ${fastest.text}.`,
    ];
  }
  const end = (word: string, { names, text, words }: (typeof groups)[number]): string =>
    names.length === 1
      ? `the ${word} is ${text} (${words})`
      : `the ${word} are, all equal, ${text} (${words})`;
  return [
    `${capital(end("fastest", fastest))}; ${end("lightest", lightest)}.`,
    `On the frontier, where no other is as fast and as light, are: ${frontier.map(({ policy }) => policy).join("; ")}.`,
  ];
}

/** How the script's own policy, which stands first, does beside the others. */
export function ownSentences(asked: Asked, points: readonly PolicyPoint[]): string[] {
  const own = points.find(({ policy }) => ownPolicyIn(policy) !== null);
  if (own === undefined) return [];
  if (!own.holds) return [`With ${withWords(own.policy)} it does not: ${failureWords(own.outcome, asked)}.`];
  const figures = `${own.policy} takes ${duration(own.outcome.readyMs.target)} at ${count(own.outcome.peak.connectsPerS)} connects/s`;
  if (own.frontier) return [`${figures}: it is on the frontier.`];
  const better = points
    .filter((one) => one.holds && one.frontier && isNoWorse(one, own))
    .map(({ policy }) => policy);
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
