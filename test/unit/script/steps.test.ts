import { describe, expect, it, onTestFinished, vi } from "vitest";
import type {
  Helpers,
  ProcessorFunction,
  RunEvents,
  Step,
  VuContext,
} from "../../../engine/src/artillery.ts";
import { FailureTexts } from "../../../engine/src/fleet/failure-texts.ts";
import { time } from "../../../engine/src/live/clock.ts";
import { series } from "../../../engine/src/script/compile.ts";
import { asPayload } from "../../../engine/src/script/payload.ts";
import { ProcessorCalls } from "../../../engine/src/script/processor-calls.ts";
import { STEPS } from "../../../engine/src/script/steps/index.ts";
import { loop } from "../../../engine/src/script/steps/loop.ts";
import { captureNames, listenTemplates, requestSettings } from "../../../engine/src/script/steps/request.ts";
import { set } from "../../../engine/src/script/steps/set.ts";
import type { Compiler } from "../../../engine/src/script/steps/step.ts";
import { renderFilters } from "../../../engine/src/script/steps/subscribe.ts";
import { think } from "../../../engine/src/script/steps/think.ts";
import { compileTemplate } from "../../../engine/src/script/template.ts";
import { forgetHiddenValues, hideValues } from "../../../engine/src/secrets/secret-values.ts";
import { compiledStep } from "./compiled-step.ts";

const context: VuContext = {
  vars: { deviceId: "d-1", topics: ["a", "b/+"], one: "c", bad: ["a", "x/#/y"], number: 5 },
};

describe("set", () => {
  it("needs no connection, so that it may stand before `connect` in a flow", () => {
    const own: VuContext = { vars: { deviceId: "d-1" } };
    const step = compiledStep(set, { set: { id: "{{ deviceId }}", tries: 0 } }, { place: "flow" });
    const done = vi.fn();
    step(own, done);
    expect(done).toHaveBeenCalledWith(null, own);
    expect(own.vars).toEqual({ deviceId: "d-1", id: "d-1", tries: 0 });
  });
});

describe("request", () => {
  it.each<[object, string[]]>([
    [{ responseTopic: "config/{{ deviceId }}" }, ["config/{{ deviceId }}"]],
    [{ responseTopic: "r/{{ requestId }}", rejectedTopic: "e/{{requestId}}" }, ["r/+", "e/+"]],
    [{ responseTopic: "r/{{ requestId }}", listen: "r/#" }, ["r/#"]],
    [{ responseTopic: "r", rejectedTopic: "e", listen: ["r", "e", "x"] }, ["r", "e", "x"]],
  ])("listens, for %j, to %j", (settings, filters) => {
    expect(listenTemplates(settings as Parameters<typeof listenTemplates>[0])).toEqual(filters);
  });

  it.each<[unknown, string[]]>([
    [{ capture: { json: "$.x", as: "x" } }, ["x"]],
    [{ capture: [{ json: "$.x", as: "x" }, { json: "$.y", as: "y" }, { json: "$.z" }] }, ["x", "y"]],
    [{}, []],
    [{ capture: null }, []],
    [{ capture: [null, 5, { as: 7 }] }, []],
    [null, []],
    [undefined, []],
  ])("%j captures %j", (settings, names) => {
    expect(captureNames(settings)).toEqual(names);
  });

  it("has defaults", () => {
    expect(requestSettings.parse({ topic: "a", responseTopic: "b" })).toEqual({
      topic: "a",
      responseTopic: "b",
      payload: "",
      qos: 0,
      timeout: 5000,
      onTimeout: "reset",
      cache: false,
    });
  });
});

describe("payloads", () => {
  it.each([
    ["text", "text"],
    ["", ""],
    [undefined, ""],
    [5, "5"],
    [true, "true"],
    [null, "null"],
    [{ a: [1] }, '{"a":[1]}'],
    [() => 1, ""],
    [{ toJSON: () => undefined }, ""],
  ])("%j is sent as %s", (value, sent) => {
    expect(asPayload(value)).toBe(sent);
  });
});

describe("topic filters of subscribe", () => {
  it.each<[unknown, unknown[]]>([
    ["{{ topics }}", ["a", "b/+"]],
    ["{{ one }}", ["c"]],
    [
      ["{{ one }}", "x/{{ deviceId }}"],
      ["c", "x/d-1"],
    ],
    [
      ["{{ topics }}", "z"],
      ["a", "b/+", "z"],
    ],
    ["{{ number }}", ["5"]],
  ])("%j are %j", (topics, filters) => {
    expect(renderFilters(compileTemplate(topics), context)).toEqual(filters);
  });
});

