import { basename } from "node:path";
import type { ArtilleryScript } from "../artillery.ts";
import { renderPath } from "./problem.ts";
import type { ReadScenario } from "./read.ts";
import { callsCode, definedInScenario, environmentName, stepsOf } from "./references.ts";
import { connectSteps } from "./rules/connect-steps.ts";
import { callOf, parseTemplate, referencedExpressions } from "./template.ts";

/** What tells one device's client id from another's. */

/** A template that gives the devices of a scenario their client ids. */
export interface ClientIdTemplate {
  /** `scenarios[0].flow[0].connect.clientId` */
  path: string;
  text: string;
  /** Variables that steps of the scenario set: nobody knows beforehand to what. */
  setBySteps: readonly string[];
  /** The scenario calls functions, which may set any variable. */
  callsCode: boolean;
}

/** Those of a scenario; an empty one has the server assign ids, each of them another. */
export function clientIdTemplates(scenario: ReadScenario): ClientIdTemplate[] {
  const calls = scenario.callsBefore || stepsOf(scenario).some(callsCode);
  return connectSteps([scenario]).flatMap(({ path, spec: { clientId } }) =>
    clientId === undefined || clientId === ""
      ? []
      : {
          path: renderPath([...path, "clientId"]),
          text: clientId,
          setBySteps: definedInScenario(scenario),
          callsCode: calls,
        },
  );
}

/** Where values of variables come from, as far as the script says. */
export interface GivenValues {
  /** `config.variables`; a list gives each device one of its items at random. */
  variables: Readonly<Record<string, unknown>>;
  /** CSV files of `config.payload`, each row for one device. */
  files: readonly ValueFile[];
}

export interface ValueFile {
  name: string;
  fields: readonly string[];
  rows: readonly (readonly unknown[])[];
  /** Rows are taken one after the other; otherwise at random, which is Artillery's default. */
  inSequence: boolean;
}

export function givenValues({ config }: ArtilleryScript): GivenValues {
  const payloads = [config.payload ?? []].flat() as Record<string, unknown>[];
  return {
    variables: config.variables ?? {},
    // A file that is loaded as a whole gives no columns.
    files: payloads.flatMap(({ loadAll, path, fields, data, order }, i) =>
      loadAll
        ? []
        : {
            name: typeof path === "string" ? basename(path) : `config.payload[${i}]`,
            fields: Array.isArray(fields) ? fields.map(String) : [],
            rows: Array.isArray(data) ? (data as unknown[][]) : [],
            inSequence: order === "sequence",
          },
    ),
  };
}

/** What one expression of a template gives a device. */
export type IdPart =
  /** Every device has the same. */
  | { kind: "same"; text: string }
  /** No two devices have the same. */
  | { kind: "own" }
  /** Each device has one of so many at random, all as likely; a variable's is drawn once for each device. */
  | { kind: "drawn"; from: number; variable: string | null }
  | { kind: "column"; file: ValueFile; field: number }
  /** Only the run knows. */
  | { kind: "unknown" };

const OWN_VARIABLES: ReadonlySet<string> = new Set(["deviceId", "$uuid"]);
const SAME_VARIABLES: ReadonlySet<string> = new Set([
  "target",
  "$environment",
  "$testId",
  "$dirname",
  "$scenarioFile",
]);
const UNKNOWN: IdPart = { kind: "unknown" };
/** Characters that Artillery's `$randomString` draws from, and how many it draws unless told. */
const RANDOM_CHARACTERS = 62;
const RANDOM_LENGTH = 10;

export function partsOfId(template: ClientIdTemplate, given: GivenValues): IdPart[] {
  return parseTemplate(template.text).map((part) =>
    typeof part === "string" ? { kind: "same", text: part } : partOf(part.expression, template, given),
  );
}

function partOf(expression: string, template: ClientIdTemplate, given: GivenValues): IdPart {
  const call = callOf(expression);
  if (call !== null) return drawnBy(call.name, call.args);
  const [{ name } = { name: expression }] = referencedExpressions(`{{ ${expression} }}`);
  if (template.setBySteps.includes(name)) return UNKNOWN;
  if (OWN_VARIABLES.has(expression)) return { kind: "own" };
  if (SAME_VARIABLES.has(expression) || environmentName(expression) !== null)
    return { kind: "same", text: `{{ ${expression} }}` };
  // Artillery sets variables after columns of the same name.
  if (Object.hasOwn(given.variables, name)) {
    return template.callsCode ? UNKNOWN : partOfVariable(given.variables[name], expression, name);
  }
  const file = given.files.findLast(({ fields }) => fields.includes(name));
  if (file === undefined || expression !== name) return UNKNOWN;
  return { kind: "column", file, field: file.fields.indexOf(name) };
}

function partOfVariable(value: unknown, expression: string, name: string): IdPart {
  if (Array.isArray(value)) {
    const different = new Set(value.map(String)).size;
    return expression === name && different > 0
      ? { kind: "drawn", from: different, variable: name }
      : UNKNOWN;
  }
  const isPlain = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  return { kind: "same", text: isPlain && expression === name ? String(value) : `{{ ${expression} }}` };
}

function drawnBy(name: string, args: readonly unknown[]): IdPart {
  if (name === "$randomNumber") {
    const [low, high] = args;
    return Number.isInteger(low) && Number.isInteger(high)
      ? { kind: "drawn", from: Math.abs((high as number) - (low as number)) + 1, variable: null }
      : UNKNOWN;
  }
  if (name !== "$randomString") return UNKNOWN;
  const [length = RANDOM_LENGTH] = args;
  return typeof length === "number" && length > 0
    ? { kind: "drawn", from: RANDOM_CHARACTERS ** Math.ceil(length), variable: null }
    : UNKNOWN;
}
