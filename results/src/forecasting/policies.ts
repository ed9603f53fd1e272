import type { CohortClient } from "artillery-engine-mqtt/contract";
import { policyName } from "../judge/client-words.ts";
import { duration } from "../judge/number-words.ts";

/** A way to come back: what stands in place of the script's `reconnect`; null for the script's own. */
export interface Candidate {
  name: string;
  reconnect: Readonly<Record<string, string>> | null;
}

/** Bases and caps that are tried with each other, milliseconds. `uniform` takes the caps as its windows. */
export interface Grid {
  basesMs: readonly number[];
  capsMs: readonly number[];
}

export const GRID: Grid = { basesMs: [1000, 5000], capsMs: [30_000, 120_000] };

/** The engine's own lists. */
export interface KnownPolicies {
  policies: readonly string[];
  presets: readonly string[];
}

export const OWN_POLICY = "script";

/** What the script's own policy is called, where this is the name of that candidate; else null. */
export function ownPolicyIn(name: string): string | null {
  const prefix = `${OWN_POLICY} (`;
  return name.startsWith(prefix) ? name.slice(prefix.length, -1) : null;
}

/** What may stand in a list of policies. */
export function policyNames({ policies, presets }: KnownPolicies): string[] {
  return ["all", OWN_POLICY, ...policies, ...presets];
}

/**
 * The candidates that a list of names stands for, in the order of the engine's lists, the script's own first, none twice.
 *
 * @param own what the script's own policy is called
 */
export function candidatesOf(
  names: readonly string[],
  known: KnownPolicies,
  grid: Grid,
  own: string,
): Candidate[] {
  const isAsked = (name: string): boolean => names.includes("all") || names.includes(name);
  return [
    ...(isAsked(OWN_POLICY) ? [{ name: `${OWN_POLICY} (${own})`, reconnect: null }] : []),
    ...known.policies.filter(isAsked).flatMap((policy) => onGrid(policy, grid)),
    ...known.presets.filter(isAsked).map((preset) => ({ name: preset, reconnect: { preset } })),
  ];
}

function onGrid(policy: string, { basesMs, capsMs }: Grid): Candidate[] {
  switch (policy) {
    case "immediate":
      return [{ name: policy, reconnect: { policy } }];
    case "fixed":
      return basesMs.map((ms) => ({
        name: `${policy} ${duration(ms)}`,
        reconnect: { policy, base: inScript(ms) },
      }));
    case "uniform":
      return capsMs.map((ms) => ({
        name: `${policy} ${duration(ms)}`,
        reconnect: { policy, window: inScript(ms) },
      }));
    default:
      return basesMs.flatMap((baseMs) =>
        capsMs
          .filter((capMs) => capMs >= baseMs)
          .map((capMs) => ({
            name: `${policy} ${duration(baseMs)} to ${duration(capMs)}`,
            reconnect: { policy, base: inScript(baseMs), cap: inScript(capMs) },
          })),
      );
  }
}

/** What the back-off of the script is called: of all its cohorts, where they differ. */
export function ownPolicyName(clients: readonly Pick<CohortClient, "reconnect">[]): string {
  return [...new Set(clients.map(({ reconnect }) => policyName(reconnect)))].join(" + ");
}

function inScript(ms: number): string {
  return `${ms}ms`;
}
