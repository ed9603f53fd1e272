import { z } from "zod";
import type { VuContext } from "../../artillery.ts";
import { describeKeys, written } from "../written-as.ts";
import { defineStep, name, type ParsedStep, sameConnection, withItsContext } from "./step.ts";

/** Artillery's own loop: `count`, `over` or `whileTrue`. */
export const loop = defineStep({
  name: "loop",
  places: ["flow", "onConnect", "onMessage"],
  schema: describeKeys(
    z.strictObject({
      loop: written(
        { steps: "same" },
        z.array(z.unknown(), { error: "a list of steps" }).min(1, { error: "a list of at least one step" }),
      ),
      count: z.union([z.number(), z.string()], { error: "a number, or a range such as 1-5" }).optional(),
      over: z.union([name, z.array(z.unknown())], { error: "the name of a list, or a list" }).optional(),
      whileTrue: name.optional(),
      loopValue: name.optional(),
      loopElement: name.optional(),
    }),
    {
      loop: "Runs these steps again and again, as Artillery's loop.",
      count: "How often, or a range such as 1-5; without end unless given.",
      over: "The list whose items the loop goes through: itself, or the name of a variable.",
      whileTrue: "The function of the processor that says after each turn whether the loop goes on.",
      loopValue: "The variable that holds the count; $loopCount unless given.",
      loopElement: "The variable that holds the item; $loopElement unless given.",
    },
  ),
  children: (raw) => [{ path: ["loop"], steps: raw["loop"] }],
  locals: (raw) => ["$loopCount", "$loopElement", ...[raw["loopValue"], raw["loopElement"]].filter(isText)],
  calls: (raw) => [raw["whileTrue"]].filter(isText),
  compile(spec, compiler, children) {
    const steps = compiler.compileSteps(children[0] as ParsedStep[]);
    const options: Record<string, unknown> = {
      loopValue: spec.loopValue ?? "$loopCount",
      loopElement: spec.loopElement ?? "$loopElement",
    };
    if (spec.over !== undefined) options["overValues"] = spec.over;
    const { whileTrue } = spec;
    if (whileTrue === undefined) {
      const counted = compiler.helpers.createLoopWithCount(spec.count ?? -1, steps, options);
      return sameConnection(compiler, withItsContext(counted));
    }
    return sameConnection(compiler, (context, callback) => {
      // Artillery's condition can only say whether the loop goes on; why it could not is kept until this run of it is over.
      let failure: Error | null = null;
      const goesOn = (vu: VuContext, done: (goOn: unknown) => void): void => {
        compiler.calls.ask(whileTrue, vu, (error, goOn) => {
          failure = error;
          done(error === null && goOn);
        });
      };
      const repeat = compiler.helpers.createLoopWithCount(spec.count ?? -1, steps, {
        ...options,
        whileTrue: goesOn,
      });
      repeat(context, (error, result) => callback(error ?? failure, result ?? context));
    });
  },
});

function isText(value: unknown): value is string {
  return typeof value === "string";
}
