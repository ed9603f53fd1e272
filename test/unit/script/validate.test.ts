import { describe, expect, it } from "vitest";
import type { ArtilleryScript } from "../../../engine/src/artillery.ts";
import { BACKOFF_POLICIES } from "../../../engine/src/device/backoff.ts";
import { PRESET_NAMES } from "../../../engine/src/device/backoff-presets.ts";
import { DURATION_NOTATION } from "../../../engine/src/duration.ts";
import { longestWaitOf, reactionsOf } from "../../../engine/src/script/client-plan.ts";
import type { Problem } from "../../../engine/src/script/problem.ts";
import { renderProblems } from "../../../engine/src/script/problem.ts";
import { isOurs, readHook } from "../../../engine/src/script/read.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { problemsOf, scriptWith, withStorm } from "./good-script.ts";

const FLOW_STEPS =
  "connect, subscribe, unsubscribe, publish, request, http, waitForMessage, refresh, stayOnline, disconnect, think, set, loop, log, function, parallel";
const ON_CONNECT_STEPS =
  "subscribe, unsubscribe, publish, request, http, waitForMessage, think, set, loop, log, function, parallel";
const HOOK_STEPS = "think, log, function, lab";

type Refusal = [path: string, value: unknown, allowed: string | RegExp];

function expectOnly(
  problems: { path: string; value: unknown; allowed: string }[],
  [path, value, allowed]: Refusal,
): void {
  const text = typeof allowed === "string" ? allowed : expect.stringMatching(allowed);
  const shown = problems.map((problem) => ({
    path: problem.path,
    value: problem.value,
    allowed: problem.allowed,
  }));
  expect(shown).toEqual([{ path, value, allowed: text }]);
}

const READY_IN_5_MIN = { share: 1, timeoutMs: 300_000 };
const SHARE = "a share such as 99 %, above 0 and up to 100 %";

describe("a good script", () => {
  it("becomes a plan in the engine's own units, with defaults", () => {
    const { plan, problems } = validate(scriptWith());
    expect(problems).toBeNull();
    expect(plan).toMatchObject({
      target: { kind: "url", endpoint: { kind: "tcp", host: "broker", port: 1883 } },
      settings: {
        protocolVersion: 4,
        keepalive: 60_000,
        connectTimeout: 10_000,
        session: { clean: true, expiry: 0 },
        resubscribe: "auto",
        seed: 1,
        configService: "external",
      },
      storms: [{ index: 1, atMs: 20_000, fraction: 0.25, cause: "reset", windowMs: 20_000 }],
      timeZero: { kind: "agreed", topic: "artillery-engine-mqtt", from: null, barrier: READY_IN_5_MIN },
      rendezvous: { kind: "broker" },
      cohorts: [{ name: "devices", scenarioIndex: 0, beforeScenario: [], afterScenario: [] }],
    });
    expect(plan?.cohorts[0]?.client.reconnect).toMatchObject({
      backoff: { policy: "full-jitter", baseMs: 1000, capMs: 30_000 },
      resetAfter: "ready",
    });
    expect(plan?.cohorts[0]?.onConnect.map(({ definition }) => definition.name)).toEqual(["subscribe"]);
    expect(plan?.cohorts[0]?.flow.map(({ definition }) => definition.name)).toEqual([
      "connect",
      "stayOnline",
    ]);
  });

  it("may leave out settings and names", () => {
    const scenarios = [{ engine: "mqtt", flow: [{ connect: null }, { stayOnline: { for: 5 } }] }];
    const script = scriptWith({ scenarios });
    for (const engines of [{ mqtt: {} }, { mqtt: null }, {}, undefined]) {
      const given = {
        ...script,
        config: { ...script.config, ...(engines === undefined ? {} : { engines }) },
      };
      if (engines === undefined) delete (given.config as { engines?: unknown }).engines;
      const { plan } = validate(given as ArtilleryScript);
      expect(plan).toMatchObject({ storms: [], cohorts: [{ name: "scenario 1" }] });
    }
  });

  it("takes presets, policies and times of reset", () => {
    const plan = (reconnect: unknown) =>
      validate(scriptWith(withStorm({ reconnect }))).plan?.cohorts[0]?.client.reconnect ?? null;
    expect(plan({ preset: "aws-iot" })).toMatchObject({ resetAfter: { connectedMs: 30_000 } });
    expect(plan({ preset: "mqttjs", resetAfter: "ready" })).toMatchObject({
      backoff: { policy: "fixed", baseMs: 1000 },
      resetAfter: "ready",
    });
    expect(plan({ policy: "exponential", base: "60s" })).toMatchObject({
      backoff: { policy: "exponential", baseMs: 60_000, capMs: 60_000 },
    });
    expect(plan({ policy: "uniform", window: "5s", resetAfter: "20s" })).toMatchObject({
      backoff: { policy: "uniform", windowMs: 5000 },
      resetAfter: { connectedMs: 20_000 },
    });
    for (const policy of BACKOFF_POLICIES) expect(plan({ policy })).not.toBeNull();
    for (const preset of PRESET_NAMES) expect(plan({ preset })).not.toBeNull();
  });

  it("takes the three kinds of time zero", () => {
    const plan = (timeZero: unknown) => validate(scriptWith(withStorm({ timeZero }))).plan?.timeZero;
    expect(plan("local")).toEqual({ kind: "local" });
    const agreed = { kind: "agreed", topic: "artillery-engine-mqtt", from: "ready" };
    expect(plan({ topic: "sync" })).toEqual({
      ...agreed,
      topic: "sync",
      from: null,
      barrier: READY_IN_5_MIN,
    });
    expect(plan({ from: "ready" })).toEqual({ ...agreed, barrier: READY_IN_5_MIN });
    expect(plan({ from: "ready", share: "99.5 %", timeout: "90s" })).toEqual({
      ...agreed,
      barrier: { share: 0.995, timeoutMs: 90_000 },
    });
    expect(plan({ share: 0.5 })).toEqual({
      ...agreed,
      from: null,
      barrier: { share: 0.5, timeoutMs: 300_000 },
    });
    expect(plan({ from: "arrival" })).toMatchObject({ from: "arrival" });
    expect(plan("2026-11-23T10:00:00Z")).toEqual({
      kind: "absolute",
      epochMs: Date.UTC(2026, 10, 23, 10),
    });
  });

  it("takes the three places where workers meet", () => {
    const plan = (rendezvous: unknown) => validate(scriptWith(withStorm({ rendezvous }))).plan?.rendezvous;
    expect(plan("broker")).toEqual({ kind: "broker" });
    expect(plan({ directory: "/mnt/fleet" })).toEqual({ kind: "directory", path: "/mnt/fleet" });
    expect(plan({ s3: "s3://my-bucket" })).toEqual({ kind: "s3", bucket: "my-bucket", prefix: "" });
    expect(plan({ s3: "s3://my-bucket/a/b/" })).toEqual({ kind: "s3", bucket: "my-bucket", prefix: "a/b" });
  });

  it.each<[storms: object[], what: string]>([
    [
      [
        { at: "20s", window: "20s" },
        { at: "40s", window: "5s" },
      ],
      "back to back",
    ],
    [[{ at: 0, window: "20s" }], "at once"],
    [
      [
        { at: "20s", window: "20s" },
        { at: "1h", window: "5s" },
      ],
      "far apart",
    ],
    [
      (["reset", "close", "disconnect", "silent"] as const).map((cause, i) => ({
        at: i * 10,
        window: 10,
        cause,
      })),
      "of every cause that cuts",
    ],
  ])("may have storms %#: %j", (storms) => {
    expect(problemsOf({ mqtt: { storms: storms.map((storm) => ({ fraction: 1, ...storm })) } })).toEqual([]);
  });

  it("leaves scenarios of other engines alone", () => {
    const scenarios = [
      { engine: "http", flow: [{ get: { url: "{{ nobody }}" } }] },
      { engine: "mqtt", name: "ours", flow: [{ connect: {} }] },
      { flow: [{ get: { url: "/" } }] },
    ];
    const { plan } = validate(scriptWith({ scenarios }));
    expect(plan?.cohorts).toMatchObject([{ name: "ours", scenarioIndex: 1 }]);
    expect(isOurs(scriptWith({ config: { engine: "mqtt" } }), scenarios[2])).toBe(true);
  });
});

