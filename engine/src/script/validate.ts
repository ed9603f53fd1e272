import type { ArtilleryScript } from "../artillery.ts";
import type { BackoffSpec, ResetAfter } from "../device/backoff.ts";
import { PRESETS, type PresetName } from "../device/backoff-presets.ts";
import type { TimeZeroPlan } from "../storm/time-zero.ts";
import type { CohortPlan, FleetPlan } from "./plan.ts";
import { type Problem, renderPath } from "./problem.ts";
import { type LabStep, planRegions, regionProblems } from "./regions.ts";
import { DEFAULT_BASE_MS, type EngineSettings, engineSettings, scenarioSettings } from "./schema.ts";
import { STEPS } from "./steps/index.ts";
import type { ParsedStep, StepPlace } from "./steps/step.ts";
import { expandStorms, stormListProblems } from "./storms.ts";
import { parseTarget, type Target } from "./target.ts";
import { transportProblems } from "./transport-rules.ts";
import { hookSetsVariables, unknownVariables } from "./variables.ts";
import { identityProblems, versionProblems } from "./version-problems.ts";
import { hintOf, problemsOf } from "./zod-problems.ts";

export type Validated = { plan: FleetPlan; problems: null } | { plan: null; problems: Problem[] };

const ENGINE_PATH = ["config", "engines", "mqtt"] as const;
const DEFAULT_CAP_MS = 30_000;

/**
 * The whole script; nothing is opened, read or started. Every problem is found, not only the first.
 *
 * @param hasHook whether the run has a `before` hook: Artillery takes it out of the script that a worker sees
 */
export function validate(script: ArtilleryScript, hasHook = script.before !== undefined): Validated {
  const problems: Problem[] = [];
  const raw = script.config.engines?.["mqtt"] ?? {};
  const parsed = engineSettings.safeParse(raw);
  if (!parsed.success) problems.push(...problemsOf(parsed.error, engineSettings, ENGINE_PATH, raw));
  const target = parseTarget(script.config.target);
  if ("problem" in target) problems.push(target.problem);
  for (const hook of [script.before, script.after]) {
    if (hook === undefined || hook === null || !isOurs(script, hook)) continue;
    problems.push(...validateHook(script, hook).problems);
  }
  const anyVariable = script.before === undefined ? hasHook : hookSetsVariables(script.before);
  const cohorts = validateScenarios(script, anyVariable, problems);
  problems.push(
    ...stormListProblems(raw, ENGINE_PATH),
    ...crossProblems(raw, target, cohorts, labSteps(script)),
  );
  if (!parsed.success || "problem" in target || problems.length > 0) return { plan: null, problems };

  const settings = parsed.data;
  const regions = planRegions(settings);
  const storms = expandStorms(settings.storms, regions).map(({ plan }) => plan);
  return {
    plan: {
      target,
      regions,
      settings,
      ...backoffOf(settings),
      storms,
      timeZero: timeZeroOf(settings),
      cohorts,
    },
    problems: null,
  };
}

/** The `lab` steps of the hook, which name regions. A worker does not see the hook. */
function labSteps(script: ArtilleryScript): LabStep[] {
  const { before } = script;
  if (before === undefined || before === null || !isOurs(script, before)) return [];
  return validateHook(script, before).steps.flatMap(({ path, spec }) => {
    const { lab } = spec as { lab?: { regions?: LabStep["regions"] } };
    return lab === undefined ? [] : [{ path, regions: lab.regions ?? [] }];
  });
}

/** Rules over more than one key. Each key is read by itself: a bad one elsewhere hides nothing. */
function crossProblems(
  raw: unknown,
  target: Target | { problem: Problem },
  cohorts: readonly CohortPlan[],
  lab: readonly LabStep[],
): Problem[] {
  const problems: Problem[] = [];
  const settings = readableSettings(raw);
  problems.push(...regionProblems(settings, "kind" in target ? target : null, lab));
  if ("kind" in target && target.kind === "lab" && settings.protocolVersion === 5) {
    problems.push({
      path: renderPath([...ENGINE_PATH, "protocolVersion"]),
      value: 5,
      allowed: "4 with the lab: the embedded Aedes broker speaks MQTT 3.1.1 only",
      hint: "give a broker with -t mqtt://… to use 5",
    });
  }
  problems.push(...versionProblems(raw, settings), ...identityProblems(settings, target, cohorts));
  const regions = (settings.targets ?? []).map(({ url }) => parseTarget(url));
  // Where any is the lab, nothing is known of all.
  const known = [target, ...regions].flatMap((one) =>
    "kind" in one && one.kind === "url" ? [one.endpoint] : [],
  );
  const endpoints = known.length === 1 + regions.length ? known : [];
  const scenarios = cohorts.map(({ scenarioIndex: index, resume, flow }) => {
    return { index, tls: resume === null ? undefined : { resume }, flow };
  });
  problems.push(...transportProblems(endpoints, settings, scenarios));
  if (settings.storms?.length === 0) {
    for (const cohort of cohorts) problems.push(...endlessStays(cohort.flow));
  }
  return problems;
}

