/** `http` steps of real devices against real HTTP servers: counts, refusals, and calls whose MQTT connection goes. */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { CaptureResult, Helpers, VuContext } from "../../engine/src/artillery.ts";
import { operationOf } from "../../engine/src/device/question.ts";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { startLab } from "../../engine/src/lab/lab.ts";
import { compileHttp, httpSettings } from "../../engine/src/script/steps/http.ts";
import type { Compiler } from "../../engine/src/script/steps/step.ts";
import { HttpClient, type HttpClientOptions } from "../../engine/src/transport/http-client.ts";
import { AedesServer, fleetOf, freePort } from "../support/broker.ts";
import { type DeviceFleet, eventually, pause } from "../support/device-fleet.ts";

/** Artillery's helper as far as these tests go: `$.name` of a JSON object. */
const captureOrMatch: Helpers["captureOrMatch"] = (spec, response, _context, done) => {
  const captures: CaptureResult["captures"] = {};
  for (const { json, as } of spec["capture"] as { json: string; as: string }[]) {
    const value = (JSON.parse(String(response.body)) as Record<string, unknown>)[json.slice(2)];
    captures[as] = { value, failed: value === undefined };
  }
  done(null, { captures, matches: {}, failedCaptures: false });
};

interface Back {
  url: string;
  /** Connections taken, and open now. */
  connections: () => number;
  open: () => number;
}

