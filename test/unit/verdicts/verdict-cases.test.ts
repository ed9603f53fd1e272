/**
 * Cases that an audit found with a wrong verdict, each a whole run in virtual time against a broker that obeys rules. What the
 * verdict must be follows from the rules; the counts that it names are held against what the broker knows.
 */
import { afterEach, describe, expect, it } from "vitest";
import { ASKS_ON_CONNECT, endSimulation, SimulatedRun, SUBSCRIBES } from "../../support/simulated-run.ts";

afterEach(endSimulation);

it("a broker that dies after all had come back, and stays dead: relapsed", async () => {
  const run = new SimulatedRun(
    {
      devices: 300,
      arrivalRate: 100,
      mqtt: { storms: [{ at: "6s", fraction: 0.2, window: "20s" }] },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  const { broker } = run;
  let backBefore = 0;
  let online = -1;
  run.at(9.9, () => {
    backBefore = broker.atWork.length;
  });
  run.at(10, () => {
    broker.rules.tcp = () => "refuse";
    broker.kill();
  });
  run.at(26, () => {
    online = broker.online.length;
  });
  const [storm] = (await run.end()).storms;
  expect([backBefore, online]).toEqual([300, 0]);
  expect(storm).toMatchObject({
    verdict: "relapsed",
    affected: 60,
    recovered: 60,
    lostAgain: 60,
    unaffectedLost: 240,
    fleetReadyAtEnd: online,
    readyAtEnd: online,
  });
  expect(storm?.verdictReason).toBe(
    "100 % of the affected devices were ready inside the window (target 99 %), but at its end only 0 of 300 devices of " +
      "the fleet were (0 %): 60 affected devices came back and lost the connection again, 240 devices that the storm had " +
      "left alone lost it too",
  );
});

it("a broker that a command kills, that lives twice for 3 s, and then stays dead: relapsed, or worse", async () => {
  const run = new SimulatedRun(
    {
      devices: 200,
      arrivalRate: 100,
      mqtt: {
        allowExec: true,
        reconnect: { policy: "full-jitter", base: "1s", cap: "10s" },
        storms: [{ at: "4s", cause: "exec", command: ["true"], window: "40s" }],
      },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  const { broker } = run;
  const dies = (): void => {
    broker.rules.tcp = () => "refuse";
    broker.kill();
  };
  const lives = (): void => {
    broker.rules.tcp = () => "accept";
  };
  for (const [second, act] of [
    [4.1, dies],
    [6, lives],
    [9, dies],
    [12, lives],
    [15, dies],
  ] as const)
    run.at(second, act);
  let online = -1;
  run.at(44, () => {
    online = broker.online.length;
  });
  const [storm] = (await run.end()).storms;
  expect(online).toBe(0);
  expect(storm).toMatchObject({ affected: 200, fleetReadyAtEnd: 0 });
  expect(["relapsed", "stalled", "metastable"]).toContain(storm?.verdict);
});

it("every device thrown out 50 ms after each CONNACK: flapping is no recovery", async () => {
  const run = new SimulatedRun(
    {
      devices: 80,
      arrivalRate: 40,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "1s", cap: "5s" },
        storms: [{ at: "4s", fraction: 1, window: "30s" }],
      },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  const { broker } = run;
  run.at(4, () => {
    broker.rules.throwsOutAfterMs = () => 50;
  });
  let atWork = -1;
  run.at(34, () => {
    atWork = broker.atWork.length;
  });
  const [storm] = (await run.end()).storms;
  expect(atWork).toBeLessThan(20);
  expect(storm).toMatchObject({ affected: 80, verdict: "relapsed" });
  // What is on its way at that instant the two may see differently.
  expect(Math.abs((storm?.fleetReadyAtEnd ?? -1) - atWork)).toBeLessThanOrEqual(3);
});

it("a broker that takes TCP and never sends CONNACK again, as Artemis does: stalled at 0 %", async () => {
  const run = new SimulatedRun(
    {
      devices: 240,
      arrivalRate: 60,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "2s", cap: "30s" },
        storms: [{ at: "8s", fraction: 1, window: "60s" }],
      },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  run.at(8, () => {
    run.broker.rules.connect = () => "silence";
  });
  const [storm] = (await run.end()).storms;
  expect(run.broker.online.length).toBe(0);
  expect(storm).toMatchObject({ verdict: "stalled", affected: 240, recovered: 0, fleetReadyAtEnd: 0 });
  expect(storm?.verdictReason).toMatch(
    /^0 % of the affected .*; nobody came back in the last 30 s, and those who are out offered [\d.]+ of [\d.]+ connects\/s that the target is known to sustain: something is broken, not overloaded$/,
  );
});

describe("a back end that answers 5 requests a second, and too late for 300 devices that give up after 2 s", () => {
  it.each([["60s"], ["10m"]])("is metastable after %s", async (window) => {
    const run = new SimulatedRun(
      { devices: 300, arrivalRate: 3, mqtt: { storms: [{ at: "110s", fraction: 1, window }] } },
      { answersPerS: 5 },
    );
    let askedBefore = 0;
    run.at(110, () => {
      askedBefore = run.broker.asked.length;
    });
    const { storms, totals } = await run.end();
    // The truth: the load lasts, at more than the back end can answer.
    const seconds = window === "10m" ? 600 : 60;
    const asked = run.broker.asked.length - askedBefore;
    expect(asked / seconds).toBeGreaterThan(5 * 2);
    expect(totals.configRequests).toBe(run.broker.asked.length);
    expect(storms[0]).toMatchObject({ verdict: "metastable", affected: 300 });
    expect(storms[0]?.recovered).toBeLessThan(30);
    expect(storms[0]?.verdictReason).toMatch(/answered before the storm$/);
  });
});

describe("every CONNECT refused, exponential back-off without jitter", () => {
  it.each([
    ["31s"],
    ["32s"],
    ["42s"],
  ])("is stalled in a window of %s, wherever its bursts fall", async (window) => {
    const run = new SimulatedRun(
      {
        devices: 300,
        arrivalRate: 50,
        mqtt: {
          reconnect: { policy: "exponential", base: "1s", cap: "30s" },
          storms: [{ at: "8s", fraction: 1, window }],
        },
        scenarios: [SUBSCRIBES],
      },
      {},
    );
    run.at(8, () => {
      run.broker.rules.connect = () => 5;
    });
    const [storm] = (await run.end()).storms;
    expect(storm).toMatchObject({ verdict: "stalled", affected: 300, recovered: 0 });
    expect(storm?.connectAttempts).toBe(run.broker.refused.length);
  });
});

it("3 of 150 affected devices are never accepted, while the others refresh: stalled at 98 %, and a refresh is no part of the storm's cost", async () => {
  const run = new SimulatedRun(
    {
      devices: 300,
      arrivalRate: 60,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "1s", cap: "5s" },
        storms: [{ at: "8s", fraction: 0.5, window: "30s" }],
      },
      scenarios: [
        {
          ...ASKS_ON_CONNECT,
          onConnect: [
            { request: { ...ASKS_ON_CONNECT.onConnect[0]?.request, cache: true } },
            { subscribe: { topics: "commands/{{ deviceId }}" } },
          ],
          flow: [
            { connect: {} },
            { refresh: { every: "5s", request: { ...ASKS_ON_CONNECT.onConnect[0]?.request } } },
            { stayOnline: {} },
          ],
        },
      ],
    },
    {},
  );
  const { broker } = run;
  const banned = new Set<string>();
  run.at(8.1, () => {
    for (const id of everyone(300)
      .filter((id) => !broker.online.includes(id))
      .slice(0, 3))
      banned.add(id);
    broker.rules.connect = (id) => (banned.has(id) ? "close" : "accept");
  });
  const [storm] = (await run.end()).storms;
  expect(banned.size).toBe(3);
  expect(storm).toMatchObject({
    verdict: "stalled",
    affected: 150,
    recovered: 147,
    fleetReadyAtEnd: 297,
    configRequests: 0,
    amplification: { config: 0 },
  });
  expect(storm?.verdictReason).toContain("98 % of the affected devices");
  // There were refreshes: each device asks every 5 s.
  expect(broker.asked.length).toBeGreaterThan(300 * 5);
});

it("a second storm of 100 % where 60 % had come back counts those who were out already", async () => {
  const run = new SimulatedRun(
    {
      devices: 300,
      arrivalRate: 100,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "1s", cap: "5s" },
        storms: [
          { at: "5s", fraction: 1, window: "15s" },
          { at: "25s", fraction: 1, window: "15s" },
        ],
      },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  const { broker } = run;
  const letIn = new Set(everyone(300).filter((_, i) => i % 5 < 3));
  run.at(5, () => {
    broker.rules.connect = (id) => (letIn.has(id) ? "accept" : 3);
  });
  let online = 0;
  run.at(24.9, () => {
    online = broker.online.length;
  });
  const [first, second] = (await run.end()).storms;
  expect(online).toBe(180);
  expect(first).toMatchObject({ affected: 300, recovered: 180, alreadyOffline: 0 });
  expect(second).toMatchObject({
    fleet: 300,
    affected: 180,
    alreadyOffline: 120,
    recovered: 180,
    fleetReadyAtEnd: 180,
  });
  expect(["stalled", "metastable"]).toContain(second?.verdict);
  expect(second?.verdictReason).toContain(
    "100 % of the affected devices were ready inside the window (target 99 %), but at its end only 180 of 300 devices of " +
      "the fleet were (60 %) (120 already offline before the storm)",
  );
});

it("1 of 3 devices that is stuck is too few to tell", async () => {
  const run = new SimulatedRun(
    {
      devices: 3,
      arrivalRate: 3,
      mqtt: {
        reconnect: { policy: "fixed", base: "1s" },
        storms: [{ at: "3s", fraction: 1, window: "15s" }],
      },
      scenarios: [SUBSCRIBES],
    },
    {},
  );
  run.at(3, () => {
    run.broker.rules.connect = (id) => (id.endsWith("1") ? 3 : "accept");
  });
  const [storm] = (await run.end()).storms;
  expect(run.broker.online.length).toBe(0);
  expect(storm).toMatchObject({
    verdict: null,
    verdictAbsence: "too-few-devices",
    affected: 3,
    recovered: 2,
  });
  expect(storm?.verdictReason).toContain("it takes 20");
});

it("devices that leave because the script says so are counted apart", async () => {
  const run = new SimulatedRun(
    {
      devices: 144,
      arrivalRate: 72,
      mqtt: {
        reconnect: { policy: "full-jitter", base: "4s", cap: "8s" },
        storms: [{ at: "5s", fraction: 1, window: "20s" }],
      },
      scenarios: [
        SUBSCRIBES,
        { ...SUBSCRIBES, name: "short visits", flow: [{ connect: {} }, { stayOnline: { for: "6s" } }] },
      ],
    },
    {},
  );
  const summary = await run.end();
  const [storm] = summary.storms;
  const visits = storm?.cohorts["short visits"];
  expect(visits).toMatchObject({ affected: 72, unrecovered: 0 });
  expect(visits?.leftByScript).toBe(72 - (visits?.recovered ?? 0));
  expect(visits?.leftByScript).toBeGreaterThan(20);
  expect(storm).toMatchObject({ verdict: "recovered", affected: 144, unrecovered: 0, fleetLeftByScript: 72 });
  expect(storm?.cohorts["subscribes"]).toMatchObject({
    verdict: "recovered",
    recovered: 72,
    leftByScript: 0,
  });
});

it("a fleet that was never ready has no verdict", async () => {
  const run = new SimulatedRun(
    { devices: 100, arrivalRate: 50, mqtt: { storms: [{ at: "10s", fraction: 1, window: "10s" }] } },
    { answersPerS: 0 },
  );
  let asked = 0;
  run.at(10, () => {
    asked = run.broker.asked.length;
  });
  const summary = await run.end();
  expect(summary.storms[0]).toMatchObject({ verdict: null, verdictAbsence: "no-baseline", neverReady: 100 });
  expect(summary.storms[0]?.verdictReason).toBe(
    `the fleet was never ready before the storm (0 of ${asked} config requests answered)`,
  );
  expect(summary.exit.code).toBe(5);
});

/** Client ids of a fleet. */
function everyone(devices: number): string[] {
  return Array.from({ length: devices }, (_, i) => `device-${String(i).padStart(6, "0")}`);
}