describe("unknown keys", () => {
  const keysOf = (name: string) => new RegExp(`^one of the keys .*\\b${name}\\b`);
  it.each<[string, Parameters<typeof problemsOf>[0], Refusal, string | undefined]>([
    [
      "engine",
      withStorm({ keepAlife: 5 }),
      ["config.engines.mqtt.keepAlife", 5, keysOf("keepalive")],
      "keepalive",
    ],
    [
      "engine, nothing like it",
      withStorm({ zzzzzzz: 5 }),
      ["config.engines.mqtt.zzzzzzz", 5, keysOf("seed")],
      undefined,
    ],
    [
      "reconnect",
      withStorm({ reconnect: { polici: "fixed" } }),
      [
        "config.engines.mqtt.reconnect.polici",
        "fixed",
        "one of the keys policy, preset, base, cap, window, factor, jitter, first, resetAfter, onReason, giveUpAfter, rebootAfter",
      ],
      "policy",
    ],
    [
      "session",
      withStorm({ session: { clena: true } }),
      ["config.engines.mqtt.session.clena", true, "one of the keys clean, expiry"],
      "clean",
    ],
    [
      "storm",
      { mqtt: { storms: [{ at: 1, fraction: 1, window: 1, casue: "reset" }] } },
      [
        "config.engines.mqtt.storms[0].casue",
        "reset",
        "one of the keys name, at, fraction, cause, regionLoss, nextWrite, window, command, timeout, waitFor, cohort, sparing, over, for, outage, repeat",
      ],
      "cause",
    ],
    [
      "configService",
      withStorm({ configService: { capcity: 5 } }),
      [
        "config.engines.mqtt.configService.capcity",
        5,
        "one of the keys requestTopic, responseTopic, payload, capacity, queueLimit, scaleUp",
      ],
      "capacity",
    ],
    [
      "configService.scaleUp",
      withStorm({ configService: { scaleUp: { after: 1, to: 5, too: 6 } } }),
      ["config.engines.mqtt.configService.scaleUp.too", 6, "one of the keys after, to"],
      "to",
    ],
    [
      "timeZero",
      withStorm({ timeZero: { topic: "a", topik: "b" } }),
      ["config.engines.mqtt.timeZero.topik", "b", "one of the keys topic, from, share, timeout"],
      "topic",
    ],
    [
      "scenario",
      { scenario: { onConect: [] } },
      ["scenarios[0].onConect", [], keysOf("onConnect")],
      "onConnect",
    ],
    [
      "step",
      { scenario: { flow: [{ think: 1, jiter: "2s" }] } },
      ["scenarios[0].flow[0].jiter", "2s", "one of the keys think, jitter"],
      "jitter",
    ],
    [
      "step's settings",
      { scenario: { flow: [{ connect: { giveUp: "5s" } }] } },
      [
        "scenarios[0].flow[0].connect.giveUp",
        "5s",
        "one of the keys clientId, username, password, userProperties, will, beforeConnect, cert, key, giveUpAfter",
      ],
      undefined,
    ],
    [
      "request",
      { scenario: { onConnect: [{ request: { topic: "a", responseTopic: "b", ontimeout: "retry" } }] } },
      ["scenarios[0].onConnect[0].request.ontimeout", "retry", keysOf("onTimeout")],
      "onTimeout",
    ],
    [
      "request of a refresh",
      {
        scenario: {
          flow: [{ refresh: { every: 1, request: { topic: "a", responseTopic: "b", cach: true } } }],
        },
      },
      ["scenarios[0].flow[0].refresh.request.cach", true, keysOf("cache")],
      "cache",
    ],
    [
      "step in a loop in a loop",
      {
        scenario: {
          flow: [
            { loop: [{ loop: [{ think: 1 }, { publish: { topic: "a", qoss: 1 } }], count: 2 }], count: 2 },
          ],
        },
      },
      [
        "scenarios[0].flow[0].loop[0].loop[1].publish.qoss",
        1,
        "one of the keys topic, payload, qos, retain, properties",
      ],
      "qos",
    ],
    [
      "step that takes nothing",
      { scenario: { flow: [{ disconnect: { now: true } }] } },
      ["scenarios[0].flow[0].disconnect.now", true, "no such key"],
      undefined,
    ],
  ])("of the %s", (_level, parts, refusal, meant) => {
    const problems = problemsOf(parts);
    expectOnly(problems, refusal);
    expect(problems[0]?.hint).toBe(meant === undefined ? undefined : `did you mean ${meant}?`);
  });
});