async function listening(
  server: Server | ReturnType<typeof createTcpServer>,
  scheme = "http",
): Promise<Back> {
  let connections = 0;
  let open = 0;
  server.on("connection", (socket) => {
    connections++;
    open++;
    socket.on("error", () => {});
    socket.on("close", () => open--);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `${scheme}://127.0.0.1:${port}`, connections: () => connections, open: () => open };
}

const backEnd = (listener: RequestListener): Promise<Back> => listening(createServer(listener));

const answerAll: RequestListener = (request, response) => {
  response.end(JSON.stringify({ topics: [`commands${request.url}`] }));
};

interface Asking {
  fleet: DeviceFleet;
  contexts: VuContext[];
  /** What every call ended with. */
  outcomes: (string | null)[];
  http: HttpClient;
}

/** Devices of a real broker whose bootstrap is one `http` step. */
async function asking(
  settings: object,
  { devices = 1, ...client }: Partial<HttpClientOptions> & { devices?: number } = {},
): Promise<Asking> {
  const broker = await AedesServer.start();
  onTestFinished(() => broker.stop());
  const http = new HttpClient({ connection: "new", connections: 2, insecure: false, ...client });
  onTestFinished(() => http.close());
  const question = compileHttp(httpSettings.parse(settings), {
    helpers: { captureOrMatch },
    http,
    where: "scenarios[0].onConnect[0] (http)",
    tellError: () => {},
  } as unknown as Compiler);
  const asks = operationOf(question);
  const contexts = Array.from({ length: devices }, (_, n): VuContext => ({ vars: { deviceId: `d${n}` } }));
  const outcomes: (string | null)[] = [];
  const fleet = fleetOf({
    port: broker.port,
    devices,
    backoff: { policy: "fixed", baseMs: 100 },
    owner: (number) => contexts[number] as VuContext,
    bootstrap: (device, waiter) =>
      asks.begin(device, {
        settled(failure) {
          outcomes.push(failure);
          waiter.settled(failure);
        },
      }),
  });
  fleet.connect();
  return { fleet, contexts, outcomes, http };
}

describe("an http step", () => {
  it("fetches on a new connection each time, and captures", async () => {
    const back = await backEnd(answerAll);
    const { fleet, contexts } = await asking(
      { get: `${back.url}/{{ deviceId }}`, capture: { json: "$.topics", as: "topics" } },
      { devices: 20 },
    );
    await fleet.allReady();
    expect(contexts[7]?.vars["topics"]).toEqual(["commands/d7"]);
    expect(fleet.events).toMatchObject({
      counts: { configRequest: 20, configResponse: 20, configTimeout: 0 },
      names: { error: {} },
    });
    expect(back.connections()).toBe(20);
    await eventually(() => back.open() === 0);
    fleet.storm("reset", 1);
    await eventually(() => fleet.events.counts.configResponse === 40);
    expect(back.connections()).toBe(40);
  });

  it("with keep-alive shares as many connections as are allowed", async () => {
    const back = await backEnd(answerAll);
    const { fleet } = await asking({ get: back.url }, { devices: 20, connection: "keep-alive" });
    await fleet.allReady();
    expect(fleet.events).toMatchObject({ counts: { configRequest: 20, configResponse: 20 } });
    expect(back.connections()).toBeLessThanOrEqual(2);
  });

  it("posts JSON with headers, templates in all of them", async () => {
    const heard: unknown[] = [];
    const back = await backEnd(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { method, url, headers } = request;
      heard.push([method, url, headers["content-type"], headers["x-device"], headers["x-request"], body]);
      response.end("{}");
    });
    const { fleet } = await asking({
      post: `${back.url}/a?b=c`,
      headers: { "X-Device": "{{ deviceId }}", "x-request": "{{ requestId }}" },
      json: { id: "{{ deviceId }}", on: true },
    });
    await fleet.allReady();
    expect(heard).toEqual([["POST", "/a?b=c", "application/json", "d0", "1", '{"id":"d0","on":true}']]);
  });

  it("without an answer in time: counted once, the call's connection ends, the device resets", async () => {
    const back = await backEnd(() => {});
    const { fleet, outcomes } = await asking({ get: back.url, timeout: 0.2 });
    await eventually(() => fleet.events.counts.configTimeout === 2);
    fleet.end();
    expect(outcomes.slice(0, 2)).toEqual(["lost", "lost"]);
    expect(fleet.events.names.disconnected["bootstrap_timeout"]).toBe(2);
    expect(fleet.events.counts.configResponse).toBe(0);
    await eventually(() => back.open() === 0);
  });

  it.each([
    ["retry", 2],
    ["ignore", 1],
  ] as const)("without an answer in time and onTimeout %s stays connected", async (onTimeout, requests) => {
    let asked = 0;
    const back = await backEnd((_request, response) => {
      if (++asked > 1) response.end("{}");
    });
    const { fleet } = await asking({ get: back.url, timeout: 0.2, onTimeout });
    await fleet.allReady();
    expect(fleet.events).toMatchObject({
      counts: { connectAccepted: 1, configRequest: requests, configTimeout: 1 },
      names: { disconnected: {} },
    });
  });

  it.each([
    "new",
    "keep-alive",
  ] as const)("is settled once as lost when the MQTT connection goes, %s", async (connection) => {
    const back = await backEnd(() => {});
    const { fleet, outcomes } = await asking({ get: back.url, timeout: 30 }, { devices: 5, connection });
    await eventually(() => fleet.events.counts.configRequest === 5);
    fleet.storm("reset", 1);
    expect(outcomes).toEqual(Array(5).fill("lost"));
    fleet.end();
    await pause(300);
    expect(outcomes).toHaveLength(5);
    expect(fleet.events).toMatchObject({
      counts: { configRequest: 5, configResponse: 0, configTimeout: 0 },
      names: { error: {} },
    });
    await eventually(() => back.open() === 0);
  });

  it.each([
    [404, "http_4xx"],
    [429, "http_429"],
    [500, "http_5xx"],
    [503, "http_503"],
    [302, "http_redirect"],
  ])("refused with status %i: rejected, %s, asked again after the time-out", async (status, name) => {
    let asked = 0;
    const back = await backEnd((_request, response) => {
      response.writeHead(++asked === 1 ? status : 200, { location: "/elsewhere" }).end("{}");
    });
    const { fleet } = await asking({ get: back.url, timeout: 0.3, onTimeout: "retry" });
    await fleet.allReady();
    expect(fleet.events).toMatchObject({
      counts: { configRequest: 2, configRejected: 1, configResponse: 1 },
      names: { error: { [name]: 1 } },
    });
    expect(fleet.events.names.disconnected).toEqual({});
  });

  const noHttp = (bytes: string) => () =>
    listening(
      createTcpServer((socket) => {
        socket.once("data", () => socket.end(bytes));
      }),
    ).then(({ url }) => url);
  const troubles: [what: string, url: () => Promise<string>, name: string][] = [
    ["nobody listens", async () => `http://127.0.0.1:${await freePort()}`, "http_refused"],
    ["the server hangs up", noHttp(""), "http_reset"],
    ["the answer is no HTTP", noHttp("nonsense\r\n\r\n"), "http_malformed"],
    ["the name is unknown", async () => "http://no-such-host.invalid", "http_dns"],
  ];
  it.each(troubles)("where %s: the failure has a name", async (_what, url, name) => {
    const { fleet } = await asking({ get: await url() });
    await eventually(() => (fleet.events.names.error[name] ?? 0) >= 2);
    expect(fleet.events.names.disconnected["bootstrap_refused"]).toBeGreaterThanOrEqual(1);
    expect(fleet.events).toMatchObject({
      counts: { configResponse: 0, configRejected: 0, configTimeout: 0 },
    });
  });

  it("where a variable makes it no URL: it is the script's own error, and the device does not come back to fail again", async () => {
    const { fleet } = await asking({ get: "{{ deviceId }}" });
    await eventually(() => (fleet.events.names.error["invalid_url"] ?? 0) >= 1);
    expect(fleet.events.names.disconnected).toEqual({ finished: 1 });
  });

  it("does not read a body beyond its limit", async () => {
    const back = await backEnd((_request, response) => {
      response.end("x".repeat(2000));
    });
    const { fleet } = await asking({ get: back.url, maxBodySize: 1000 });
    await eventually(() => fleet.events.names.error["http_body_too_large"] === 1);
    expect(fleet.events.counts.configResponse).toBe(0);
  });

  it("verifies certificates, unless it is told not to", async () => {
    const { cert, key } = await createCertificate({ name: "127.0.0.1", hosts: ["127.0.0.1"] });
    const back = await listening(createTlsServer({ key, cert }, answerAll), "https");
    const strict = await asking({ get: back.url });
    await eventually(() => (strict.fleet.events.names.error["http_tls"] ?? 0) >= 1);
    const trusting = await asking({ get: back.url }, { ca: [cert] });
    await trusting.fleet.allReady();
    const insecure = await asking({ get: back.url }, { insecure: true });
    await insecure.fleet.allReady();
    expect([strict, trusting, insecure].map(({ http }) => http.isInsecure)).toEqual([false, false, true]);
    expect(strict.fleet.events.counts.configResponse).toBe(0);
  });
});

