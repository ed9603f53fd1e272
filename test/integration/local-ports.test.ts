/** Who keeps the ports of a fleet that has left: the kernel says it. */
import { existsSync, readFileSync } from "node:fs";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { TCP_KINDS } from "../../engine/src/contract.ts";
import { AedesServer, fleetOf, Mosquitto, mosquittoAvailable } from "../support/broker.ts";
import { eventually, tcpUnderTest } from "../support/device-fleet.ts";

const SOCKETS = "/proc/net/tcp";
/** https://github.com/torvalds/linux/blob/master/include/net/tcp_states.h */
const TIME_WAIT = "06";
const DEVICES = 60;
const FEW = 10;

/**
 * Connections in TIME_WAIT, by the end that keeps them: the one that sent FIN first, or both where both did at one time. Each is named
 * by its two addresses, for older ones expire while a test waits.
 */
function timeWaits(port: number): { broker: Set<string>; devices: Set<string> } {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const found = { broker: new Set<string>(), devices: new Set<string>() };
  for (const line of readFileSync(SOCKETS, "utf8").split("\n").slice(1)) {
    const [, local = "", remote = "", state] = line.trim().split(/\s+/);
    if (state !== TIME_WAIT) continue;
    if (local.endsWith(`:${hex}`)) found.broker.add(`${local} ${remote}`);
    if (remote.endsWith(`:${hex}`)) found.devices.add(`${local} ${remote}`);
  }
  return found;
}

/** How many there are that were not there before. */
function newOnes(now: ReadonlySet<string>, before: ReadonlySet<string>): number {
  return [...now].filter((one) => !before.has(one)).length;
}

describe.skipIf(!existsSync(SOCKETS)).each(TCP_KINDS)("over %s, ports are left to the broker", (kind) => {
  beforeEach(() => {
    tcpUnderTest.kind = kind;
  });

  /** The port may have been another broker's a moment ago. */
  async function leavesPortsToTheBroker(port: number): Promise<void> {
    const before = timeWaits(port);
    const fleet = await fleetOf({ port, devices: DEVICES }).connect().allReady();
    fleet.end();
    // A broker that is late, on a machine that is busy, has some connections ended by their devices.
    await eventually(() => newOnes(timeWaits(port).broker, before.broker) > DEVICES - FEW);
    expect(newOnes(timeWaits(port).devices, before.devices)).toBeLessThan(FEW);
  }

  it.skipIf(!mosquittoAvailable())("by a fleet that leaves Mosquitto", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    await leavesPortsToTheBroker(broker.port);
  });

  it("by a fleet that leaves Aedes", async () => {
    const broker = await AedesServer.start();
    onTestFinished(() => broker.stop());
    await leavesPortsToTheBroker(broker.port);
  });

  it.skipIf(!mosquittoAvailable())("by a storm of DISCONNECT, but not by one of FIN", async () => {
    const broker = await Mosquitto.start();
    onTestFinished(() => broker.stop());
    const backoff = { policy: "fixed", baseMs: 300 } as const;
    const fleet = await fleetOf({ port: broker.port, devices: DEVICES, backoff }).connect().allReady();
    const before = timeWaits(broker.port);
    expect(fleet.storm("disconnect", 1)).toBe(DEVICES);
    await fleet.allReady();
    const politely = timeWaits(broker.port);
    expect(newOnes(politely.broker, before.broker)).toBeGreaterThan(DEVICES - FEW);
    expect(newOnes(politely.devices, before.devices)).toBeLessThan(FEW);
    expect(fleet.storm("close", 2)).toBe(DEVICES);
    await fleet.allReady();
    expect(newOnes(timeWaits(broker.port).devices, politely.devices)).toBeGreaterThan(DEVICES - FEW);
  });
});
