import { compileExpression } from "filtrex";
import type { ArtilleryScript, VuContext } from "../artillery.ts";
import type { Problem } from "./problem.ts";

/** `ifTrue` of a step: an expression over variables by their names, or a function of the processor. As Artillery's HTTP engine has it. */
export interface Condition {
  text: string;
  kind: "expression" | "function";
}

/** Whether the step is run for this virtual user now. */
export type Holds = (context: VuContext) => boolean;

const ALLOWED =
  'an expression over variables by their names, such as plant == "berlin" and tries < 3, or a function of the processor';

/** Reads `ifTrue`; what is no condition is a problem. */
export function readCondition(raw: unknown, script: ArtilleryScript, path: string): Condition | Problem {
  const refusal: Problem = { path, value: raw, allowed: ALLOWED };
  if (typeof raw !== "string" || raw.trim() === "") return refusal;
  const { processor } = script.config;
  if (typeof processor === "object" && typeof processor?.[raw] === "function")
    return { text: raw, kind: "function" };
  try {
    compileExpression(raw);
  } catch {
    return raw.includes("{{") ? { ...refusal, hint: "variables stand without braces" } : refusal;
  }
  return { text: raw, kind: "expression" };
}

/** @param call calls a function of the processor with the variables */
export function compileCondition(
  { text, kind }: Condition,
  call: (name: string, context: VuContext) => unknown,
): Holds {
  if (kind === "function") return (context) => Boolean(call(text, context));
  const evaluate = compileExpression(text) as (vars: object) => unknown;
  return (context) => Boolean(evaluate(context.vars));
}
