import {
  booleanOfText,
  DEFAULT_OUTPUT,
  DURATION_NOTATION,
  givenSettings,
  numberOfText,
  PLUGIN_NAME,
  parseDuration,
  parseShare,
} from "artillery-engine-mqtt/contract";
import { z } from "zod";
import { FAIL_VERDICTS, type Fail } from "../judge/gate.ts";
import { DEFAULT_PROMETHEUS, type PrometheusSettings } from "../prometheus/settings.ts";
import { namedCohorts } from "./cohort-names.ts";
import { PORT_NOTATION } from "./port.ts";

/** Share of the affected devices that must be ready inside the window for `recovered`, unless the user gives another. */
export const DEFAULT_TARGET = 0.99;

/** What `report` may name. */
export const REPORTS = ["console", "json", "csv", "hlog", "html", "junit", "github"] as const;
export type Report = (typeof REPORTS)[number];

export interface ResultsConfig {
  /** Directory of all runs, relative to the working directory. */
  output: string;
  report: Report[];
  /** Share of the affected devices that must be ready inside the window for `recovered`. 0..1 */
  target: number;
  /** A line every two seconds while a storm's window is open. */
  progress: boolean;
  /** Where what the workers count is served while the run goes on; null for nowhere. */
  prometheus: PrometheusSettings | null;
  /** A page on this machine that shows the run while it goes on; with the port that it is to have, or any. */
  live: boolean | { port?: number | undefined };
  /** What ends the run with an exit code of its own. */
  fail?: Fail | undefined;
}

export type ConfigResult = { ok: true; config: ResultsConfig } | { ok: false; problems: string[] };

/** Notations and sentences are for the JSON Schema of scripts (engine/src/script/json-schema.ts). */
const share = z
  .unknown()
  .transform(parseShare)
  .pipe(z.number().min(0).max(1))
  .meta({ "x-notation": "share" });
const durationMs = z
  .unknown()
  .transform((value, context): number => {
    const parsed = parseDuration(value);
    if (parsed === null) context.addIssue({ code: "custom", message: DURATION_NOTATION });
    return parsed ?? z.NEVER;
  })
  .meta({ "x-notation": "duration" });

const boolean = z.preprocess(booleanOfText, z.boolean()).meta({ "x-notation": "boolean" });
const port = z.preprocess(numberOfText, z.int().min(1).max(65_535)).meta({ "x-notation": "number" });

const most = z.int().nonnegative();

const prometheus = z
  .union([
    boolean,
    z
      .strictObject({
        port: z
          .preprocess(numberOfText, z.int().min(0).max(65_535))
          .meta({ "x-notation": "number" })
          .default(DEFAULT_PROMETHEUS.port),
        host: z
          .string()
          .regex(/^[\w.:%-]+$/)
          .default(DEFAULT_PROMETHEUS.host),
        lastScrape: durationMs.default(DEFAULT_PROMETHEUS.lastScrape),
      })
      .meta({
        "x-keys": {
          port: "The port; 9464 unless given, 0 for one that is free.",
          host: "An address of this machine; 127.0.0.1 unless given, which other machines cannot reach.",
          lastScrape:
            "The longest that the end of the run waits for a last scrape, where there was one before; 2s unless given.",
        },
      }),
  ])
  .default(false);

const conditions = {
  verdict: z.enum(FAIL_VERDICTS).optional(),
  readyP99: durationMs.optional(),
  readyP99FromStorm: durationMs.optional(),
  unrecovered: share.optional(),
  lost: most.optional(),
  duplicates: most.optional(),
  deliveryP99: durationMs.optional(),
  floodP99: durationMs.optional(),
};
const CONDITION_SENTENCES: Readonly<Record<keyof typeof conditions, string>> = {
  verdict: "Fails on a storm with this verdict, or one as bad.",
  readyP99: "The most that the 99th percentile of the time to ready may be, from each device's loss.",
  readyP99FromStorm:
    "The most that the 99th percentile of the time to ready may be, from the storm's instant.",
  unrecovered: "The largest share of the affected devices that may not be ready when the window ends.",
  lost: "The most tracked messages that may be lost.",
  duplicates: "The most tracked messages that may come twice.",
  deliveryP99: "The most that the 99th percentile of the delivery time of tracked messages may be.",
  floodP99: "The most that the 99th percentile of the time of a flood of queued messages may be.",
};
const notEmpty = (value: object): boolean => Object.keys(value).length > 0;

