/** The image, as far as it can be looked at without a container engine: .github/workflows/ci.yml builds and runs it. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { dockerfileProblems, kubernetesToolsAvailable } from "../support/kubernetes/tools.ts";

const REPOSITORY = join(import.meta.dirname, "../..");
const read = (name: string): string => readFileSync(join(REPOSITORY, name), "utf8");
const DOCKERFILE = read("Dockerfile");
const HOLD_MORE_THAN = 256;

describe.skipIf(!kubernetesToolsAvailable())("the Dockerfile", () => {
  it("is one that hadolint finds nothing in", () => {
    expect(dockerfileProblems(DOCKERFILE)).toBe("");
    expect(dockerfileProblems(DOCKERFILE.replace("WORKDIR /src", "WORKDIR src"))).toContain("DL3000");
    expect(dockerfileProblems(DOCKERFILE.replace("USER 1000", "USER root"))).toContain("DL3002");
  });
});

describe("the image", () => {
  it("is made of files that are there and that .dockerignore lets through, of the Artillery that is tested", () => {
    const copied = [...DOCKERFILE.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)].flatMap(
      ([, sources]) => sources?.split(" ") ?? [],
    );
    expect(copied).toContain("engine");
    const sent = read(".dockerignore").split("\n");
    for (const source of copied) {
      expect(existsSync(join(REPOSITORY, source)), source).toBe(true);
      expect(sent, source).toContain(`!${source}`);
    }
    const { devDependencies } = JSON.parse(read("package.json")) as {
      devDependencies: Record<string, string>;
    };
    expect(DOCKERFILE).toContain(` artillery@${devDependencies["artillery"]} `);
  });

  it("is built and run by a job of CI, with a script that sh understands", () => {
    const { jobs } = parse(read(".github/workflows/ci.yml")) as {
      jobs: Record<string, { steps: { run?: string }[] }>;
    };
    const commands = jobs["image"]?.steps.flatMap(({ run }) => run ?? []) ?? [];
    expect(commands).toEqual([
      "docker build -t mqtt-mass-reconnect .",
      "container/smoke.sh mqtt-mass-reconnect",
    ]);
    const smoke = join(REPOSITORY, "container/smoke.sh");
    expect(statSync(smoke).mode & 0o111).toBe(0o111);
    expect(spawnSync("bash", ["-n", smoke], { encoding: "utf8" }).stderr).toBe("");
  });

  it("raises the limit of open files to the hard one before Artillery starts, and says what it got", () => {
    const entry = join(REPOSITORY, "container/entry.sh");
    const raised = `ulimit -S -n ${HOLD_MORE_THAN}; ${entry} sh -c 'ulimit -n; ulimit -H -n; exit 7'`;
    const { stdout, stderr, status } = spawnSync("sh", ["-c", raised], { encoding: "utf8" });
    const [soft, hard] = stdout.trim().split("\n");
    expect(soft).toBe(hard);
    expect(Number(soft)).toBeGreaterThan(HOLD_MORE_THAN);
    expect(stderr).toContain(`open files: ${hard}, one for each device`);
    expect(status).toBe(7);
  });
});
