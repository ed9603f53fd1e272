import { expect, it } from "vitest";
import { validate } from "../../../engine/src/script/validate.ts";
import { withEnvironment } from "../../../engine/src/script/with-environment.ts";
import { scriptWith } from "./good-script.ts";

const variables = { KEEPALIVE: "20", VERSION: "5", CLEAN: "false", EVERY: "7s", TWICE: "{{ deviceId }}" };

it("a scenario takes numbers and booleans from the environment, as config does", () => {
  const scenario = {
    protocolVersion: "{{ $env.VERSION }}",
    keepalive: "{{$env.KEEPALIVE}}s",
    session: { clean: "{{ $env.CLEAN }}", expiry: "1m" },
    telemetry: [{ topic: "t/{{ deviceId }}", every: "{{ $env.EVERY }}" }],
    flow: [{ connect: {} }, { stayOnline: {} }],
  };
  const { plan, problems } = validate(scriptWith({ scenario }), false, { variables, names: [] });
  expect(problems).toBeNull();
  expect(plan?.cohorts[0]?.client).toMatchObject({
    protocolVersion: 5,
    keepalive: 20_000,
    session: { clean: false },
  });
});

it("leaves what is not set, other templates, and values that would be templates", () => {
  const texts = [
    "{{ $env.UNSET }}",
    "{{ deviceId }}",
    "{{ $env.TWICE }}",
    "{{ $env.toString }}",
    "$env.VERSION",
  ];
  expect(withEnvironment(texts, variables)).toEqual(texts);
  const own = { payload: new Uint8Array([1]), call: (): number => 1 };
  expect(withEnvironment(own, variables)).toEqual(own);
});

it("is in the middle of a text, twice, and before a third brace", () => {
  expect(withEnvironment(`{"v": {{ $env.VERSION }}}, {{ $processEnvironment.VERSION }}`, variables)).toBe(
    `{"v": 5}, 5`,
  );
});

it("a weight of null is refused, for Artillery draws by it before anybody else sees it", () => {
  const scenario = { weight: null, flow: [{ connect: {} }, { stayOnline: {} }] };
  const { problems } = validate(scriptWith({ scenario }));
  expect(problems).toEqual([
    { path: "scenarios[0].weight", value: null, allowed: "a number, or no such key" },
  ]);
});
