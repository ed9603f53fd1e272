import { DEFINITIONS, DEFINITIONS_PATH, type Json, TEXT_OF } from "./written-form.ts";

/** Types of scripts in TypeScript, made of their JSON Schema: `script-types.ts` of this package. */

/** TypeScript knows no patterns, but a few of them. */
const PATTERN_TYPES = new Map<unknown, string>([
  [DEFINITIONS.template["pattern"], "Template"],
  [TEXT_OF.number["pattern"], "`${number}`"],
  [TEXT_OF.boolean["pattern"], "`${boolean}`"],
]);

/** Functions may stand where others are named. */
const FUNCTION_TYPES: Readonly<Record<string, string>> = {
  function: "StepFunction",
  beforeConnect: "StepFunction",
  whileTrue: "LoopFunction",
  ifTrue: "ConditionFunction",
};

const HEAD = `/** Types of scripts in TypeScript. Written by \`npm run schema\` from the schemas of scripts: change those. */

import type { ProcessorFunction, RunEvents, VuContext } from "./artillery.ts";

/** Text that Artillery or the engine fills in. */
export type Template = \`\${string}{{\${string}\`;
/** A number of seconds, or text such as "500ms", "10s", "2m", "1h". */
export type Duration = number | string;
/** From 0 to 1, or text such as "25 %". */
export type Share = number | \`\${number}%\` | \`\${number} %\` | \`\${number}\`;

/** A device's variables and functions, as Artillery hands them to functions. */
export type MqttContext = VuContext;
/** Metrics of the run, as Artillery hands them to functions. */
export type MqttEvents = RunEvents;
/** \`(context, events, done)\`, or async without \`done\`. */
export type StepFunction = ProcessorFunction;
/** Says by \`done(goOn)\`, or async by its result, whether the loop goes on. */
export type LoopFunction = (context: MqttContext, done: (goOn: unknown) => void) => unknown;
/** Whether the step is to run. */
export type ConditionFunction = (variables: MqttContext["vars"]) => unknown;
`;

/** @param schema what `scriptJsonSchema` gives */
export function typeText(schema: Json): string {
  const definitions = schema["definitions"] as Record<string, Json>;
  const { config } = schema["properties"] as { config: Json };
  const { engines, plugins, environments, ...rest } = config["properties"] as Record<string, Json>;
  const settings = (engines as { properties: { mqtt: Json } }).properties.mqtt;
  const results = (plugins as { properties: Record<string, Json> }).properties["mqtt-results"] ?? {};
  const { duration, share, template, ...own } = definitions;
  const named = Object.entries(own).map(
    ([name, node]) => `export type ${typeName(name)} = ${typeOf(node)};\n`,
  );
  return [
    HEAD,
    `/** \`config.engines.mqtt\`. */\nexport type MqttSettings = ${typeOf(settings)};\n`,
    `/** \`config.plugins["mqtt-results"]\`. */\nexport type MqttResultsSettings = ${typeOf(results)};\n`,
    ...named,
    `export interface MqttConfig ${typeOf({ type: "object", properties: rest }).replace(
      /\[key: string\]: unknown;\n\}$/,
      "",
    )}engines: { mqtt: MqttSettings; [name: string]: unknown };
plugins?: { "mqtt-results"?: MqttResultsSettings; [name: string]: unknown };
environments?: Record<string, unknown>;
[key: string]: unknown;
}
`,
    `export interface MqttHook {\nengine: "mqtt";\nflow: (HookStep | HookStep[])[];\n}\n`,
    `/** A whole script: its parts are the exports of a .ts file. */
export interface MqttScript {
config: MqttConfig;
before?: MqttHook;
after?: MqttHook;
scenarios: Scenario[];
}
`,
  ].join("\n");
}

function typeName(definition: string): string {
  if (definition === "scenario") return "Scenario";
  const name = `${definition[0]?.toUpperCase()}${definition.slice(1)}`;
  return /Step$/.test(name) || ["Duration", "Share", "Template"].includes(name) ? name : `${name}Settings`;
}

function typeOf(node: Json): string {
  const { $ref, allOf, anyOf, type, oneOf, pattern } = node;
  if (typeof $ref === "string") return typeName($ref.slice(DEFINITIONS_PATH.length));
  if (allOf !== undefined) return typeOf((allOf as Json[])[0] ?? {});
  if (anyOf !== undefined)
    return union((anyOf as Json[]).filter((one) => one["type"] !== "null").map(typeOf));
  if ("const" in node) return JSON.stringify(node["const"]);
  if (node["enum"] !== undefined) return union((node["enum"] as unknown[]).map((one) => JSON.stringify(one)));
  if (oneOf !== undefined) return stepUnion(node);
  if (pattern !== undefined) return PATTERN_TYPES.get(pattern) ?? "string";
  const types = [type].flat().filter((one) => one !== "null");
  return types.length === 0 || type === undefined
    ? "unknown"
    : union(types.map((one) => typeNamed(one, node)));
}

function typeNamed(type: unknown, node: Json): string {
  switch (type) {
    case "integer":
    case "number":
      return "number";
    case "array":
      return `${arrayItem((node["items"] as Json | undefined) ?? {})}[]`;
    case "object":
      return objectType(node);
    default:
      return String(type);
  }
}

/** Lists of steps may hold lists of them. */
function arrayItem(items: Json): string {
  if (items["if"] === undefined) return `(${typeOf(items)})`;
  const step = typeOf(items["else"] as Json);
  return `(${step} | ${step}[])`;
}

function objectType({ properties, additionalProperties, required = [] }: Json): string {
  if (properties === undefined)
    return `Record<string, ${typeof additionalProperties === "object" ? typeOf(additionalProperties as Json) : "unknown"}>`;
  const keys = Object.entries(properties as Record<string, Json>).map(([key, value]) =>
    property(key, value, (required as string[]).includes(key)),
  );
  return `{\n${keys.join("")}${additionalProperties === false ? "" : "[key: string]: unknown;\n"}}`;
}

function property(key: string, value: Json, isRequired: boolean): string {
  const { description } = value;
  const own = union([typeOf(value), ...(key in FUNCTION_TYPES ? [FUNCTION_TYPES[key] as string] : [])]);
  const comment = typeof description === "string" ? `/** ${description} */\n` : "";
  return `${comment}${/^\w+$/.test(key) ? key : JSON.stringify(key)}${isRequired ? "" : "?"}: ${own};\n`;
}

/** One type for each kind of step, with the keys that belong to it. */
function stepUnion({ properties, oneOf, dependencies }: Json): string {
  const all = properties as Record<string, Json>;
  const extras = Object.entries(dependencies as Record<string, string[]>);
  const kinds = (oneOf as { required: string[] }[]).flatMap(({ required }) => required);
  return union(
    kinds.map((name) => {
      const beside = extras.flatMap(([key, [owner]]) =>
        owner === name ? [property(key, all[key] ?? {}, false)] : [],
      );
      const condition = property("ifTrue", all["ifTrue"] ?? {}, false);
      return `{\n${property(name, all[name] ?? {}, true)}${beside.join("")}${condition}}`;
    }),
  );
}

function union(types: readonly string[]): string {
  const distinct = [...new Set(types)];
  if (distinct.includes("unknown")) return "unknown";
  return distinct.length === 1 ? (distinct[0] ?? "never") : distinct.join(" | ");
}
