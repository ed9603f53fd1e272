import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import {
  dockerfileProblems,
  kubernetesToolsAvailable,
  manifestProblems,
  render,
} from "../support/kubernetes/tools.ts";

const FOLDER = join(import.meta.dirname, "../../scenarios/kubernetes");
/** The first that has the label with the job's id, one that is widespread, and the last that the schemas know. */
const VERSIONS = ["1.27", "1.32", "1.37"];
const HOLD_MORE_THAN = 256;

interface Job {
  kind: string;
  spec: { completions: number; parallelism: number; template: { spec: { containers: Container[] } } };
}

interface Container {
  env: { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
}

function jobOf(manifests: string): Job {
  const all = parseAllDocuments(manifests).map((document) => document.toJS() as Job);
  const [job] = all.filter(({ kind }) => kind === "Job");
  if (job === undefined) throw new Error("there is no Job");
  return job;
}

/** A copy that a user would make, with another number of containers. */
function fleetOf(containers: number): string {
  const copy = mkdtempSync(join(tmpdir(), "kubernetes-"));
  cpSync(FOLDER, copy, { recursive: true });
  const path = join(copy, "my-fleet/kustomization.yaml");
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/(path: \/spec\/completions, value: )\d+/, `$1${containers}`));
  return join(copy, "my-fleet");
}

describe.runIf(kubernetesToolsAvailable())("scenarios/kubernetes", () => {
  for (const version of VERSIONS) {
    it(`has manifests that Kubernetes ${version} knows every key of`, () => {
      for (const folder of ["my-fleet", "report"]) {
        expect(manifestProblems(render(join(FOLDER, folder)), version)).toBe("");
      }
    });
  }

  it("is held to the schemas by a validator that does find an unknown key", () => {
    const bad = render(join(FOLDER, "my-fleet")).replace("completionMode:", "completionMood:");
    expect(manifestProblems(bad, "1.32")).toContain("completionMood");
  });

  it("takes the number of containers from one place", () => {
    const { spec } = jobOf(render(fleetOf(7)));
    const size = spec.template.spec.containers[0]?.env.find(({ name }) => name === "MQTT_FLEET_CONTAINERS");
    expect([spec.completions, spec.parallelism, size?.value]).toEqual([7, 7, "7"]);
  });

  it("has a Dockerfile that hadolint finds nothing in", () => {
    const text = readFileSync(join(FOLDER, "Dockerfile"), "utf8");
    expect(dockerfileProblems(text)).toBe("");
    expect(dockerfileProblems(text.replace("WORKDIR /src", "WORKDIR src"))).toContain("DL3000");
  });
});

it("raises the limit of open files to the hard one before the worker starts", () => {
  const worker = join(FOLDER, "worker.sh");
  const raised = `ulimit -S -n ${HOLD_MORE_THAN}; sh ${worker} sh -c 'ulimit -n; ulimit -H -n'`;
  const { stdout } = spawnSync("sh", ["-c", raised], { encoding: "utf8" });
  const [soft, hard] = stdout.trim().split("\n");
  expect(soft).toBe(hard);
  expect(Number(soft)).toBeGreaterThan(HOLD_MORE_THAN);
});
