/** The guide from an empty folder to a gate in CI, command by command, against a broker with TLS and a password for each device. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import { Mosquitto, mosquittoAvailable } from "../support/broker.ts";

const run = promisify(execFile);
const REPOSITORY = resolve(fileURLToPath(import.meta.url), "../../..");
const GUIDE = readFileSync(join(REPOSITORY, "results/docs/rehearse-your-own-fleet.md"), "utf8");

/** The files that the guide has its reader write, by name. */
const FILES = Object.fromEntries(
  [...GUIDE.matchAll(/^\*\*`(\S+)`\*\*(?:(?!\n```)[\s\S])*\n```\w+\n([\s\S]*?)^```/gm)].map(
    ([, name = "", text = ""]) => [name, text],
  ),
);
const COMMANDS = [...GUIDE.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);

const DEVICES = Array.from({ length: 30 }, (_, i) => {
  return { serial: `TH-${String(i + 1).padStart(5, "0")}`, token: `secret-${(i + 1) * 7}` };
});

async function brokerOfThermostats(): Promise<{ broker: Mosquitto; ca: string }> {
  const authority = await createCertificate({ name: "authority", authority: true });
  const identity = await createCertificate({ name: "broker", hosts: ["127.0.0.1"], issuer: authority });
  const folder = mkdtempSync(join(tmpdir(), "thermostats-"));
  writeFileSync(join(folder, "broker.pem"), identity.cert);
  writeFileSync(join(folder, "broker.key"), identity.key);
  const broker = await Mosquitto.start({
    users: Object.fromEntries(DEVICES.map(({ serial, token }) => [serial, token])),
    settings: [`certfile ${join(folder, "broker.pem")}`, `keyfile ${join(folder, "broker.key")}`],
  });
  return { broker, ca: authority.cert };
}

/** Three thousand devices are not for a test: the size of `full` is that of `small`, all else stays. */
function ofTestSize(script: string): string {
  const whole = parse(script);
  const { small, full } = whole.config.environments;
  Object.assign(full, { phases: small.phases, engines: small.engines });
  return stringify(whole);
}

/** A forecast is none. */
const runsIn = (project: string): string[] =>
  readdirSync(join(project, "mqtt-results")).filter((name) => !name.startsWith("forecast"));

describe.skipIf(!mosquittoAvailable())("Rehearse your own fleet", () => {
  it("brings a reader from an empty folder to a gate", async () => {
    const { broker, ca } = await brokerOfThermostats();
    onTestFinished(() => broker.stop());
    const home = mkdtempSync(join(tmpdir(), "home-"));
    const project = join(home, "rehearsal");
    const env = {
      ...Object.fromEntries(
        Object.entries(process.env).filter(([name]) => !/^(npm_|VITEST|NODE_ENV|GITHUB_)/.test(name)),
      ),
      HOME: home,
      PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
      npm_config_cache: process.env["npm_config_cache"] ?? join(process.env["HOME"] ?? home, ".npm"),
      npm_config_userconfig: join(process.env["HOME"] ?? home, ".npmrc"),
      ARTILLERY_DISABLE_TELEMETRY: "true",
      NO_COLOR: "1",
    };
    const address = `127.0.0.1:${broker.port}`;
    const here = (text: string): string => text.replaceAll("broker.example:8883", address);
    const shell = async (commands: string): Promise<{ code: number; out: string }> => {
      const cwd = commands.includes("npm pack") ? REPOSITORY : project;
      const known = commands.replaceAll("mqtt-results/RUN", `mqtt-results/${newest}`);
      try {
        const { stdout, stderr } = await run("sh", ["-ec", here(known)], {
          cwd,
          env: { ...env, BROKER: `mqtts://${address}` },
          maxBuffer: 2 ** 26,
        });
        return { code: 0, out: stdout + stderr };
      } catch (error) {
        const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
        return { code, out: stdout + stderr };
      }
    };
    let newest = "";

    const [install = "", small = "", show = "", full = "", forecast = "", baseline = "", gate = "", ...more] =
      COMMANDS;
    expect(more).toEqual([]);

    const installed = await shell(install);
    expect(installed.code, installed.out).toBe(0);
    expect(Object.keys(FILES)).toEqual([
      "devices.csv",
      "devices.mjs",
      "fleet.yml",
      ".github/workflows/rehearse.yml",
    ]);
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(dirname(join(project, name)), { recursive: true });
      writeFileSync(join(project, name), text);
    }
    const header = FILES["devices.csv"]?.split("\n")[0];
    const lines = DEVICES.map(({ serial, token }) => `${serial},${token}`);
    // The lines that the guide shows are the first of them.
    const csv = `${[header, ...lines].join("\n")}\n`;
    expect(csv.startsWith(FILES["devices.csv"] ?? "?")).toBe(true);
    writeFileSync(join(project, "devices.csv"), csv);
    const forecasted = await shell(forecast);
    expect(forecasted.out).toContain("30,000 devices (30,000 were online)");
    writeFileSync(join(project, "fleet.yml"), ofTestSize(FILES["fleet.yml"] ?? ""));
    writeFileSync(join(project, "ca.pem"), ca);

    const first = await shell(small);
    expect(first.code, first.out).toBe(0);
    [newest = ""] = runsIn(project);
    const shown = await shell(show);
    expect(shown.out).toMatch(/RECOVERED.*: 100 % of the affected devices/);
    expect(shown.out).toContain("30 devices (30 were online)");
    // Each came with its own serial, twice.
    for (const { serial } of DEVICES) {
      expect(broker.logged(new RegExp(`New client connected from \\S+ as ${serial} `))).toBe(2);
    }

    const second = await shell(full);
    expect(second.code, second.out).toBe(0);
    expect(second.out).toMatch(/RECOVERED.*: 100 % of the affected devices/);
    const before = newest;
    newest = runsIn(project).find((name) => name !== before) ?? "";
    const compared = await shell(baseline);
    expect(compared.code, compared.out).toBe(0);
    expect(compared.out).toContain("B / A");
    const passed = await shell(gate);
    expect(passed.code, passed.out).toBe(0);
    const failed = await shell(gate.replace("10s", "10ms"));
    expect(failed.code, failed.out).toBe(4);
    expect(failed.out).toContain("gate failed: storm 1");

    const steps: { run?: string }[] = parse(FILES[".github/workflows/rehearse.yml"] ?? "").jobs.rehearse
      .steps;
    expect(steps.map(({ run: line }) => line).filter((line) => line !== undefined)).toEqual([
      "npm ci",
      full.trim(),
    ]);
    // A checkout elsewhere has the packages that the project brings along.
    const lock = JSON.parse(readFileSync(join(project, "package-lock.json"), "utf8"));
    for (const name of ["artillery-engine-mqtt", "artillery-plugin-mqtt-results"]) {
      expect(lock.packages[`node_modules/${name}`].resolved).toMatch(/^file:packages\/artillery-/);
    }
  });
});
