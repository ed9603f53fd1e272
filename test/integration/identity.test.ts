/** Tokens that expire in mid-run, made anew by a function of the processor before every attempt. */
import { createHmac } from "node:crypto";
import { type AddressInfo, createServer } from "node:net";
import { Aedes } from "aedes";
import { expect, it, onTestFinished } from "vitest";
import type { ProcessorFunction, RunEvents, VuContext } from "../../engine/src/artillery.ts";
import { ProcessorCalls } from "../../engine/src/script/processor-calls.ts";
import { connect } from "../../engine/src/script/steps/connect.ts";
import { bindDevice, type Compiler } from "../../engine/src/script/steps/step.ts";
import { fleetOf } from "../support/broker.ts";
import { type DeviceFleet, eventually, pause } from "../support/device-fleet.ts";
import { compiledStep } from "../unit/script/compiled-step.ts";

const KEY = "of the test";
const TOKEN_LASTS_MS = 1500;
const base64 = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const signature = (text: string): string => createHmac("sha256", KEY).update(text).digest("base64url");

/** RFC 7519, HS256; `exp` in milliseconds, so that the test need not last long. */
function makeJwt(sub: string): string {
  const text = `${base64({ alg: "HS256", typ: "JWT" })}.${base64({ sub, exp: Date.now() + TOKEN_LASTS_MS })}`;
  return `${text}.${signature(text)}`;
}

function isValid(jwt: string, sub: string): boolean {
  const [header, claims, signed] = jwt.split(".");
  if (signed !== signature(`${header}.${claims}`)) return false;
  const { sub: said, exp } = JSON.parse(Buffer.from(claims ?? "", "base64url").toString());
  return said === sub && exp > Date.now();
}

/** Aedes that takes a device by its token only. */
async function tokenBroker(): Promise<number> {
  const aedes = await Aedes.createBroker({
    authenticate: ({ id }, _username, password, done) => done(null, isValid(String(password), id)),
  });
  const server = createServer((socket) => aedes.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    await new Promise<void>((resolve) => aedes.close(resolve));
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Runs the `connect` step for every device of the fleet. */
function connectAll(fleet: DeviceFleet, settings: object, token: ProcessorFunction): void {
  const events = {} as RunEvents;
  const calls = new ProcessorCalls({ processor: { token }, events, expire: () => () => {}, tell: () => {} });
  const compiler = { fleet: { whenReady: () => {} }, calls } as unknown as Compiler;
  const step = compiledStep(connect, { connect: settings }, compiler);
  for (const device of fleet.devices) {
    const context: VuContext = { vars: { deviceId: device.attempt.identity.credentials.clientId } };
    bindDevice(context, device);
    step(context, () => {});
  }
}

const SETTINGS = { username: "{{ deviceId }}", password: "{{ token }}" };
const backoff = { policy: "full-jitter", baseMs: 50, capMs: 200 } as const;

const makers: [string, ProcessorFunction][] = [
  [
    "an async function",
    async ({ vars }) => {
      await pause(5);
      vars["token"] = makeJwt(String(vars["deviceId"]));
    },
  ],
  [
    "a function with a callback",
    ({ vars }, _events, done) => {
      setTimeout(() => {
        vars["token"] = makeJwt(String(vars["deviceId"]));
        done();
      }, 5);
    },
  ],
  [
    "a function that returns a promise",
    ({ vars }) =>
      pause(5).then(() => {
        vars["token"] = makeJwt(String(vars["deviceId"]));
      }),
  ],
];

it.each(makers)("%s: devices come back after their tokens have expired", async (_, token) => {
  const fleet = fleetOf({ port: await tokenBroker(), devices: 50, backoff });
  connectAll(fleet, { ...SETTINGS, beforeConnect: "token" }, token);
  await fleet.allReady();
  await pause(TOKEN_LASTS_MS + 100);
  expect(fleet.storm("reset", 1)).toBe(50);
  await fleet.allReady();
  expect(fleet.events.names.connectRefused).toEqual({});
  expect(fleet.events).toMatchObject({ counts: { connectAttempt: 100, connectAccepted: 100 } });
});

it("without it, a token that expires in mid-run locks them out", async () => {
  const fleet = fleetOf({ port: await tokenBroker(), devices: 5, backoff });
  for (const device of fleet.devices) {
    const { clientId } = device.attempt.identity.credentials;
    device.attempt.identity.identify({ clientId, username: clientId, password: makeJwt(clientId) });
  }
  await fleet.connect().allReady();
  await pause(TOKEN_LASTS_MS + 100);
  fleet.storm("reset", 1);
  await eventually(() => (fleet.events.names.connectRefused["connack.not_authorized"] ?? 0) >= 10);
  expect(fleet.events.counts.connectAccepted).toBe(5);
});

it("a function that fails is a failed attempt, and the policy goes on", async () => {
  const fleet = fleetOf({ port: await tokenBroker(), devices: 5, backoff });
  let calls = 0;
  connectAll(fleet, { ...SETTINGS, beforeConnect: "token" }, async ({ vars }) => {
    if (++calls <= 10) throw new Error("no token today");
    vars["token"] = makeJwt(String(vars["deviceId"]));
  });
  await fleet.allReady();
  expect(fleet.events).toMatchObject({
    counts: { connectAttempt: 15, connectAccepted: 5 },
    names: { connectRefused: { credentials_failed: 10 } },
  });
});
