import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import {
  compileShownTemplate,
  compileTemplate,
  compileTextTemplate,
  parseTemplate,
  referencedNames,
  STANDS_IN,
  UnsetExpression,
} from "../../../engine/src/script/template.ts";

function contextOf(vars: Record<string, unknown>, funcs: VuContext["funcs"] = {}): VuContext {
  return { vars, funcs: funcs ?? {} };
}

describe("a long text that is nearly a template", () => {
  // Each took minutes where a pattern looks again and again at the same characters.
  const LENGTH = 200_000;
  it.each([
    "{{ ",
    "{{{",
    "{{ a",
    "{{[",
    "{{ a['",
    "{{ $f(",
    "}}",
    "{{ a }",
  ])("is read once: %j again and again", (piece) => {
    const text = piece.repeat(LENGTH / piece.length);
    expect(parseTemplate(text)).toEqual(text.includes("}}") ? expect.anything() : [text]);
    expect(parseTemplate(`{{${" ".repeat(LENGTH)}`)).toHaveLength(1);
    expect(() => compileTemplate(`{{ ${"[".repeat(LENGTH)} }}`)(contextOf({}))).toThrow(UnsetExpression);
  });
});

describe("compileTemplate", () => {
  const context = contextOf(
    {
      id: "d-1",
      count: 3,
      topics: ["a", "b"],
      a: { b: [{ c: "deep" }, 7], "x.y": "dotted key", "two words": 2 },
      nothing: null,
    },
    { $five: (least, most) => (least === 5 && most === 5 ? 5 : "not five") },
  );
  it.each<[unknown, unknown]>([
    ["plain", "plain"],
    ["", ""],
    ["config/{{ id }}/get", "config/d-1/get"],
    ["{{id}}{{ id }}", "d-1d-1"],
    ["{{{ id }}}", "d-1"],
    // A third closing brace is JSON's own unless there were three opening ones.
    ['{"temp": {{ count }}}', '{"temp": 3}'],
    ['{"a": {"temp": {{ count }}}}', '{"a": {"temp": 3}}'],
    ['{"temp": {{{ count }}}}', '{"temp": 3}'],
    ['{"temp": {{ $five(5,5) }}}', '{"temp": 5}'],
    ["{{{ count }}", "{3"],
    ["{{ count }}", 3],
    ["{{ topics }}", ["a", "b"]],
    ["n={{ count }}", "n=3"],
    ["t={{ topics }}", 't=["a","b"]'],
    ["{{ a.b[0].c }}", "deep"],
    ["{{ a.b[1] }}", 7],
    ["{{ a['x.y'] }}", "dotted key"],
    ['{{ a["two words"] }}', 2],
    ["{{ a['b'][0]['c'] }}", "deep"],
    ["{{ nothing }}", null],
    ["x{{ nothing }}", "xnull"],
    ["{ not a template }", "{ not a template }"],
    [5, 5],
    [null, null],
    [true, true],
    [
      ["{{ count }}", { x: "{{ id }}", y: [1, "{{ topics }}"] }],
      [3, { x: "d-1", y: [1, ["a", "b"]] }],
    ],
  ])("%j renders %j", (value, expected) => {
    expect(compileTemplate(value)(context)).toEqual(expected);
  });

  it.each<[unknown, string]>([
    ["{{ missing }}", "missing"],
    ["x{{ missing }}", "missing"],
    ["{{ missing.b[0] }}", "missing.b[0]"],
    ["{{ id.length }}", "id.length"],
    ["{{ a.b[7] }}", "a.b[7]"],
    ["{{ $env.TOKEN }}", "$env.TOKEN"],
    ["{{ $gone(1) }}", "$gone(1)"],
    ["{{ }}", ""],
    ["{{ . }}", "."],
    [{ temp: ["{{ missing }}"] }, "missing"],
  ])("%j throws, and names what is not set", (value, expression) => {
    const error = new UnsetExpression(expression);
    expect(() => compileTemplate(value)(context)).toThrow(error);
    if (typeof value === "string") expect(() => compileTextTemplate(value)(context)).toThrow(error);
    expect(error).toMatchObject({ failure: "undefined_variable", message: `{{ ${expression} }} is not set` });
  });

  it("shows the word undefined for it where only the user reads it, and sends the word in a forecast", () => {
    expect(compileShownTemplate("x={{ missing }}, {{ id }}")(context)).toBe("x=undefined, d-1");
    const forecast = contextOf({}, { [STANDS_IN]: () => true } as unknown as VuContext["funcs"]);
    expect(compileTextTemplate("x{{ missing }}")(forecast)).toBe("xundefined");
  });

  it("hands out the variable itself, not a copy: no allocation per device", () => {
    expect(compileTemplate("{{ topics }}")(context)).toBe(context.vars["topics"]);
  });

  it("is parsed once and rendered for every context", () => {
    const template = compileTemplate({ topic: "config/{{ id }}" });
    expect(template(contextOf({ id: 1 }))).toEqual({ topic: "config/1" });
    expect(template(contextOf({ id: 2 }))).toEqual({ topic: "config/2" });
  });

  it("does not render what a value holds", () => {
    expect(compileTemplate("{{ id }}")(contextOf({ id: "{{ secret }}", secret: 1 }))).toBe("{{ secret }}");
  });

  it("calls Artillery's functions with their arguments", () => {
    const calls: unknown[][] = [];
    const funcs = { $randomNumber: (...args: unknown[]) => calls.push(args) };
    const render = compileTemplate("{{ $randomNumber(1, 'x') }}");
    expect(render(contextOf({}, funcs))).toBe(1);
    expect(compileTemplate("n{{ $randomNumber() }}")(contextOf({}, funcs))).toBe("n2");
    expect(calls).toEqual([[1, "x"], [undefined]]);
    expect(() => render(contextOf({}))).toThrow("{{ $randomNumber(1, 'x') }} is not set");
  });

  it("always gives text as a text template", () => {
    expect(compileTextTemplate("{{ count }}")(context)).toBe("3");
    expect(compileTextTemplate("{{ topics }}")(context)).toBe('["a","b"]');
    expect(compileTextTemplate("{{ nothing }}")(context)).toBe("null");
  });
});

describe("what a value refers to", () => {
  it("splits text at its expressions", () => {
    expect(parseTemplate("a/{{ b }}/{{{ c.d }}}")).toEqual([
      "a/",
      { expression: "b" },
      "/",
      { expression: "c.d" },
    ]);
    expect(parseTemplate("")).toEqual([]);
  });

  it.each<[unknown, string[]]>([
    ["none", []],
    ["{{ a.b[0] }}", ["a"]],
    ["{{ a[0] }}", ["a"]],
    ["{{ $randomNumber(1, 2) }}/{{ id }}", ["$randomNumber()", "id"]],
    ["{{ $env.HOME }}", ["$env"]],
    [{ x: ["{{ a }}", { y: "{{ b }}" }], z: 1 }, ["a", "b"]],
    [null, []],
    [7, []],
  ])("%j refers to %j", (value, names) => {
    expect(referencedNames(value)).toEqual(names);
  });
});
