import type { ArtilleryScript } from "../artillery.ts";
import { PLUGIN_NAME } from "../contract.ts";
import { givenInside } from "../given.ts";
import { CLIENT_KEYS, type ClientSettings } from "./client-settings.ts";
import type { ReactionSpec } from "./on-message.ts";
import type { Problem } from "./problem.ts";
import { type ReadSettings, readSettings } from "./read-settings.ts";
import { type ReadStep, StepReader } from "./read-steps.ts";
import { scenarioSettings } from "./schema.ts";
import { type ExpandedStorm, expandStorms } from "./storms.ts";
import { type BadTarget, parseTarget, type Target } from "./target.ts";
import type { TelemetrySpec } from "./telemetry.ts";
import { withEnvironment } from "./with-environment.ts";
import { problemsOf } from "./zod-problems.ts";

/** A script, read once. Whatever cannot be read is a problem and left out; the rest is there for rules and plan. */
export interface ReadScript {
  settings: ReadSettings;
  target: Target | BadTarget;
  /** Null where the script has one target, or a list of them that cannot be read. */
  regions: readonly ReadRegion[] | null;
  /** Every storm by itself, repetitions too. */
  storms: readonly ExpandedStorm[];
  /** Null for none. A worker does not see it: Artillery takes it out of the script that workers get. */
  before: ReadHook | null;
  after: ReadHook | null;
  /** The scenarios that this engine runs. */
  scenarios: readonly ReadScenario[];
  /** Variables of `config.variables` and `config.payload`. */
  variables: readonly string[];
  /** Where it is run; null where it is only looked at, and may be run elsewhere. */
  environment: ScriptEnvironment | null;
  /** `config.target` as Artillery has rendered it. */
  writtenTarget: unknown;
  /** Something that is not seen here may set any variable: a hook, or a plugin. */
  hasUnseenVariables: boolean;
  problems: readonly Problem[];
}

/** The environment variables of a run. */
export interface ScriptEnvironment {
  variables: Readonly<Record<string, string | undefined>>;
  /** Those that the script's files and the command line take. */
  names: readonly string[];
}

export interface ReadRegion {
  name: string;
  weight: number;
  /** The URL as it is written. */
  url: string;
  target: Target | BadTarget;
}

export interface ReadHook {
  /** Empty for a hook of another engine. */
  steps: readonly ReadStep[];
  /** It may set any variable: another engine runs it, or it calls the user's code. */
  setsVariables: boolean;
}

export interface ReadTelemetry {
  path: readonly PropertyKey[];
  spec: TelemetrySpec;
  written: unknown;
}

export interface ReadReaction extends ReactionSpec {
  path: readonly PropertyKey[];
  steps: ReadStep[];
}

export interface ReadScenario {
  path: readonly PropertyKey[];
  name: string;
  /** Place in the script's list of scenarios. */
  scenarioIndex: number;
  /** TLS session resumption of its devices; null where it does not say. */
  resume: boolean | null;
  /** What it says of the client that its devices have; the settings say the rest. */
  client: { written: Readonly<Record<string, unknown>>; known: Partial<ClientSettings> };
  onConnect: ReadStep[];
  flow: ReadStep[];
  /** What its devices publish in the background. */
  telemetry: ReadTelemetry[];
  /** What they do on messages. */
  onMessage: ReadReaction[];
  /** Messages of a device that may wait for those before them. */
  messageQueue: number;
  /** PUBACK and PUBREC are put off so long. */
  ackDelayMs: number;
  beforeScenario: string[];
  afterScenario: string[];
  /** Functions run before the flow, which may set any variable. */
  callsBefore: boolean;
  /** All of it could be read. */
  isWhole: boolean;
}

/**
 * Reads all of it; nothing is opened or started.
 *
 * @param hasHook whether the run has a `before` hook, seen or not
 * @param environment null where the script may be run elsewhere
 */
export function readScript(
  script: ArtilleryScript,
  hasHook: boolean,
  environment: ScriptEnvironment | null,
): ReadScript {
  const problems: Problem[] = [];
  const settings = readSettings(script.config.engines?.["mqtt"] ?? {}, problems);
  const target = parseTarget(script.config.target);
  if ("problem" in target) problems.push(target.problem);
  const before = readHook(script, "before", problems);
  const after = readHook(script, "after", problems);
  const { targets, storms = [] } = settings.known;
  return {
    settings,
    target,
    regions: targets?.map((region) => ({ ...region, target: parseTarget(region.url) })) ?? null,
    storms: expandStorms(storms),
    before,
    after,
    scenarios: readScenarios(script, environment?.variables ?? {}, problems),
    variables: [...Object.keys(script.config.variables ?? {}), ...payloadFields(script)],
    environment,
    writtenTarget: script.config.target,
    hasUnseenVariables: (before === null ? hasHook : before.setsVariables) || hasOtherPlugins(script),
    problems,
  };
}

/** Plugins that add nothing to virtual users. */
const ONLY_LISTEN: ReadonlySet<string> = new Set([
  PLUGIN_NAME,
  ...["ensure", "expect", "apdex", "slack", "publish-metrics", "metrics-by-endpoint"],
]);

