import { once } from "node:events";
import { readdirSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ArtilleryRun, runArtillery } from "../support/artillery.ts";

/** Listens where a broker would, speaks to nobody, and counts who comes. */
let server: Server;
let connections = 0;
let target = "";

beforeAll(async () => {
  server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  target = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
});

beforeEach(() => {
  connections = 0;
});

interface Parts {
  mqtt?: object;
  scenario?: object;
  plugins?: object;
  hook?: boolean;
}

function scriptWith({ mqtt, scenario, plugins, hook }: Parts): object {
  return {
    config: {
      target,
      // Enough arrivals for every worker to get some, for long enough that a run which does not end itself is seen.
      phases: [{ duration: 40, arrivalRate: 30 }],
      engines: { mqtt: { storms: [{ at: "3s", fraction: 1, cause: "reset", window: "2s" }], ...mqtt } },
      ...(plugins === undefined ? {} : { plugins }),
    },
    ...(hook ? { before: { engine: "mqtt", flow: [{ lab: {} }] } } : {}),
    scenarios: [
      { engine: "mqtt", name: "devices", flow: [{ connect: {} }, { stayOnline: {} }], ...scenario },
    ],
  };
}

/** The run ended by itself and soon, with an error, and without a connection. */
function expectRefused(run: ArtilleryRun, messages: readonly (string | RegExp)[]): void {
  const output = run.stdout + run.stderr;
  expect(run.code, output).not.toBeNull();
  expect(run.code, output).not.toBe(0);
  expect(run.elapsedMs).toBeLessThan(90_000);
  expect(output).toContain("in the script; nothing was connected.");
  for (const message of messages) expect(output).toMatch(message);
  expect(connections).toBe(0);
}

const BAD: Record<string, { parts: Parts; messages: (string | RegExp)[] }> = {
  "an unknown key": {
    parts: { mqtt: { keepalife: "77s" } },
    messages: [
      /config\.engines\.mqtt\.keepalife: "77s" is not allowed; allowed: one of the keys .*keepalive.*\(did you mean keepalive\?\)/,
    ],
  },
  "an unknown variable": {
    parts: { scenario: { onConnect: [{ subscribe: { topics: "x/{{ deviceID }}" } }] } },
    messages: [
      /scenarios\[0\]\.onConnect\[0\]\.subscribe\.topics: "\{\{ deviceID \}\}" is not allowed; allowed: a variable that exists: .*deviceId/,
    ],
  },
  "a bad fraction": {
    parts: { mqtt: { storms: [{ at: "3s", fraction: 25, cause: "reset", window: "2s" }] } },
    messages: [
      /config\.engines\.mqtt\.storms\[0\]\.fraction: 25 is not allowed; allowed: a share above 0 and up to 1, such as 0.25 or 25 %/,
    ],
  },
};

// Every pair of hook and plugin is met, and each kind of mistake with and without a hook.
describe.each([
  ["an unknown key", false, false],
  ["an unknown key", true, true],
  ["an unknown variable", false, true],
  ["an unknown variable", true, false],
  ["a bad fraction", false, false],
  ["a bad fraction", true, false],
] as const)("%s; before hook: %j, mqtt-results: %j", (kind, hook, plugin) => {
  it("ends the run, with as many workers as the machine gives and with several", async () => {
    const { parts, messages } = BAD[kind] as (typeof BAD)[string];
    const script = scriptWith({ ...parts, hook, ...(plugin ? { plugins: { "mqtt-results": {} } } : {}) });
    const runs = [false, true].map((severalWorkers) => runArtillery(script, { severalWorkers }));
    for (const run of await Promise.all(runs)) expectRefused(run, messages);
  });
});

it("the counting server does count: a good script connects", async () => {
  const phases = [{ duration: 1, arrivalRate: 3 }];
  const good = scriptWith({ mqtt: { storms: [{ at: "1s", fraction: 1, window: "1s" }] } }) as {
    config: object;
  };
  await runArtillery({ ...good, config: { ...good.config, phases } });
  expect(connections).toBeGreaterThanOrEqual(3);
});

it("all problems of a script are reported at once", async () => {
  const script = scriptWith({
    mqtt: { keepalife: "77s", seed: "x", storms: [{ at: "3s", fraction: 25, window: "2s" }] },
    scenario: { flow: [{ conect: {} }] },
  });
  expectRefused(await runArtillery(script), [
    /4 problems in the script/,
    /mqtt\.keepalife: "77s"/,
    /mqtt\.seed: "x"/,
    /storms\[0\]\.fraction: 25/,
    /scenarios\[0\]\.flow\[0\]\.conect: \{\}.*did you mean connect\?/,
  ]);
});

