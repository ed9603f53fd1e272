import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkScript, type ScriptNeeds } from "artillery-engine-mqtt/check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { launchProblems } from "../../../../results/src/fargate/check-launch.ts";
import { costOf, readSize, runSeconds } from "../../../../results/src/fargate/cost.ts";
import { interruptedOf, lossesOf, lossSentence, partingsOf } from "../../../../results/src/fargate/losses.ts";
import { manifestOf } from "../../../../results/src/fargate/manifest.ts";
import { NotStageable } from "../../../../results/src/fargate/not-stageable.ts";
import { stage } from "../../../../results/src/fargate/stage.ts";

const NEEDS: ScriptNeeds = {
  devices: 10_000,
  descriptorsPerDevice: 1,
  usesLab: false,
  timeZero: "agreed",
  timeZeroFrom: null,
  targets: [{ url: "mqtt://broker.example:1883", host: "broker.example", port: 1883 }],
  pemFiles: [],
  endsEarly: false,
  phasesMs: 10_000,
  stormsEndMs: 60_000,
};
const SIZE = { containers: 5, isConfirmed: false, isEmulated: false };
const at = (host: string): Partial<ScriptNeeds> => ({
  targets: [{ url: `mqtt://${host}`, host, port: 1883 }],
});

describe("a launch", () => {
  it("of what fits is allowed", () => {
    expect(launchProblems(NEEDS, SIZE)).toEqual([]);
    expect(launchProblems({ ...NEEDS, ...at("127.0.0.1") }, { ...SIZE, isEmulated: true })).toEqual([]);
    expect(launchProblems({ ...NEEDS, devices: null }, { ...SIZE, isConfirmed: true })).toEqual([]);
  });

  it.each<[string, Partial<ScriptNeeds>, Partial<typeof SIZE>, RegExp]>([
    ["a lab", { usesLab: true }, {}, /^config\.target, before: lab: .*allowed: a broker/],
    ["a local time zero", { timeZero: "local" }, {}, /^config\.engines\.mqtt\.timeZero: local: .*allowed/],
    [
      "localhost",
      at("localhost"),
      {},
      /^config\.target: mqtt:\/\/localhost: each container would call itself/,
    ],
    ["127.0.0.1", at("127.0.0.1"), {}, /would call itself/],
    ["::1", at("::1"), {}, /would call itself/],
    ["too few ports", { devices: 28_233 }, { containers: 1 }, /allowed: at most 28,232, for its local ports/],
    [
      "too few files",
      { devices: 32_518, descriptorsPerDevice: 2, targets: [...NEEDS.targets, ...NEEDS.targets] },
      { containers: 1 },
      /allowed: at most 32,517, for its open files/,
    ],
    ["many devices", {}, { containers: 6 }, /^--yes: is missing: 60,000 devices \(6 containers of 10,000\)/],
    ["devices that nobody knows", { devices: null }, {}, /^--yes: is missing: the phases do not say/],
  ])("of %s is refused", (_, needs, size, sentence) => {
    const problems = launchProblems({ ...NEEDS, ...needs }, { ...SIZE, ...size });
    expect(problems).toEqual([expect.stringMatching(sentence)]);
  });

  it.each([
    ...["127.1", "0x7f.1", "2130706433", "0177.0.0.1", "127.255.0.9", "0.0.0.0", "0"],
    ...["localhost.", "LOCALHOST", "broker.localhost", "127.0.0.1."],
    ...[
      "[::1]",
      "::1",
      "[::]",
      "[0:0:0:0:0:0:0:1]",
      "[::ffff:127.0.0.1]",
      "::ffff:7f00:1",
      "[::ffff:0.0.0.0]",
    ],
  ])("to %s, as a script writes it, is refused", (host) => {
    expect(launchProblems({ ...NEEDS, ...at(host) }, SIZE)).toEqual([
      expect.stringMatching(/would call itself/),
    ]);
  });

  it.each([
    "128.0.0.1",
    "10.0.0.1",
    "localhost.example",
    "my-localhost",
    "[2001:db8::1]",
    "127.0.0.1.example",
  ])("to %s is allowed", (host) => expect(launchProblems({ ...NEEDS, ...at(host) }, SIZE)).toEqual([]));

  it("costs what its containers do, from their start to their end", () => {
    // 2 × 4 vCPU and 8 GiB for 10 minutes and what is around them: 14/60 h × (4 × 0.04048 + 8 × 0.004445 + 0.005).
    const cost = costOf({ containers: 2, vcpu: 4, gib: 8, runS: 600 });
    expect(cost).toBeCloseTo((2 * 14 * (4 * 0.04048 + 8 * 0.004445 + 0.005)) / 60, 10);
  });

  it("takes its storms after its phases where they wait for all devices, 5 s after", () => {
    // 10 s of phases, storms until 60 s after time zero.
    expect(runSeconds(NEEDS, 1)).toBe(60);
    expect(runSeconds(NEEDS, 2)).toBe(75);
    expect(runSeconds({ ...NEEDS, timeZeroFrom: "ready" }, 1)).toBe(75);
    expect(runSeconds({ ...NEEDS, timeZeroFrom: "arrival" }, 2)).toBe(60);
    expect(runSeconds({ ...NEEDS, phasesMs: 90_000, timeZeroFrom: "arrival" }, 2)).toBe(90);
    expect(runSeconds({ ...NEEDS, stormsEndMs: null }, 2)).toBe(10);
  });

  it("reads sizes as Artillery's launcher does", () => {
    expect(["4", "16", "4096", undefined].map((text) => readSize(text, 16, 2))).toEqual([4, 16, 4, 2]);
    expect(["0", "-1", "many"].map((text) => readSize(text, 16, 2))).toEqual([null, null, null]);
  });
});

