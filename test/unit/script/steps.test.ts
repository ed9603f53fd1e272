import { describe, expect, it } from "vitest";
import type { ProcessorFunction, RunEvents, Step, VuContext } from "../../../engine/src/artillery.ts";
import { series } from "../../../engine/src/script/compile.ts";
import { callProcessor } from "../../../engine/src/script/steps/function.ts";
import { STEPS } from "../../../engine/src/script/steps/index.ts";
import { asPayload } from "../../../engine/src/script/steps/publish.ts";
import { captureNames, listenTemplates, requestSettings } from "../../../engine/src/script/steps/request.ts";
import { renderFilters } from "../../../engine/src/script/steps/subscribe.ts";
import { compileTemplate } from "../../../engine/src/script/template.ts";

const context: VuContext = {
  vars: { deviceId: "d-1", topics: ["a", "b/+"], one: "c", bad: ["a", "x/#/y"], number: 5 },
};

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
  ])("%j is sent as %s", (value, sent) => {
    expect(asPayload(value)).toBe(sent);
  });
});

describe("topic filters of subscribe", () => {
  it.each<[unknown, string[] | null]>([
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
    ["{{ bad }}", null],
    ["{{ number }}", null],
    ["{{ missing }}", null],
  ])("%j are %j", (topics, filters) => {
    expect(renderFilters(compileTemplate(topics), context)).toEqual(filters);
  });
});

describe("functions of the processor", () => {
  const events = {} as RunEvents;
  const call = (target: ProcessorFunction): Promise<Error | null> =>
    new Promise((resolve) => callProcessor(target, context, events, resolve));

  it.each<[string, ProcessorFunction, string | null]>([
    ["calls back", (_context, _events, done) => done(), null],
    ["calls back with an error", (_context, _events, done) => done(new Error("no")), "no"],
    ["calls back later", (_context, _events, done) => void setTimeout(done, 1), null],
    ["is async", async () => {}, null],
    ["is async and fails", async () => Promise.reject(new Error("rejected")), "rejected"],
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
    expect((await call(target))?.message ?? null).toBe(message);
  });

  it("settle once", async () => {
    let count = 0;
    callProcessor(
      async (_context, _events, done) => {
        done();
        done(new Error("again"));
        throw new Error("and again");
      },
      context,
      events,
      () => count++,
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(count).toBe(1);
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
