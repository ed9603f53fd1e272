import { usesTls } from "../../transport/endpoints.ts";
import { addressFamily } from "../../transport/host-address.ts";
import type { Endpoint } from "../../transport/transport.ts";
import { type Problem, renderPath } from "../problem.ts";
import type { ReadScript } from "../read.ts";
import { ENGINE_PATH } from "../read-settings.ts";
import { connectSteps } from "./connect-steps.ts";
import type { Rule } from "./rule.ts";

/** What fits no target, or not all: a key that would do nothing is a mistake. */
export const transportRule: Rule = (script) => {
  const endpoints = endpointsOf(script);
  const needsTls = endpoints.length > 0 && !endpoints.some(usesTls);
  return [...(needsTls ? tlsProblems(script) : []), ...familyProblems(endpoints, script)];
};

/** Empty where any target is the lab, which may serve TLS or not, or cannot be read: then nothing is known of all. */
function endpointsOf({ target, regions }: ReadScript): Endpoint[] {
  const targets = [target, ...(regions ?? []).map((region) => region.target)];
  const endpoints = targets.flatMap((one) => ("kind" in one && one.kind === "url" ? [one.endpoint] : []));
  return endpoints.length === targets.length ? endpoints : [];
}

function tlsProblems({ settings: { known }, scenarios }: ReadScript): Problem[] {
  const refusal = (path: readonly PropertyKey[], value: unknown): Problem => ({
    path: renderPath(path),
    value,
    allowed: "nothing, since the target is neither mqtts:// nor wss://",
  });
  return [
    ...(known.tls === undefined ? [] : [refusal([...ENGINE_PATH, "tls"], known.tls)]),
    ...scenarios.flatMap((scenario) => [
      ...(scenario.resume === null ? [] : [refusal([...scenario.path, "tls"], { resume: scenario.resume })]),
      ...connectSteps([scenario])
        .filter(({ spec }) => spec.cert !== undefined)
        .map(({ path }) => refusal([...path, "cert"], undefined)),
    ]),
  ];
}

function familyProblems(endpoints: readonly Endpoint[], { settings }: ReadScript): Problem[] {
  const local = settings.known.localAddresses;
  if (local === undefined) return [];
  for (const { host } of endpoints) {
    const family = addressFamily(host);
    if (family === null || family === local.family) continue;
    const allowed = `IPv${family} addresses, as the target ${host} is one`;
    const value = settings.written["localAddresses"];
    return [{ path: renderPath([...ENGINE_PATH, "localAddresses"]), value, allowed }];
  }
  return [];
}
