import { atBroker } from "../rendezvous/broker.ts";
import type { OpenPlace } from "../rendezvous/place.ts";
import type { FleetPlan } from "../script/plan.ts";
import { DEFAULT_TOPIC } from "../script/schema.ts";
import { credentialsOf, dialUrl, type UrlTarget } from "../script/target.ts";
import { usesTls } from "../transport/endpoints.ts";
import { mqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";

/**
 * Where the workers of a run meet.
 *
 * @param broker that of the control connection
 */
export function placeOf(plan: FleetPlan, broker: UrlTarget, tls: TlsMaterial): OpenPlace {
  const { settings, target, timeZero } = plan;
  return atBroker({
    url: dialUrl(broker),
    protocolVersion: settings.protocolVersion,
    topic: timeZero.kind === "agreed" ? timeZero.topic : DEFAULT_TOPIC,
    ...credentialsOf(target, settings),
    ...(usesTls(broker.endpoint) ? { tls: mqttTlsOptions(tls) } : {}),
  });
}