describe("functions of the processor", () => {
  /** `expires` is what the fleet does when its last window has ended. */
  const calls = (target: ProcessorFunction) => {
    const told: string[] = [];
    const expiring = new Set<() => void>();
    const processor = new ProcessorCalls({
      processor: { target },
      events: {} as RunEvents,
      expire: (expired) => {
        expiring.add(expired);
        return () => expiring.delete(expired);
      },
      tell: (text) => told.push(text),
    });
    const expires = (): void => {
      for (const expired of [...expiring]) expired();
    };
    return { processor, told, expiring, expires };
  };
  const run = (target: ProcessorFunction): Promise<Error | null> =>
    new Promise((resolve) => calls(target).processor.run("target", context, resolve));

  it.each<[string, ProcessorFunction, string | null]>([
    ["calls back", (_context, _events, done) => done(), null],
    ["calls back with an error", (_context, _events, done) => done(new Error("no")), "no"],
    ["calls back later", (_context, _events, done) => void setTimeout(done, 1), null],
    ["is async", async () => {}, null],
    ["is async and fails", async () => Promise.reject(new Error("rejected")), "rejected"],
    ["is async and fails with nothing", async () => Promise.reject(undefined), "undefined"],
    [
      "calls back with what is no error",
      (_context, _events, done) => done({ toString: 1 } as never),
      "an error that cannot be shown",
    ],
    [
      "throws",
      () => {
        throw new Error("thrown");
      },
      "thrown",
    ],
    [
      "throws what is no error",
      () => {
        throw "text";
      },
      "text",
    ],
  ])("that %s", async (_kind, target, message) => {
    expect((await run(target))?.message ?? null).toBe(
      message === null ? null : `function target(): ${message}`,
    );
  });

  it("settle once", async () => {
    let count = 0;
    const { processor, expires } = calls(async (_context, _events, done) => {
      done();
      done(new Error("again"));
      throw new Error("and again");
    });
    processor.run("target", context, () => count++);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expires();
    expect(count).toBe(1);
  });

  it("that never call done fail when nobody waits any longer, by a name of their own", () => {
    const { processor, told, expiring, expires } = calls(() => {});
    const failures: unknown[] = [];
    processor.run("target", context, (error) => failures.push(error?.failure));
    processor.ask("target", context, (error, goOn) => failures.push(error?.failure, goOn));
    expect(failures).toEqual([]);
    expires();
    expect(failures).toEqual(["function_never_done", "function_never_done", undefined]);
    expect(told[0]).toBe("function target() never called done");
    expect(expiring.size).toBe(0);
  });

  it("that are over are not waited for", async () => {
    const { processor, expiring } = calls((_context, _events, done) => void setTimeout(done, 1));
    await new Promise((resolve) => processor.run("target", context, resolve));
    expect(expiring.size).toBe(0);
  });

  it.each<[string, ProcessorFunction, unknown]>([
    [
      "calls back",
      ((_context: VuContext, done: (goOn: unknown) => void) => done(true)) as unknown as ProcessorFunction,
      true,
    ],
    ["is async", (async () => 1) as unknown as ProcessorFunction, 1],
    [
      "throws",
      () => {
        throw new Error("thrown");
      },
      "function target(): thrown",
    ],
  ])("that ask whether a loop goes on: one that %s", async (_kind, target, answer) => {
    const answered = await new Promise((resolve) =>
      calls(target).processor.ask("target", context, (error, goOn) => resolve(error?.message ?? goOn)),
    );
    expect(answered).toBe(answer);
  });
});

describe("loop", () => {
  /** Artillery's, as far as a condition is concerned: one round, and the question whether there is another. */
  const createLoopWithCount: Helpers["createLoopWithCount"] = (_count, steps, options) => {
    const goesOn = options["whileTrue"] as (vu: VuContext, done: (goOn: unknown) => void) => void;
    const round: Step = (vu, callback) => {
      series(steps)(vu, (error) => {
        if (error !== null) callback(error, vu);
        else goesOn(vu, (goOn) => (goOn ? round(vu, callback) : callback(null, vu)));
      });
    };
    return round;
  };

  it("fails where its condition does, and not when it runs again", async () => {
    let asked = 0;
    const calls = new ProcessorCalls({
      processor: {
        more: async () => {
          if (++asked === 2) throw new Error("no such plant");
          return asked === 1;
        },
      },
      events: {} as RunEvents,
      expire: () => () => {},
      tell: () => {},
    });
    const compiler = {
      place: "flow",
      calls,
      helpers: { createLoopWithCount },
    } as unknown as Compiler;
    const step = compiledStep(loop, { loop: [{ log: "round" }], whileTrue: "more" }, compiler);
    const run = (): Promise<string | null> =>
      new Promise((resolve) => step(context, (error) => resolve(error?.message ?? null)));
    expect(await run()).toBe("function more(): no such plant");
    expect(await run()).toBe(null);
    expect(asked).toBe(3);
  });
});

