import { DEFAULT_OUTPUT, PLUGIN_NAME } from "artillery-engine-mqtt/contract";
import { z } from "zod";

/** What `report` may name. The HTML report is not implemented yet, so naming it is an error and not silence. */
export const REPORTS = ["console", "json", "csv"] as const;
export type Report = (typeof REPORTS)[number];

export interface ResultsConfig {
  /** Directory of all runs, relative to the working directory. */
  output: string;
  report: Report[];
  /** Share of the affected devices that must be ready inside the window for `recovered`. 0..1 */
  target: number;
}

export type ConfigResult = { ok: true; config: ResultsConfig } | { ok: false; problems: string[] };

const PERCENTAGE = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/;

const share = z.union([
  z.number().min(0).max(1),
  z
    .string()
    .regex(PERCENTAGE)
    .transform((text) => Number(`${PERCENTAGE.exec(text)?.[1]}e-2`))
    .pipe(z.number().min(0).max(1)),
]);

const schema = z.strictObject({
  output: z.string().min(1).default(DEFAULT_OUTPUT),
  report: z.array(z.enum(REPORTS)).default([...REPORTS]),
  target: share.default(0.99),
});

const ALLOWED: Record<string, string> = {
  output: "the path of a directory",
  report: `a list of ${REPORTS.join(", ")}`,
  target: 'a share from 0 to 1, or a percentage such as "99 %"',
};

/** `config.plugins['mqtt-results']` as the user wrote it; an empty entry (`mqtt-results:`) means all defaults. */
export function parseConfig(input: unknown): ConfigResult {
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return { ok: true, config: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => problem(input, [...issue.path, key]))
      : [problem(input, issue.path)],
  );
  return { ok: false, problems: [...new Set(problems)] };
}

function problem(input: unknown, path: readonly PropertyKey[]): string {
  const where = ["config", "plugins", PLUGIN_NAME, ...path.map(String)].join(".");
  const allowed = ALLOWED[String(path[0])] ?? `the keys ${Object.keys(ALLOWED).join(", ")}`;
  return `${where}: ${JSON.stringify(valueAt(input, path))} is not allowed; allowed: ${allowed}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value ?? null;
}
