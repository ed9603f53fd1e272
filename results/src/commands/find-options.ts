import { parseDuration } from "artillery-engine-mqtt/contract";
import { type Command, InvalidArgumentError, Option } from "commander";
import { FINDS, type Find } from "../forecasting/finding.ts";
import { candidatesOf, GRID, type KnownPolicies, OWN_POLICY, policyNames } from "../forecasting/policies.ts";
import { SERVERS, type Server } from "../forecasting/variants.ts";
import { positive } from "./forecast-values.ts";
import { invalid } from "./io.ts";

/** What `forecast --find` takes beside the options of a forecast. */
export interface FindOptions {
  find?: Find | undefined;
  storm?: number | undefined;
  /** Milliseconds. */
  within?: number | undefined;
  of?: Server | undefined;
  policy?: string[] | undefined;
  /** Milliseconds. */
  base?: number[] | undefined;
  cap?: number[] | undefined;
}

export const FIND_HELP = `
--find runs many forecasts of one storm, and says what they come to as table, find.csv, find.json and find.html:
  fleet     the largest loss that recovers: the size of the fleet is searched, doubling or halving from the script's, then
            between neighbours until they are at most 2 % apart. --devices is the largest that is tried (default: 100 times
            the script's). Phases get longer at the same rates, and storms come as much later.
  capacity  what --of config-service (its capacity) or broker (its connects per s) must sustain so that the storm
            recovers; from a thousandth of the script's value to a thousand times as much.
  policy    back-off policies side by side: the script's own, every preset, and every policy with each --base and --cap
            (default: 1s and 5s, 30s and 120s; uniform takes the caps as its windows). The frontier is named.
  --policy narrows policies, or searches with each that is named (fleet, capacity: only the script's unless given). A policy is
            that of every device, whatever its scenario says of its own; script leaves all as they are.
  --within also asks for the time until the target share is ready; a window that is shorter is watched for so long.
  Storms after the one that is judged do not happen. The target share is that of the script's plugin.
`;

export function addFindOptions(command: Command): Command {
  return command
    .addOption(new Option("--find <what>", "search instead, with many forecasts").choices([...FINDS]))
    .option("--storm <n>", "with --find: the storm that is judged (default: 1)", positive)
    .option("--within <duration>", "with --find: the target share has to be ready so soon", durationMs)
    .addOption(
      new Option("--of <server>", "with --find capacity: what is searched (default: config-service)").choices(
        [...SERVERS],
      ),
    )
    .option("--policy <name...>", "all, script, or names of policies and presets, side by side")
    .option("--base <duration...>", "bases of these policies", eachDurationMs)
    .option("--cap <duration...>", "caps of these policies, windows of uniform", eachDurationMs);
}

const ONLY_WITH_FIND = ["storm", "within", "of"] as const;

/** What stands in a policy's settings where the option reached it. */
const GRID_SETTINGS = [
  ["base", ["base"]],
  ["cap", ["cap", "window"]],
] as const;

/** @throws a CommandError that names the option and what is allowed */
export function checkFindOptions(options: FindOptions, known: KnownPolicies): void {
  if (options.find === undefined) {
    const given = ONLY_WITH_FIND.find((name) => options[name] !== undefined);
    if (given !== undefined)
      throw invalid(`--${given}: allowed with --find ${given === "of" ? "capacity" : FINDS.join(", ")} only`);
    const grid = (["base", "cap"] as const).find((name) => options[name] !== undefined);
    if (grid !== undefined && options.policy === undefined)
      throw invalid(
        `--${grid}: allowed with --policy or --find: of the script's own policy it changes nothing`,
      );
  }
  if (options.of !== undefined && options.find !== "capacity")
    throw invalid(`--of ${options.of}: allowed with --find capacity only`);
  const allowed = policyNames(known);
  const names = namesOf(options);
  const unknown = names.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw invalid(`--policy ${unknown}: allowed are ${allowed.join(", ")}`);
  const candidates = candidatesOf(names, known, gridOf(options), OWN_POLICY);
  if (candidates.length === 0)
    throw invalid(`--base, --cap: no policy is left; allowed are caps that are not below every base`);
  for (const [option, settings] of GRID_SETTINGS) {
    const isTaken = candidates.some(({ reconnect }) =>
      settings.some((name) => reconnect?.[name] !== undefined),
    );
    if (options[option] !== undefined && !isTaken)
      throw invalid(
        `--${option}: allowed with a --policy that has a ${settings.join(" or ")}; ${names.join(", ")} has none that it could change`,
      );
  }
}

/** The names that are asked for; the script's own policy, or all where policies are compared. */
export function namesOf({ find, policy }: FindOptions): string[] {
  if (policy === undefined) return [find === "policy" ? "all" : OWN_POLICY];
  return policy.flatMap((names) => names.split(",")).map((name) => name.trim());
}

export function gridOf({ base, cap }: FindOptions): { basesMs: number[]; capsMs: number[] } {
  return { basesMs: base ?? [...GRID.basesMs], capsMs: cap ?? [...GRID.capsMs] };
}

export function durationMs(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms <= 0)
    throw new InvalidArgumentError("allowed: a duration above 0, such as 500ms, 60s or 2m");
  return ms;
}

/** Commander calls it for every value: separated by blanks, by commas, or with the option repeated. */
function eachDurationMs(text: string, before: number[] | undefined): number[] {
  return [...(before ?? []), ...text.split(",").map((one) => durationMs(one.trim()))];
}
