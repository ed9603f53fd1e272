import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { engineSettings, scenarioSettings } from "../../../engine/src/script/schema.ts";
import { STEPS } from "../../../engine/src/script/steps/index.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { problemsOf, scriptWith, withStorm } from "./good-script.ts";

/**
 * Artillery renders `"{{ $env.X }}"` to text. Every number and boolean of the settings stands here once; that none is missing is
 * held against the schema itself.
 */
const SETTINGS: Record<string, unknown>[] = [
  { protocolVersion: 5, receiveMaximum: 20, topicAliasMaximum: 3 },
  { keepalive: 60, connectTimeout: 5, ackTimeout: 7, maxPacketSize: 4096, seed: 42, allowExec: true },
  { session: { clean: false, expiry: 60 }, protocolVersion: 5 },
  { reconnect: { base: 1, cap: 30, policy: "exponential", resetAfter: 9 } },
  { reconnect: { policy: "uniform", window: 30 } },
  { reconnect: { policy: "exponential", factor: 1.5, jitter: 0.2, first: [0, 2], giveUpAfter: 9 } },
  { reconnect: { policy: "fixed", first: 1, onReason: { "135": { wait: 60, jitter: 0.5 } } } },
  { reconnect: { rebootAfter: { failures: 5, takes: 20, jitter: 0.5 } } },
  { failover: { after: 3, returnHome: 60 }, targets: [1, 2].map((n) => region(n)) },
  { storms: [{ at: 1, fraction: 0.25, window: 5, repeat: { times: 2, every: 60 } }] },
  {
    storms: [{ at: 1, cause: "exec", command: ["true"], timeout: 3, window: 5 }],
    allowExec: true,
  },
  { storms: [{ at: 1, cause: "external", fraction: 0.5, waitFor: 4, window: 5 }] },
  {
    storms: [{ at: 1, regionLoss: { target: "r2", for: 3 }, window: 5 }],
    targets: [1, 2].map((n) => region(n)),
  },
  { tls: { insecure: true, resume: true } },
  { probe: false },
  { endWhenRecovered: true },
  { timeZero: { from: "ready", share: 0.99, timeout: 60 } },
  { configService: { capacity: 10, queueLimit: 5, scaleUp: { after: 3, to: 20 } } },
  { http: { connections: 5, insecure: true } },
  {
    forecast: {
      network: { latency: 1 },
      broker: {
        connects: 1,
        tlsFull: 2,
        tlsResumed: 3,
        subscribes: 4,
        messages: 5,
        acceptQueue: 6,
        closes: 7,
        latency: 1,
      },
      generator: { connects: 9 },
      auth: { capacity: 10, queueLimit: 5, latency: 1, scaleUp: { after: 3, to: 20 } },
      configService: { capacity: 10, queueLimit: 5, scaleUp: { after: 3, to: 20 } },
      http: { duration: 2 },
      functions: { login: 1 },
    },
  },
];

function region(n: number): Record<string, unknown> {
  return { name: `r${n}`, url: `mqtt://h${n}`, weight: n };
}

/** Every number and boolean as its text. */
function asText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asText);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
  return typeof value === "number" || typeof value === "boolean" ? String(value) : value;
}

interface Definition {
  type: string;
  shape?: Record<string, z.ZodType>;
  element?: z.ZodType;
  options?: z.ZodType[];
  innerType?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
  values?: unknown[];
  valueType?: z.ZodType;
}

/** Paths of the schema's leaves that hold a number or a boolean. */
function scalarPaths(schema: z.ZodType, path: string): string[] {
  const definition = schema.def as unknown as Definition;
  const { type, shape, element, options, innerType, values } = definition;
  if (type === "number" || type === "boolean") return [path];
  if (type === "literal") return values?.some((value) => typeof value === "number") === true ? [path] : [];
  const inner = [innerType, element, definition.in, definition.out, definition.valueType, ...(options ?? [])];
  return [
    ...inner.flatMap((one) => (one === undefined ? [] : scalarPaths(one, path))),
    ...Object.entries(shape ?? {}).flatMap(([key, one]) => scalarPaths(one, `${path}.${key}`)),
  ];
}

function stepSchema(name: string): z.ZodType {
  return STEPS.find((step) => step.name === name)?.schema as z.ZodType;
}

function pathsIn(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsIn(item, path));
  if (value === null || typeof value !== "object") return [path];
  return Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, `${path}.${key}`));
}

/** Paths of numbers and booleans that nothing makes of text: neither is text taken before them, nor beside them. */
function barePaths(schema: z.ZodType, path: string, takesText = false): string[] {
  const definition = schema.def as unknown as Definition;
  const { type, shape, element, options = [], innerType, valueType, values } = definition;
  const isNumber = values?.some((value) => typeof value === "number") === true;
  if (type === "number" || type === "boolean" || (type === "literal" && isNumber))
    return takesText ? [] : [path];
  const isText = ({ def }: z.ZodType): boolean => def.type === "string";
  const taken = takesText || options.some(isText) || definition.in?.def.type === "transform";
  const inner = [innerType, element, definition.in, definition.out, valueType, ...options];
  return [
    ...inner.flatMap((one) => (one === undefined ? [] : barePaths(one, path, taken))),
    // What an object holds is as it is written.
    ...Object.entries(shape ?? {}).flatMap(([key, one]) => barePaths(one, `${path}.${key}`)),
  ];
}