describe("steps", () => {
  it.each<[string, Record<string, unknown>, Refusal, string?]>([
    [
      "unknown in flow",
      { flow: [{ subscrbe: { topics: "a" } }] },
      ["scenarios[0].flow[0].subscrbe", { topics: "a" }, `a step in flow: ${FLOW_STEPS}`],
      "subscribe",
    ],
    [
      "of the HTTP engine",
      { flow: [{ get: { url: "/" } }] },
      ["scenarios[0].flow[0].get", { url: "/" }, `a step in flow: ${FLOW_STEPS}`],
    ],
    [
      "unknown in onConnect",
      { onConnect: [{ pubish: 1 }] },
      ["scenarios[0].onConnect[0].pubish", 1, `a step in onConnect: ${ON_CONNECT_STEPS}`],
      "publish",
    ],
    [
      "unknown in a parallel",
      { flow: [{ parallel: [{ nap: 1 }] }] },
      ["scenarios[0].flow[0].parallel[0].nap", 1, `a step in flow: ${FLOW_STEPS}`],
    ],
    ["empty", { flow: [{}] }, ["scenarios[0].flow[0]", {}, `a step in flow: ${FLOW_STEPS}`]],
    ["a word", { flow: ["connect"] }, ["scenarios[0].flow[0]", "connect", `a step: ${FLOW_STEPS}`]],
    ["null", { flow: [null] }, ["scenarios[0].flow[0]", null, `a step: ${FLOW_STEPS}`]],
    [
      "two in one item",
      { flow: [{ connect: {}, stayOnline: {} }] },
      ["scenarios[0].flow[0]", { connect: {}, stayOnline: {} }, "one step, not connect and stayOnline"],
    ],
    [
      "connect in onConnect",
      { onConnect: [{ connect: {} }] },
      ["scenarios[0].onConnect[0].connect", { connect: {} }, `a step in onConnect: ${ON_CONNECT_STEPS}`],
    ],
    [
      "stayOnline in onConnect",
      { onConnect: [{ stayOnline: {} }] },
      [
        "scenarios[0].onConnect[0].stayOnline",
        { stayOnline: {} },
        `a step in onConnect: ${ON_CONNECT_STEPS}`,
      ],
    ],
    [
      "disconnect in onConnect",
      { onConnect: [{ disconnect: {} }] },
      [
        "scenarios[0].onConnect[0].disconnect",
        { disconnect: {} },
        `a step in onConnect: ${ON_CONNECT_STEPS}`,
      ],
    ],
    [
      "refresh in a loop in onConnect",
      { onConnect: [{ loop: [{ refresh: {} }], count: 1 }] },
      [
        "scenarios[0].onConnect[0].loop[0].refresh",
        { refresh: {} },
        `a step in onConnect: ${ON_CONNECT_STEPS}`,
      ],
    ],
    [
      "lab in flow",
      { flow: [{ lab: {} }] },
      ["scenarios[0].flow[0].lab", { lab: {} }, `a step in flow: ${FLOW_STEPS}`],
    ],
  ])("%s", (_kind, scenario, refusal, meant) => {
    const problems = problemsOf({ scenario });
    expectOnly(problems, refusal);
    expect(problems[0]?.hint).toBe(meant === undefined ? undefined : `did you mean ${meant}?`);
  });

  it.each<[Record<string, unknown>, Refusal]>([
    [{ subscribe: null }, ["subscribe", null, "a value of type object"]],
    [{ subscribe: {} }, ["subscribe.topics", undefined, "a topic filter or a list of them"]],
    [{ subscribe: { topics: [] } }, ["subscribe.topics", [], "a list of at least one topic filter"]],
    [{ subscribe: { topics: true } }, ["subscribe.topics", true, "a topic filter or a list of them"]],
    [{ subscribe: { topics: "a", qos: 3 } }, ["subscribe.qos", 3, "0, 1 or 2"]],
    [{ publish: { topic: "" } }, ["publish.topic", "", "text that is not empty"]],
    [{ publish: { topic: true } }, ["publish.topic", true, "text"]],
    [{ publish: { topic: "a", retain: "yes" } }, ["publish.retain", "yes", "true or false"]],
    [{ request: { topic: "a" } }, ["request.responseTopic", undefined, "text"]],
    [
      { request: { topic: "a", responseTopic: "b", timeout: "later" } },
      ["request.timeout", "later", DURATION_NOTATION],
    ],
    [
      { request: { topic: "a", responseTopic: "b", onTimeout: "explode" } },
      ["request.onTimeout", "explode", "reset, retry or ignore"],
    ],
    [
      { request: { topic: "a", responseTopic: "b", correlation: "magic" } },
      [
        "request.correlation",
        "magic",
        "none, order, topic, properties, or { payload: the name of a JSON property }",
      ],
    ],
    [
      { request: { topic: "a", responseTopic: "b", correlation: "topic" } },
      ["request.responseTopic", "b", "a topic that holds {{ requestId }}, with the correlation topic"],
    ],
    [
      {
        request: { topic: "a", responseTopic: "b", payload: { token: 1 }, correlation: { payload: "token" } },
      },
      [
        "request.payload",
        { token: 1 },
        "a payload whose token is {{ requestId }}, which the answer carries back",
      ],
    ],
    [
      { request: { topic: "a", responseTopic: "b", capture: "$.x" } },
      ["request.capture", "$.x", "a capture or a list of them"],
    ],
    [
      { request: { topic: "a", responseTopic: "b", capture: { json: "$.x", as: 5 } } },
      ["request.capture.as", 5, "text"],
    ],
    [{ think: true }, ["think", true, DURATION_NOTATION]],
    [{ think: "a while" }, ["think", "a while", DURATION_NOTATION]],
    [{ think: "1e20" }, ["think", "1e20", `${DURATION_NOTATION}, of at most 24 days`]],
    [{ think: 1e20 }, ["think", 1e20, `${DURATION_NOTATION}, of at most 24 days`]],
    [{ think: 1, jitter: "much" }, ["jitter", "much", 'a duration, or a share such as "20%"']],
    [{ think: 1, jitter: {} }, ["jitter", {}, 'a duration, or a share such as "20%"']],
    [{ log: [5] }, ["log", [5], "text"]],
    [{ loop: [], count: 1 }, ["loop", [], "a list of at least one step"]],
    [{ loop: { think: 1 }, count: 1 }, ["loop", { think: 1 }, "a list of steps"]],
    [{ loop: [{ think: 1 }], count: [] }, ["count", [], "a number, or a range such as 1-5"]],
    [{ loop: [{ think: 1 }], over: 5 }, ["over", 5, "the name of a list, or a list"]],
    [{ parallel: [{ think: 1 }], limit: 0 }, ["limit", 0, "a number of steps above 0"]],
    [{ parallel: [{ think: 1 }], limit: 1.5 }, ["limit", 1.5, "a number of steps above 0"]],
  ])("settings of the wrong type: %j", (step, [path, value, allowed]) => {
    expectOnly(problemsOf({ scenario: { onConnect: [step] } }), [
      `scenarios[0].onConnect[0].${path}`,
      value,
      allowed,
    ]);
  });

  it.each<[Record<string, unknown>, Refusal]>([
    [{ connect: 5 }, ["connect", 5, "a value of type object"]],
    [{ connect: { giveUpAfter: "x" } }, ["connect.giveUpAfter", "x", DURATION_NOTATION]],
    [{ stayOnline: { for: -1 } }, ["stayOnline.for", -1, DURATION_NOTATION]],
    [
      { refresh: { request: { topic: "a", responseTopic: "b" } } },
      ["refresh.every", undefined, DURATION_NOTATION],
    ],
  ])("settings of the wrong type in flow: %j", (step, [path, value, allowed]) => {
    expectOnly(problemsOf({ scenario: { flow: [step] } }), [`scenarios[0].flow[0].${path}`, value, allowed]);
  });

  it("may be nested lists, as YAML references make them", () => {
    const shared = [
      { request: { topic: "a", responseTopic: "b", capture: { json: "$.t", as: "topics" } } },
      { think: 1 },
    ];
    const onConnect = [shared, { subscribe: { topics: "{{ topics }}" } }];
    expect(problemsOf({ scenario: { onConnect } })).toEqual([]);
    expect(
      problemsOf({ scenario: { onConnect: [[{ subscribe: { topics: "{{ typo }}" } }]] } }),
    ).toMatchObject([{ value: "{{ typo }}" }]);
  });
});

