/** When to send PINGREQ and when to give the connection up. MQTT 3.1.1 and 5.0, section 3.1.2.10. */

export type KeepaliveAction = "none" | "ping" | "lost";

/**
 * Timers count whole milliseconds of a clock of their own: what comes every second may come up to 2 ms early on the clock that is
 * compared here (300 of 1,939 times, five turns of a timer took up to 1.6 ms less than five times its interval). A look that comes that
 * early is the one that was meant: the next is a second later.
 */
const TIMER_EARLY_MS = 2;

/**
 * @param nowMs      monotonic milliseconds
 * @param lastSentMs when the device last wrote a packet
 * @param pingSentMs when the unanswered PINGREQ was written; null for none
 * @param keepaliveMs 0 turns keepalive off
 * @param nextInMs   when this will be asked again
 */
export function keepaliveAction(
  nowMs: number,
  lastSentMs: number,
  pingSentMs: number | null,
  keepaliveMs: number,
  nextInMs: number = 0,
): KeepaliveAction {
  if (keepaliveMs === 0) return "none";
  // "If a Client does not receive a PINGRESP within a reasonable amount of time after it has sent a PINGREQ, it SHOULD
  // close the Network Connection": one keepalive period, as MQTT.js and Paho do.
  if (pingSentMs !== null) return nowMs - pingSentMs + TIMER_EARLY_MS >= keepaliveMs ? "lost" : "none";
  // [MQTT-3.1.2-23]: packets are never further apart than the keepalive, so not later than is due, but earlier.
  return nowMs + nextInMs + TIMER_EARLY_MS - lastSentMs >= keepaliveMs ? "ping" : "none";
}
