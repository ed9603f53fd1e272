import { z } from "zod";
import { PLUGIN_NAME } from "../contract.ts";
import { CONFIG } from "./artillery-schema.ts";
import { engineSettings, scenarioSettings } from "./schema.ts";
import { STEPS } from "./steps/index.ts";
import type { StepDefinition, StepPlace } from "./steps/step.ts";
import { writtenAs } from "./written-as.ts";
import {
  DEFINITIONS,
  describedBy,
  either,
  type Form,
  type Json,
  type Marks,
  reference,
  writtenForm,
} from "./written-form.ts";

/** `script.schema.json`: a whole script, for editors. It refuses what has the wrong shape; rules over several keys are the engine's. */

const ENGINE_NAME = "mqtt";
const NULL: Json = { type: "null" };

/** What zod knows of a schema, with marks for what JSON Schema does not. */
export function markedSchema(schema: z.ZodType): Json {
  return z.toJSONSchema(schema, {
    io: "input",
    target: "draft-7",
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }) {
      const { notation, steps, template, keys } = writtenAs(zodSchema);
      const marks: Marks = {
        ...(notation === undefined ? {} : { "x-notation": notation }),
        ...(steps === undefined ? {} : { "x-steps": steps }),
        ...(template === undefined ? {} : { "x-template": markedSchema(template) }),
        ...(keys === undefined ? {} : { "x-keys": keys }),
      };
      Object.assign(jsonSchema, marks);
    },
  }) as Json;
}

/** Where steps stand in a scenario or hook. Values in there are rendered device by device. */
function inPlace(place: StepPlace): Form {
  return {
    templates: false,
    whole: true,
    steps: (of, minItems) => stepList(of === "same" ? place : of, minItems),
  };
}

/** Artillery renders it as a whole, before any device. */
const IN_CONFIG: Form = {
  templates: true,
  whole: true,
  steps() {
    throw new Error("settings have no steps");
  },
};

/** Lists of steps may hold lists, by anchors of YAML. */
function stepList(place: StepPlace, minItems: unknown): Json {
  const step = reference(STEP_OF[place]);
  return {
    type: "array",
    ...(minItems === undefined ? {} : { minItems }),
    items: when({ type: "array" }, { items: step }, step),
  };
}

const STEP_OF: Readonly<Record<StepPlace, string>> = {
  flow: "flowStep",
  onConnect: "onConnectStep",
  onMessage: "onMessageStep",
  hook: "hookStep",
};

const IF_TRUE: Json = {
  type: ["string", "null"],
  description:
    "The step is passed over where this does not hold: an expression over variables, or the name of a function of the processor.",
};

/** One object with the keys of all steps of the place, of which one must be there: an editor completes and explains each. */
function stepSchema(place: StepPlace): Json {
  const properties: Record<string, Json> = { ifTrue: IF_TRUE };
  const dependencies: Record<string, string[]> = {};
  const here = STEPS.filter(({ places }) => places.includes(place));
  for (const step of here) {
    for (const [key, value] of Object.entries(keysOf(step, place))) {
      if (key in properties) throw new Error(`two kinds of steps have the key ${key}`);
      properties[key] = value;
      if (key !== step.name) dependencies[key] = [step.name];
    }
  }
  return {
    type: "object",
    properties,
    additionalProperties: false,
    oneOf: here.map(({ name }) => ({ required: [name] })),
    dependencies,
  };
}

function keysOf({ name, schema }: StepDefinition, place: StepPlace): Record<string, Json> {
  const properties = propertiesOf(schema, place);
  const own = properties[name] ?? {};
  return { ...properties, [name]: holdsSteps(name) ? own : reference(name) };
}

/** Their settings are other ones at each place. */
function holdsSteps(name: string): boolean {
  return name === "loop" || name === "parallel";
}

/** Settings of steps, which are the same at each place. */
function stepDefinitions(): Record<string, Json> {
  const steps = STEPS.filter(({ name }) => !holdsSteps(name));
  return Object.fromEntries(steps.map((step) => [step.name, settingsOf(step)]));
}