describe("numbers and booleans as text", () => {
  it("are taken by every key of settings, scenarios and steps", () => {
    const schemas: [string, z.ZodType][] = [
      ["settings", engineSettings],
      ["scenario", scenarioSettings],
      ...STEPS.map(({ name, schema }): [string, z.ZodType] => [name, schema]),
    ];
    expect(schemas.flatMap(([name, schema]) => barePaths(schema, name))).toEqual([]);
    // The walk finds what it looks for, and goes into lists and unions.
    const scalars = schemas.flatMap(([name, schema]) => scalarPaths(schema, name));
    for (const path of [
      "scenario.messageQueue",
      "scenario.telemetry.offline.queue",
      "subscribe.subscribe.retainHandling",
    ])
      expect(scalars).toContain(path);
  });

  it.each([
    ["messageQueue", scenarioSettings.shape.messageQueue, 5],
    [
      "telemetry",
      scenarioSettings.shape.telemetry,
      [{ every: 1, topic: "t", payload: "x", offline: { queue: 5 } }],
    ],
    [
      "subscribe",
      stepSchema("subscribe"),
      { subscribe: { topics: "t", qos: 1, retainHandling: 2, noLocal: true } },
    ],
  ])("mean the same in %s of a scenario", (_name, schema, value) => {
    expect(schema.parse(asText(value))).toEqual(schema.parse(value));
  });

  it.each(SETTINGS)("mean the same: %j", (mqtt) => {
    for (const [key, value] of Object.entries(mqtt)) {
      const schema = engineSettings.shape[key as keyof typeof engineSettings.shape];
      expect(schema.parse(asText(value)), key).toEqual(schema.parse(value));
    }
  });

  it("are all of the schema's", () => {
    const tried = new Set(SETTINGS.flatMap((one) => pathsIn(one, "")));
    const known = Object.entries(engineSettings.shape).flatMap(([key, one]) => scalarPaths(one, `.${key}`));
    expect(known).toContain(".failover.after");
    expect(known).toContain(".tls.insecure");
    expect(known.filter((path) => !tried.has(path))).toEqual([]);
  });

  it("make the same plan", () => {
    const settings = {
      seed: 42,
      protocolVersion: 5,
      session: { clean: false, expiry: 60 },
      storms: [{ at: 20, fraction: 0.25, window: 20 }],
    };
    const { plan } = validate(scriptWith({ mqtt: asText(settings) }));
    expect(plan).toEqual(validate(scriptWith({ mqtt: settings })).plan);
    expect(plan).toMatchObject({ settings: { seed: 42, protocolVersion: 5 }, storms: [{ fraction: 0.25 }] });
  });

  it("a share may be per cent", () => {
    const storms = [{ at: 20, fraction: "25 %", window: 20 }];
    expect(validate(scriptWith({ mqtt: { storms } })).plan?.storms[0]?.fraction).toBe(0.25);
    const timeZero = { from: "ready", share: "99.9 %" };
    expect(validate(scriptWith(withStorm({ timeZero }))).plan?.timeZero).toMatchObject({
      barrier: { share: 0.999 },
    });
  });
});

describe("null", () => {
  it("means not given, for every key of the settings", () => {
    const nulls = Object.fromEntries(Object.keys(engineSettings.shape).map((key) => [key, null]));
    expect(validate(scriptWith({ mqtt: nulls, scenario: FOR_A_WHILE })).plan).toEqual(
      validate(scriptWith({ mqtt: {}, scenario: FOR_A_WHILE })).plan,
    );
  });

  it("and within them: an environment turns a policy into a preset, and takes a storm out", () => {
    const { plan, problems } = validate(
      scriptWith({
        mqtt: {
          reconnect: { policy: null, base: null, cap: null, preset: "mqttjs" },
          storms: [null, { at: 50, fraction: 1, window: 5, cause: null }],
          tls: null,
        },
      }),
    );
    expect(problems).toBeNull();
    expect(plan?.cohorts[0]?.client.reconnect.backoff).toMatchObject({ policy: "fixed", baseMs: 1000 });
    expect(plan?.storms).toEqual([
      expect.objectContaining({ index: 1, atMs: 50_000, fraction: 1, cause: "reset" }),
    ]);
    expect(plan?.settings.tls).toBeUndefined();
  });

  it("leaves storms the places that they have in the script", () => {
    const mqtt = { storms: [null, { at: 50, fraction: 1, window: 5 }, { at: 51, fraction: 1, window: 5 }] };
    expect(problemsOf({ mqtt }).map(({ path }) => path)).toEqual(["config.engines.mqtt.storms[2].at"]);
  });

  it("means the same in steps and scenarios, but not in what goes out", () => {
    const payload = { a: null, b: 1 };
    const { plan, problems } = validate(
      scriptWith({
        scenario: {
          onConnect: null,
          tls: null,
          flow: [
            { connect: null },
            { publish: { topic: "t", payload, qos: null, retain: null } },
            { think: 1, jitter: null },
            { stayOnline: { for: null } },
          ],
        },
      }),
    );
    expect(problems).toBeNull();
    expect(plan?.cohorts[0]?.flow.map(({ spec }) => spec)).toMatchObject([
      { connect: {} },
      { publish: { payload } },
      { think: 1 },
      { stayOnline: {} },
    ]);
  });
});

const FOR_A_WHILE = { flow: [{ connect: {} }, { stayOnline: { for: 5 } }] };
