import { MOST_COHORTS_TOLD } from "../../rendezvous/entry.ts";
import { latestEndMs } from "../../storm/schedule.ts";
import { type Problem, renderPath } from "../problem.ts";
import type { ReadScript } from "../read.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { chosenOf, type ExpandedStorm, MOST_STORMS } from "../storms.ts";
import type { Rule } from "./rule.ts";

const EXEC_FORBIDDEN =
  "any other cause, unless config.engines.mqtt.allowExec is true: the command runs on this machine with your rights";

/** How many storms there are, whether they may run commands, and that one is over before the next. */
export const stormRule: Rule = (script) => [
  ...countProblems(script),
  ...commandProblems(script),
  ...orderProblems(script),
  ...choiceProblems(script),
];

function countProblems({ storms }: ReadScript): Problem[] {
  if (storms.length <= MOST_STORMS) return [];
  return [
    {
      path: renderPath([...ENGINE_PATH, "storms"]),
      value: `a list of ${storms.length} storms, repetitions counted`,
      allowed: `${MOST_STORMS} storms at most`,
    },
  ];
}

function commandProblems(script: ReadScript): Problem[] {
  const { storms = [], allowExec } = script.settings.known;
  if (allowExec === true) return [];
  return storms.flatMap(({ cause, place }) =>
    cause === "exec" ? [problemAt(script, place, ["cause"], EXEC_FORBIDDEN)] : [],
  );
}

/** Tells only the first thing that is wrong with a storm of the script: repetitions have it in common. */
function orderProblems(script: ReadScript): Problem[] {
  const { storms } = script;
  const told = new Set<number>();
  return storms.flatMap((storm, i): Problem[] => {
    const previous = storms[i - 1];
    if (previous === undefined || told.has(storm.place)) return [];
    if (storm.plan.atMs >= latestEndMs(previous.plan)) return [];
    told.add(storm.place);
    return [orderProblem(script, storm, previous)];
  });
}

function orderProblem(
  script: ReadScript,
  { plan, place, repetition }: ExpandedStorm,
  { plan: previous }: ExpandedStorm,
): Problem {
  if (repetition > 0) {
    const least = latestEndMs(previous) - previous.atMs;
    const why = "windows may not overlap: the repetition before ends then";
    return problemAt(script, place, ["repeat", "every"], `${least / 1000}s or more (${why})`);
  }
  const order =
    plan.atMs < previous.atMs ? "storms stand in the order of their times" : "windows may not overlap";
  const end = `${latestEndMs(previous) / 1000}s or later`;
  return problemAt(script, place, ["at"], `${end} (${order}: the storm before ends then)`);
}

/** Names no scenario has, and a storm for nobody. */
function choiceProblems(script: ReadScript): Problem[] {
  const { storms, scenarios } = script;
  return storms.flatMap(({ choice, place, repetition }): Problem[] => {
    if (choice === null || repetition > 0) return [];
    const { key, names } = choice;
    const known = scenarios.map(({ name }) => name);
    if (!names.every((name) => known.includes(name)))
      return [problemAt(script, place, [key], `names of scenarios: ${known.join(", ")}`)];
    if (chosenOf(choice, scenarios).length === 0) {
      const allowed = "fewer scenarios than all: a storm that spares everybody is none";
      return [problemAt(script, place, [key], allowed)];
    }
    if (scenarios.length > MOST_COHORTS_TOLD) {
      const allowed = `at most ${MOST_COHORTS_TOLD} scenarios: containers tell each other the devices of each`;
      return [problemAt(script, place, [key], allowed)];
    }
    return [];
  });
}

function problemAt(
  { settings: { written } }: ReadScript,
  place: number,
  keys: readonly string[],
  allowed: string,
): Problem {
  const [storm] = (written["storms"] as unknown[]).slice(place);
  const value = keys.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)[key], storm);
  return { path: renderPath([...ENGINE_PATH, "storms", place, ...keys]), value, allowed };
}