describe("think", () => {
  const pause = (spec: object, vars: Record<string, unknown> = {}) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const compiler = { place: "hook", time } as unknown as Compiler;
    const results: (string | null)[] = [];
    const step = compiledStep(think, spec, compiler);
    step({ vars }, (error) => results.push(error?.message ?? null));
    return results;
  };
  it.each([
    [{ think: 2 }, 2000],
    [{ think: 0.5 }, 500],
    [{ think: "1.5s" }, 1500],
    [{ think: "{{ t }}" }, 3000],
  ])("%j pauses for %i ms", (spec, ms) => {
    const results = pause(spec, { t: "3s" });
    vi.advanceTimersByTime(ms - 1);
    expect(results).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(results).toEqual([null]);
  });
  it.each([
    [{ think: 10, jitter: "20%" }, 8000, 12_000],
    [{ think: 10, jitter: "2s" }, 8000, 12_000],
    [{ think: 10, jitter: 500 }, 9500, 10_500],
    [{ think: 1, jitter: "5s" }, 0, 6000],
  ])("%j pauses for %i to %i ms", (spec, leastMs, mostMs) => {
    const results = pause(spec);
    vi.advanceTimersByTime(Math.max(0, leastMs - 1));
    if (leastMs > 0) expect(results).toEqual([]);
    vi.advanceTimersByTime(mostMs - leastMs + 2);
    expect(results).toEqual([null]);
  });
  it.each([["1e20"], ["soon"], [{}]])("fails its virtual user where a variable is no time: %j", (t) => {
    expect(pause({ think: "{{ t }}" }, { t })[0]).toMatch(/^think: .+ is not allowed; allowed: a duration/);
  });
});

describe("why virtual users failed", () => {
  it("is told once per text, masked and printable, and not without end", () => {
    const lines: string[] = [];
    const texts = new FailureTexts((line) => lines.push(line));
    texts.tell("function token(): 403 for password=hunter2");
    texts.tell("function token(): 403 for password=hunter2");
    texts.tell("red \u001b[31m text");
    for (let i = 0; i < 50; i++) texts.tell(`device ${i}`);
    expect(lines.slice(0, 2)).toEqual([
      "mqtt: function token(): 403 for password=***",
      "mqtt: red \\u{1b}[31m text",
    ]);
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toContain("more reasons");
  });
  it.each([490, 495, 500, 505])("masks before it cuts: a secret that begins at %i", (begin) => {
    const lines: string[] = [];
    onTestFinished(forgetHiddenValues);
    hideValues(["zebra-7-zebra-7"]);
    const texts = new FailureTexts((line) => lines.push(line));
    texts.tell(`${"x".repeat(begin)}zebra-7-zebra-7 and ${"y".repeat(1000)}`);
    expect(lines[0]).not.toMatch(/z/);
    expect(lines[0]?.length).toBeLessThanOrEqual("mqtt: ".length + 500);
  });
});

describe("where the script failed", () => {
  function thrown(message: string, file: string): Error {
    const error = new Error(message);
    error.stack = [
      `Error: ${message}`,
      `    at fails (${file}:3:9)`,
      "    at node:internal/process/task_queues:95:5",
      `    at run (${new URL("../../../engine/src/fleet/x.ts", import.meta.url).href}:1:1)`,
    ].join("\n");
    return error;
  }
  it("is told by the user's frames alone, once", () => {
    const lines: string[] = [];
    const texts = new FailureTexts((line) => lines.push(line));
    const error = thrown("no such plant", "file:///home/me/processor-token=hunter2/x.mjs");
    texts.tell("function a(): no such plant", error);
    texts.tell("function a(): no such plant", thrown("no such plant", "file:///home/me/other.mjs"));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^mqtt: function a\(\): no such plant\n {4}at fails \(file:\/\/\/home\/me\/processor-token=\*\*\*[^\n]*$/,
    );
    expect(lines[0]).not.toContain("hunter2");
  });
  it("survives an error that cannot be asked for its stack", () => {
    const lines: string[] = [];
    const bad = new Error("x");
    Object.defineProperty(bad, "stack", {
      get() {
        throw new Error("no");
      },
    });
    new FailureTexts((line) => lines.push(line)).tell("x", bad);
    expect(lines).toEqual(["mqtt: x"]);
  });
  it("is told once for a step where each device has a value of its own", () => {
    const lines: string[] = [];
    const texts = new FailureTexts((line) => lines.push(line));
    for (const id of [1, 2, 3])
      texts.tell(`scenarios[0].flow[1]: topic "a/#/${id}"`, null, "scenarios[0].flow[1]");
    expect(lines).toEqual(['mqtt: scenarios[0].flow[1]: topic "a/#/1"']);
  });
});

describe("steps one after the other", () => {
  it("end at the first error", () => {
    const ran: string[] = [];
    const step =
      (name: string, error: Error | null = null): Step =>
      (vu, callback) => {
        ran.push(name);
        callback(error, vu);
      };
    let result: Error | null | undefined;
    series([step("a"), step("b", new Error("b failed")), step("c")])(context, (error) => {
      result = error;
    });
    expect(ran).toEqual(["a", "b"]);
    expect(result?.message).toBe("b failed");
    series([])(context, (error) => {
      result = error;
    });
    expect(result).toBeNull();
  });
});

it("every step has a name of its own and a place", () => {
  expect(new Set(STEPS.map(({ name }) => name)).size).toBe(STEPS.length);
  for (const { places } of STEPS) expect(places.length).toBeGreaterThan(0);
});
