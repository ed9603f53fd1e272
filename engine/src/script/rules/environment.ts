import { type Problem, renderPath } from "../problem.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { SET_IN_ENVIRONMENT } from "../unset.ts";
import type { Rule } from "./rule.ts";

/**
 * Settings that a variable which is not set made: Artillery renders `config` before anybody else sees it, and leaves nothing where
 * the variable is all of a value, and the word `undefined` where it is a part.
 */
export const environmentRule: Rule = ({ environment, settings, writtenTarget }) => {
  if (environment === null) return [];
  const unset = environment.names.filter((name) => environment.variables[name] === undefined);
  if (unset.length === 0) return [];
  const hint = `not set: ${unset.map((name) => `$env.${name}`).join(", ")}`;
  return [
    ...emptiedIn(settings.written, ENGINE_PATH, hint),
    ...(typeof writtenTarget === "string" ? emptiedIn(writtenTarget, ["config", "target"], hint) : []),
  ];
};

function emptiedIn(value: unknown, path: readonly PropertyKey[], hint: string): Problem[] {
  if (value === undefined || (typeof value === "string" && /\bundefined\b/.test(value)))
    return [{ path: renderPath(path), value, allowed: SET_IN_ENVIRONMENT, hint }];
  if (Array.isArray(value)) return value.flatMap((item, i) => emptiedIn(item, [...path, i], hint));
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, item]) => emptiedIn(item, [...path, key], hint));
}
