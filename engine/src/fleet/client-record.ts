import type { CohortClient, ReconnectRecord } from "../contract.ts";
import { type BackoffSpec, longestBackoffMs } from "../device/backoff.ts";
import type { ClientPlan, ReconnectPlan } from "../script/client-plan.ts";

/** A cohort's client as the run's files tell it. */
export function clientRecord(client: ClientPlan): CohortClient {
  const { session, reconnect, keepalive, connectTimeout, ackTimeout, ...same } = client;
  const hasExpiry = client.protocolVersion === 5 && Number.isFinite(session.expiry);
  return {
    ...same,
    keepaliveMs: keepalive,
    connectTimeoutMs: connectTimeout,
    ackTimeoutMs: ackTimeout,
    clean: session.clean,
    sessionExpiryMs: hasExpiry ? session.expiry : null,
    reconnect: reconnectRecord(reconnect),
    longestBackoffMs: longestBackoffMs(reconnect.backoff),
  };
}

function reconnectRecord({ preset, backoff, resetAfter }: ReconnectPlan): ReconnectRecord {
  return { preset, policy: backoff.policy, ...numbersOf(backoff), resetAfter };
}

/** What the policy does not read is left out: it would say something that is not so. */
function numbersOf(spec: BackoffSpec): Pick<ReconnectRecord, "baseMs" | "capMs" | "windowMs"> {
  switch (spec.policy) {
    case "immediate":
      return {};
    case "fixed":
      return { baseMs: spec.baseMs };
    case "uniform":
      return { windowMs: spec.windowMs };
    default:
      return { baseMs: spec.baseMs, capMs: spec.capMs };
  }
}
