import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { safeFileName } from "artillery-engine-mqtt/contract";
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseYaml } from "yaml";
import { LIMITS } from "../run/limits.ts";
import { readTextFile } from "../run/read-file.ts";
import { invalid } from "./io.ts";

/** A script as Artillery would hand it to an engine: variables of the environment filled in, CSV files read. */
export interface LoadedScript {
  config: Record<string, unknown>;
  scenarios?: unknown;
  before?: unknown;
  after?: unknown;
  [key: string]: unknown;
}

/** @throws a CommandError whose message names the file */
export function loadScript(path: string): LoadedScript {
  let raw: unknown;
  try {
    // JSON is YAML.
    raw = parseYaml(readTextFile(path, LIMITS.scriptBytes));
  } catch (error) {
    throw invalid(`${path} cannot be read: ${(error as Error).message}`);
  }
  const script = withEnvironment(raw) as LoadedScript;
  if (
    script === null ||
    typeof script !== "object" ||
    typeof script.config !== "object" ||
    script.config === null
  ) {
    throw invalid(`${path}: config is missing; allowed: a script of Artillery`);
  }
  return { ...script, config: { ...script.config, ...payloadOf(script.config, dirname(path)) } };
}

/** `{{ $env.NAME }}` and `{{ $processEnvironment.NAME }}`, as Artillery fills them in before a run. */
function withEnvironment(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replace(
      /\{\{\s*\$(?:env|processEnvironment)\.(\w+)\s*\}\}/g,
      (whole, name: string) => process.env[name] ?? whole,
    );
  }
  if (Array.isArray(value)) return value.map(withEnvironment);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withEnvironment(one)]));
}

interface PayloadSpec {
  path?: unknown;
  fields?: unknown;
  skipHeader?: unknown;
  delimiter?: unknown;
  loadAll?: unknown;
}

/** Reads the CSV files of `config.payload`, whose paths count from the script's folder. Rows of `loadAll` are objects by field. */
function payloadOf(config: Record<string, unknown>, folder: string): { payload?: unknown } {
  if (config["payload"] === undefined) return {};
  const specs = [config["payload"]].flat() as (PayloadSpec | null)[];
  return { payload: specs.map((spec) => ({ ...spec, data: rowsOf(spec ?? {}, folder) })) };
}

function rowsOf({ path, fields, skipHeader, delimiter, loadAll }: PayloadSpec, folder: string): unknown[] {
  if (typeof path !== "string")
    throw invalid("config.payload.path: is missing; allowed: the path of a CSV file");
  const full = resolve(folder, path);
  let rows: string[][];
  try {
    rows = parseCsv(readFileSync(full, "utf8"), {
      skip_empty_lines: true,
      relax_column_count: true,
      from_line: skipHeader === true ? 2 : 1,
      ...(typeof delimiter === "string" ? { delimiter } : {}),
    });
  } catch (error) {
    throw invalid(`config.payload.path: ${full} cannot be read: ${(error as Error).message}`);
  }
  if (loadAll !== true || !Array.isArray(fields)) return rows;
  return rows.map((row) => Object.fromEntries(fields.map((field, i) => [String(field), row[i]])));
}

/** The same for the same script and options, wherever and whenever: the run's name says what it is of. */
export function forecastId(name: string, script: LoadedScript, options: object, kind = "forecast"): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([script, options]))
    .digest("hex")
    .slice(0, 8);
  return safeFileName(`${kind}-${name}-${hash}`);
}

/** A script's name, without its folder and its ending. */
export function scriptName(path: string): string {
  return basename(path).replace(/\.[^.]*$/, "");
}