function readableSettings(raw: unknown): Partial<EngineSettings> {
  if (raw === null || typeof raw !== "object") return {};
  const readable = Object.entries(engineSettings.shape).flatMap(([key, schema]) => {
    const parsed = schema.safeParse((raw as Record<string, unknown>)[key]);
    return parsed.success ? [[key, parsed.data] as const] : [];
  });
  return Object.fromEntries(readable);
}

/** Without storms nothing ends a `stayOnline` that has no time of its own. */
function endlessStays(steps: readonly ParsedStep[]): Problem[] {
  return steps.flatMap((step): Problem[] => {
    const stay = (step.spec as { stayOnline?: { for?: number } }).stayOnline;
    if (stay === undefined) return step.children.flatMap(endlessStays);
    if (stay.for !== undefined) return [];
    return [
      {
        path: renderPath([...step.path, "stayOnline", "for"]),
        value: undefined,
        allowed: "a duration, since the script has no storms that would end the run",
      },
    ];
  });
}

function backoffOf({ reconnect }: EngineSettings): { backoff: BackoffSpec; resetAfter: ResetAfter } {
  if (reconnect.preset !== undefined) {
    const preset = PRESETS[reconnect.preset as PresetName];
    return { backoff: preset.spec, resetAfter: reconnect.resetAfter ?? preset.resetAfter };
  }
  const baseMs = reconnect.base ?? DEFAULT_BASE_MS;
  const backoff = {
    policy: reconnect.policy ?? "full-jitter",
    baseMs,
    capMs: Math.max(baseMs, reconnect.cap ?? DEFAULT_CAP_MS),
    windowMs: reconnect.window ?? DEFAULT_CAP_MS,
  } as BackoffSpec;
  return { backoff, resetAfter: reconnect.resetAfter ?? "ready" };
}

function timeZeroOf({ timeZero }: EngineSettings): TimeZeroPlan {
  if (timeZero === "local") return { kind: "local" };
  return "epochMs" in timeZero
    ? { kind: "absolute", epochMs: timeZero.epochMs }
    : { kind: "agreed", topic: timeZero.topic };
}

/** Steps of a `before` or `after` hook. */
export function validateHook(
  script: ArtilleryScript,
  hook: unknown,
): { steps: ParsedStep[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const name = hook === script.after ? "after" : "before";
  const flow = (hook as { flow?: unknown }).flow;
  if (!Array.isArray(flow)) problems.push({ path: `${name}.flow`, value: flow, allowed: "a list of steps" });
  return { steps: parseSteps(script, flow, "hook", [name, "flow"], problems), problems };
}

// ---- scenarios -----------------------------------------------------------------------------------------------------

/** True for a scenario or hook that this engine runs. */
export function isOurs(script: ArtilleryScript, scenario: unknown): boolean {
  const engine = (scenario as { engine?: unknown } | null)?.engine ?? script.config.engine;
  return engine === "mqtt";
}

function validateScenarios(script: ArtilleryScript, hasHook: boolean, problems: Problem[]): CohortPlan[] {
  const scenarios: unknown[] = Array.isArray(script.scenarios) ? script.scenarios : [];
  const cohorts: CohortPlan[] = [];
  scenarios.forEach((raw, index) => {
    if (!isOurs(script, raw)) return;
    const cohort = validateScenario(script, hasHook, raw, index, problems);
    if (cohort === null) return;
    if (cohorts.some((other) => other.name === cohort.name)) {
      problems.push({
        path: renderPath(["scenarios", index, "name"]),
        value: cohort.name,
        allowed: "a name that no other scenario has: cohorts are reported by it",
      });
    }
    cohorts.push(cohort);
  });
  return cohorts;
}

function validateScenario(
  script: ArtilleryScript,
  hasHook: boolean,
  raw: unknown,
  index: number,
  problems: Problem[],
): CohortPlan | null {
  const path = ["scenarios", index];
  const parsed = scenarioSettings.safeParse(raw);
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error, scenarioSettings, path, raw));
    return null;
  }
  const { data } = parsed;
  const before = problems.length;
  const onConnect = parseSteps(script, data.onConnect, "onConnect", [...path, "onConnect"], problems);
  const flow = parseSteps(script, data.flow, "flow", [...path, "flow"], problems);
  for (const key of ["beforeScenario", "afterScenario"] as const) {
    for (const name of [data[key] ?? []].flat()) {
      problems.push(...functionProblems(script, name, [...path, key]));
    }
  }
  // A step that could not be read may have defined the variable.
  if (problems.length === before && !hasHook) {
    problems.push(...unknownVariables(script, raw as Record<string, unknown>, path));
  }
  return {
    name: data.name ?? `scenario ${index + 1}`,
    scenarioIndex: index,
    resume: data.tls?.resume ?? null,
    onConnect,
    flow,
    beforeScenario: [data.beforeScenario ?? []].flat(),
    afterScenario: [data.afterScenario ?? []].flat(),
  };
}

