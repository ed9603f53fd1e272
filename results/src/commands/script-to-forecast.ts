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

/** What Artillery's own options of these names change. */
export interface ScriptChanges {
  /** A name in `config.environments`. */
  environment?: string | undefined;
  target?: string | undefined;
  /** Of the place where it runs: they go before those of this process. */
  variables?: Readonly<Record<string, string>> | undefined;
}

/** @throws a CommandError whose message names the file */
export function loadScript(path: string, changes: ScriptChanges = {}): LoadedScript {
  let raw: unknown;
  try {
    // JSON is YAML.
    raw = parseYaml(readTextFile(path, LIMITS.scriptBytes));
  } catch (error) {
    throw invalid(`${path} cannot be read: ${(error as Error).message}`);
  }
  const variables = { ...process.env, ...changes.variables };
  const changed = withChanges(raw, path, changes);
  const script = withVariables(changed, variables, changes.environment) as LoadedScript;
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

/** As Artillery does before it fills in variables: what an environment says goes before the rest, and the target before all. */
function withChanges(raw: unknown, path: string, { environment, target }: ScriptChanges): unknown {
  const { config } = (raw ?? {}) as { config?: Record<string, unknown> };
  if (config === undefined || config === null) return raw;
  const environments = (config["environments"] ?? {}) as Record<string, unknown>;
  if (environment !== undefined && !Object.hasOwn(environments, environment)) {
    const names = Object.keys(environments);
    const allowed = names.length === 0 ? "a script with config.environments" : names.join(", ");
    throw invalid(
      `--environment ${environment}: is not in config.environments of ${path}; allowed: ${allowed}`,
    );
  }
  const merged = environment === undefined ? config : merge(config, environments[environment]);
  return {
    ...(raw as object),
    config: { ...(merged as object), ...(target === undefined ? {} : { target }) },
  };
}

/** Key by key, and lists place by place, as lodash's `merge` does it for Artillery. */
function merge(under: unknown, over: unknown): unknown {
  if (over === undefined) return under;
  if (Array.isArray(under) && Array.isArray(over)) {
    const places = Math.max(under.length, over.length);
    return Array.from({ length: places }, (_, i) => merge(under[i], over[i]));
  }
  if (!isMap(under) || !isMap(over)) return over;
  const keys = [...new Set([...Object.keys(under), ...Object.keys(over)])];
  return Object.fromEntries(keys.map((key) => [key, merge(under[key], over[key])]));
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{{ $env.NAME }}`, `{{ $processEnvironment.NAME }}` and `{{ $environment }}`, as Artillery fills them in before a run. */
function withVariables(
  value: unknown,
  variables: Readonly<Record<string, string | undefined>>,
  environment: string | undefined,
): unknown {
  if (typeof value === "string") {
    return value
      .replace(
        /\{\{\s*\$(?:env|processEnvironment)\.(\w+)\s*\}\}/g,
        (whole, name: string) => variables[name] ?? whole,
      )
      .replace(/\{\{\s*\$environment\s*\}\}/g, (whole) => environment ?? whole);
  }
  if (Array.isArray(value)) return value.map((one) => withVariables(one, variables, environment));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, withVariables(one, variables, environment)]),
  );
}

interface PayloadSpec {
  path?: unknown;
  fields?: unknown;
  skipHeader?: unknown;
  delimiter?: unknown;
  loadAll?: unknown;
  cast?: unknown;
}

/** Reads the CSV files of `config.payload`, whose paths count from the script's folder. Rows of `loadAll` are objects by field. */
function payloadOf(config: Record<string, unknown>, folder: string): { payload?: unknown } {
  if (config["payload"] === undefined) return {};
  const specs = [config["payload"]].flat() as (PayloadSpec | null)[];
  return { payload: specs.map((spec) => ({ ...spec, data: rowsOf(spec ?? {}, folder) })) };
}

function rowsOf(
  { path, fields, skipHeader, delimiter, loadAll, cast }: PayloadSpec,
  folder: string,
): unknown[] {
  if (typeof path !== "string")
    throw invalid("config.payload.path: is missing; allowed: the path of a CSV file");
  const full = resolve(folder, path);
  let rows: unknown[][];
  try {
    rows = parseCsv(readFileSync(full, "utf8"), {
      skip_empty_lines: true,
      relax_column_count: true,
      // As Artillery reads them: a column of digits holds numbers, whose leading zeros are gone.
      cast: cast === undefined || cast === true,
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