function settingsOf({ name, schema }: StepDefinition): Json {
  return withCondition(propertiesOf(schema, "flow")[name] ?? {});
}

function propertiesOf(schema: z.ZodType, place: StepPlace): Record<string, Json> {
  return (writtenForm(markedSchema(schema), inPlace(place)) as { properties: Record<string, Json> })
    .properties;
}

/** `ifTrue` may stand among the settings of a step too. */
function withCondition(value: Json): Json {
  if (value["anyOf"] !== undefined) return { ...value, anyOf: (value["anyOf"] as Json[]).map(withCondition) };
  const isStrict = value["type"] === "object" && value["additionalProperties"] === false;
  if (!isStrict) return value;
  return { ...value, properties: { ...(value["properties"] as object), ifTrue: IF_TRUE } };
}

/** An object of Artillery's that holds ours under our name, beside others. */
function settingsByName(kind: "engines" | "plugins", name: string, whose: string, ours: Json): Json {
  return {
    type: ["object", "null"],
    description: `Settings of ${kind}, by name.`,
    properties: { [name]: describedBy(`Settings of ${whose}.`, either(ours, NULL)) },
  };
}

/** @param results the plugin's settings, marked as `markedSchema` marks them */
export function scriptJsonSchema({ version, results }: { version: string; results: Json }): Json {
  const settings = markedSchema(engineSettings);
  const config = (form: Form): Record<string, Json> => ({
    ...CONFIG,
    engines: settingsByName("engines", ENGINE_NAME, "artillery-engine-mqtt", writtenForm(settings, form)),
    plugins: settingsByName(
      "plugins",
      PLUGIN_NAME,
      "artillery-plugin-mqtt-results",
      writtenForm(results, form),
    ),
  });
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: `https://unpkg.com/artillery-engine-mqtt@${version}/script.schema.json`,
    title: `Script for artillery-engine-mqtt ${version}`,
    type: "object",
    properties: {
      config: {
        type: ["object", "null"],
        description:
          "What the run is against, and how: Artillery's settings and those of engines and plugins.",
        properties: {
          ...config(IN_CONFIG),
          environments: {
            type: ["object", "null"],
            description: "Parts of config by the name of an environment, which -e NAME puts over it.",
            additionalProperties: {
              type: ["object", "null"],
              properties: config({ ...IN_CONFIG, whole: false }),
            },
          },
        },
      },
      before: hook("Runs once before the first device arrives."),
      after: hook("Runs once after the last device has left."),
      scenarios: {
        type: "array",
        description: "What devices do: each scenario is a cohort of them.",
        items: ifOurs(reference("scenario")),
      },
    },
    // Scenarios that name no engine are of the one that config names.
    ...when(
      {
        required: ["config"],
        properties: { config: { required: ["engine"], properties: { engine: { const: ENGINE_NAME } } } },
      },
      { properties: { scenarios: { items: when({ required: ["engine"] }, {}, reference("scenario")) } } },
    ),
    definitions: {
      ...DEFINITIONS,
      ...stepDefinitions(),
      scenario: writtenForm(markedSchema(scenarioSettings), inPlace("flow")),
      ...Object.fromEntries(
        (Object.keys(STEP_OF) as StepPlace[]).map((place) => [STEP_OF[place], stepSchema(place)]),
      ),
    },
  };
}

function hook(description: string): Json {
  return describedBy(
    description,
    ifOurs({
      type: "object",
      properties: { flow: describedBy("Its steps.", stepList("hook", undefined)) },
      required: ["flow"],
    }),
  );
}

/** Other engines say themselves what their scenarios are. */
function ifOurs(ours: Json): Json {
  return {
    type: "object",
    properties: { engine: { type: "string", description: "The engine that runs it: mqtt." } },
    ...when({ required: ["engine"], properties: { engine: { const: ENGINE_NAME } } }, ours),
  };
}

function when(condition: Json, yes: Json, no?: Json): Json {
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema
  return { if: condition, then: yes, ...(no === undefined ? {} : { else: no }) };
}
