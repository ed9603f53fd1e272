import type { OpeningStep, TransportFailure } from "../transport/transport.ts";
import type { DeviceEvents } from "./port.ts";
import type { DeviceState } from "./state.ts";

/** One attempt to connect, up to its CONNACK: what it waits for, and since when. Monotonic milliseconds. */
export class Opening {
  startedMs = 0;
  #step: OpeningStep = "tcp";
  /** Of this step; then since when the CONNACK is awaited. */
  stepStartedMs = 0;

  begin(nowMs: number): void {
    this.startedMs = nowMs;
    this.stepStartedMs = nowMs;
    this.#step = "tcp";
  }

  /** Records the step that is done. `resumed`: a TLS session was. */
  stepDone(nowMs: number, events: DeviceEvents, cohort: number, resumed: boolean): void {
    const ms = nowMs - this.stepStartedMs;
    this.stepStartedMs = nowMs;
    if (this.#step === "tcp") events.tcpOpened(cohort, ms);
    else if (this.#step === "tls") events.tlsOpened(cohort, ms, resumed);
    else events.websocketOpened(cohort, ms);
  }

  goOn(step: OpeningStep): void {
    this.#step = step;
  }

  /** Why an attempt that ran out of time failed. */
  timeoutReason(state: DeviceState): string {
    return state === "connecting" ? `${this.#step}_timeout` : "connack_timeout";
  }
}

/** Where an attempt failed; design.md, "Measuring honestly", point 8. */
export function failureOfAttempt(state: DeviceState, failure: TransportFailure | null): string {
  // TLS 1.3 tells a client that its certificate was refused only after the handshake: RFC 8446 section 4.4.2.4.
  if (state === "awaiting-connack" && failure !== "tls_alert") return "closed_before_connack";
  return failure ?? "tcp_reset";
}
