import type { ArtilleryScript } from "../artillery.ts";
import { givenOfStep } from "../given.ts";
import { type Condition, readCondition } from "./condition.ts";
import { type Problem, renderPath } from "./problem.ts";
import { STEPS } from "./steps/index.ts";
import type { ParsedStep, StepDefinition, StepPlace } from "./steps/step.ts";
import { hintOf, problemsOf } from "./zod-problems.ts";

/** A step, and how it is written. */
export interface ReadStep extends ParsedStep {
  written: Readonly<Record<string, unknown>>;
  children: ReadStep[][];
}

/** Reads lists of steps of one script. What is wrong with them is added to `problems`; a bad step is left out. */
export class StepReader {
  readonly #script: ArtilleryScript;
  readonly #problems: Problem[];

  constructor(script: ArtilleryScript, problems: Problem[]) {
    this.#script = script;
    this.#problems = problems;
  }

  list(list: unknown, place: StepPlace, path: readonly PropertyKey[]): ReadStep[] {
    if (!Array.isArray(list)) return [];
    return list.flat().flatMap((raw, i) => this.#step(raw, place, [...path, i]) ?? []);
  }

  #step(raw: unknown, place: StepPlace, path: readonly PropertyKey[]): ReadStep | null {
    const definition = this.#definitionOf(raw, place, path);
    if (definition === null) return null;
    const given = givenOfStep(raw as Record<string, unknown>, definition.name);
    const { written, condition } = this.#conditionOf(given, definition.name, path);
    const parsed = definition.schema.safeParse(written);
    if (!parsed.success) {
      this.#problems.push(...problemsOf(parsed.error, definition.schema, path, written));
      return null;
    }
    for (const name of definition.calls?.(written) ?? []) this.functionIn(name, path);
    const children = (definition.children?.(written) ?? []).map((child) =>
      this.list(child.steps, place, [...path, ...child.path]),
    );
    return { path, definition, condition, spec: parsed.data, children, written };
  }

  /** `ifTrue` stands beside the name of a step, or among its settings as in Artillery's HTTP engine. Gives the step without it. */
  #conditionOf(
    given: Readonly<Record<string, unknown>>,
    name: string,
    path: readonly PropertyKey[],
  ): { written: Record<string, unknown>; condition: Condition | null } {
    const { ifTrue: beside, ...rest } = given;
    const written: Record<string, unknown> = rest;
    const settings = written[name];
    let [value, where] = [beside, [...path, "ifTrue"]];
    if (settings !== null && typeof settings === "object" && "ifTrue" in settings) {
      const { ifTrue: inside, ...others } = settings as Record<string, unknown>;
      written[name] = others;
      if (beside === undefined) [value, where] = [inside, [...path, name, "ifTrue"]];
      else {
        const allowed = "nothing beside the ifTrue of the step";
        this.#problems.push({ path: renderPath([...path, name, "ifTrue"]), value: inside, allowed });
      }
    }
    if (value === undefined) return { written, condition: null };
    const read = readCondition(value, this.#script, renderPath(where));
    if ("kind" in read) return { written, condition: read };
    this.#problems.push(read);
    return { written, condition: null };
  }

  /** Which kind of step it is, by its keys; null where it is none, or stands in the wrong place. */
  #definitionOf(raw: unknown, place: StepPlace, path: readonly PropertyKey[]): StepDefinition | null {
    const known = STEPS.filter(({ places }) => places.includes(place)).map(({ name }) => name);
    const refuse = (allowed: string, more: Partial<Problem> = {}): null => {
      this.#problems.push({ path: renderPath(path), value: raw, allowed, ...more });
      return null;
    };
    if (raw === null || typeof raw !== "object") return refuse(`a step: ${known.join(", ")}`);
    const allowed = `a step in ${place}: ${known.join(", ")}`;
    const keys = Object.keys(raw);
    const definitions = STEPS.filter(({ name }) => keys.includes(name));
    const [definition] = definitions;
    if (definition === undefined) {
      const [key] = keys;
      if (key === undefined) return refuse(allowed);
      // The whole step is shown where its key has no value.
      const { [key]: value = raw } = raw as Record<string, unknown>;
      // A key of three letters is one letter off too easily: `get` of Artillery's HTTP engine from `set`.
      const hint = key.length > 3 ? hintOf(key, known) : {};
      return refuse(allowed, { path: renderPath([...path, key]), value, ...hint });
    }
    if (definitions.length > 1) {
      return refuse(`one step, not ${definitions.map(({ name }) => name).join(" and ")}`);
    }
    if (definition.places.includes(place)) return definition;
    return refuse(allowed, { path: renderPath([...path, definition.name]) });
  }

  /** Artillery loads the processor before it makes the engine; a script that is only looked at still has its path. */
  functionIn(name: string, path: readonly PropertyKey[]): void {
    const { processor } = this.#script.config;
    if (typeof processor === "string" || typeof processor?.[name] === "function") return;
    const names = Object.keys(processor ?? {}).filter((key) => typeof processor?.[key] === "function");
    const allowed =
      names.length === 0
        ? "nothing: the script has no processor"
        : `a function of the processor: ${names.join(", ")}`;
    this.#problems.push({ path: renderPath(path), value: name, allowed });
  }
}
