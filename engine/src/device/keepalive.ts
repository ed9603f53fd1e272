/** When to send PINGREQ and when to give the connection up. MQTT 3.1.1 and 5.0, section 3.1.2.10. */

export type KeepaliveAction = "none" | "ping" | "lost";

/**
 * @param nowMs      monotonic milliseconds
 * @param lastSentMs when the device last wrote a packet
 * @param pingSentMs when the unanswered PINGREQ was written; null for none
 * @param keepaliveMs 0 turns keepalive off
 * @param earlyMs    this is asked so much before it is due, at most
 */
export function keepaliveAction(
  nowMs: number,
  lastSentMs: number,
  pingSentMs: number | null,
  keepaliveMs: number,
  earlyMs: number = 0,
): KeepaliveAction {
  if (keepaliveMs === 0) return "none";
  // "If a Client does not receive a PINGRESP within a reasonable amount of time after it has sent a PINGREQ, it SHOULD
  // close the Network Connection": one keepalive period, as MQTT.js and Paho do.
  if (pingSentMs !== null) return nowMs - pingSentMs >= keepaliveMs ? "lost" : "none";
  // [MQTT-3.1.2-23]: packets are never further apart than the keepalive, so not later than is due, but earlier.
  return nowMs + earlyMs - lastSentMs >= keepaliveMs ? "ping" : "none";
}