describe("engine settings", () => {
  const FRACTION = "a share above 0 and up to 1, such as 0.25 or 25 %";
  const service = (settings: object) => ({ configService: settings });
  const ANSWERS = "a number of answers per second, above 0";
  it.each<[Record<string, unknown>, Refusal]>([
    [{ protocolVersion: 3 }, ["protocolVersion", 3, "4 (MQTT 3.1.1) or 5"]],
    [{ protocolVersion: "3" }, ["protocolVersion", "3", "4 (MQTT 3.1.1) or 5"]],
    [{ username: false }, ["username", false, "text"]],
    [{ password: [5] }, ["password", [5], "text"]],
    [{ keepalive: "later" }, ["keepalive", "later", DURATION_NOTATION]],
    [{ keepalive: "19h" }, ["keepalive", "19h", "whole seconds from 1s to 65535s, or 0 for none"]],
    [{ connectTimeout: "0s" }, ["connectTimeout", "0s", "a duration above 0"]],
    [{ connectTimeout: -1 }, ["connectTimeout", -1, DURATION_NOTATION]],
    [{ connectTimeout: "25d" }, ["connectTimeout", "25d", "a duration of at most 24 days"]],
    [{ ackTimeout: [] }, ["ackTimeout", [], DURATION_NOTATION]],
    [{ maxPacketSize: 5 }, ["maxPacketSize", 5, "at least 128 bytes"]],
    [{ maxPacketSize: "1MB" }, ["maxPacketSize", "1MB", "a number of bytes"]],
    [{ session: { clean: "no" } }, ["session.clean", "no", "true or false"]],
    ...["x", "400ms", "1193047h", -1].map((expiry): [Record<string, unknown>, Refusal] => [
      { protocolVersion: 5, session: { clean: false, expiry } },
      ["session.expiry", expiry, /^a duration of whole seconds, /],
    ]),
    [{ session: true }, ["session", true, "a value of type object"]],
    [{ resubscribe: "never" }, ["resubscribe", "never", "auto or always"]],
    [{ reconnect: "immediate" }, ["reconnect", "immediate", "a value of type object"]],
    [{ reconnect: { policy: "random" } }, ["reconnect.policy", "random", BACKOFF_POLICIES.join(", ")]],
    [{ reconnect: { preset: "mosquitto" } }, ["reconnect.preset", "mosquitto", PRESET_NAMES.join(", ")]],
    [{ reconnect: { preset: "constructor" } }, ["reconnect.preset", "constructor", PRESET_NAMES.join(", ")]],
    [{ reconnect: { base: "fast" } }, ["reconnect.base", "fast", DURATION_NOTATION]],
    [
      { reconnect: { base: "5s", cap: "4s" } },
      ["reconnect.cap", "4s", "a duration that is not below base (1s unless given)"],
    ],
    [
      { reconnect: { cap: "500ms" } },
      ["reconnect.cap", "500ms", "a duration that is not below base (1s unless given)"],
    ],
    [
      { reconnect: { resetAfter: "never" } },
      ["reconnect.resetAfter", "never", "connack, ready, or the time a connection must have lasted"],
    ],
    ...(["policy", "base", "cap", "window"] as const).map((key): [Record<string, unknown>, Refusal] => {
      const value = key === "policy" ? "fixed" : "5s";
      const allowed = "nothing beside a preset, which sets it; an environment takes it out by null";
      return [{ reconnect: { preset: "mqttjs", [key]: value } }, [`reconnect.${key}`, value, allowed]];
    }),
    [{ storms: {} }, ["storms", {}, "a list of storms"]],
    [{ storms: [7] }, ["storms[0]", 7, "a value of type object"]],
    ...[0, -0.5, 1.01, 25, "1.5", "150%", "half", Number.NaN].map(
      (fraction): [Record<string, unknown>, Refusal] => [
        { storms: [{ at: 1, fraction, window: 1 }] },
        ["storms[0].fraction", fraction, FRACTION],
      ],
    ),
    [{ storms: [{ at: 1, window: 1 }] }, ["storms[0].fraction", undefined, FRACTION]],
    [{ storms: [{ fraction: 1, window: 1 }] }, ["storms[0].at", undefined, DURATION_NOTATION]],
    [{ storms: [{ at: 1, fraction: 1 }] }, ["storms[0].window", undefined, DURATION_NOTATION]],
    [{ storms: [{ at: 1, fraction: 1, window: 0 }] }, ["storms[0].window", 0, "a duration above 0"]],
    [{ storms: [{ at: "-5s", fraction: 1, window: 1 }] }, ["storms[0].at", "-5s", DURATION_NOTATION]],
    [
      { storms: [{ at: 1, fraction: 1, window: 1, cause: "meteor" }] },
      ["storms[0].cause", "meteor", "reset, close, disconnect, silent, exec, external"],
    ],
    [{ seed: 1.5 }, ["seed", 1.5, "a whole number"]],
    [{ seed: "4.2" }, ["seed", "4.2", "a whole number"]],
    [{ seed: "0x2a" }, ["seed", "0x2a", "a whole number"]],
    [
      { timeZero: "noon" },
      [
        "timeZero",
        "noon",
        "local, a date and time such as 2026-11-23T10:00:00Z, or { from: arrival or ready, share, timeout, topic }",
      ],
    ],
    [{ timeZero: { from: "ready", share: "101 %" } }, ["timeZero.share", "101 %", SHARE]],
    [{ timeZero: { from: "ready", share: 0 } }, ["timeZero.share", 0, SHARE]],
    [{ timeZero: { from: "ready", share: "most" } }, ["timeZero.share", "most", SHARE]],
    [{ timeZero: { from: "now" } }, ["timeZero.from", "now", "arrival or ready"]],
    [
      { timeZero: { from: "arrival", timeout: "1m" } },
      ["timeZero.timeout", "1m", "nothing with from: arrival; for ready"],
    ],
    [{ rendezvous: "s3" }, ["rendezvous", "s3", /^broker, \{ directory: /]],
    [{ rendezvous: { directory: "" } }, ["rendezvous.directory", "", "text that is not empty"]],
    [
      { rendezvous: { s3: "my-bucket" } },
      ["rendezvous.s3", "my-bucket", "s3://BUCKET/PREFIX, such as s3://my-bucket/rehearsals"],
    ],
    [{ timeZero: { topic: false } }, ["timeZero.topic", false, "text"]],
    [{ configService: "internal" }, ["configService", "internal", /^external, or \{ requestTopic/]],
    [service({ capacity: 0 }), ["configService.capacity", 0, ANSWERS]],
    [service({ capacity: "lots" }), ["configService.capacity", "lots", ANSWERS]],
    [service({ queueLimit: 0.5 }), ["configService.queueLimit", 0.5, "a whole number above 0"]],
    [service({ payload: {} }), ["configService.payload", {}, "text"]],
    [service({ scaleUp: { after: "x", to: 5 } }), ["configService.scaleUp.after", "x", DURATION_NOTATION]],
    [service({ scaleUp: { after: 5 } }), ["configService.scaleUp.to", undefined, ANSWERS]],
  ])("%j", (settings, [path, value, allowed]) => {
    expectOnly(problemsOf(withStorm(settings)), [`config.engines.mqtt.${path}`, value, allowed]);
  });

  it("of the wrong type altogether", () => {
    for (const mqtt of [5, "x", [], true]) {
      const scenario = { flow: [{ connect: {} }] };
      expectOnly(problemsOf({ mqtt, scenario }), ["config.engines.mqtt", mqtt, "a value of type object"]);
    }
  });

  it("of a bad target", () => {
    const allowed =
      "mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path, or lab for the embedded broker";
    expectOnly(problemsOf({ config: { target: "broker:1883" } }), ["config.target", "broker:1883", allowed]);
    expectOnly(problemsOf({ config: { target: undefined } }), ["config.target", undefined, allowed]);
  });
});

describe("storms", () => {
  const storm = (at: unknown, window: unknown = "20s") => ({ at, fraction: 1, cause: "reset", window });
  const path = (i: number) => `config.engines.mqtt.storms[${i}].at`;

  it("may not stand in the wrong order", () => {
    const allowed = "80s or later (storms stand in the order of their times: the storm before ends then)";
    expectOnly(problemsOf({ mqtt: { storms: [storm("1m"), storm("20s")] } }), [path(1), "20s", allowed]);
  });

  it("may not overlap", () => {
    const allowed = "40s or later (windows may not overlap: the storm before ends then)";
    expectOnly(problemsOf({ mqtt: { storms: [storm(20), storm(39.9)] } }), [path(1), 39.9, allowed]);
    expectOnly(problemsOf({ mqtt: { storms: [storm(20), storm(20)] } }), [path(1), 20, allowed]);
  });

  it("are checked for order even where another setting is wrong", () => {
    const problems = problemsOf({ mqtt: { seed: "x", storms: [storm(20), storm(30), storm(40)] } });
    expect(problems.map((problem) => problem.path)).toEqual(["config.engines.mqtt.seed", path(1), path(2)]);
  });
});

describe("rules over more than one key", () => {
  it("protocol version 5 is not for the lab", () => {
    const problems = problemsOf({ ...withStorm({ protocolVersion: 5 }), config: { target: "lab" } });
    expectOnly(problems, [
      "config.engines.mqtt.protocolVersion",
      5,
      "4 with the lab: the embedded Aedes broker speaks MQTT 3.1.1 only",
    ]);
    expect(problemsOf(withStorm({ protocolVersion: 5 }))).toEqual([]);
    expect(problemsOf({ ...withStorm({ protocolVersion: 4 }), config: { target: "lab" } })).toEqual([]);
  });

  it.each([
    ["30d", 2_592_000_000],
    [5, 5000],
    [4_294_967_294, 4_294_967_294_000],
    ["never", Number.POSITIVE_INFINITY],
  ])("a session may expire after %s", (expiry, milliseconds) => {
    const { plan, problems } = validate(scriptWith(withStorm({ protocolVersion: 5, session: { expiry } })));
    expect(problems).toBeNull();
    expect(plan?.settings.session.expiry).toBe(milliseconds);
  });

  it("MQTT 3.1.1 has no session expiry", () => {
    const session = { clean: false, expiry: "5m" };
    expectOnly(problemsOf(withStorm({ session })), [
      "config.engines.mqtt.session.expiry",
      "5m",
      "0 with MQTT 3.1.1, which has no session expiry",
    ]);
    expect(problemsOf(withStorm({ session, protocolVersion: 5 }))).toEqual([]);
  });

  it("without storms, stayOnline needs a time: nothing else would end the run", () => {
    const allowed = "a duration, since the script has no storms that would end the run";
    const refused = (flow: unknown[], path: string) =>
      expectOnly(problemsOf({ mqtt: {}, scenario: { flow } }), [
        `scenarios[0].flow${path}.for`,
        undefined,
        allowed,
      ]);
    refused([{ connect: {} }, { stayOnline: {} }], "[1].stayOnline");
    refused([{ stayOnline: null }], "[0].stayOnline");
    refused([{ loop: [{ think: 1 }, { stayOnline: {} }], count: 2 }], "[0].loop[1].stayOnline");
    refused([{ parallel: [{ loop: [{ stayOnline: {} }], count: 1 }] }], "[0].parallel[0].loop[0].stayOnline");
    expect(problemsOf({ mqtt: {}, scenario: { flow: [{ stayOnline: { for: "5s" } }] } })).toEqual([]);
  });
});

describe("the client of a scenario's own devices", () => {
  const scenario = (name: string, keys: Record<string, unknown> = {}) => ({
    name,
    engine: "mqtt",
    flow: [{ connect: {} }, { stayOnline: {} }],
    ...keys,
  });
  const clients = (mqtt: Record<string, unknown>, ...own: Record<string, unknown>[]) =>
    validate(
      scriptWith({ ...withStorm(mqtt), scenarios: own.map((keys, i) => scenario(`cohort ${i}`, keys)) }),
    );

  it("stands in place of the settings, key by key, each as a whole", () => {
    const { plan, problems } = clients(
      {
        keepalive: "60s",
        session: { clean: false },
        reconnect: { policy: "fixed", base: "5s", resetAfter: "connack" },
        ackTimeout: "3s",
        receiveMaximum: 10,
      },
      {},
      {
        protocolVersion: 5,
        keepalive: "20m",
        connectTimeout: "30s",
        session: { expiry: "1h" },
        resubscribe: "always",
        reconnect: { policy: "exponential" },
        serverReference: "follow",
      },
    );
    expect(problems).toBeNull();
    const [own, other] = plan?.cohorts.map(({ client }) => client) ?? [];
    expect(own).toEqual({
      protocolVersion: 4,
      keepalive: 60_000,
      connectTimeout: 10_000,
      ackTimeout: 3000,
      session: { clean: false, expiry: 0 },
      resubscribe: "auto",
      reconnect: {
        preset: null,
        backoff: { policy: "fixed", baseMs: 5000, capMs: 30_000, windowMs: 30_000 },
        resetAfter: "connack",
        onReason: {},
        failureLimit: null,
      },
      longestRetryAfterMs: 0,
      // MQTT 3.1.1 has none.
      receiveMaximum: null,
      topicAliasMaximum: null,
      serverReference: null,
    });
    expect(other).toMatchObject({
      protocolVersion: 5,
      keepalive: 1_200_000,
      connectTimeout: 30_000,
      ackTimeout: 3000,
      session: { clean: true, expiry: 3_600_000 },
      resubscribe: "always",
      reconnect: { backoff: { policy: "exponential", baseMs: 1000 }, resetAfter: "ready" },
      receiveMaximum: 10,
      serverReference: "follow",
    });
  });

  const problemsIn = (mqtt: Record<string, unknown>, ...own: Record<string, unknown>[]) =>
    (clients(mqtt, ...own).problems ?? []).map(({ path, value }) => [path, value]);

  it.each([
    [{ keepalive: "90500ms" }, "keepalive", "90500ms"],
    [{ protocolVersion: 3 }, "protocolVersion", 3],
    [{ connectTimeout: 0 }, "connectTimeout", 0],
    [{ session: { expiry: "1h" } }, "session.expiry", "1h"],
    [{ receiveMaximum: 5 }, "receiveMaximum", 5],
    [{ reconnect: { preset: "mqttjs", base: "2s" } }, "reconnect.base", "2s"],
    [{ reconnect: { base: "2s", cap: "1s" } }, "reconnect.cap", "1s"],
  ])("is checked as the settings are: %j", (own, path, value) => {
    expect(problemsIn({}, {}, own)).toEqual([[`scenarios[1].${path}`, value]]);
  });

  it("has what MQTT 5 alone has where its devices speak it, and no session that 3.1.1 would lose", () => {
    const five = { protocolVersion: 5 };
    const kept = { session: { expiry: "1h" } };
    expect(problemsIn({ ...kept, receiveMaximum: 5 }, five)).toEqual([]);
    expect(problemsIn({ ...kept, receiveMaximum: 5 }, five, { session: { clean: false } })).toEqual([]);
    expect(problemsIn(kept, five, {})).toEqual([["scenarios[1].session", undefined]]);
    expect(problemsIn({ ...kept, ...five }, {}, { protocolVersion: 4 })).toEqual([
      ["scenarios[1].session", undefined],
    ]);
    expect(problemsIn({ receiveMaximum: 5 }, {}, {})).toEqual([["config.engines.mqtt.receiveMaximum", 5]]);
  });

  it("says who it is by the rules of its own version and session", () => {
    const will = { topic: "w", payload: "p", contentType: "text/plain" };
    const flow = [{ connect: { will } }, { stayOnline: {} }];
    expect(problemsIn({}, { flow }, { flow, protocolVersion: 5 })).toEqual([
      ["scenarios[0].flow[0].connect.will.contentType", "text/plain"],
    ]);
    const nameless = [{ connect: { clientId: "" } }, { stayOnline: {} }];
    expect(problemsIn({}, { flow: nameless }, { flow: nameless, session: { clean: false } })).toEqual([
      ["scenarios[1].flow[0].connect.clientId", ""],
    ]);
  });

  it("has patience of its own: reasons by name or code, and what comes after too many failures", () => {
    const reconnect = {
      policy: "exponential",
      factor: 1.5,
      jitter: "25 %",
      first: ["0s", "2s"],
      onReason: { not_authorized: "stop", "0x86": { wait: "10m", jitter: 0.1 }, "135": { wait: "1m" } },
      rebootAfter: { failures: 5, takes: "30s" },
    };
    const plan = clients({}, { reconnect }).plan?.cohorts[0]?.client;
    expect(plan?.reconnect).toMatchObject({
      backoff: { policy: "exponential", factor: 1.5, jitter: 0.25, leadMs: [0, 2000] },
      failureLimit: { failures: 5, reboot: { ms: 30_000, jitter: 0 } },
    });
    expect(plan && [...(reactionsOf(plan.reconnect) ?? [])]).toEqual([
      [5, "stop"],
      // A code goes before a name.
      [135, { ms: 60_000, jitter: 0 }],
      [134, { ms: 600_000, jitter: 0.1 }],
    ]);
    expect(plan && longestWaitOf(plan)).toBe(660_000);
  });

  it.each([
    [{ onReason: { nonsense: "stop" } }, "onReason.nonsense"],
    [{ onReason: { success: "stop" } }, "onReason.success"],
    [{ onReason: { banned: "wait" } }, "onReason.banned"],
    [{ giveUpAfter: 0 }, "giveUpAfter"],
    [{ giveUpAfter: 3, rebootAfter: { failures: 3, takes: "1s" } }, "rebootAfter"],
    [{ preset: "mqttjs", factor: 2 }, "factor"],
    [{ policy: "full-jitter", jitter: 0.1 }, "jitter"],
    [{ policy: "exponential", jitter: "110 %" }, "jitter"],
    [{ policy: "fixed", factor: 2 }, "factor"],
  ])("has no patience that means nothing: %j", (reconnect, path) => {
    expect(problemsIn({}, { reconnect }).map(([where]) => where)).toEqual([`scenarios[0].reconnect.${path}`]);
  });

  it("speaks MQTT 3.1.1 with the lab", () => {
    const script = scriptWith({
      ...withStorm({}),
      config: { target: "lab" },
      scenarios: [scenario("four"), scenario("five", { protocolVersion: 5 })],
    });
    expect(validate(script).problems?.map(({ path }) => path)).toEqual(["scenarios[1].protocolVersion"]);
  });
});

describe("scenarios", () => {
  it.each<[Record<string, unknown>, Refusal]>([
    [{ flow: undefined }, ["flow", undefined, "a list of steps"]],
    [{ flow: [] }, ["flow", [], "a list of at least one step"]],
    [{ flow: { connect: {} } }, ["flow", { connect: {} }, "a list of steps"]],
    [{ onConnect: "subscribe" }, ["onConnect", "subscribe", "a list of steps"]],
    [{ name: "" }, ["name", "", "text that is not empty"]],
    [{ weight: [] }, ["weight", [], "a number"]],
    [{ beforeScenario: 5 }, ["beforeScenario", 5, "the name of a function, or a list of them"]],
  ])("settings of the wrong type: %j", (scenario, [path, value, allowed]) => {
    expectOnly(problemsOf({ scenario }), [`scenarios[0].${path}`, value, allowed]);
  });

  it.each([
    "__proto__",
    "half a \ud83d",
    "\udca9",
  ])("may not be called what files cannot keep: %j", (name) => {
    const scenarios = [{ engine: "mqtt", flow: [{ connect: {} }], name }];
    const [problem, ...more] = problemsOf({ scenarios });
    expect(problem).toMatchObject({ path: "scenarios[0].name", value: name });
    expect(more).toEqual([]);
  });

  it("may be called by a whole character of two halves, or as Object calls its own", () => {
    const scenario = (name: string) => ({ engine: "mqtt", flow: [{ connect: {} }], name });
    expect(problemsOf({ scenarios: [scenario("a \u{1f4a9}"), scenario("constructor")] })).toEqual([]);
  });

  it("may not share a name: cohorts are reported by it", () => {
    const scenario = (name?: string) => ({
      engine: "mqtt",
      flow: [{ connect: {} }],
      ...(name === undefined ? {} : { name }),
    });
    const allowed = "a name that no other scenario has: cohorts are reported by it";
    expectOnly(problemsOf({ scenarios: [scenario("a"), scenario("b"), scenario("a")] }), [
      "scenarios[2].name",
      "a",
      allowed,
    ]);
    expectOnly(problemsOf({ scenarios: [scenario("scenario 2"), scenario()] }), [
      "scenarios[1].name",
      "scenario 2",
      allowed,
    ]);
    expect(problemsOf({ scenarios: [scenario(), scenario()] })).toEqual([]);
  });
});

describe("functions", () => {
  const processor = { prepare: () => {}, other: () => {}, data: 5 };
  const allowed = "a function of the processor: prepare, other";
  it.each<[Record<string, unknown>, string]>([
    [{ flow: [{ function: "prepar" }] }, "flow[0]"],
    [{ onConnect: [{ think: 1 }, { function: "prepar" }] }, "onConnect[1]"],
    [{ flow: [{ loop: [{ function: "prepar" }], count: 1 }] }, "flow[0].loop[0]"],
    [{ flow: [{ loop: [{ think: 1 }], whileTrue: "prepar" }] }, "flow[0]"],
    [{ beforeScenario: "prepar" }, "beforeScenario"],
    [{ afterScenario: ["prepare", "prepar"] }, "afterScenario"],
  ])("that the processor lacks: %j", (scenario, path) => {
    expectOnly(problemsOf({ scenario, config: { processor } }), [`scenarios[0].${path}`, "prepar", allowed]);
    const none = "nothing: the script has no processor";
    expect(problemsOf({ scenario })).toContainEqual({
      path: `scenarios[0].${path}`,
      value: "prepar",
      allowed: none,
    });
  });

  it("must be functions", () => {
    expectOnly(problemsOf({ scenario: { flow: [{ function: "data" }] }, config: { processor } }), [
      "scenarios[0].flow[0]",
      "data",
      allowed,
    ]);
  });

  it("are not looked for where the processor was not loaded yet", () => {
    const scenario = { flow: [{ function: "anything" }] };
    expect(problemsOf({ scenario, config: { processor: "./processor.js" } })).toEqual([]);
  });
});

describe("template variables", () => {
  const unknown = (name: string) => ({
    value: `{{ ${name} }}`,
    allowed: expect.stringMatching(/^a variable that exists: .*\bdeviceId\b/),
  });
  const ask = (more: object = {}) => ({ request: { topic: "a", responseTopic: "b", ...more } });

  it.each<[Record<string, unknown>, string, string]>([
    [
      { onConnect: [{ subscribe: { topics: "x/{{ deviceID }}" } }] },
      "onConnect[0].subscribe.topics",
      "deviceID",
    ],
    [
      { onConnect: [{ subscribe: { topics: ["a", "{{ nope[0].x }}"] } }] },
      "onConnect[0].subscribe.topics[1]",
      "nope",
    ],
    [
      { flow: [{ publish: { topic: "a", payload: { x: [{ y: "{{ nope }}" }] } } }] },
      "flow[0].publish.payload.x[0].y",
      "nope",
    ],
    [{ flow: [{ log: "{{ nope }}" }] }, "flow[0].log", "nope"],
    [{ flow: [{ think: "{{ nope }}" }] }, "flow[0].think", "nope"],
    [{ flow: [{ log: "{{ $nope(5) }}" }] }, "flow[0].log", "$nope()"],
    [
      { flow: [{ loop: [{ loop: [{ log: "{{ nope }}" }], count: 2 }], count: 2 }] },
      "flow[0].loop[0].loop[0].log",
      "nope",
    ],
    [{ flow: [{ parallel: [{ think: 1 }, { log: "{{ nope }}" }] }] }, "flow[0].parallel[1].log", "nope"],
    [{ flow: [{ loop: [{ think: 1 }], count: "{{ nope }}" }] }, "flow[0].count", "nope"],
    [
      { flow: [{ loop: [{ think: 1 }], count: 2 }, { log: "{{ $loopCount }}" }] },
      "flow[1].log",
      "$loopCount",
    ],
    [{ flow: [{ loop: [{ think: 1 }], count: 2, loopValue: "i" }, { log: "{{ i }}" }] }, "flow[1].log", "i"],
    [{ flow: [{ log: "{{ requestId }}" }] }, "flow[0].log", "requestId"],
    [
      { flow: [{ refresh: { every: 1, ...ask({ topic: "{{ nope }}" }) } }] },
      "flow[0].refresh.request.topic",
      "nope",
    ],
  ])("that nothing sets: %j", (scenario, path, name) => {
    expect(problemsOf({ scenario })).toMatchObject([{ path: `scenarios[0].${path}`, ...unknown(name) }]);
  });

  it("say what may have been meant", () => {
    const [problem] = problemsOf({ scenario: { flow: [{ log: "{{ deviceID }}" }] } });
    expect(problem?.hint).toBe("did you mean deviceId?");
  });

  it.each(["clientId", "username", "password"])("in connect.%s", (key) => {
    const scenario = (name: string) => ({
      flow: [{ connect: { username: "u", [key]: `x-{{ ${name} }}` } }],
    });
    const path = `scenarios[0].flow[0].connect.${key}`;
    expect(problemsOf({ scenario: scenario("nope") })).toMatchObject([{ path, ...unknown("nope") }]);
    expect(problemsOf({ scenario: scenario("deviceId") })).toEqual([]);
    expect(
      problemsOf({ scenario: scenario("serial"), config: { payload: [{ fields: ["serial"] }] } }),
    ).toEqual([]);
  });

  it.each<[string, Parameters<typeof problemsOf>[0]]>([
    [
      "Artillery's own",
      {
        scenario: {
          flow: [
            {
              log: "{{ $uuid }}{{ $env.HOME }}{{ target }}{{ $testId }}{{ $randomNumber(1, 9) }}{{ $randomString(5) }}",
            },
          ],
        },
      },
    ],
    [
      "config.variables",
      { scenario: { flow: [{ log: "{{ region }}" }] }, config: { variables: { region: ["a", "b"] } } },
    ],
    [
      "payload fields",
      {
        scenario: { flow: [{ log: "{{ serial }}{{ key }}" }] },
        config: { payload: { path: "x.csv", fields: ["serial", "key"] } },
      },
    ],
    [
      "several payloads",
      {
        scenario: { flow: [{ log: "{{ a }}{{ b }}" }] },
        config: { payload: [{ fields: ["a"] }, { fields: ["b"] }] },
      },
    ],
    [
      "a payload loaded at once",
      {
        scenario: { flow: [{ log: "{{ all[0].x }}" }] },
        config: { payload: [{ loadAll: true, name: "all" }] },
      },
    ],
    ["no payload", { config: { payload: null } }],
    [
      "one capture",
      {
        scenario: {
          onConnect: [
            ask({ capture: { json: "$.t", as: "topics" } }),
            { subscribe: { topics: "{{ topics }}" } },
          ],
        },
      },
    ],
    [
      "several captures",
      {
        scenario: {
          onConnect: [
            ask({
              capture: [
                { json: "$.t", as: "t" },
                { json: "$.u", as: "u" },
              ],
            }),
            { log: "{{ t }}{{ u }}" },
          ],
        },
      },
    ],
    [
      "a capture of onConnect in flow",
      {
        scenario: {
          onConnect: [ask({ capture: { json: "$", as: "all" } })],
          flow: [{ log: "{{ all.topics[0] }}" }],
        },
      },
    ],
    [
      "a capture inside a loop",
      {
        scenario: {
          flow: [{ loop: [ask({ capture: { json: "$", as: "x" } })], count: 1 }, { log: "{{ x }}" }],
        },
      },
    ],
    [
      "a capture of a refresh",
      {
        scenario: {
          flow: [{ refresh: { every: 1, ...ask({ capture: { json: "$", as: "x" } }) } }, { log: "{{ x }}" }],
        },
      },
    ],
    ["the id of a request", { scenario: { onConnect: [ask({ topic: "a/{{ requestId }}" })] } }],
    [
      "the count of a loop",
      { scenario: { flow: [{ loop: [{ loop: [{ log: "{{ $loopCount }}" }], count: 1 }], count: 2 }] } },
    ],
    [
      "the element of a loop",
      { scenario: { flow: [{ loop: [{ log: "{{ $loopElement }}" }], over: ["a"] }] } },
    ],
    [
      "named values of loops",
      {
        scenario: {
          flow: [
            {
              loop: [{ loop: [{ log: "{{ i }}{{ item }}" }], count: 1 }],
              over: ["a"],
              loopValue: "i",
              loopElement: "item",
            },
          ],
        },
      },
    ],
    [
      "whatever the user's code sets",
      {
        scenario: { onConnect: [{ function: "f" }], flow: [{ log: "{{ anything }}" }] },
        config: { processor: { f: () => {} } },
      },
    ],
    [
      "whatever beforeScenario sets",
      {
        scenario: { beforeScenario: "f", flow: [{ log: "{{ anything }}" }] },
        config: { processor: { f: () => {} } },
      },
    ],
    [
      "whatever a function of the before hook sets",
      {
        before: { engine: "mqtt", flow: [{ function: "f" }] },
        scenario: { flow: [{ log: "{{ token }}" }] },
        config: { processor: { f: () => {} } },
      },
    ],
    [
      "whatever a before hook over HTTP captures",
      { before: { flow: [{ get: { url: "/" } }] }, scenario: { flow: [{ log: "{{ token }}" }] } },
    ],
  ])("may be: %s", (_source, parts) => {
    expect(problemsOf(parts)).toEqual([]);
  });

  it("are checked beside a before hook that only starts the lab", () => {
    const before = { engine: "mqtt", flow: [{ lab: {} }, { log: "started" }] };
    expect(problemsOf({ before, scenario: { flow: [{ log: "{{ nope }}" }] } })).toHaveLength(1);
  });

  it("are not checked in a worker of a run with a hook, which the worker does not see", () => {
    const script = scriptWith({ scenario: { flow: [{ log: "{{ token }}" }] } });
    expect(validate(script, true).problems).toBeNull();
    expect(validate(script, false).problems).toHaveLength(1);
  });

  it("and functions may be a plugin's, which adds them in workers alone; one that only listens adds none", () => {
    const scenario = { flow: [{ log: "{{ $internetEmail() }} {{ persona }}" }] };
    expect(problemsOf({ scenario, config: { plugins: { "fake-data": {} } } })).toEqual([]);
    expect(problemsOf({ scenario, config: { plugins: { ensure: {}, "mqtt-results": {} } } })).toHaveLength(2);
  });
});

describe("the environment of a run", () => {
  const environment = { variables: { SET: "x" }, names: ["SET", "GONE"] };
  const problems = (
    parts: Parameters<typeof scriptWith>[0],
    where: typeof environment | null = environment,
  ) => validate(scriptWith(parts), false, where).problems;
  const flow = [
    { connect: { username: "u", password: "{{ $env.GONE }}" } },
    {
      publish: {
        topic: "{{ $env['SET'] }}/{{ $processEnvironment.GONE }}",
        payload: { a: "{{ $env.SET }}" },
      },
    },
  ];

  it("lacks a variable that a step takes: said with its path and name", () => {
    const allowed = "a variable that is set in the environment";
    expect(problems({ scenario: { flow } })).toEqual([
      { path: "scenarios[0].flow[0].connect.password", value: "{{ $env.GONE }}", allowed },
      { path: "scenarios[0].flow[1].publish.topic", value: "{{ $processEnvironment.GONE }}", allowed },
    ]);
    // Also beside a hook that nobody sees.
    expect(validate(scriptWith({ scenario: { flow } }), true, environment).problems).toHaveLength(2);
    expect(renderProblems(problems({ scenario: { flow } }) ?? [])).not.toContain("undefined");
  });

  it("is not known where the script is only looked at, and may be changed by the user's code", () => {
    expect(problems({ scenario: { flow } }, null)).toBeNull();
    const config = { processor: { f: () => {} } };
    expect(problems({ config, scenario: { flow: [...flow, { function: "f" }] } })).toBeNull();
  });

  it("lacks a variable of the settings, which Artillery has made nothing or the word undefined of", () => {
    const mqtt = { storms: [], username: "device-undefined", password: undefined, clientIdPrefix: "a" };
    const config = { target: "mqtt://undefined:1883" };
    const scenario = { flow: [{ connect: {} }] };
    expect(problems({ mqtt, config, scenario })?.map(({ path, hint }) => [path, hint])).toEqual([
      ["config.engines.mqtt.username", "not set: $env.GONE"],
      ["config.engines.mqtt.password", "not set: $env.GONE"],
      ["config.target", "not set: $env.GONE"],
    ]);
    expect(problems({ mqtt, config, scenario }, { ...environment, names: ["SET"] })).toBeNull();
    expect(problems({ mqtt, config, scenario }, null)).toBeNull();
  });
});

describe("hooks", () => {
  const HOOK = `a step in before: ${HOOK_STEPS}`.replace("before", "hook");
  it.each<[unknown, Refusal]>([
    [{ engine: "mqtt", flow: [{ connect: {} }] }, ["before.flow[0].connect", { connect: {} }, HOOK]],
    [{ engine: "mqtt", flow: [{ lap: {} }] }, ["before.flow[0].lap", {}, HOOK]],
    [
      { engine: "mqtt", flow: [{ lab: { port: 1 } }] },
      ["before.flow[0].lab.port", 1, "one of the keys tls, regions, auth"],
    ],
    [{ engine: "mqtt", flow: { lab: {} } }, ["before.flow", { lab: {} }, "a list of steps"]],
    [{ engine: "mqtt" }, ["before.flow", undefined, "a list of steps"]],
  ])("%j", (before, refusal) => {
    expectOnly(problemsOf({ before }), refusal);
    const problems: Problem[] = [];
    readHook(scriptWith({ before }), "before", problems);
    expectOnly(problems, refusal);
  });

  it("after the run are named as such", () => {
    const after = { engine: "mqtt", flow: [{ lap: {} }] };
    expectOnly(problemsOf({ after }), ["after.flow[0].lap", {}, HOOK]);
  });

  it("of other engines are not looked at", () => {
    expect(
      problemsOf({
        before: { flow: [{ get: { url: "/" } }] },
        after: { engine: "http", flow: [{ post: {} }] },
      }),
    ).toEqual([]);
  });
});

describe("all at once", () => {
  it("reports every problem of every kind, not only the first", () => {
    const problems = problemsOf({
      config: { target: "lab" },
      before: { engine: "mqtt", flow: [{ lap: {} }] },
      mqtt: {
        protocolVersion: 5,
        keepalife: 5,
        seed: "x",
        storms: [],
        reconnect: { preset: "mqttjs", policy: "fixed" },
      },
      scenarios: [
        {
          engine: "mqtt",
          name: "a",
          onConnect: [{ subscribe: {} }],
          flow: [{ conect: {} }, { stayOnline: {} }],
        },
        { engine: "mqtt", name: "a", flow: [{ log: "{{ unknown }}" }, { function: "f" }] },
        { engine: "mqtt", flow: [] },
      ],
    });
    expect(problems.map(({ path }) => path).sort()).toEqual(
      [
        "before.flow[0].lap",
        "config.engines.mqtt.keepalife",
        "config.engines.mqtt.protocolVersion",
        "config.engines.mqtt.reconnect.policy",
        "config.engines.mqtt.seed",
        "scenarios[0].flow[0].conect",
        "scenarios[0].flow[1].stayOnline.for",
        "scenarios[0].onConnect[0].subscribe.topics",
        "scenarios[1].flow[1]",
        "scenarios[1].name",
        "scenarios[2].flow",
      ].sort(),
    );
  });

  it("changes nothing in the script", () => {
    const script = scriptWith({ before: { engine: "mqtt", flow: [{ lab: {} }] } });
    const copy = structuredClone(script);
    validate(script);
    expect(script).toEqual(copy);
  });
});
