import { resolve } from "node:path";
import { atBroker } from "../rendezvous/broker.ts";
import { inDirectory } from "../rendezvous/directory.ts";
import type { OpenPlace } from "../rendezvous/place.ts";
import type { PlacePlan } from "../rendezvous/plan.ts";
import { inBucket, loadS3 } from "../rendezvous/s3.ts";
import type { FleetPlan } from "../script/plan.ts";
import { DEFAULT_TOPIC } from "../script/schema.ts";
import { credentialsOf, dialUrl, type UrlTarget } from "../script/target.ts";
import { usesTls } from "../transport/endpoints.ts";
import { mqttTlsOptions } from "../transport/mqtt-tls-options.ts";
import type { TlsMaterial } from "../transport/tls-material.ts";
import { time, wallClock } from "./clock.ts";

export interface PlaceParts {
  plan: FleetPlan;
  /** The broker of the control connection. */
  broker: UrlTarget;
  tls: TlsMaterial;
}

/**
 * Called before the first device.
 *
 * @throws an Error where what the place needs is not installed
 */
export function checkPlace(place: PlacePlan): void {
  if (place.kind === "s3") loadS3();
}

/** Where the workers of a run meet. */
export function openerOfPlace(place: PlacePlan, { plan, broker, tls }: PlaceParts): OpenPlace {
  const { settings, target, timeZero } = plan;
  switch (place.kind) {
    case "broker":
      return atBroker({
        url: dialUrl(broker),
        protocolVersion: settings.protocolVersion,
        topic: timeZero.kind === "agreed" ? timeZero.topic : DEFAULT_TOPIC,
        ...credentialsOf(target, settings),
        ...(usesTls(broker.endpoint) ? { tls: mqttTlsOptions(tls) } : {}),
      });
    case "directory":
      return inDirectory(resolve(place.path), { time, wallClock });
    case "s3":
      return inBucket(place, loadS3(), { time, wallClock });
  }
}
