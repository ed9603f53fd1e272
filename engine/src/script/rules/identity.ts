import { type Problem, renderPath } from "../problem.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { credentialsOf } from "../target.ts";
import { clientOf } from "./clients.ts";
import { connectSteps } from "./connect-steps.ts";
import type { Rule } from "./rule.ts";

/** Who devices say that they are: no password without a user name, no session without an id to come back with. */
export const identityRule: Rule = ({ settings: { known }, target, scenarios }) => {
  const common = "kind" in target ? credentialsOf(target, known) : known;
  const steps = connectSteps(scenarios);
  const problems: Problem[] = [];
  const isAlone = common.password !== undefined && common.username === undefined;
  if (isAlone && steps.every(({ spec }) => spec.username === undefined)) {
    problems.push(passwordAlone([...ENGINE_PATH, "password"], common.password));
  }
  for (const scenario of scenarios) {
    if (clientOf(scenario, known).session?.clean !== false) continue;
    for (const { path, spec } of connectSteps([scenario])) {
      if (spec.clientId !== "") continue;
      problems.push({
        path: renderPath([...path, "clientId"]),
        value: "",
        allowed: "an id, since nobody can come back to a session without one",
        hint: "use session: { clean: true }",
      });
    }
  }
  for (const { path, spec } of steps) {
    if (spec.password !== undefined && (spec.username ?? common.username) === undefined) {
      problems.push(passwordAlone([...path, "password"], spec.password));
    }
  }
  return problems;
};

function passwordAlone(path: readonly PropertyKey[], value: unknown): Problem {
  return { path: renderPath(path), value, allowed: "a password beside a username" };
}
