import { givenSettings } from "../given.ts";
import { type Problem, renderPath } from "./problem.ts";
import { type EngineSettings, engineSettings } from "./schema.ts";
import { problemsOf, unknownKeys } from "./zod-problems.ts";

/** The settings stand here in the script. */
export const ENGINE_PATH = ["config", "engines", "mqtt"] as const;

/** `config.engines.mqtt`. Each key is read by itself: a bad one hides nothing of the others. */
export interface ReadSettings {
  /** Values as they are written, to show what is refused. */
  written: Readonly<Record<string, unknown>>;
  /** Values of the keys that can be read, in the engine's own units, with defaults. */
  known: Partial<EngineSettings>;
}

export function readSettings(raw: unknown, problems: Problem[]): ReadSettings {
  if (raw === null || typeof raw !== "object") {
    problems.push(notAnObject(raw));
    return { written: {}, known: {} };
  }
  const written = givenSettings(raw) as Record<string, unknown>;
  const known: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(engineSettings.shape)) {
    const parsed = schema.safeParse(written[key]);
    if (!parsed.success)
      problems.push(...problemsOf(parsed.error, schema, [...ENGINE_PATH, key], written[key]));
    else if (parsed.data !== undefined) known[key] = parsed.data;
  }
  // What would stand in a list has no name: its settings are the defaults.
  if (Array.isArray(raw)) {
    problems.push(notAnObject(raw));
  } else {
    const names = Object.keys(engineSettings.shape);
    const unknown = Object.keys(written).filter((key) => !names.includes(key));
    problems.push(...unknownKeys(written, unknown, names, ENGINE_PATH));
  }
  return { written, known: known as Partial<EngineSettings> };
}

function notAnObject(value: unknown): Problem {
  return { path: renderPath(ENGINE_PATH), value, allowed: "a value of type object" };
}
