/** What a script may say of `http`, and what an answer's status means. */
import { describe, expect, it } from "vitest";
import { renderProblems } from "../../../engine/src/script/problem.ts";
import { answerOf, httpSettings } from "../../../engine/src/script/steps/http.ts";
import { httpFailureOf } from "../../../engine/src/transport/http-client.ts";

describe("the settings of http", () => {
  it.each([
    { get: "http://h/{{ deviceId }}" },
    { get: "{{ $mqttLab.http }}/config" },
    { get: "https://{{ host }}/c" },
    { post: "https://h", json: { a: "{{ b }}" } },
    { post: "https://h", body: "text", headers: { "X-Id": "{{ deviceId }}", n: 1 } },
  ])("may be %j", (settings) => {
    expect(httpSettings.safeParse(settings).success).toBe(true);
  });

  it.each([
    {},
    { get: "http://h", post: "http://h" },
    { get: "mqtt://h" },
    { get: "ftp://h/{{ x }}" },
    { get: "/config" },
    { get: "http://" },
    { get: "http://user:pass@h/" },
    { get: "http://h", body: "x" },
    { get: "http://h", json: {} },
    { post: "http://h", body: "x", json: {} },
    { get: "http://h", headers: { "a b": "c" } },
    { get: "http://h", onTimeout: "continue" },
    { get: "http://h", maxBodySize: 0 },
    { get: "http://h", put: "x" },
  ])("may not be %j", (settings) => {
    expect(httpSettings.safeParse(settings).success).toBe(false);
  });

  it("are shown without a URL's user name and password, and without credentials in headers", () => {
    const at = (path: string, value: unknown): string => renderProblems([{ path, value, allowed: "x" }]);
    expect(at("http.get", "http://user:s3cret@h/")).toContain('"http://***@h/"');
    expect(at("http.headers", { Authorization: "s3cret", Cookie: "s3cret" })).not.toContain("s3cret");
  });
});

describe("a status", () => {
  it.each([
    [200, "answer"],
    [204, "answer"],
    [304, "answer"],
    [301, "http_redirect"],
    [400, "http_4xx"],
    [429, "http_429"],
    [500, "http_5xx"],
    [503, "http_503"],
  ])("%i is %s", (status, expected) => {
    const answer = answerOf({ status, body: "b" });
    expect(answer.kind === "answer" ? "answer" : answer.name).toBe(expected);
  });
});

describe("an error", () => {
  it.each([
    ["ECONNREFUSED", "http_refused"],
    ["ETIMEDOUT", "http_timeout"],
    ["HPE_INVALID_CONSTANT", "http_malformed"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "http_tls"],
    ["CERT_HAS_EXPIRED", "http_tls"],
    ["anything else", "http_error"],
  ])("with code %s is %s, whatever its message", (code, name) => {
    expect(httpFailureOf(Object.assign(new Error("secret text"), { code }))).toBe(name);
  });
});
