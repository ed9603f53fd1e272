/** Commands that use AWS, as far as they come without it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommand } from "../../../../results/src/commands/program.ts";
import { temporaryDirectory } from "../../../support/run-files.ts";

async function dryRun(files: Record<string, string>, more: readonly string[]) {
  const folder = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
    colour: false,
  };
  const args = more.map((argument) => argument.replace("DIR", folder));
  const code = await runCommand(["fargate", join(folder, "fleet.yml"), "--dry-run", ...args], io);
  return { code, out, err };
}

const SCRIPT = `config:
  target: "{{ $env.FARGATE_TEST_BROKER }}"
  phases: [{ duration: 100s, arrivalRate: 10 }]
  engines:
    mqtt:
      username: u
      password: "{{ $env.FARGATE_TEST_PASSWORD }}"
      storms: [{ at: 180s, fraction: 0.5, cause: reset, window: 20s }]
scenarios: [{ engine: mqtt, flow: [{ connect: {} }, { stayOnline: {} }] }]
`;

describe("an address of a bucket", () => {
  beforeEach(() => {
    for (const name of ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"]) vi.stubEnv(name, undefined);
    for (const name of ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"]) vi.stubEnv(name, "/dev/null");
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(["fetch", "report"])("without a region: %s says what to give", async (command) => {
    const url = "s3://bucket/test-runs/t1";
    let err = "";
    const io = {
      out: () => {},
      err: (text: string) => {
        err += text;
      },
      colour: false,
    };
    const more = command === "fetch" ? [join(temporaryDirectory(), "run")] : [];
    expect(await runCommand([command, url, ...more], io)).toBe(1);
    expect(err).toBe(`${url}: which region it is in is not known; give --region, or set AWS_REGION\n`);
  });
});

describe("--dotenv", () => {
  it("has what the script takes from the environment, and none of it is printed", async () => {
    const file =
      "FARGATE_TEST_BROKER=mqtts://me:opensesame@b.example:8883\nexport FARGATE_TEST_PASSWORD='hunter22'\n";
    const files = { "fleet.yml": SCRIPT, "my.env": file };
    const { code, out, err } = await dryRun(files, ["--count", "2", "--dotenv", "DIR/my.env"]);
    expect(err).toContain("2,000 devices (2 containers of 1,000) will connect to mqtts://b.example:8883");
    // 100 s of phases, 5 s, and 200 s to the end of the storm's window.
    expect(err).toContain("the run takes about 6 min");
    expect(out + err).not.toMatch(/hunter22|opensesame/);
    expect(code).toBe(0);
    const one = await dryRun(files, ["--count", "1", "--dotenv", "DIR/my.env"]);
    expect(one.err).toContain("1,000 devices (1 container of 1,000) will connect");
  });

  it("without the variable is refused", async () => {
    const files = { "fleet.yml": SCRIPT, "my.env": "OTHER=1\n" };
    const { code, err } = await dryRun(files, ["--count", "1", "--dotenv", "DIR/my.env"]);
    expect(code).toBe(1);
    expect(err).toMatch(/config\.target: .*its variable has no value/);
  });

  it("that is not there is refused by its path", async () => {
    const { code, err } = await dryRun({ "fleet.yml": SCRIPT }, ["--count", "1", "--dotenv", "DIR/no.env"]);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^--dotenv .*\/no\.env: cannot be read \(.*\); allowed: a file of NAME=value lines\n$/,
    );
  });
});
