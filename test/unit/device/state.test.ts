import { describe, expect, it } from "vitest";
import {
  DEVICE_STATES,
  type DeviceState,
  isOnline,
  next,
  type StateChange,
} from "../../../engine/src/device/state.ts";

const EVENTS: StateChange[] = [
  "connect",
  "opened",
  "accepted",
  "bootstrapped",
  "failed",
  "stop",
  "disconnect",
  "end",
];

describe("the table of transitions", () => {
  it("has exactly these rows; every other event gives null", () => {
    const rows = DEVICE_STATES.map((state) => {
      const following = EVENTS.map((event) => [event, next(state, event)] as const);
      return [state, Object.fromEntries(following.filter(([, then]) => then !== null))];
    });
    const away = { disconnect: "offline", end: "ended" };
    expect(Object.fromEntries(rows)).toEqual({
      offline: { connect: "connecting", ...away },
      connecting: { opened: "awaiting-connack", failed: "backoff", ...away },
      "awaiting-connack": { accepted: "bootstrapping", failed: "backoff", ...away },
      bootstrapping: { bootstrapped: "ready", failed: "backoff", ...away },
      ready: { failed: "backoff", ...away },
      backoff: { connect: "connecting", stop: "stopped", ...away },
      stopped: { connect: "connecting", ...away },
      ended: { end: "ended" },
    });
  });

  it.each(DEVICE_STATES)("%s can end", (state) => {
    expect(next(state, "end")).toBe("ended");
  });

  it("leaves ended by no event", () => {
    expect(EVENTS.map((event) => next("ended", event)).filter((state) => state !== null)).toEqual(["ended"]);
  });

  it("reaches every state from offline", () => {
    const reached = new Set<DeviceState>(["offline"]);
    for (const state of reached) {
      for (const event of EVENTS) {
        const then = next(state, event);
        if (then !== null) reached.add(then);
      }
    }
    expect([...reached].sort()).toEqual([...DEVICE_STATES].sort());
  });

  it("is online from the accepted CONNACK until the loss", () => {
    expect(DEVICE_STATES.filter(isOnline)).toEqual(["bootstrapping", "ready"]);
  });
});
