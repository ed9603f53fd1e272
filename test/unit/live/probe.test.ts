import { describe, expect, it } from "vitest";
import { type ProbedTarget, probeTargets } from "../../../engine/src/live/probe.ts";
import type { ProbeOutcome } from "../../../engine/src/live/probe-attempt.ts";
import { findingOf } from "../../../engine/src/live/probe-finding.ts";
import { FakeNetwork, type FakeTransport } from "../../support/fake-transport.ts";
import { ManualTime } from "../../support/manual-time.ts";

const SHARED = { version: true };

function certain(outcome: ProbeOutcome, shared = SHARED): boolean | null {
  return findingOf(outcome, shared)?.certain ?? null;
}

describe("what ends a run before its first device", () => {
  it("is what every device would meet, whatever the load", () => {
    for (const failure of ["tcp_refused", "dns", "tcp_unreachable", "tcp_timeout"] as const)
      expect(certain({ kind: "failed", during: "tcp", failure }), failure).toBe(true);
    expect(certain({ kind: "silent", during: "tcp" })).toBe(true);
    expect(certain({ kind: "failed", during: "tls", failure: "tls_certificate" })).toBe(true);
    expect(certain({ kind: "failed", during: "websocket", failure: "websocket_4xx" })).toBe(true);
    // A broker that speaks TLS 1.3 refuses a missing certificate after the handshake.
    expect(certain({ kind: "failed", during: "connack", failure: "tls_alert" })).toBe(true);
    for (const code of [1, 4, 132, 134])
      expect(certain({ kind: "refused", code }), `code ${code}`).toBe(true);
  });

  it("is no load, no limit of this machine, and nothing that may be about the probe alone", () => {
    for (const code of [2, 3, 5, 133, 135, 136, 137, 138, 151, 159])
      expect(certain({ kind: "refused", code }), `code ${code}`).toBe(false);
    for (const failure of ["local_ports", "descriptors", "tcp_reset"] as const)
      expect(certain({ kind: "failed", during: "tcp", failure }), failure).toBe(false);
    expect(certain({ kind: "failed", during: "websocket", failure: "websocket_5xx" })).toBe(false);
    expect(certain({ kind: "failed", during: "connack", failure: null })).toBe(false);
    expect(certain({ kind: "failed", during: "connack", failure: "tcp_reset" })).toBe(false);
    for (const during of ["tls", "websocket", "connack"] as const)
      expect(certain({ kind: "silent", during }), during).toBe(false);
    expect(certain({ kind: "unreadable" })).toBe(false);
    expect(certain({ kind: "reached" })).toBeNull();
  });

  it("is no version of MQTT that some of the devices do not speak", () => {
    expect(certain({ kind: "refused", code: 1 }, { version: false })).toBe(false);
  });
});

/** Probes one or more targets on a manual clock. `answer` is called for every connection of a target. */
function probing(forMs: number, ...answers: ((transport: FakeTransport, attempt: number) => void)[]) {
  const time = new ManualTime();
  const said: string[] = [];
  const networks = answers.map(() => new FakeNetwork(4));
  const targets = networks.map(
    (network, i): ProbedTarget => ({
      url: `mqtt://broker-${i}:1883`,
      open: (listener, dialer) => {
        const transport = network.open(listener, dialer) as FakeTransport;
        const attempt = network.opened.length;
        queueMicrotask(() => answers[i]?.(transport, attempt));
        return transport;
      },
      connect: { cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clean: true, clientId: "probe-1" },
      mostMs: 5000,
      maxPacketBytes: 1024,
    }),
  );
  const done = probeTargets({ targets, shared: SHARED, forMs, time, say: (line) => said.push(line) });
  /** Lets what was promised happen, and a second pass, again and again. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed <= ms; passed += 500) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      time.advance(500);
    }
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  return { time, said, networks, done, pass };
}

const CONNACK = { cmd: "connack", returnCode: 0, sessionPresent: false } as const;

describe("the probe", () => {
  it("says CONNECT under its own id, then DISCONNECT, and closes", async () => {
    const { networks, done } = probing(0, (transport) => {
      transport.opens();
      transport.sends(CONNACK);
    });
    expect(await done).toEqual({ problems: [], warnings: [] });
    const [transport] = networks[0]?.opened ?? [];
    expect(networks[0]?.opened).toHaveLength(1);
    expect(transport?.packets().map(({ cmd }) => cmd)).toEqual(["connect", "disconnect"]);
    expect(transport?.packets()[0]).toMatchObject({ clientId: "probe-1", clean: true });
    expect(transport?.ended).toBe("close");
  });

  it("tries a refused port twice within two seconds, and names the target that is dead, not the others", async () => {
    const { networks, done, pass } = probing(
      0,
      (transport) => {
        transport.opens();
        transport.sends(CONNACK);
      },
      (transport) => transport.ends("tcp_refused"),
    );
    await pass(2000);
    const { problems, warnings } = await done;
    expect(problems).toEqual([
      "mqtt://broker-1:1883: the connection is refused (tcp_refused); does a broker listen there?",
    ]);
    expect(warnings).toEqual([]);
    expect(networks.map(({ opened }) => opened.length)).toEqual([1, 2]);
  });

  it("waits five seconds for a black hole, once, and resets the connection", async () => {
    const { networks, done, pass } = probing(0, () => {});
    await pass(5000);
    expect((await done).problems).toEqual([
      "mqtt://broker-0:1883: nobody answers (tcp_timeout); is a firewall in between?",
    ]);
    expect(networks[0]?.opened.map(({ ended }) => ended)).toEqual(["reset"]);
  });

  it("warns of a broker that is too busy for it, and lets the devices try", async () => {
    const { done } = probing(0, (transport) => {
      transport.opens();
      transport.sends({ ...CONNACK, returnCode: 3 });
    });
    const { problems, warnings } = await done;
    expect(problems).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining("connack.server_unavailable")]);
  });

  it("waits for a broker that comes up later, and says so", async () => {
    const { said, done, pass, networks } = probing(30_000, (transport, attempt) => {
      if (attempt < 8) {
        transport.ends("tcp_refused");
        return;
      }
      transport.opens();
      transport.sends(CONNACK);
    });
    await pass(12_000);
    expect(await done).toEqual({ problems: [], warnings: [] });
    expect(networks[0]?.opened).toHaveLength(8);
    expect(said[0]).toBe(
      "mqtt: waiting for mqtt://broker-0:1883: the connection is refused (tcp_refused); 30 s more at most",
    );
    expect(said.at(-1)).toMatch(/^mqtt: mqtt:\/\/broker-0:1883 is there after \d+ s$/);
  });

  it("waits no longer than it was told to", async () => {
    const { done, pass, time } = probing(10_000, (transport) => transport.ends("dns"));
    const begunMs = time.now();
    await pass(12_000);
    expect((await done).problems).toHaveLength(1);
    expect(time.now() - begunMs).toBeLessThanOrEqual(13_000);
  });
});
