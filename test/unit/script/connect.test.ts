import { describe, expect, it } from "vitest";
import type { ProcessorFunction, RunEvents, VuContext } from "../../../engine/src/artillery.ts";
import { ProcessorCalls } from "../../../engine/src/script/processor-calls.ts";
import { connect } from "../../../engine/src/script/steps/connect.ts";
import { bindDevice, type Compiler } from "../../../engine/src/script/steps/step.ts";
import { Rig } from "../device/device-rig.ts";
import { compiledStep } from "./compiled-step.ts";

/** Whoever waits for the device waits for ever. */
function compilerWith(token?: ProcessorFunction): Compiler {
  const calls = new ProcessorCalls({
    processor: token === undefined ? {} : { token },
    events: {} as RunEvents,
    expire: () => () => {},
    tell: () => {},
  });
  return { fleet: { whenReady: () => {} }, calls } as unknown as Compiler;
}

function connected(
  settings: object,
  vars: Record<string, unknown>,
  protocolVersion: 4 | 5 = 4,
  token?: ProcessorFunction,
): Rig {
  const rig = new Rig({ protocolVersion });
  const context: VuContext = { vars };
  bindDevice(context, rig.device);
  compiledStep(connect, { connect: settings }, compilerWith(token))(context, () => {});
  rig.network.opened.at(-1)?.opens();
  return rig;
}

it("renders client id, user name and password of the device, and keeps them for reconnects", () => {
  const vars = { deviceId: "d1", token: "t1" };
  const rig = connected(
    { clientId: "x-{{ deviceId }}", username: "{{ deviceId }}", password: "{{ token }}" },
    vars,
  );
  const expected = { cmd: "connect", clientId: "x-d1", username: "d1", password: Buffer.from("t1") };
  expect(rig.broker.packets()).toMatchObject([expected]);
  vars.token = "t2";
  rig.broker.ends();
  rig.time.advance(100);
  rig.broker.opens();
  expect(rig.broker.packets()).toMatchObject([expected]);
});

it("leaves what it does not name as it is", () => {
  const rig = connected({ username: "me" }, {});
  expect(rig.broker.packets()).toMatchObject([
    { clientId: "device-000007", username: "me", password: Buffer.from("secret") },
  ]);
});

it("renders will and user properties", () => {
  const rig = connected(
    {
      userProperties: { firmware: "{{ version }}" },
      will: { topic: "gone/{{ deviceId }}", payload: { id: "{{ deviceId }}" }, qos: 1, delayInterval: "5s" },
    },
    { deviceId: "d1", version: 7 },
    5,
  );
  expect(rig.broker.packets()).toMatchObject([
    {
      properties: { userProperties: { firmware: "7" } },
      will: {
        topic: "gone/d1",
        payload: Buffer.from('{"id":"d1"}'),
        qos: 1,
        properties: { willDelayInterval: 5 },
      },
    },
  ]);
});

describe("beforeConnect", () => {
  it("is called before every attempt, and what it sets is rendered again", () => {
    const vars: Record<string, unknown> = {};
    let calls = 0;
    const rig = connected(
      { username: "u", password: "{{ token }}", beforeConnect: "token" },
      vars,
      4,
      (context, _, done) => {
        context.vars["token"] = `t${++calls}`;
        done();
      },
    );
    expect(rig.broker.packets()).toMatchObject([{ password: Buffer.from("t1") }]);
    rig.broker.ends();
    rig.time.advance(100);
    rig.broker.opens();
    expect(rig.broker.packets()).toMatchObject([{ password: Buffer.from("t2") }]);
  });

  const failures: [string, ProcessorFunction, number][] = [
    [
      "throws",
      () => {
        throw new Error("no");
      },
      0,
    ],
    ["calls back with an error", (_context, _events, done) => done(new Error("no")), 0],
    ["never ends", () => {}, 10_000],
    [
      "leaves no CONNECT to be made",
      (context, _events, done) => {
        context.vars["name"] = "x".repeat(70_000);
        done();
      },
      0,
    ],
  ];
  it.each(
    failures,
  )("that %s is a failed attempt: the policy waits, nothing is opened", (_, token, afterMs) => {
    const rig = connected({ username: "{{ name }}", beforeConnect: "token" }, { name: "u" }, 4, token);
    rig.time.advance(afterMs);
    expect(rig.network.opened.length).toBe(0);
    expect(rig.events("connectAttempt", "connectRefused")).toEqual([
      { event: "connectAttempt", storm: 0 },
      { event: "connectRefused", name: "credentials_failed" },
    ]);
    rig.time.advance(100);
    expect(rig.events("connectAttempt").length).toBe(2);
  });

  it("that ends too late, or when the device is gone, opens nothing", () => {
    const dones: (() => void)[] = [];
    const rig = connected({ username: "u", beforeConnect: "token" }, {}, 4, (_context, _events, done) => {
      dones.push(done);
    });
    rig.time.advance(10_000);
    dones[0]?.();
    rig.device.end("ended");
    dones[1]?.();
    expect(rig.network.opened.length).toBe(0);
    expect(rig.time.pending).toBe(0);
  });

  it("takes none of the connection's time", () => {
    const dones: (() => void)[] = [];
    const rig = connected({ username: "u", beforeConnect: "token" }, {}, 4, (_context, _events, done) => {
      dones.push(done);
    });
    rig.time.advance(9000);
    dones[0]?.();
    rig.time.advance(9000);
    rig.broker.opens();
    expect(rig.events("tcpOpened", "connectRefused")).toEqual([{ event: "tcpOpened", value: 9000 }]);
  });
});

it("fails where what is rendered makes no CONNECT", () => {
  const results: unknown[] = [];
  const rig = new Rig();
  const context: VuContext = { vars: { name: "x".repeat(70_000) } };
  bindDevice(context, rig.device);
  const step = compiledStep(connect, { connect: { username: "{{ name }}" } }, compilerWith());
  step(context, (error) => results.push(error?.message));
  expect(results).toEqual(["credentials_failed"]);
  expect(rig.network.opened.length).toBe(0);
});
