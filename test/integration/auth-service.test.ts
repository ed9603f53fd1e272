import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import type { AuthCount } from "../../engine/src/lab/auth.ts";
import { type AuthOptions, type Lab, startLab } from "../../engine/src/lab/lab.ts";
import { DeviceFleet } from "../support/device-fleet.ts";

/** A lab whose broker asks the auth service for every CONNECT, and what that says of itself. */
async function labWith(
  auth: AuthOptions,
): Promise<{ lab: Lab; port: number; counted: () => Promise<AuthCount> }> {
  const lab = await startLab({ broker: true, auth, configService: null });
  onTestFinished(() => lab.stop());
  const counted = async (): Promise<AuthCount> =>
    (await (await fetch(`${lab.auth}/count`)).json()) as AuthCount;
  return { lab, port: Number(new URL(lab.target).port), counted };
}

const AUTH: AuthOptions = { capacity: 100, queueLimit: 1000, latencyMs: 0 };

function fleetAt(port: number, devices: number, connectTimeoutMs: number): DeviceFleet {
  const backoff = { policy: "fixed", baseMs: 60_000 } as const;
  return new DeviceFleet({ port, devices, backoff, plan: { connectTimeoutMs } });
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await what())) await delay(20);
}

test("every CONNECT is asked for before its CONNACK, as fast as the service answers", async () => {
  const { port, counted } = await labWith(AUTH);
  const startedMs = performance.now();
  const fleet = fleetAt(port, 60, 10_000);
  fleet.connect();
  onTestFinished(() => fleet.end());
  await until(() => fleet.events.counts.connectAccepted === 60);
  // The last of 60 waits for the 59 before it: 10 ms each, whatever the machine does beside.
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(600 - 20);
  expect(await counted()).toEqual({ asked: 60, answered: 60, refused: 0 });
});

test("a service that is full refuses, and what it answers too late was asked for all the same", async () => {
  const { port, counted } = await labWith({ ...AUTH, capacity: 10, queueLimit: 10 });
  const fleet = fleetAt(port, 30, 500);
  fleet.connect();
  onTestFinished(() => fleet.end());
  await until(async () => {
    const { asked, refused, answered } = await counted();
    return asked === 30 && answered === asked - refused;
  });
  const { asked, refused, answered } = await counted();
  const { connectAccepted: accepted } = fleet.events.counts;
  const names = fleet.events.names.connectRefused;
  expect(asked).toBe(30);
  expect(names).toEqual({ "connack.server_unavailable": refused, connack_timeout: answered - accepted });
  expect(refused).toBe(asked - answered);
  // At 10 a second most of those that waited had given up by the time of their answer.
  expect(accepted).toBeLessThan(answered);
});