/** A server that refuses the first call of every device, and keeps when each asked. */
async function postponing(
  status: number,
  retryAfter: () => string,
): Promise<Back & { asked: Map<string, { atMs: number; dueMs: number }[]> }> {
  const asked = new Map<string, { atMs: number; dueMs: number }[]>();
  const back = await backEnd(({ url = "" }, response) => {
    const calls = asked.get(url) ?? [];
    asked.set(url, calls);
    if (calls.length > 0) response.end("{}");
    const header = retryAfter();
    const dueMs = /^\d+$/.test(header) ? Date.now() + Number(header) * 1000 : Date.parse(header);
    calls.push({ atMs: Date.now(), dueMs });
    if (calls.length === 1) response.writeHead(status, { "retry-after": header }).end();
  });
  return { ...back, asked };
}

/** An HTTP date has whole seconds: this one is one to two seconds from now. */
const soon = (): string => new Date(Date.now() + 2000).toUTCString();

describe("Retry-After", () => {
  const DEVICES = 10;
  /** Timers and the clock of dates are apart by less. */
  const CLOCKS_MS = 5;

  it("has every device leave the server alone for as long as it asks, where the script says so", async () => {
    // Long enough for an answer on a busy machine, and over before the server is due.
    const patienceMs = 500;
    const ask = { timeout: patienceMs / 1000, onTimeout: "retry", retryAfter: "honour" };
    const cases = await Promise.all(
      (
        [
          ["seconds", 503, () => "1", ask],
          ["a date", 503, soon, ask],
          ["429", 429, () => "1", ask],
          ["reset", 503, () => "1", { ...ask, onTimeout: "reset" }],
          ["a bound", 503, () => "3600", { ...ask, retryAfter: { atMost: "600ms" } }],
          ["ignored", 503, () => "1", { ...ask, retryAfter: "ignore" }],
          ["no time", 503, () => "later", ask],
        ] as const
      ).map(async ([name, status, header, settings]) => {
        const back = await postponing(status, header);
        const { fleet } = await asking(
          { get: `${back.url}/{{ deviceId }}`, ...settings },
          { devices: DEVICES },
        );
        await fleet.allReady();
        const calls = [...back.asked.values()];
        expect(
          calls.map(({ length }) => length),
          name,
        ).toEqual(Array(DEVICES).fill(2));
        /** By how much the second call of a device came after the time that the server had named, and after the first. */
        const early = calls.map(([first, second]) => (first?.dueMs ?? 0) - (second?.atMs ?? 0));
        const apart = calls.map(([first, second]) => (second?.atMs ?? 0) - (first?.atMs ?? 0));
        return { name, fleet, early: Math.max(...early), apart: Math.min(...apart) };
      }),
    );
    const by = Object.fromEntries(cases.map((one) => [one.name, one])) as Record<string, (typeof cases)[0]>;
    for (const name of ["seconds", "a date", "429", "reset"]) {
      expect(by[name]?.early, name).toBeLessThanOrEqual(CLOCKS_MS);
      expect(by[name]?.fleet.events.counts.retryPostponed, name).toBe(DEVICES);
    }
    expect(by["a bound"]?.apart).toBeGreaterThanOrEqual(600 - CLOCKS_MS);
    expect(by["a bound"]?.fleet.events.counts.retryPostponed).toBe(DEVICES);
    for (const name of ["ignored", "no time"]) {
      expect(by[name]?.apart, name).toBeGreaterThanOrEqual(patienceMs - CLOCKS_MS);
      expect(by[name]?.fleet.events.counts.retryPostponed, name).toBe(0);
    }
    // Some of those that do not listen come before they are due.
    expect(by["ignored"]?.early).toBeGreaterThan(CLOCKS_MS);
    expect(by["reset"]?.fleet.events.names.disconnected).toEqual({ bootstrap_refused: DEVICES });
    expect(by["seconds"]?.fleet.events.names.disconnected).toEqual({});
  });
});

describe("the lab's config service", () => {
  it("answers over HTTP from the same bounded queue", async () => {
    const lab = await startLab({
      broker: true,
      configService: {
        requestTopic: "config/+/get",
        responseTopic: "config/$1",
        payload: '{"topics":["commands/$1"]}',
        capacity: 50,
        queueLimit: 20,
      },
    });
    onTestFinished(() => lab.stop());
    expect(lab.description).toContain(` at ${lab.http}`);
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${lab.http}${path}`);
      return [response.status, await response.text()];
    };
    expect(await get("/config/dev-1/get?x=y")).toEqual([200, '{"topics":["commands/dev-1"]}']);
    expect(await get("/else")).toEqual([404, ""]);
    const startedMs = performance.now();
    const all = await Promise.all(Array.from({ length: 60 }, (_, n) => get(`/config/${n}/get`)));
    const answered = all.filter(([status]) => status === 200).length;
    expect(all.filter(([status]) => status === 503)).toHaveLength(60 - answered);
    expect(answered).toBeGreaterThanOrEqual(20);
    expect(answered).toBeLessThan(50);
    // 20 ms each: no more than the capacity.
    expect(performance.now() - startedMs).toBeGreaterThan((answered - 1) * 20 - 20);
  });
});
