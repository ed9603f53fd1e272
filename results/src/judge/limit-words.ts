import { count } from "./number-words.ts";
import type { StormSummary } from "./summary-schema.ts";

/** Where the lost time went, the largest part first; empty where it is not known, or none was lost. */
export function lostTimeWords({ lostTime }: Pick<StormSummary, "lostTime">): string {
  if (lostTime === null) return "";
  const parts: [string, number][] = [
    ["waiting to try", lostTime.waitingS],
    ["waiting for credentials", lostTime.authenticatingS],
    ["connecting", lostTime.connectingS],
    ["connected, not ready", lostTime.gettingReadyS],
  ];
  const sum = parts.reduce((total, [, s]) => total + s, 0);
  if (sum < 1) return "";
  const said = parts
    .filter(([, s]) => s >= sum * LEAST_SHARE)
    .sort(([, a], [, b]) => b - a)
    .map(([what, s]) => `${Math.round((s / sum) * 100)} % ${what}`);
  return `${count(sum)} device-seconds: ${said.join(", ")}`;
}

/** Smaller parts are left out. */
const LEAST_SHARE = 0.01;