const schema = z
  .strictObject({
    output: z.string().min(1).default(DEFAULT_OUTPUT),
    report: z.array(z.enum(REPORTS)).default([...REPORTS]),
    target: share.default(DEFAULT_TARGET),
    progress: boolean.default(true),
    prometheus,
    live: z
      .union([
        boolean,
        z
          .strictObject({ port: port.optional() })
          .meta({ "x-keys": { port: "The port of the page; any that is free unless given." } }),
      ])
      .default(false),
    fail: z
      .strictObject({
        ...conditions,
        cohorts: z
          .record(
            z.string(),
            z.strictObject(conditions).refine(notEmpty).meta({ "x-keys": CONDITION_SENTENCES }),
          )
          .refine(notEmpty)
          .optional(),
      })
      .refine(notEmpty)
      .meta({
        "x-keys": {
          ...CONDITION_SENTENCES,
          cohorts: "The same of single scenarios: conditions by name, or a list of them with name.",
        },
      })
      .optional(),
  })
  .meta({
    "x-keys": {
      output: "The directory of all runs, from the working directory; mqtt-results unless given.",
      report: "What is written, a list; all of it unless given.",
      target: "The share of the affected devices that must be ready inside the window; 99 % unless given.",
      progress: "A line every two seconds while a storm's window is open; true unless given.",
      prometheus:
        "Metrics for Prometheus while the run goes on, at http://127.0.0.1:9464/metrics; false unless given.",
      live: "A page on this machine that shows the run while it goes on, at any free port or at the one given; false unless given.",
      fail: "What ends the run with exit code 4.",
    },
  });

/** The settings as JSON Schema, with marks for their notations. */
export function resultsJsonSchema(): Record<string, unknown> {
  const whole = z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" });
  const { properties } = whole.properties?.["fail"] as unknown as { properties: { cohorts: Conditions } };
  const { additionalProperties: one } = properties.cohorts;
  const named = {
    ...one,
    properties: { name: { type: ["string", "number"] }, ...one.properties },
    required: ["name"],
    "x-keys": { name: "The name of the scenario.", ...CONDITION_SENTENCES },
  };
  const list = { type: "array", items: { anyOf: [named, { type: "null" }] } };
  const cohorts = { anyOf: [properties.cohorts, list] };
  Object.assign(properties, { cohorts });
  return whole;
}

interface Conditions {
  additionalProperties: { properties: object };
}

const SHARE = 'a share from 0 to 1, or a percentage such as "99 %"';
const MOST = "a whole number, 0 or more";
const CONDITIONS: Record<string, string> = {
  verdict: `one of ${FAIL_VERDICTS.join(", ")} (fails on that verdict or one as bad)`,
  readyP99: DURATION_NOTATION,
  readyP99FromStorm: DURATION_NOTATION,
  unrecovered: SHARE,
  lost: MOST,
  duplicates: MOST,
  deliveryP99: DURATION_NOTATION,
  floodP99: DURATION_NOTATION,
};
const PROMETHEUS: Record<string, string> = {
  port: "a whole number from 0 to 65535",
  host: "a name or an address of this machine",
  lastScrape: DURATION_NOTATION,
};
const CONDITION_KEYS = Object.keys(CONDITIONS).join(", ");
const TOP: Record<string, string> = {
  output: "the path of a directory",
  report: `a list of ${REPORTS.join(", ")}`,
  target: SHARE,
  progress: "true or false",
  prometheus: `true, false, or the keys ${Object.keys(PROMETHEUS).join(", ")}`,
  live: `true, false, or { port: N }, ${PORT_NOTATION}`,
  fail: `at least one of ${CONDITION_KEYS}, cohorts`,
};

/** `config.plugins['mqtt-results']` as the user wrote it; an empty entry (`mqtt-results:`) means all defaults. */
export function parseConfig(written: unknown): ConfigResult {
  const { input, unnamed } = withNamedCohorts(written ?? {});
  const parsed = schema.safeParse(givenSettings(input));
  if (parsed.success && unnamed.length === 0) {
    const { prometheus, ...others } = parsed.data;
    return { ok: true, config: { ...others, prometheus: endpointOf(prometheus) } };
  }
  return { ok: false, problems: [...unnamed, ...(parsed.success ? [] : problemsOf(input, parsed.error))] };
}

