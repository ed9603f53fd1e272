import { afterEach, describe, expect, it } from "vitest";
import { renderPath, renderProblems } from "../../../engine/src/script/problem.ts";
import { forgetHiddenValues, hideValues } from "../../../engine/src/secrets/secret-values.ts";
import { problemsOf } from "./good-script.ts";

describe("messages", () => {
  it("show what is wrong with an authentication service, whose settings are no secrets", () => {
    const path = "before.flow[0].lab.auth.capacity";
    expect(renderProblems([{ path, value: -1, allowed: "a number" }])).toContain(
      "capacity: -1 is not allowed",
    );
    const shown = renderProblems([{ path: "connect.auth", value: "hunter2", allowed: "nothing" }]);
    expect(shown).not.toContain("hunter2");
  });

  it("say path, value, what is allowed, and what may have been meant; all at once", () => {
    const problems = problemsOf({
      mqtt: {
        keepalife: "60s",
        protocolVersion: 3,
        password: [12345],
        reconnect: { policy: "full-jiter" },
        storms: [{ at: "20s", fraction: 1.5, cause: "reset", window: "20s" }],
      },
      scenario: { flow: [{ conect: {} }] },
    });
    expect(renderProblems(problems)).toMatchInlineSnapshot(`
      "artillery-engine-mqtt: 6 problems in the script; nothing was connected.
        config.engines.mqtt.protocolVersion: 3 is not allowed; allowed: 4 (MQTT 3.1.1) or 5
        config.engines.mqtt.password: the value (not shown) is not allowed; allowed: text
        config.engines.mqtt.reconnect.policy: "full-jiter" is not allowed; allowed: immediate, fixed, exponential, full-jitter, equal-jitter, decorrelated-jitter, uniform
        config.engines.mqtt.storms[0].fraction: 1.5 is not allowed; allowed: a share above 0 and up to 1, such as 0.25 or 25 %
        config.engines.mqtt.keepalife: "60s" is not allowed; allowed: one of the keys protocolVersion, username, password, clientIdPrefix, keepalive, connectTimeout, ackTimeout, maxPacketSize, receiveMaximum, topicAliasMaximum, serverReference, session, resubscribe, reconnect, targets, failover, storms, endWhenRecovered, allowExec, tls, localAddresses, transport, probe, seed, timeZero, rendezvous, configService, messages, http, forecast (did you mean keepalive?)
        scenarios[0].flow[0].conect: {} is not allowed; allowed: a step in flow: connect, subscribe, unsubscribe, publish, request, http, waitForMessage, refresh, stayOnline, disconnect, think, set, loop, log, function, parallel (did you mean connect?)"
    `);
  });

  it("count one problem as one", () => {
    expect(renderProblems(problemsOf({ config: { target: "http://u:p@broker/" } }))).toMatchInlineSnapshot(`
      "artillery-engine-mqtt: 1 problem in the script; nothing was connected.
        config.target: "http://broker/" is not allowed; allowed: mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path, or lab for the embedded broker"
    `);
  });

  it.each([
    [{ password: ["hunter2"] }],
    [{ pasword: "hunter2" }],
    [{ credentials: { username: "u", password: "hunter2" } }],
    [{ storms: { password: "hunter2" } }],
    [{ apiToken: "hunter2" }],
  ])("do not show a password: %j", (mqtt) => {
    const text = renderProblems(problemsOf({ mqtt }));
    expect(text).toMatch(/not shown|"\*\*\*"/);
    expect(text).not.toMatch(/hunter2/);
  });

  it.each([
    { targets: [{ name: "eu", url: "mqtt://fleet:hunter2@eu" }] },
    { broker: "mqtts://fleet:hunter2@eu" },
    { broker: "wss://eu/mqtt?token=hunter2" },
  ])("do not show what is secret in a URL: %j", (mqtt) => {
    const text = renderProblems(problemsOf({ mqtt }));
    expect(text).toMatch(/\/\/(\*\*\*@)?eu/);
    expect(text).not.toMatch(/hunter2/);
  });

  it("say what is missing", () => {
    const text = renderProblems(problemsOf({ scenario: { flow: [{ publish: {} }] } }));
    expect(text.split("\n")[1]).toBe("  scenarios[0].flow[0].publish.topic: is missing; allowed: text");
  });

  it("cut a long value", () => {
    const text = renderProblems([{ path: "a", value: "x".repeat(5000), allowed: "less" }]);
    expect(text).toContain(`  a: "${"x".repeat(116)}... is not allowed; allowed: less`);
    expect(text.length).toBeLessThan(250);
  });

  it.each<[unknown, string]>([
    [null, "null"],
    ["", '""'],
    ["two\nlines", '"two\\nlines"'],
    [() => 1, "a function"],
    [Number.NaN, "NaN"],
    [Symbol("x"), "Symbol(x)"],
    [[1, { a: 2 }], '[1,{"a":2}]'],
    [["run", "--password", "hunter2"], '["run","--password","***"]'],
    [{ auth: "hunter2", author: "me" }, '{"auth":"***","author":"me"}'],
    [
      { passphrase: ["hunter2"], tokens: ["hunter2", 7], pin: 1234, list: ["a"] },
      '{"passphrase":"***","tokens":"***","pin":"***","list":["a"]}',
    ],
    [
      ["run", "--password", "hunter2", "-P", 1234, "-p", 1883],
      '["run","--password","***","-P","***","-p",1883]',
    ],
  ])("show %s as %s", (value, shown) => {
    expect(renderProblems([{ path: "a", value, allowed: "b" }]).split("\n")[1]).toBe(
      `  a: ${shown} is not allowed; allowed: b`,
    );
  });
});

describe("values from the environment", () => {
  afterEach(forgetHiddenValues);
  it.each<[string, unknown, string]>([
    ["eu", "eu", '"***"'],
    ['say "friend"', { a: 'say "friend"', b: ["eu west"] }, '{"a":"***","b":["eu west"]}'],
    ["two\nlines", ["--note", "two\nlines"], '["--note","***"]'],
  ])("%j is masked in %j, whatever JSON makes of it", (hidden, value, shown) => {
    hideValues([hidden]);
    expect(renderProblems([{ path: "a", value, allowed: "b" }]).split("\n")[1]).toBe(
      `  a: ${shown} is not allowed; allowed: b`,
    );
  });
});

describe("paths", () => {
  it.each<[PropertyKey[], string]>([
    [["config", "engines", "mqtt", "storms", 1, "at"], "config.engines.mqtt.storms[1].at"],
    [["scenarios", 0, "flow", 2], "scenarios[0].flow[2]"],
    [["config", "plugins", "mqtt-results"], "config.plugins.mqtt-results"],
    [["a", "two words", "1x"], 'a["two words"]["1x"]'],
    [[], ""],
  ])("%j is %s", (path, text) => {
    expect(renderPath(path)).toBe(text);
  });
});
