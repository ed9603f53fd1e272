import { describe, expect, it } from "vitest";
import { problemsOf, withStorm } from "./good-script.ts";

const connectWith = (connect: object) => ({ flow: [{ connect }, { stayOnline: { for: "1s" } }] });
const shown = (parts: Parameters<typeof problemsOf>[0]) =>
  problemsOf(parts).map(({ path, value, allowed }) => [path, value, allowed]);

describe("settings of MQTT 5", () => {
  it.each([
    ["receiveMaximum", 10],
    ["topicAliasMaximum", 10],
    ["serverReference", "follow"],
  ])("%s is for version 5 only", (key, value) => {
    expect(shown(withStorm({ [key]: value }))).toEqual([
      [`config.engines.mqtt.${key}`, value, `nothing: MQTT 3.1.1 has no ${key}`],
    ]);
    expect(problemsOf(withStorm({ [key]: value, protocolVersion: 5 }))).toEqual([]);
  });

  it.each([
    ["receiveMaximum", 0, "a whole number from 1 to 65535"],
    ["receiveMaximum", 65_536, "a whole number from 1 to 65535"],
    ["topicAliasMaximum", -1, "a whole number from 0 to 65535"],
    ["topicAliasMaximum", "5.5", "a whole number from 0 to 65535"],
    ["serverReference", "ignore", "count or follow"],
  ])("%s may not be %j", (key, value, allowed) => {
    expect(shown(withStorm({ [key]: value, protocolVersion: 5 }))).toEqual([
      [`config.engines.mqtt.${key}`, value, allowed],
    ]);
  });

  it("that stand in connect are for version 5 only", () => {
    const will = { topic: "gone/{{ deviceId }}", delayInterval: "5s", contentType: "text/plain" };
    const scenario = connectWith({ userProperties: { a: "b" }, will });
    expect(shown({ scenario }).map(([path]) => path)).toEqual([
      "scenarios[0].flow[0].connect.userProperties",
      "scenarios[0].flow[0].connect.will.delayInterval",
      "scenarios[0].flow[0].connect.will.contentType",
    ]);
    expect(problemsOf({ scenario, ...withStorm({ protocolVersion: 5 }) })).toEqual([]);
    expect(problemsOf({ scenario: connectWith({ will: { topic: "gone", retain: true, qos: 1 } }) })).toEqual(
      [],
    );
  });

  it.each([
    [{ will: { topic: "a/+" } }, "will.topic", "a/+"],
    [{ will: { topic: "a", delayInterval: "1500ms" } }, "will.delayInterval", "1500ms"],
    [{ will: { topic: "a", qos: 3 } }, "will.qos", 3],
    [{ userProperties: { a: [1] } }, "userProperties.a", [1]],
  ])("%j is refused", (connect, key, value) => {
    const problems = shown({ scenario: connectWith(connect), ...withStorm({ protocolVersion: 5 }) });
    expect(problems).toMatchObject([[`scenarios[0].flow[0].connect.${key}`, value, expect.any(String)]]);
  });
});

describe("identity", () => {
  it("an id that the server assigns needs a clean session", () => {
    const scenario = connectWith({ clientId: "" });
    expect(problemsOf({ scenario })).toEqual([]);
    expect(shown({ scenario, ...withStorm({ session: { clean: false } }) })).toEqual([
      ["scenarios[0].flow[0].connect.clientId", "", expect.stringMatching(/session without one/)],
    ]);
  });

  it("a password needs a user name, of the fleet or the device", () => {
    const scenario = connectWith({ password: "p" });
    expect(shown({ scenario })).toMatchObject([
      ["scenarios[0].flow[0].connect.password", "p", expect.any(String)],
    ]);
    expect(problemsOf({ scenario, ...withStorm({ username: "u" }) })).toEqual([]);
    expect(shown(withStorm({ password: "p" }))).toMatchObject([
      ["config.engines.mqtt.password", "p", expect.any(String)],
    ]);
    expect(problemsOf({ scenario: connectWith({ username: "u" }), ...withStorm({ password: "p" }) })).toEqual(
      [],
    );
  });

  it("beforeConnect names a function of the processor, which may set any variable", () => {
    const scenario = connectWith({ username: "u", password: "{{ token }}", beforeConnect: "makeToken" });
    expect(shown({ scenario, config: { processor: { other: () => {} } } })).toMatchObject([
      ["scenarios[0].flow[0]", "makeToken", "a function of the processor: other"],
    ]);
    expect(problemsOf({ scenario, config: { processor: { makeToken: () => {} } } })).toEqual([]);
  });
});