it("a password in a bad target is not printed", async () => {
  const run = await runArtillery(scriptWith({}), { args: ["-t", "http://user:hunter2@127.0.0.1:1"] });
  expectRefused(run, [
    /config\.target: "http:\/\/127\.0\.0\.1:1" is not allowed; allowed: mqtt:\/\/host:port/,
  ]);
  expect(run.stderr).not.toContain("hunter2");
});

it("a bad setting of mqtt-results ends the run with exit code 1 and says what is allowed", async () => {
  const run = await runArtillery(scriptWith({ plugins: { "mqtt-results": { target: 99 } } }));
  expect(run.code, run.stdout + run.stderr).toBe(1);
  expect(run.stderr).toContain(
    'config.plugins.mqtt-results.target: 99 is not allowed; allowed: a share from 0 to 1, or a percentage such as "99 %"',
  );
  expect(run.elapsedMs).toBeLessThan(90_000);
  expect(connections).toBe(0);
  expect(readdirSync(run.runDirectory)).toEqual(["script.json"]);
});

describe("nothing listens at the target", () => {
  let freeTarget = "";
  beforeAll(async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    freeTarget = `mqtt://127.0.0.1:${(other.address() as AddressInfo).port}`;
    other.close();
    await once(other, "close");
  });

  /** Artillery's own final count of a metric. */
  function counted(run: ArtilleryRun, name: string): number {
    const summary = run.stdout.slice(run.stdout.indexOf("Summary report"));
    const match = new RegExp(`^${name.replaceAll(".", "\\.")}:[ .]*(\\d+)`, "m").exec(summary);
    return Number(match?.[1] ?? 0);
  }

  const DEVICES = 12;
  const phases = [{ duration: 2, arrivalRate: DEVICES / 2 }];
  const reconnect = { policy: "exponential", base: "1s", cap: "30s" };

  it.concurrent.each([
    [
      "the end of the last storm",
      { storms: [{ at: "3s", fraction: 1, cause: "reset", window: "2s" }] },
      [{ connect: {} }, { stayOnline: {} }],
      true,
    ],
    ["giveUpAfter", {}, [{ connect: { giveUpAfter: "4s" } }], false],
  ] as const)("devices back off, and %s ends the run with an error", async (_end, mqtt, flow, severalWorkers) => {
    const script = {
      config: {
        target: freeTarget,
        phases,
        engines: { mqtt: { ...mqtt, reconnect, probe: false } },
        plugins: { "mqtt-results": {} },
      },
      scenarios: [{ engine: "mqtt", flow }],
    };
    const run = await runArtillery(script, { severalWorkers, timeoutMs: 100_000 });
    const output = run.stdout + run.stderr;
    expect(run.code, output).not.toBeNull();
    expect(run.code, output).not.toBe(0);
    const attempts = counted(run, "mqtt.connect.attempts");
    expect(counted(run, "vusers.created"), output).toBe(DEVICES);
    // Tries at 0 s, 1 s and 3 s within 4 s; without back-off there would be thousands.
    expect(attempts, output).toBeGreaterThanOrEqual(DEVICES);
    expect(attempts).toBeLessThanOrEqual(4 * DEVICES);
    // A device may give up in the middle of its last try.
    const refused = counted(run, "mqtt.connect.refused.tcp_refused");
    expect(refused).toBeLessThanOrEqual(attempts);
    expect(refused).toBeGreaterThanOrEqual(Math.max(DEVICES, attempts - DEVICES));
    expect(counted(run, "mqtt.connect.accepted")).toBe(0);
    expect(counted(run, "vusers.failed")).toBe(DEVICES);
    expect(output).toContain("gave_up");
    expect(output).toMatch(/was ever online/);
    expect(run.elapsedMs).toBeLessThan(90_000);
    const records = readdirSync(join(run.runDirectory, "mqtt-results"), {
      recursive: true,
      encoding: "utf8",
    });
    const workers = records.filter((name) => /worker-\d+\.json$/.test(name)).length;
    if (severalWorkers) expect(workers).toBe(3);
    else expect(workers).toBeGreaterThanOrEqual(1);
  });
});