describe("what workers install", () => {
  it("is never ours from a registry, and Artillery not again", () => {
    const text = manifestOf(
      { "artillery-engine-mqtt": "^0.1.0", artillery: "2.0.34", "@playwright/test": "1.0.0", ms: "2.1.3" },
      { "artillery-engine-mqtt": "engine.tgz", "artillery-plugin-mqtt-results": "plugin.tgz" },
    );
    expect(JSON.parse(text)).toMatchObject({
      private: true,
      dependencies: {
        ms: "2.1.3",
        "artillery-engine-mqtt": "file:engine.tgz",
        "artillery-plugin-mqtt-results": "file:plugin.tgz",
      },
      overrides: {
        "artillery-engine-mqtt": "$artillery-engine-mqtt",
        "artillery-plugin-mqtt-results": "$artillery-plugin-mqtt-results",
      },
    });
    expect(Object.keys(JSON.parse(text).dependencies)).toHaveLength(3);
  });
});

describe("a staged folder", () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), "stage-"));

  it("has the script, its files, PEM and both packages, and the script names all of them", () => {
    const [from, to, working] = [folder(), folder(), folder()];
    mkdirSync(join(from, "lib"));
    mkdirSync(join(from, "node_modules/ms"), { recursive: true });
    const script = `config:
  target: mqtts://broker.example # kept
  payload: { path: devices.csv, fields: [id] }
  processor: lib/processor.mjs
  includeFiles: [notes.txt]
  engines: { mqtt: { tls: { ca: [my/ca.pem] } } }
`;
    const files = {
      "fleet.yml": script,
      "devices.csv": "id\n1\n",
      "lib/processor.mjs": 'import "../beside.mjs";',
      "beside.mjs": "",
      "notes.txt": "x",
      "package.json": JSON.stringify({ dependencies: { ms: "^2.0.0" } }),
      "node_modules/ms/package.json": JSON.stringify({ version: "2.1.3" }),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(from, name), text);
    mkdirSync(join(working, "my"));
    writeFileSync(join(working, "my/ca.pem"), "PEM");
    const pemFiles = [{ path: ["config", "engines", "mqtt", "tls", "ca", 0], file: "my/ca.pem" }];
    const { config } = parse(script) as { config: Record<string, unknown> };
    const staged = stage({ path: join(from, "fleet.yml"), config, pemFiles }, to, working);
    const text = readFileSync(staged, "utf8");
    expect(text).toContain("# kept");
    const read = parse(text) as { config: { includeFiles: string[]; engines: unknown } };
    expect(read.config.engines).toEqual({ mqtt: { tls: { ca: ["pem/0-ca.pem"] } } });
    for (const name of read.config.includeFiles) expect(existsSync(join(to, name)), name).toBe(true);
    expect(read.config.includeFiles).toEqual([
      "notes.txt",
      "pem/0-ca.pem",
      expect.stringMatching(/^artillery-engine-mqtt-.*\.tgz$/),
      expect.stringMatching(/^artillery-plugin-mqtt-results-.*\.tgz$/),
      "package.json",
    ]);
    for (const name of ["devices.csv", "lib/processor.mjs", "beside.mjs"])
      expect(existsSync(join(to, name)), name).toBe(true);
    const manifest = JSON.parse(readFileSync(join(to, "package.json"), "utf8"));
    expect(manifest.dependencies.ms).toBe("2.1.3");
    const engine = join(to, read.config.includeFiles[2] ?? "");
    expect(execFileSync("tar", ["tzf", engine], { encoding: "utf8" })).toContain("package/dist/contract.js");
  });

  it("refuses what lies outside of the script's folder, or is not there", () => {
    const [from, to] = [folder(), folder()];
    writeFileSync(join(from, "fleet.yml"), "config: {}\n");
    const refused = (config: Record<string, unknown>) => () =>
      stage({ path: join(from, "fleet.yml"), config, pemFiles: [] }, to, from);
    expect(refused({ payload: { path: "../devices.csv" } })).toThrow(NotStageable);
    expect(refused({ payload: { path: "../devices.csv" } })).toThrow(
      "config.payload[0].path: ../devices.csv; allowed: a file in the script's own folder",
    );
    expect(refused({ includeFiles: ["missing.txt"] })).toThrow("no such file");
  });
});

