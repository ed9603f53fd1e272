import type { CohortClient, ReconnectRecord } from "../contract.ts";
import type { BackoffSpec } from "../device/backoff.ts";
import { type ClientPlan, longestWaitOf, type ReconnectPlan } from "../script/client-plan.ts";

/** A cohort's client as the run's files tell it. */
export function clientRecord(client: ClientPlan): CohortClient {
  const {
    session,
    reconnect,
    keepalive,
    connectTimeout,
    ackTimeout,
    longestRetryAfterMs: _,
    ...same
  } = client;
  const hasExpiry = client.protocolVersion === 5 && Number.isFinite(session.expiry);
  return {
    ...same,
    keepaliveMs: keepalive,
    connectTimeoutMs: connectTimeout,
    ackTimeoutMs: ackTimeout,
    clean: session.clean,
    sessionExpiryMs: hasExpiry ? session.expiry : null,
    reconnect: reconnectRecord(reconnect),
    longestBackoffMs: longestWaitOf(client),
  };
}

function reconnectRecord(plan: ReconnectPlan): ReconnectRecord {
  const { preset, backoff, resetAfter, onReason, failureLimit: limit } = plan;
  return {
    preset,
    policy: backoff.policy,
    ...numbersOf(backoff),
    ...shapeOf(backoff),
    resetAfter,
    ...(Object.keys(onReason).length === 0 ? {} : { onReason: { ...onReason } }),
    ...(limit === null || limit.reboot !== null ? {} : { giveUpAfter: limit.failures }),
    ...(limit === null || limit.reboot === null
      ? {}
      : { rebootAfter: { failures: limit.failures, takes: limit.reboot } }),
  };
}

/** What makes a policy's formula another than the plain one; a preset's jitter in steps is part of its name. */
function shapeOf(spec: BackoffSpec): Pick<ReconnectRecord, "factor" | "jitter" | "firstMs"> {
  const { factor, jitter, leadMs } = spec as {
    factor?: number;
    jitter?: unknown;
    leadMs?: readonly number[];
  };
  return {
    ...(factor === undefined ? {} : { factor }),
    ...(typeof jitter === "number" ? { jitter } : {}),
    ...(leadMs === undefined ? {} : { firstMs: [...leadMs] }),
  };
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
