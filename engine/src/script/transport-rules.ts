import { isIP } from "node:net";
import { parseLocalAddresses } from "../transport/local-addresses.ts";
import { usesTls } from "../transport/open.ts";
import type { Endpoint } from "../transport/transport.ts";
import { type Problem, renderPath } from "./problem.ts";
import type { EngineSettings } from "./schema.ts";
import type { ParsedStep } from "./steps/step.ts";

/**
 * What of the settings fits no endpoint, or not all: a key that would do nothing is a mistake. `endpoints` is empty where
 * the target is the lab, which may serve TLS or not.
 */
export function transportProblems(
  endpoints: readonly Endpoint[],
  settings: Partial<Pick<EngineSettings, "tls" | "localAddresses">>,
  scenarios: readonly { index: number; tls: unknown; flow: readonly ParsedStep[] }[],
): Problem[] {
  const problems: Problem[] = [];
  if (endpoints.length > 0 && !endpoints.some(usesTls)) {
    const refuse = (path: readonly PropertyKey[], value: unknown): void => {
      const allowed = "nothing, since the target is neither mqtts:// nor wss://";
      problems.push({ path: renderPath(path), value, allowed });
    };
    if (settings.tls !== undefined) refuse(["config", "engines", "mqtt", "tls"], settings.tls);
    for (const { index, tls, flow } of scenarios) {
      if (tls !== undefined) refuse(["scenarios", index, "tls"], tls);
      for (const step of certificateSteps(flow)) refuse([...step.path, "connect", "cert"], undefined);
    }
  }
  problems.push(...familyProblems(endpoints, settings.localAddresses));
  return problems;
}

function certificateSteps(steps: readonly ParsedStep[]): ParsedStep[] {
  return steps.flatMap((step) => {
    const { connect } = step.spec as { connect?: { cert?: unknown } };
    return connect?.cert === undefined ? step.children.flatMap(certificateSteps) : [step];
  });
}

function familyProblems(endpoints: readonly Endpoint[], entries: string[] | undefined): Problem[] {
  const local = entries === undefined ? null : parseLocalAddresses(entries);
  if (local === null || "entry" in local) return [];
  const other = endpoints.find(({ host }) => isIP(host) !== 0 && isIP(host) !== local.family);
  if (other === undefined) return [];
  const allowed = `IPv${isIP(other.host)} addresses, as the target ${other.host} is one`;
  return [{ path: "config.engines.mqtt.localAddresses", value: entries, allowed }];
}
