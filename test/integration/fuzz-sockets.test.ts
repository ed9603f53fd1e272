/** What a broker may do over real sockets, on both kinds of TCP: what it is sent in pieces, and how streams end. */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { TCP_KINDS } from "../../engine/src/contract.ts";
import { HostileServer } from "../fuzz/hostile-server.ts";
import { fleetOf } from "../support/broker.ts";
import { eventually, pause, tcpUnderTest } from "../support/device-fleet.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_261_127);
const DEVICES = 60;
const HOSTILE_MS = 2000;

describe.each(TCP_KINDS)("over %s", (kind) => {
  beforeEach(() => {
    tcpUnderTest.kind = kind;
  });

  it.each([
    4, 5,
  ] as const)(`a fleet outlives a hostile server, seed ${SEED}, protocol version %i: no socket is lost, none is left`, async (version) => {
    const server = await HostileServer.start(SEED, version);
    onTestFinished(() => server.stop());
    const fleet = fleetOf({
      port: server.port,
      protocolVersion: version,
      devices: DEVICES,
      bootstrap: (device, done) => device.exchange.subscribe([`fuzz/${device.number}`], 0, true, done),
      backoff: { policy: "full-jitter", baseMs: 5, capMs: 20 },
      plan: { connectTimeoutMs: 150, ackTimeoutMs: 150 },
    }).connect();
    await pause(HOSTILE_MS);
    // The fuzzer came to every place that it is about.
    await eventually(() => server.connections > 10 * DEVICES, 20_000);
    expect(Object.keys(server.ends).sort()).toEqual([
      "data and fin",
      "data and rst",
      "fin",
      "half-closed",
      "none",
      "rst",
    ]);
    expect(Object.keys(fleet.events.names.connectRefused)).toEqual(
      expect.arrayContaining(["closed_before_connack", "malformed_packet", "connack_timeout"]),
    );

    server.behave();
    await fleet.allReady();
    // One connection for each device: what the server sees is the truth.
    await eventually(
      () => server.open === DEVICES,
      5000,
      () => `${server.open} open, ${fleet.ready} ready, ${JSON.stringify(fleet.events.names)}`,
    );
    await pause(300);
    expect([server.open, fleet.ready]).toEqual([DEVICES, DEVICES]);
    fleet.end();
    await eventually(() => server.open === 0);
  });
});
