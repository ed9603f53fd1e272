import { readFileSync } from "node:fs";
import { isSecretVariable } from "./secret-names.ts";

/** `{{ $env.NAME }}` and its kind; `process.env.NAME` in a script that is TypeScript. */
const REFERENCE = /(?:\$env|\$processEnvironment|process\.env)(?:\.|\[\s*\\*["'])(\w{1,200})/g;

/**
 * Names that were found so far, for worker threads: they copy the environment of the main thread, and see no command line.
 * Never a value, for whatever the run starts inherits it too.
 */
const NAMES_VARIABLE = "ARTILLERY_ENGINE_MQTT_ENV_NAMES";

/** A shorter value would mask half of every text; it is masked where it is all of one. */
const SHORTEST_PART = 5;

/** `true`, `2000` and `90s` tell nobody anything where they are a part of a text. */
const TELLS_NOTHING = /^(?:true|false|null|\d{1,5}|\d+(?:\.\d+)?(?:ms|s|m|h|d|%))$/i;

/**
 * What this process must never show: values that a script takes from the environment, and values of variables that are
 * called like secrets. One list for the thread, as the environment is one.
 */
const hidden = { wholes: new Set<string>(), parts: [] as string[] };

/** Adds values to those that are masked everywhere. A URL gives what stands before and after its host. */
export function hideValues(values: Iterable<string>): void {
  const parts = new Set(hidden.parts);
  for (const value of values) {
    if (value === "") continue;
    hidden.wholes.add(value);
    for (const part of secretParts(value)) {
      if (part.length >= SHORTEST_PART && !TELLS_NOTHING.test(part)) parts.add(part);
    }
  }
  // A value that holds another one goes first.
  hidden.parts = [...parts].sort((a, b) => b.length - a.length);
}

/** Only tests call it. */
export function forgetHiddenValues(): void {
  hidden.wholes.clear();
  hidden.parts = [];
}

/** Whether the text is all of a value that is hidden. */
export function isHiddenValue(text: string): boolean {
  return hidden.wholes.has(text);
}

/** What is masked wherever it stands in a text, longest first. */
export function hiddenParts(): readonly string[] {
  return hidden.parts;
}

function secretParts(value: string): string[] {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(value) || !URL.canParse(value)) return [value];
  const { username, password, pathname, search, hash } = new URL(value);
  const decoded = [username, password].flatMap((text) => (text === "" ? [] : [text, decode(text)]));
  // A target is shown without its query.
  const after = [`${pathname === "/" ? "" : pathname}${search}${hash}`, pathname];
  return [...decoded, ...after.filter((text) => text.length > "/mqtt/".length)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What Artillery keeps in a script of where it came from. */
export interface ScriptSource {
  _scriptPath?: unknown;
  _configPath?: unknown;
}

/**
 * Hides what the script took from the environment. Artillery renders `{{ $env.NAME }}` in `config` before anybody else
 * sees it, so the names are read from the files and from the command line, and left in the environment for worker threads.
 */
export function hideEnvironment(
  { _scriptPath, _configPath }: ScriptSource,
  environment: Record<string, string | undefined> = process.env,
  commandLine: readonly string[] = commandLineOfProcess(),
): void {
  const files = new Set([_scriptPath, _configPath].filter((path) => typeof path === "string"));
  const texts = [...commandLine, ...[...files].map(readText)];
  const found = texts.flatMap((text) => [...text.matchAll(REFERENCE)].map(([, name = ""]) => name));
  const names = new Set([...(environment[NAMES_VARIABLE]?.split(" ") ?? []), ...found]);
  if (names.size > 0) environment[NAMES_VARIABLE] = [...names].join(" ");
  const referenced = [...names].flatMap((name) => environment[name] ?? []);
  // A value must be long enough: `DB_PASSWORD=admin` would mask a word of every text.
  const named = Object.entries(environment).flatMap(([name, value = ""]) =>
    isSecretVariable(name) && value.length > SHORTEST_PART ? [value] : [],
  );
  hideValues([...referenced, ...named]);
}

/** Names of the environment variables that the script takes, as far as they were found. */
export function environmentNames(environment: Record<string, string | undefined> = process.env): string[] {
  return environment[NAMES_VARIABLE]?.split(" ") ?? [];
}

/** Node has none in a worker thread; Linux tells, also where nothing of ours runs in the main thread. */
function commandLineOfProcess(): string[] {
  return [...process.argv, readText("/proc/self/cmdline")];
}

/** Empty where there is none: a worker on another machine may not have the file. */
function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