function parseSteps(
  script: ArtilleryScript,
  list: unknown,
  place: StepPlace,
  path: PropertyKey[],
  problems: Problem[],
): ParsedStep[] {
  if (!Array.isArray(list)) return [];
  return list.flat().flatMap((raw, i) => {
    const step = parseStep(script, raw, place, [...path, i], problems);
    return step === null ? [] : [step];
  });
}

function parseStep(
  script: ArtilleryScript,
  raw: unknown,
  place: StepPlace,
  path: PropertyKey[],
  problems: Problem[],
): ParsedStep | null {
  const known = STEPS.filter((step) => step.places.includes(place)).map((step) => step.name);
  const refuse = (allowed: string, value: unknown = raw, at: PropertyKey[] = path, key = ""): null => {
    problems.push({ path: renderPath(at), value, allowed, ...(key === "" ? {} : hintOf(key, known)) });
    return null;
  };
  if (raw === null || typeof raw !== "object") return refuse(`a step: ${known.join(", ")}`);
  const keys = Object.keys(raw);
  const definitions = STEPS.filter((step) => keys.includes(step.name));
  const [definition] = definitions;
  if (definition === undefined) {
    const [key] = keys;
    if (key === undefined) return refuse(`a step in ${place}: ${known.join(", ")}`);
    return refuse(
      `a step in ${place}: ${known.join(", ")}`,
      (raw as Record<string, unknown>)[key],
      [...path, key],
      key,
    );
  }
  if (definitions.length > 1)
    return refuse(`one step, not ${definitions.map((step) => step.name).join(" and ")}`);
  if (!definition.places.includes(place)) {
    return refuse(`a step in ${place}: ${known.join(", ")}`, raw, [...path, definition.name]);
  }
  const parsed = definition.schema.safeParse(raw);
  if (!parsed.success) {
    problems.push(...problemsOf(parsed.error, definition.schema, path, raw));
    return null;
  }
  const fields = raw as Record<string, unknown>;
  for (const name of definition.calls?.(fields) ?? []) problems.push(...functionProblems(script, name, path));
  const children = (definition.children?.(fields) ?? []).map((child) =>
    parseSteps(script, child.steps, place, [...path, ...child.path], problems),
  );
  return { path, definition, spec: parsed.data, children };
}

/** Artillery loads the processor before it makes the engine; a script that is only looked at still has its path. */
function functionProblems(script: ArtilleryScript, name: string, path: PropertyKey[]): Problem[] {
  const { processor } = script.config;
  if (typeof processor === "string") return [];
  if (typeof processor?.[name] === "function") return [];
  const names = Object.keys(processor ?? {}).filter((key) => typeof processor?.[key] === "function");
  return [
    {
      path: renderPath(path),
      value: name,
      allowed:
        names.length === 0
          ? "nothing: the script has no processor"
          : `a function of the processor: ${names.join(", ")}`,
    },
  ];
}
