import { describe, expect, it } from "vitest";
import type { DeviceCredentials } from "../../../engine/src/device/credentials.ts";
import { Rig } from "./device-rig.ts";

type Bring = (credentials: DeviceCredentials | null) => void;

/** A device that asks for credentials before every attempt; the test brings them. */
function asking(): { rig: Rig; asked: Bring[] } {
  const rig = new Rig();
  const asked: Bring[] = [];
  rig.device.attempt.identity.source = (bring) => asked.push(bring);
  rig.device.connect();
  return { rig, asked };
}

const CREDENTIALS: DeviceCredentials = { clientId: "a", username: "u", password: "token" };
const EVENTS = ["authRequest", "authResponse", "authFailure"];
const told = (rig: Rig): unknown[] => rig.events(...EVENTS).map(({ event, value }) => [event, value]);

describe("credentials that a script fetches", () => {
  it("are asked for before each attempt, and timed until they come", () => {
    const { rig, asked } = asking();
    rig.time.advance(250);
    asked[0]?.(CREDENTIALS);
    expect(told(rig)).toMatchObject([
      ["authRequest", undefined],
      ["authResponse", 250],
    ]);
    rig.makeReady();
    rig.broker.ends();
    rig.time.advance(100);
    expect(asked).toHaveLength(2);
    expect(told(rig)).toHaveLength(3);
  });

  it("are a failure where they do not come, or are none", () => {
    const { rig, asked } = asking();
    asked[0]?.(null);
    expect(told(rig)).toMatchObject([
      ["authRequest", undefined],
      ["authFailure", undefined],
    ]);
    expect(rig.events("connectRefused")).toMatchObject([{ name: "credentials_failed" }]);
  });

  it("are a failure once the device waits no more: what comes later is nothing", () => {
    const { rig, asked } = asking();
    rig.time.advance(10_000);
    expect(told(rig)).toMatchObject([
      ["authRequest", undefined],
      ["authFailure", undefined],
    ]);
    asked[0]?.(CREDENTIALS);
    expect(told(rig)).toHaveLength(2);
  });

  it("are not asked for where a device has its own", () => {
    const rig = new Rig();
    rig.device.connect();
    rig.makeReady();
    expect(told(rig)).toEqual([]);
  });
});
