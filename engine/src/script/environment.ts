import type { ArtilleryScript } from "../artillery.ts";
import { renderPath } from "./problem.ts";
import { ENGINE_PATH } from "./read-settings.ts";
import { valueAt } from "./zod-problems.ts";

/** A list of an environment (`-e`) that is shorter than the script's own: Artillery merges lists place by place. */
export interface ShortList {
  environment: string;
  path: string;
  /** Items that the environment gives. */
  given: number;
  /** Items of the list that came of it, without those that it took out by null. */
  merged: number;
}

/** Lists of `config.engines.mqtt` of which items of the script remain behind those of the environment. */
export function shortLists({ config, _environment: name }: ArtilleryScript): ShortList[] {
  const environments = config["environments"] as Record<string, unknown> | null | undefined;
  if (typeof name !== "string" || !environments) return [];
  const own = valueAt(environments[name], ["engines", "mqtt"]);
  return listsIn(own, []).flatMap(({ path, length }) => {
    const merged = valueAt(config.engines?.["mqtt"], path);
    if (!Array.isArray(merged) || merged.length <= length) return [];
    const left = merged.filter((item) => item !== null).length;
    return [{ environment: name, path: renderPath([...ENGINE_PATH, ...path]), given: length, merged: left }];
  });
}

/** Lists of lists are none of ours, and lists within items of a list were merged with an item that may be another. */
function listsIn(value: unknown, path: string[]): { path: string[]; length: number }[] {
  if (Array.isArray(value)) return [{ path, length: value.length }];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, one]) => listsIn(one, [...path, key]));
}
