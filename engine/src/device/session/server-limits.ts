import type { IConnackPacket, IPublishPacket } from "mqtt-packet";

/** What a server allows on one connection, as its CONNACK says. MQTT 5.0 section 3.2.2.3. */
export interface ServerLimits {
  /** QoS 1 and 2 publications that may be unacknowledged at a time; section 3.2.2.3.3. */
  readonly receiveMaximum: number;
  /** Bytes of a packet; section 3.2.2.3.6. */
  readonly maximumPacketSize: number;
  /** Milliseconds that stand in for the device's own keepalive, or null; section 3.2.2.3.14. */
  readonly keepaliveMs: number | null;
  readonly maximumQoS: number;
  readonly retain: boolean;
  readonly wildcards: boolean;
  readonly sharedSubscriptions: boolean;
}

/** The limits of MQTT 3.1.1, and of a CONNACK without properties. */
export const NO_LIMITS: ServerLimits = Object.freeze({
  receiveMaximum: 65_535,
  maximumPacketSize: Number.POSITIVE_INFINITY,
  keepaliveMs: null,
  maximumQoS: 2,
  retain: true,
  wildcards: true,
  sharedSubscriptions: true,
});

const KEYS = Object.keys(NO_LIMITS) as (keyof ServerLimits)[];

/** A broker says the same to all devices: they share the object. */
let latest = NO_LIMITS;

export function serverLimits(properties: IConnackPacket["properties"]): ServerLimits {
  if (properties === undefined) return NO_LIMITS;
  const limits: ServerLimits = {
    receiveMaximum: properties.receiveMaximum ?? NO_LIMITS.receiveMaximum,
    maximumPacketSize: properties.maximumPacketSize ?? NO_LIMITS.maximumPacketSize,
    keepaliveMs: properties.serverKeepAlive === undefined ? null : properties.serverKeepAlive * 1000,
    maximumQoS: properties.maximumQoS ?? NO_LIMITS.maximumQoS,
    retain: properties.retainAvailable ?? true,
    wildcards: properties.wildcardSubscriptionAvailable ?? true,
    sharedSubscriptions: properties.sharedSubscriptionAvailable ?? true,
  };
  for (const known of [NO_LIMITS, latest]) {
    if (KEYS.every((key) => known[key] === limits[key])) return known;
  }
  latest = Object.freeze(limits);
  return latest;
}

/** Both would be protocol errors; sections 3.2.2.3.3 and 3.2.2.3.6. */
export function areLimitsValid({ receiveMaximum, maximumPacketSize }: ServerLimits): boolean {
  return receiveMaximum > 0 && maximumPacketSize > 0;
}

/** Why the server would end the connection over this publication, by the name of its reason code; or null. */
export function publishProblem(
  limits: ServerLimits,
  { qos, retain }: Pick<IPublishPacket, "qos" | "retain">,
): string | null {
  // [MQTT-3.2.2-11], [MQTT-3.2.2-14]
  if (qos > limits.maximumQoS) return "qos_not_supported";
  return retain && !limits.retain ? "retain_not_supported" : null;
}

/** The same of a subscription; sections 3.2.2.3.11 and 3.2.2.3.13. A QoS above the maximum is only granted lower. */
export function subscribeProblem(limits: ServerLimits, filters: readonly string[]): string | null {
  if (limits.wildcards && limits.sharedSubscriptions) return null;
  for (const filter of filters) {
    if (!limits.sharedSubscriptions && filter.startsWith("$share/"))
      return "shared_subscriptions_not_supported";
    if (!limits.wildcards && /[+#]/.test(filter)) return "wildcard_subscriptions_not_supported";
  }
  return null;
}