/** Any other may add variables and functions, in worker threads alone: Artillery gives hooks a script without plugins. */
function hasOtherPlugins({ config: { plugins } }: ArtilleryScript): boolean {
  return Object.keys(plugins ?? {}).some((name) => !ONLY_LISTEN.has(name));
}

// ---- hooks ---------------------------------------------------------------------------------------------------------

/** A hook, run once in the main thread. What is wrong with it is added to `problems`. */
export function readHook(
  script: ArtilleryScript,
  name: "before" | "after",
  problems: Problem[],
): ReadHook | null {
  const hook = script[name];
  if (hook === undefined) return null;
  if (hook === null || !isOurs(script, hook)) return { steps: [], setsVariables: true };
  const { engine, flow } = hook as { engine?: unknown; flow?: unknown };
  if (!Array.isArray(flow)) problems.push({ path: `${name}.flow`, value: flow, allowed: "a list of steps" });
  const steps = new StepReader(script, problems).list(flow, "hook", [name, "flow"]);
  return { steps, setsVariables: engine !== "mqtt" || callsCode(flow) };
}

/** True also where the step cannot be read: what it would set is not known. */
function callsCode(flow: unknown): boolean {
  return (
    Array.isArray(flow) &&
    flow.flat().some((step) => step !== null && typeof step === "object" && "function" in step)
  );
}

// ---- scenarios -----------------------------------------------------------------------------------------------------

/** True for a scenario or hook that this engine runs. */
export function isOurs(script: ArtilleryScript, scenario: unknown): boolean {
  const engine = (scenario as { engine?: unknown } | null)?.engine ?? script.config.engine;
  return engine === "mqtt";
}

function readScenarios(
  script: ArtilleryScript,
  variables: ScriptEnvironment["variables"],
  problems: Problem[],
): ReadScenario[] {
  const scenarios: unknown[] = Array.isArray(script.scenarios) ? script.scenarios : [];
  return scenarios.flatMap((raw, index) =>
    isOurs(script, raw) ? (readScenario(script, withEnvironment(raw, variables), index, problems) ?? []) : [],
  );
}

function readScenario(
  script: ArtilleryScript,
  written: unknown,
  index: number,
  problems: Problem[],
): ReadScenario | null {
  const raw = givenInside(written);
  const path = ["scenarios", index];
  // Artillery draws scenarios by their weights before anybody else sees them.
  if ((written as { weight?: unknown } | null)?.weight === null)
    problems.push({ path: `scenarios[${index}].weight`, value: null, allowed: "a number, or no such key" });
  const parsed = scenarioSettings.safeParse(raw);
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error, scenarioSettings, path, raw));
    return null;
  }
  const { data } = parsed;
  const problemsBefore = problems.length;
  const steps = new StepReader(script, problems);
  const onConnect = steps.list(data.onConnect, "onConnect", [...path, "onConnect"]);
  const flow = steps.list(data.flow, "flow", [...path, "flow"]);
  const reactions = data.onMessage.map(({ do: list, ...spec }, i) => {
    const at = [...path, "onMessage", i];
    return { ...spec, path: at, steps: steps.list(list, "onMessage", [...at, "do"]) };
  });
  const beforeScenario = [data.beforeScenario ?? []].flat();
  const afterScenario = [data.afterScenario ?? []].flat();
  for (const name of beforeScenario) steps.functionIn(name, [...path, "beforeScenario"]);
  for (const name of afterScenario) steps.functionIn(name, [...path, "afterScenario"]);
  return {
    path,
    name: data.name ?? `scenario ${index + 1}`,
    scenarioIndex: index,
    resume: data.tls?.resume ?? null,
    client: readClient(raw as Record<string, unknown>, data),
    onConnect,
    flow,
    telemetry: readTelemetry(data.telemetry, (raw as { telemetry?: unknown }).telemetry, [
      ...path,
      "telemetry",
    ]),
    onMessage: reactions,
    messageQueue: data.messageQueue,
    ackDelayMs: data.ackDelay,
    beforeScenario,
    afterScenario,
    callsBefore: data.beforeScenario !== undefined,
    isWhole: problems.length === problemsBefore,
  };
}

function readClient(
  written: Readonly<Record<string, unknown>>,
  values: { readonly [Key in keyof ClientSettings]?: ClientSettings[Key] | undefined },
): ReadScenario["client"] {
  const given = CLIENT_KEYS.filter((key) => written[key] !== undefined);
  return { written, known: Object.fromEntries(given.map((key) => [key, values[key]])) };
}

/** One entry stands by itself or in a list. */
function readTelemetry(
  specs: TelemetrySpec | TelemetrySpec[] | undefined,
  written: unknown,
  path: readonly PropertyKey[],
): ReadTelemetry[] {
  if (specs === undefined) return [];
  if (!Array.isArray(specs)) return [{ path, spec: specs, written }];
  return specs.map((spec, i) => ({ path: [...path, i], spec, written: (written as unknown[])[i] }));
}

// ---- variables -----------------------------------------------------------------------------------------------------

function payloadFields(script: ArtilleryScript): string[] {
  return [script.config.payload ?? []].flat().flatMap((payload) => {
    const { fields, loadAll, name } = (payload ?? {}) as {
      fields?: unknown;
      loadAll?: unknown;
      name?: unknown;
    };
    if (loadAll && typeof name === "string") return [name];
    return Array.isArray(fields) ? fields.map(String) : [];
  });
}
