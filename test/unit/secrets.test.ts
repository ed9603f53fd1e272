/** What one thread must never show, by the engine's own modules. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { log } from "../../engine/src/artillery.ts";
import { isSecretName } from "../../engine/src/secrets/secret-names.ts";
import { maskText } from "../../engine/src/secrets/secret-text.ts";
import { forgetHiddenValues, hideEnvironment } from "../../engine/src/secrets/secret-values.ts";
import { engineLog } from "../support/engine-log.ts";

beforeEach(forgetHiddenValues);
afterEach(forgetHiddenValues);

describe("variables of the environment that are called like secrets", () => {
  it.each([
    ["PWD", "/config"],
    ["OLDPWD", "/config"],
    ["SSH_AUTH_SOCK", "/tmp/ssh-x/agent.1"],
    ["GPG_AGENT_INFO", "/run/gpg:1"],
    ["XAUTHORITY", "/home/me/.Xauthority"],
    ["DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/bus"],
    ["GIT_ASKPASS", "/usr/share/code/askpass.sh"],
    ["SUDO_ASKPASS", "/usr/bin/ssh-askpass"],
    ["SSH_ASKPASS_REQUIRE", "prefer"],
    ["VSCODE_GIT_ASKPASS_NODE", "/usr/share/code/code"],
    ["PGPASSFILE", "/home/me/.pgpass"],
    ["POSTGRES_PASSWORD_FILE", "/run/secrets/db"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "/home/me/gcp.json"],
    ["CREDENTIALS_DIRECTORY", "/run/credentials"],
    ["PASSWORD_STORE_DIR", "/home/me/.store"],
    ["OTP_VERSION", "26.2.1"],
    ["LESSKEY", "/home/me/.less"],
  ])("%s is none, by convention", (name, value) => {
    hideEnvironment({}, { [name]: value }, []);
    expect(maskText(`devices${value}/get`)).toBe(`devices${value}/get`);
  });
  it.each([
    "DB_PWD",
    "MYSQL_PWD",
    "pwd",
    "PASSWORD",
    "npm_config_//registry.npmjs.org/:_authToken",
    "NODE_AUTH_TOKEN",
    "DOCKER_AUTH_CONFIG",
    "SSH_AUTH_SOCK_TOKEN",
    "TASKPASSWORD",
    "PROFILE_KEY",
    "SECRET_PATH",
  ])("%s is one", (name) => {
    hideEnvironment({}, { [name]: "zebra-7" }, []);
    expect(maskText("a zebra-7/x")).toBe("a ***/x");
  });
  it("are hidden all the same where the script takes them", () => {
    hideEnvironment({}, { POSTGRES_PASSWORD_FILE: "/run/secrets/db" }, ["{{ $env.POSTGRES_PASSWORD_FILE }}"]);
    expect(maskText("a /run/secrets/db")).toBe("a ***");
  });
  it("are only these: in a script and on a command line pwd is a secret", () => {
    expect(isSecretName("pwd")).toBe(true);
    expect(maskText("run --pwd zebra-7 pwd=zebra-7")).toBe("run --pwd *** pwd=***");
  });
});

describe("a worker thread, which sees no command line", () => {
  const overrides = `{"config":{"variables":{"a":"{{ $env.BADGE }}","b":"{{ $env[\\"OTHER\\"] }}"}}}`;
  it("hears the names, and no value, in the environment that it copies", () => {
    const environment: Record<string, string> = { BADGE: "zebra-7", OTHER: "lion-8" };
    hideEnvironment({}, environment, ["--overrides", overrides]);
    const added = Object.entries(environment).filter(([name]) => !["BADGE", "OTHER"].includes(name));
    expect(JSON.stringify(added)).toContain("BADGE");
    expect(JSON.stringify(added)).not.toMatch(/zebra-7|lion-8/);
    forgetHiddenValues();
    hideEnvironment({}, { ...environment }, ["node", "worker.js"]);
    expect(maskText("a zebra-7/x and lion-8")).toBe("a ***/x and ***");
  });
  it("adds nothing to an environment that no name is taken from", () => {
    const environment = { BADGE: "zebra-7" };
    hideEnvironment({}, environment, []);
    expect(environment).toEqual({ BADGE: "zebra-7" });
  });
});

it("hidden values are masked in every line of ours, where nothing is guessed by names", () => {
  const lines = engineLog();
  const environment = { WHERE: "wss://h/hook/T00/B00?x=1", BADGE: "zebra-7", ZONE: "eu" };
  hideEnvironment({}, environment, ["{{ $env.WHERE }} {{ $env.BADGE }} {{ $env.ZONE }}"]);
  log("is wss://h:443/hook/T00/B00 the right target? cannot read /ca/zebra-7 (ENOENT); token: 5");
  log("eu");
  expect(lines).toEqual(["is wss://h:443*** the right target? cannot read /ca/*** (ENOENT); token: 5", "eu"]);
});
