import { connackReason, OVERLOAD_CODES, reasonName } from "../transport/reason-codes.ts";

/**
 * Failures of an attempt to connect behind which an overloaded server may stand: it was too slow, closed the connection, or
 * said so. All others fail however small the load is (nobody listens, the credentials are wrong, this host has no port
 * left): such an attempt offers no load to the target.
 */
const OF_LOAD: ReadonlySet<string> = new Set([
  // A full accept queue drops the SYN.
  "tcp_timeout",
  "tcp_reset",
  "tls_timeout",
  "websocket_timeout",
  "websocket_5xx",
  "closed_before_connack",
  "connack_timeout",
  ...OVERLOAD_CODES.flatMap((code) => [`connack.${connackReason(code)}`, `disconnect.${reasonName(code)}`]),
]);

/** Whether an attempt that ended so was load on the target. `failure` is null for one that was accepted. */
export function isOfferedLoad(failure: string | null): boolean {
  return failure === null || OF_LOAD.has(failure);
}