describe("a container that ended before its run did", () => {
  const task = (id: string, stoppedAtMs: number | null, reason = "exit code 137") => ({
    arn: `arn/${id}`,
    id,
    hasStopped: stoppedAtMs !== null,
    stoppedAtMs,
    reason: stoppedAtMs === null ? "" : reason,
  });
  const sent = (name: string, isLast: boolean) => ({ name, parts: 3, isLast, sentAtMs: 40_000 });

  it("was lost when it stopped without a last part, once nothing more can come", () => {
    const tasks = [task("ran", null), task("ended", 50_000), task("killed", 50_000), task("silent", 59_000)];
    const arrived = [sent("ran", false), sent("ended", true), sent("killed", false)];
    expect(lossesOf(tasks, arrived, 60_000, 10_000).map(({ container }) => container)).toEqual(["killed"]);
    expect(partingsOf(tasks, arrived, 60_000).map(({ container }) => container)).toEqual([
      "killed",
      "silent",
    ]);
  });

  it("was lost now, for all that is known, where nothing of it could be read", () => {
    const unread = [{ name: "a", parts: 1, isLast: false, sentAtMs: 0 }];
    expect(partingsOf([], unread, 60_000)).toEqual([
      { container: "a", atMs: 60_000, reason: "nothing that it sent could be read" },
    ]);
    expect(partingsOf([], [sent("b", false)], 60_000)).toEqual([
      { container: "b", atMs: 40_000, reason: "it sent nothing more" },
    ]);
  });

  it("was stopped when it had the time to say so", () => {
    const arrived = [sent("spot", true), sent("other", true)];
    expect(interruptedOf(new Set(["spot"]), arrived, [task("spot", 41_000, "Spot interruption")])).toEqual([
      { container: "spot", atMs: 40_000, reason: "Spot interruption" },
    ]);
  });

  it("is named with its second", () => {
    const loss = { container: "a", atMs: 43_400, reason: "exit code 137" };
    expect(lossSentence("lost", loss, 1000)).toBe(
      "container a was lost at second 42 of the run: exit code 137",
    );
    expect(lossSentence("lost", loss, null)).toBe(
      "container a was lost at 1970-01-01T00:00:43.400Z: exit code 137",
    );
  });
});

describe("what a script asks of its place", () => {
  const script = (engine: object, more: object = {}) => ({
    config: {
      target: "mqtts://broker.example",
      phases: [{ duration: "10s", arrivalRate: 20 }, { pause: "5s" }],
      engines: { mqtt: engine },
    },
    scenarios: [{ engine: "mqtt", flow: [{ connect: {} }, { stayOnline: { for: "5s" } }] }],
    ...more,
  });

  it("is read from it", () => {
    const storms = [{ at: "20s", fraction: 1, cause: "reset", window: "30s" }];
    const { needs } = checkScript(
      script({ storms, tls: { ca: ["a.pem", "b.pem"], cert: "c.pem", key: "k.pem" } }),
    );
    expect(needs).toMatchObject({
      devices: 200,
      descriptorsPerDevice: 1,
      usesLab: false,
      timeZero: "agreed",
      targets: [{ host: "broker.example", port: 8883 }],
      phasesMs: 15_000,
      stormsEndMs: 50_000,
      timeZeroFrom: null,
    });
    const from = script({ timeZero: { from: "arrival" } });
    expect(checkScript(from).needs?.timeZeroFrom).toBe("arrival");
    expect(needs?.pemFiles.map(({ path, file }) => [path.slice(4), file])).toEqual([
      [["ca", 0], "a.pem"],
      [["ca", 1], "b.pem"],
      [["cert"], "c.pem"],
      [["key"], "k.pem"],
    ]);
  });

  it("a lab is one as target, and as a step for a broker elsewhere", () => {
    const before = { engine: "mqtt", flow: [{ lab: {} }] };
    expect(checkScript(script({}, { before })).needs?.usesLab).toBe(true);
  });

  it("every problem is told", () => {
    const { problems } = checkScript(script({ keepalive: "often", timeZero: 3 }));
    expect(problems).toMatch(/keepalive/);
    expect(problems).toMatch(/timeZero/);
  });
});
