import { COUNTERS } from "../contract.ts";

/** Names that a reason or a cause makes: there is one once something has happened by it. */
const SPLIT_NAME = new RegExp(
  `(?:errors|${[
    COUNTERS.connectsRefused,
    COUNTERS.disconnects,
    COUNTERS.serverDisconnects,
    COUNTERS.devicesStopped,
    COUNTERS.devicesGaveUp,
  ]
    .map((name) => name.replaceAll(".", "\\."))
    .join("|")})\\.[\\w.]*\\w`,
  "g",
);

/**
 * The counters by reason that the script's `ensure` holds against a limit. A check of a metric that does not exist fails, and so
 * does one whose name begins with that of a metric that exists before it: Artillery replaces names by text, in the order in
 * which it heard of them. https://www.artillery.io/docs/reference/extensions/ensure
 */
export function ensureNames(config: Readonly<Record<string, unknown>>): string[] {
  const checks = [config["ensure"], (config["plugins"] as Record<string, unknown> | undefined)?.["ensure"]];
  const text = JSON.stringify(checks) ?? "";
  const names = new Set([...text.matchAll(SPLIT_NAME)].map(([name]) => name));
  // The longer first: it may hold the shorter.
  return [...names].sort((a, b) => b.length - a.length);
}
