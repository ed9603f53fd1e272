import { describe, expect, it } from "vitest";
import type { ArtilleryScript, RunEvents, Step, VuContext } from "../../../engine/src/artillery.ts";
import { compileProgram, compileSteps } from "../../../engine/src/script/compile.ts";
import type { Problem } from "../../../engine/src/script/problem.ts";
import { ProcessorCalls } from "../../../engine/src/script/processor-calls.ts";
import { StepReader } from "../../../engine/src/script/read-steps.ts";
import type { Compiler } from "../../../engine/src/script/steps/step.ts";
import { Rig } from "../device/device-rig.ts";
import { problemsOf } from "./good-script.ts";

const processor = {
  isOdd: (vars: VuContext["vars"]) => Number(vars["count"]) % 2 === 1,
  breaks: () => {
    throw new Error("no such plant");
  },
};
const script = { config: { processor } } as unknown as ArtilleryScript;

function read(step: object, place: "flow" | "onConnect") {
  const problems: Problem[] = [];
  const [parsed] = new StepReader(script, problems).list([step], place, ["x"]);
  expect(problems).toEqual([]);
  if (parsed === undefined) throw new Error("no step");
  return parsed;
}

function compilerOf(place: "flow" | "onConnect", told: string[], counted: string[]) {
  return {
    place,
    calls: new ProcessorCalls({
      processor: processor as never,
      events: {} as RunEvents,
      expire: () => () => {},
      tell: (text) => told.push(text),
    }),
    tellError: (error: Error) => told.push(error.message),
    countError: (failure: string) => counted.push(failure),
    fleet: { whenOver: (over: (error: null, context: VuContext) => void, vu: VuContext) => over(null, vu) },
  } as unknown as Compiler;
}

/** Runs a flow's step that sends nothing: whether it was run, and how it ended. */
function flow(step: object, vars: VuContext["vars"]) {
  const [told, counted]: [string[], string[]] = [[], []];
  let ran = false;
  const compiler = compilerOf("flow", told, counted);
  const spied = {
    ...compiler,
    fleet: {
      whenOver: (over: (error: null, vu: VuContext) => void, vu: VuContext) => {
        ran = true;
        over(null, vu);
      },
    },
  } as unknown as Compiler;
  const [compiled] = compileSteps([read(step, "flow")], spied);
  let result: Error | null | undefined;
  (compiled as Step)({ vars }, (error) => {
    result = error;
  });
  return { ran, result: result === null ? null : result?.message, told, counted };
}

describe("ifTrue", () => {
  it.each<[object, VuContext["vars"], boolean]>([
    [{ ifTrue: "count < 3", stayOnline: {} }, { count: 2 }, true],
    [{ ifTrue: "count < 3", stayOnline: {} }, { count: 3 }, false],
    [{ stayOnline: { ifTrue: 'plant == "berlin"' } }, { plant: "berlin" }, true],
    [{ stayOnline: { ifTrue: 'plant == "berlin"' } }, {}, false],
    [{ ifTrue: "topics and not stopped", stayOnline: {} }, { topics: ["a"] }, true],
    [{ ifTrue: "isOdd", stayOnline: {} }, { count: 3 }, true],
    [{ ifTrue: "isOdd", stayOnline: {} }, { count: 4 }, false],
  ])("%j with %j runs its step: %j", (step, vars, runs) => {
    expect(flow(step, vars)).toEqual({ ran: runs, result: null, told: [], counted: [] });
  });

  it("whose function throws fails the virtual user by an error of the script's own", () => {
    expect(flow({ ifTrue: "breaks", stayOnline: {} }, {})).toEqual({
      ran: false,
      result: "script_error",
      told: ["function breaks(): no such plant"],
      counted: ["script_error"],
    });
  });

  it.each([
    [3, ["publish"]],
    [4, []],
  ])("in onConnect decides after every CONNACK: with %i, %j is sent", (count, sent) => {
    const context: VuContext = { vars: { count } };
    const rig = new Rig({}, null, context).start();
    const step = read({ ifTrue: "isOdd", publish: { topic: "t", payload: "x" } }, "onConnect");
    const [operation] = compileProgram([step], compilerOf("onConnect", [], []));
    const settled: (string | null)[] = [];
    rig.broker.take();
    operation?.begin(rig.device, { settled: (failure) => settled.push(failure) });
    expect(settled).toEqual([null]);
    expect(rig.broker.takeNames()).toEqual(sent);
  });

  it.each<[unknown, object]>([
    ["{{ count }} < 3", { hint: "variables stand without braces" }],
    ["count <", {}],
    [5, {}],
  ])("%j is refused before the run", (ifTrue, more) => {
    const flowOf = (step: object): object => ({ scenario: { flow: [{ connect: {} }, step] } });
    expect(problemsOf(flowOf({ ifTrue, think: 1 }))).toEqual([
      expect.objectContaining({ path: "scenarios[0].flow[1].ifTrue", value: ifTrue, ...more }),
    ]);
    expect(problemsOf(flowOf({ publish: { topic: "t", ifTrue } }))).toEqual([
      expect.objectContaining({ path: "scenarios[0].flow[1].publish.ifTrue", value: ifTrue, ...more }),
    ]);
  });
});
