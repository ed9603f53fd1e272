import type { VuContext } from "../artillery.ts";
import { ScriptError } from "./script-error.ts";

/** A value of the script with its `{{ }}` already found: rendering splits and parses nothing. */
export type Template = (context: VuContext) => unknown;

/**
 * `{{ name }}`, `{{ a.b[0] }}` or `{{ $function(1, 2) }}`; three braces are two to Artillery as well. A third closing one belongs
 * to the template only after three opening ones: elsewhere it ends an object of JSON.
 */
const EXPRESSION = /\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}/g;
const CALL = /^(\$[A-Za-z0-9_]+)\s*\(([^)]*)\)$/;

type Part = string | { expression: string };

/** A template has an expression that nothing has given a value: the word `undefined` would go out. */
export class UnsetExpression extends ScriptError {
  constructor(expression: string) {
    super("undefined_variable", `{{ ${expression} }} is not set`);
  }
}

/** Functions of a forecast have this name: there nobody knows what hooks, functions and the environment would have set. */
export const STANDS_IN: unique symbol = Symbol("stands in for what is not set");

function unset(expression: string, { funcs }: VuContext): undefined {
  if (funcs === undefined || !(STANDS_IN in funcs)) throw new UnsetExpression(expression);
}

/** Splits text at its expressions. A single expression keeps the type of its value. */
export function parseTemplate(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(EXPRESSION)) {
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ expression: (match[1] ?? match[2] ?? "").trim() });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return parts;
}

/** An expression, and the variable or function that it begins with: `$env`, `$randomNumber()`. */
export interface NamedExpression {
  name: string;
  expression: string;
}

/** Variables and functions that a value of the script refers to, objects and lists walked. */
export function referencedNames(value: unknown): string[] {
  if (typeof value === "string") return referencedExpressions(value).map(({ name }) => name);
  if (Array.isArray(value)) return value.flatMap(referencedNames);
  if (value !== null && typeof value === "object") return Object.values(value).flatMap(referencedNames);
  return [];
}

export function referencedExpressions(text: string): NamedExpression[] {
  return parseTemplate(text).flatMap((part) => {
    if (typeof part === "string") return [];
    const { expression } = part;
    const call = CALL.exec(expression);
    return [{ name: call ? `${call[1]}()` : rootName(expression), expression }];
  });
}

function rootName(expression: string): string {
  return /^[^.[\]]+/.exec(expression)?.[0].trim() ?? expression;
}

/** Throws, where it is rendered, an UnsetExpression for what has no value: it would be sent as `undefined`. */
export function compileTemplate(value: unknown): Template {
  if (typeof value === "string") return compileText(value);
  if (Array.isArray(value)) {
    const items = value.map(compileTemplate);
    return (context) => items.map((item) => item(context));
  }
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value).map(([key, item]) => [key, compileTemplate(item)] as const);
    return (context) => Object.fromEntries(entries.map(([key, item]) => [key, item(context)]));
  }
  return () => value;
}

function compileText(text: string): Template {
  const parts = parseTemplate(text);
  const first = parts[0];
  if (parts.length === 0) return () => "";
  if (parts.length === 1 && typeof first === "string") return () => first;
  if (parts.length === 1 && typeof first === "object") return compileSetExpression(first.expression);
  const renderers = parts.map((part) =>
    typeof part === "string" ? part : compileSetExpression(part.expression),
  );
  return (context) => {
    let result = "";
    for (const part of renderers) result += typeof part === "string" ? part : asText(part(context));
    return result;
  };
}

function compileSetExpression(expression: string): Template {
  const render = compileExpression(expression);
  return (context) => {
    const value = render(context);
    return value === undefined ? unset(expression, context) : value;
  };
}

/** `$randomNumber(1, 100)`: the function and its arguments; null for what is no call. */
export function callOf(expression: string): { name: string; args: unknown[] } | null {
  const call = CALL.exec(expression);
  if (call === null) return null;
  const args = (call[2] as string).split(",").map((arg) => parseArgument(arg.trim()));
  return { name: call[1] as string, args };
}

function compileExpression(expression: string): Template {
  const call = callOf(expression);
  if (call !== null) {
    const { name, args } = call;
    return (context) => context.funcs?.[name]?.(...args);
  }
  const keys = [...expression.matchAll(/\[(?:'([^']*)'|"([^"]*)"|([^[\]]*))\]|[^.[\]]+/g)].map(
    ([plain, single, double, bare]) => single ?? double ?? (bare ?? plain).trim(),
  );
  if (keys.length === 0) return () => undefined;
  if (keys.length === 1) {
    const key = keys[0] as string;
    return (context) => context.vars[key];
  }
  return (context) => keys.reduce<unknown>((value, key) => property(value, key), context.vars);
}

function property(value: unknown, key: string): unknown {
  return value !== null && typeof value === "object" ? (value as Record<string, unknown>)[key] : undefined;
}

function parseArgument(text: string): unknown {
  if (text === "") return undefined;
  return Number.isNaN(Number(text)) ? text.replace(/^(['"])(.*)\1$/, "$2") : Number(text);
}

function asText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

export type TextTemplate = (context: VuContext) => string;

export function compileTextTemplate(text: string): TextTemplate {
  const template = compileTemplate(text);
  return (context) => asText(template(context));
}

/** For lines that are shown to the user: what is not set is `undefined` there. */
export function compileShownTemplate(text: string): TextTemplate {
  const parts = parseTemplate(text).map((part) =>
    typeof part === "string" ? part : compileExpression(part.expression),
  );
  return (context) => parts.map((part) => (typeof part === "string" ? part : asText(part(context)))).join("");
}
