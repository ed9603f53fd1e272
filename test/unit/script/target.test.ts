import { describe, expect, it } from "vitest";
import { dialUrl, parseTarget, type UrlTarget } from "../../../engine/src/script/target.ts";
import { maskUrl } from "../../../engine/src/secrets/secret-text.ts";
import type { Endpoint } from "../../../engine/src/transport/transport.ts";
import { problemsOf, withStorm } from "./good-script.ts";

function refusal(value: unknown): { path: string; value: unknown; allowed: string } {
  const target = parseTarget(value);
  if (!("problem" in target)) throw new Error(`${JSON.stringify(value)} was accepted`);
  return target.problem;
}

describe("config.target", () => {
  it("may be the lab", () => {
    expect(parseTarget("lab")).toEqual({ kind: "lab" });
  });

  it.each<[string, object]>([
    [
      "mqtt://broker",
      {
        endpoint: { kind: "tcp", host: "broker", port: 1883, path: "" },
        username: null,
        password: null,
        url: "mqtt://broker:1883",
      },
    ],
    [
      "mqtt://broker:2883",
      { endpoint: { kind: "tcp", host: "broker", port: 2883, path: "" }, url: "mqtt://broker:2883" },
    ],
    [
      "tcp://10.0.0.1:1884",
      { endpoint: { kind: "tcp", host: "10.0.0.1", port: 1884, path: "" }, url: "mqtt://10.0.0.1:1884" },
    ],
    [
      "mqtt://[::1]:1883",
      { endpoint: { kind: "tcp", host: "::1", port: 1883, path: "" }, url: "mqtt://[::1]:1883" },
    ],
    [
      "mqtt://[fe80::1]",
      { endpoint: { kind: "tcp", host: "fe80::1", port: 1883, path: "" }, url: "mqtt://[fe80::1]:1883" },
    ],
    ["mqtt://u:p@broker", { username: "u", password: "p", url: "mqtt://broker:1883" }],
    ["mqtt://u%40x:p%3Aw%2F@broker", { username: "u@x", password: "p:w/" }],
    ["mqtt://u@broker", { username: "u", password: null }],
  ])("%s", (value, expected) => {
    expect(parseTarget(value)).toMatchObject({ kind: "url", ...expected });
  });

  it.each<[string, Endpoint, string]>([
    ["mqtts://broker", { kind: "tls", host: "broker", port: 8883, path: "" }, "mqtts://broker:8883"],
    ["ssl://broker:1", { kind: "tls", host: "broker", port: 1, path: "" }, "mqtts://broker:1"],
    ["mqtts://broker/", { kind: "tls", host: "broker", port: 8883, path: "" }, "mqtts://broker:8883"],
    ["ws://broker", { kind: "ws", host: "broker", port: 80, path: "/mqtt" }, "ws://broker:80/mqtt"],
    ["ws://broker:80/", { kind: "ws", host: "broker", port: 80, path: "/" }, "ws://broker:80/"],
    ["wss://[::1]", { kind: "wss", host: "::1", port: 443, path: "/mqtt" }, "wss://[::1]:443/mqtt"],
    [
      "wss://u:p@broker/a/b",
      { kind: "wss", host: "broker", port: 443, path: "/a/b" },
      "wss://broker:443/a/b",
    ],
    ["ws://broker?t=1", { kind: "ws", host: "broker", port: 80, path: "/mqtt?t=1" }, "ws://broker:80/mqtt"],
    [
      "ws://broker:9001/x?t=1",
      { kind: "ws", host: "broker", port: 9001, path: "/x?t=1" },
      "ws://broker:9001/x",
    ],
  ])("%s is an endpoint, shown without its query", (value, endpoint, url) => {
    const target = parseTarget(value) as UrlTarget;
    expect(target).toMatchObject({ kind: "url", endpoint, url });
    expect(dialUrl(target).slice(0, url.length)).toBe(url);
    expect(dialUrl(target).endsWith(endpoint.path)).toBe(true);
  });

  it.each([
    ["mqtt://broker/topic", "mqtt"],
    ["mqtts://broker/mqtt", "mqtts"],
    ["mqtts://broker?x=1", "mqtts"],
  ])("%s has a path that would be ignored", (value, scheme) => {
    expect(refusal(value).allowed).toBe(
      `no path or query after ${scheme}://host:port: only ws:// and wss:// have one`,
    );
  });

  const allowed =
    "mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path, or lab for the embedded broker";
  it.each<[unknown, unknown, string]>([
    [undefined, undefined, allowed],
    [null, null, allowed],
    [1883, 1883, allowed],
    ["", "", allowed],
    ["broker", "broker", allowed],
    ["broker:1883", "broker:1883", allowed],
    ["Lab", "Lab", allowed],
    ["mqtt://", "mqtt://", allowed],
    ["mqtt:///topic", "mqtt:///topic", allowed],
    ["mqtt://:1883", "mqtt://:1883", allowed],
    ["mqtt://a b", "mqtt://a b", allowed],
    ["http://broker", "http://broker", allowed],
    ["mqtt://broker:99999", "mqtt://broker:99999", allowed],
    ["mqtt://broker:x", "mqtt://broker:x", allowed],
    ["mqtt://broker:0", "mqtt://broker:0", "a port from 1 to 65535"],
    ["mqtt://{{ host }}", "mqtt://{{ host }}", `${allowed} (its variable has no value)`],
    [
      "mqtt://u:50%@broker",
      "mqtt://broker",
      `${allowed} (user name and password percent-encoded: % itself is %25)`,
    ],
  ])("%j is refused", (value, shown, text) => {
    expect(refusal(value)).toEqual({ path: "config.target", value: shown, allowed: text });
  });

  it.each([
    "http://user:hunter2@broker",
    "http://user:hun@ter2@broker",
    "http://user:hunter2/x@broker",
    "mqtt://user:hunter2#?@broker:99999",
    "user:hunter2@broker",
    "mqtt://user:hunter2%zz@broker",
    "mqtt://user:line\nhunter2@bro ker",
    "http://broker?token=hunter2",
    "http://broker?a\nhunter2",
  ])("never shows the password of %j", (value) => {
    expect(JSON.stringify(refusal(value))).not.toMatch(/hunter2|ter2/);
  });

  it("masks URLs", () => {
    expect(maskUrl("mqtt://u:p@broker:1883/x?y=z")).toBe("mqtt://broker:1883/x");
    expect(maskUrl("mqtt://broker:1883")).toBe("mqtt://broker:1883");
  });
});

