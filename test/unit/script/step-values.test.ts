import { describe, expect, it } from "vitest";
import type { VuContext } from "../../../engine/src/artillery.ts";
import type { Device } from "../../../engine/src/device/device.ts";
import { neverOnlineCause } from "../../../engine/src/live/warnings.ts";
import { connect } from "../../../engine/src/script/steps/connect.ts";
import { compileIdentity } from "../../../engine/src/script/steps/identity.ts";
import { publish } from "../../../engine/src/script/steps/publish.ts";
import { request } from "../../../engine/src/script/steps/request.ts";
import { stayOnline } from "../../../engine/src/script/steps/stay-online.ts";
import type { Compiler, StepDefinition } from "../../../engine/src/script/steps/step.ts";
import { subscribe } from "../../../engine/src/script/steps/subscribe.ts";
import { validate } from "../../../engine/src/script/validate.ts";
import { compiledStep } from "./compiled-step.ts";
import { problemsOf, scriptWith } from "./good-script.ts";

/** What Artillery's CSV reader makes of `7,1,true,2s`. */
const vars = { serial: 7, qos: 1, retain: "true", time: "2s", wrong: 7 };

/** What an operation asks of its device. */
function asked(definition: StepDefinition, raw: object): unknown[] {
  const heard: unknown[] = [];
  const device = {
    owner: { vars: { ...vars } },
    nextRequestId: () => "1",
    exchange: {
      publish: (publication: unknown) => heard.push(publication),
      subscribe: (filters: unknown, qos: unknown) => heard.push(filters, qos),
      request: (call: unknown) => heard.push(call),
    },
    env: { port: { turns: { settle: (_: unknown, failure: unknown) => heard.push(failure) } } },
  } as unknown as Device;
  const compiler = { place: "onConnect", helpers: {} } as Compiler;
  definition.operation?.(definition.schema.parse(raw), compiler).begin(device, { settled: () => {} });
  return heard;
}

describe("a column that Artillery cast to a number", () => {
  it("is text where text is meant", () => {
    expect(asked(subscribe, { subscribe: { topics: "{{ serial }}" } })).toEqual([["7"], 0]);
    expect(asked(subscribe, { subscribe: { topics: ["{{ serial }}", "a/{{ serial }}"] } })).toEqual([
      ["7", "a/7"],
      0,
    ]);
    expect(asked(publish, { publish: { topic: "{{ serial }}", payload: "{{ serial }}" } })).toEqual([
      { topic: "7", payload: "7", qos: 0, retain: false },
    ]);
    expect(
      asked(request, {
        request: { topic: "{{ serial }}", responseTopic: "{{ serial }}", listen: "{{ serial }}" },
      }),
    ).toMatchObject([{ topic: "7", responseTopic: "7", listen: ["7"] }]);
    const identity = compileIdentity({
      clientId: "{{ serial }}",
      username: "{{ serial }}",
      password: "{{ serial }}",
    });
    expect(identity?.({ vars } as VuContext, { clientId: "x" } as never)).toMatchObject({
      clientId: "7",
      username: "7",
      password: "7",
    });
  });

  it("may stand in the script itself", () => {
    expect(asked(subscribe, { subscribe: { topics: [7] } })).toEqual([["7"], 0]);
    expect(connect.schema.parse({ connect: { clientId: 42, username: 7, password: 12 } })).toMatchObject({
      connect: { clientId: "42", username: "7", password: "12" },
    });
  });
});

describe("settings of steps as templates", () => {
  it("are rendered for the device", () => {
    const all = { topic: "t", qos: "{{ qos }}", retain: "{{ retain }}" };
    expect(asked(publish, { publish: all })).toMatchObject([{ qos: 1, retain: true }]);
    expect(asked(subscribe, { subscribe: { topics: "t", qos: "{{ qos }}" } })).toEqual([["t"], 1]);
    expect(asked(request, { request: { topic: "t", responseTopic: "r", qos: "{{ qos }}" } })).toMatchObject([
      { qos: 1 },
    ]);
    const { connect: spec } = connect.schema.parse({ connect: { will: all } }) as {
      connect: Parameters<typeof compileIdentity>[0];
    };
    expect(compileIdentity(spec)?.({ vars } as VuContext, {} as never)).toMatchObject({
      will: { qos: 1, retain: true },
    });
  });

  it("say what is allowed at the first device whose value is not", () => {
    expect(() => asked(publish, { publish: { topic: "t", qos: "{{ wrong }}" } })).toThrow(
      "publish.qos: 7 is not allowed; allowed: 0, 1 or 2",
    );
    expect(() => asked(publish, { publish: { topic: "t", retain: "{{ time }}" } })).toThrow(
      "publish.retain: 2s is not allowed; allowed: true or false",
    );
  });

  it("a time to stay online", () => {
    const waits: unknown[] = [];
    const told: string[] = [];
    const compiler = {
      time: { wake: (ms: number) => waits.push(ms) },
      tellError: (error: Error) => told.push(error.message),
      countError: () => {},
    } as unknown as Compiler;
    const step = compiledStep(stayOnline, { stayOnline: { for: "{{ time }}" } }, compiler);
    step({ vars } as VuContext, () => {});
    expect(waits).toEqual([2000]);
    compiledStep(stayOnline, { stayOnline: { for: "{{ retain }}" } }, compiler)({ vars }, () => {});
    expect(told.join()).toContain("stayOnline.for: true is not allowed; allowed: a duration");
  });

  it("need variables that exist", () => {
    expect(
      problemsOf({ scenario: { onConnect: [{ publish: { topic: "t", qos: "{{ nowhere }}" } }] } }),
    ).toMatchObject([{ path: "scenarios[0].onConnect[0].publish.qos", value: "{{ nowhere }}" }]);
  });
});

describe("-k and config.tls.rejectUnauthorized: false", () => {
  it.each([false, "false"])("%j turns verification off for devices and http steps", (rejectUnauthorized) => {
    const { plan } = validate(
      scriptWith({ config: { target: "mqtt://broker:1883", tls: { rejectUnauthorized } } }),
    );
    expect(plan?.settings).toMatchObject({ tls: { insecure: true }, http: { insecure: true } });
  });

  it("goes before an authority of the settings, and true changes nothing", () => {
    const target = "mqtts://broker:8883";
    const mqtt = { storms: [{ at: 1, fraction: 1, window: 1 }], tls: { ca: "ca.pem", resume: true } };
    const off = validate(scriptWith({ mqtt, config: { target, tls: { rejectUnauthorized: false } } }));
    expect(off.plan?.settings.tls).toEqual({ ca: "ca.pem", resume: true, insecure: true });
    const on = validate(scriptWith({ mqtt, config: { target, tls: { rejectUnauthorized: true } } }));
    expect(on.plan).toEqual(validate(scriptWith({ mqtt, config: { target } })).plan);
  });
});

describe("a fleet that was never online", () => {
  it("has a certificate that is not trusted as its cause where most attempts failed with it", () => {
    const urls = ["mqtts://broker:8883"];
    expect(
      neverOnlineCause(urls, [{ tcp_timeout: 2 }, { tls_certificate: 2 }, { tls_certificate: 1 }]),
    ).toMatch(/^the certificate of mqtts:\/\/broker:8883 is not trusted.*tls\.ca.*-k$/);
    expect(neverOnlineCause(urls, [{ tcp_timeout: 2, tls_certificate: 1 }])).toBe(
      "is mqtts://broker:8883 the right target?",
    );
    expect(neverOnlineCause(urls, [{}])).toBe("is mqtts://broker:8883 the right target?");
  });
});
