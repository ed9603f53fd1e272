import type { VuContext } from "../artillery.ts";

/** A value of the script with its `{{ }}` already found: rendering splits and parses nothing. */
export type Template = (context: VuContext) => unknown;

/**
 * `{{ name }}`, `{{ a.b[0] }}` or `{{ $function(1, 2) }}`; three braces are two to Artillery as well. A third closing one belongs
 * to the template only after three opening ones: elsewhere it ends an object of JSON.
 */
const EXPRESSION = /\{\{\{([^{}]+)\}\}\}|\{\{([^{}]+)\}\}/g;
const CALL = /^(\$[A-Za-z0-9_]+)\s*\(([^)]*)\)$/;

type Part = string | { expression: string };

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

/** Variables and functions that a value of the script refers to, objects and lists walked. */
export function referencedNames(value: unknown): string[] {
  if (typeof value === "string") {
    return parseTemplate(value).flatMap((part) => {
      if (typeof part === "string") return [];
      const call = CALL.exec(part.expression);
      return [call ? `${call[1]}()` : rootName(part.expression)];
    });
  }
  if (Array.isArray(value)) return value.flatMap(referencedNames);
  if (value !== null && typeof value === "object") return Object.values(value).flatMap(referencedNames);
  return [];
}

function rootName(expression: string): string {
  return /^[^.[\]]+/.exec(expression)?.[0].trim() ?? expression;
}

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
  if (parts.length === 1 && typeof first === "object") return compileExpression(first.expression);
  const renderers = parts.map((part) =>
    typeof part === "string" ? part : compileExpression(part.expression),
  );
  return (context) => {
    let result = "";
    for (const part of renderers) result += typeof part === "string" ? part : asText(part(context));
    return result;
  };
}

function compileExpression(expression: string): Template {
  const call = CALL.exec(expression);
  if (call) {
    const name = call[1] as string;
    const args = (call[2] as string).split(",").map((arg) => parseArgument(arg.trim()));
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
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}

export type TextTemplate = (context: VuContext) => string;

export function compileTextTemplate(text: string): TextTemplate {
  const template = compileTemplate(text);
  return (context) => asText(template(context));
}