describe("public test brokers", () => {
  it.each([
    "mqtt://test.mosquitto.org",
    "mqtts://test.mosquitto.org:8886",
    "mqtt://TEST.Mosquitto.org.:1883",
    "wss://broker.emqx.io:8084/mqtt",
    "mqtt://me:secret@broker.hivemq.com:1883",
  ])("%s is refused, for it is somebody else's", (url) => {
    const { path, allowed, value } = refusal(url);
    expect(path).toBe("config.target");
    expect(allowed).toMatch(/^a broker of your own: \S+ is a public test broker, which belongs to others/);
    expect(String(value)).not.toContain("secret");
  });

  it("nor may a region be one", () => {
    const targets = [
      { name: "eu", url: "mqtt://broker.example" },
      { name: "us", url: "mqtt://broker.hivemq.com" },
    ];
    const problems = problemsOf(withStorm({ targets }));
    expect(problems.map(({ path, allowed }) => `${path}: ${allowed}`).join()).toMatch(
      /targets\[1\]\.url: a broker of your own: broker\.hivemq\.com is a public test broker/,
    );
  });

  it.each([
    "mqtt://mosquitto.org.internal",
    "mqtt://abc123.s1.eu.hivemq.cloud",
    "mqtt://my-test.mosquitto.org.example",
  ])("%s is not one of them", (url) => {
    expect(parseTarget(url)).toMatchObject({ kind: "url" });
  });
});