function endpointOf(written: boolean | PrometheusSettings): PrometheusSettings | null {
  if (typeof written === "object") return written;
  return written ? DEFAULT_PROMETHEUS : null;
}

function withNamedCohorts(input: unknown): { input: unknown; unnamed: string[] } {
  const { fail } = input as { fail?: { cohorts?: unknown } | null };
  if (typeof fail !== "object" || fail === null || fail.cohorts === undefined) return { input, unnamed: [] };
  const { cohorts, unnamed } = namedCohorts(fail.cohorts);
  return {
    input: { ...(input as object), fail: { ...fail, cohorts } },
    unnamed: unnamed.map((i) => {
      const name = (fail.cohorts as ({ name?: unknown } | undefined)[])[i]?.name ?? null;
      const where = `config.plugins.${PLUGIN_NAME}.fail.cohorts.${i}.name`;
      return `${where}: ${JSON.stringify(name)} is not allowed; allowed: the name of a scenario, each once`;
    }),
  };
}

function problemsOf(input: unknown, error: z.ZodError): string[] {
  const issues = error.issues.flatMap((issue) => ofObject(input, issue));
  const unknownAt = new Set(
    issues.flatMap(({ code, path }) => (code === "unrecognized_keys" ? path.join() : [])),
  );
  // Nothing but an unknown key reads as empty to zod; the key alone is the problem.
  const own = issues.filter(({ code, path }) => code !== "custom" || !unknownAt.has(path.join()));
  const problems = own.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => problem(input, [...issue.path, key]))
      : [problem(input, issue.path)],
  );
  return [...new Set(problems)];
}

/** Of a value that may be something else as well: what is wrong with the object that was written. */
function ofObject(input: unknown, issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  const written = valueAt(input, issue.path);
  if (issue.code !== "invalid_union" || typeof written !== "object" || written === null) return [issue];
  const inside = issue.errors.find((branch) =>
    branch.some(({ path, code }) => path.length > 0 || code === "unrecognized_keys"),
  );
  return inside?.map((one) => ({ ...one, path: [...issue.path, ...one.path] })) ?? [issue];
}

/** The cohorts that `fail` names must be scenarios of the script; a misspelt one would never fail. */
export function unknownCohorts(config: ResultsConfig, scenarios: readonly unknown[]): string[] {
  const names = scenarios.map((scenario) => (scenario as { name?: unknown } | null)?.name);
  // An unnamed scenario gets its name from the engine.
  if (names.some((name) => typeof name !== "string")) return [];
  return Object.keys(config.fail?.cohorts ?? {})
    .filter((name) => !names.includes(name))
    .map(
      (name) =>
        `config.plugins.${PLUGIN_NAME}.fail.cohorts: ${JSON.stringify(name)} is not allowed; ` +
        `allowed: the names of the scenarios: ${names.map((one) => JSON.stringify(one)).join(", ")}`,
    );
}

function problem(input: unknown, path: readonly PropertyKey[]): string {
  const where = ["config", "plugins", PLUGIN_NAME, ...path.map(String)].join(".");
  return `${where}: ${JSON.stringify(valueAt(input, path))} is not allowed; allowed: ${allowedAt(path.map(String))}`;
}

function allowedAt([top = "", ...inner]: string[]): string {
  if (top === "prometheus" && inner.length > 0)
    return PROMETHEUS[inner[0] as string] ?? `the keys ${Object.keys(PROMETHEUS).join(", ")}`;
  if (top !== "fail" || inner.length === 0) return TOP[top] ?? `the keys ${Object.keys(TOP).join(", ")}`;
  const [first, , ofCohort] = inner;
  if (first !== "cohorts") return CONDITIONS[first ?? ""] ?? `the keys ${CONDITION_KEYS}, cohorts`;
  if (ofCohort !== undefined) return CONDITIONS[ofCohort] ?? `the keys ${CONDITION_KEYS}`;
  return inner.length === 1
    ? `names of scenarios, each with ${CONDITION_KEYS}`
    : `at least one of ${CONDITION_KEYS}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value ?? null;
}
