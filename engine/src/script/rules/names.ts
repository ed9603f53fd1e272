import { renderPath } from "../problem.ts";
import type { Rule } from "./rule.ts";

/** Cohorts are reported by the names of their scenarios. */
export const nameRule: Rule = ({ scenarios }) =>
  scenarios
    .filter(({ name }, i) => scenarios.findIndex((other) => other.name === name) < i)
    .map(({ path, name }) => ({
      path: renderPath([...path, "name"]),
      value: name,
      allowed: "a name that no other scenario has: cohorts are reported by it",
    }));
