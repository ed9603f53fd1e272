import type { Step } from "../../../engine/src/artillery.ts";
import { compileSteps } from "../../../engine/src/script/compile.ts";
import type { Compiler, StepDefinition } from "../../../engine/src/script/steps/step.ts";

/** One step as a script has it, compiled. */
export function compiledStep(definition: StepDefinition, raw: object, compiler: Partial<Compiler>): Step {
  const children = (definition.children?.(raw as Record<string, unknown>) ?? []).map(() => []);
  const parsed = { path: [], definition, spec: definition.schema.parse(raw), children };
  const [step] = compileSteps([parsed], compiler as Compiler);
  return step as Step;
}
