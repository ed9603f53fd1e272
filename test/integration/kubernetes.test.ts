import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { readFleetEnvironment } from "../../engine/src/live/fleet-environment.ts";
import { kubernetesToolsAvailable, manifestProblems, render } from "../support/kubernetes/tools.ts";

const FOLDER = join(import.meta.dirname, "../../scenarios/kubernetes");
/** The first that lets one index fail without the others, one that is widespread, and the last that the schemas know. */
const VERSIONS = ["1.29", "1.32", "1.37"];

interface Job {
  kind: string;
  spec: { completions: number; parallelism: number; template: { spec: { containers: Container[] } } };
}

interface Container {
  workingDir: string;
  env: { name: string; value?: string; valueFrom?: { fieldRef?: { fieldPath: string } } }[];
  volumeMounts: { mountPath: string }[];
}

const INDEX_ANNOTATION = "metadata.annotations['batch.kubernetes.io/job-completion-index']";
const UID_LABEL = "metadata.labels['batch.kubernetes.io/controller-uid']";

/**
 * The environment of the pod of one index, with what Kubernetes fills in:
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode and
 * https://kubernetes.io/docs/reference/labels-annotations-taints/#batchkubernetesio-controller-uid
 */
function environmentOf({ env }: Container, index: number, jobUid: string): Record<string, string> {
  const fields: Record<string, string> = { [INDEX_ANNOTATION]: String(index), [UID_LABEL]: jobUid };
  const filledIn = ({ value, valueFrom }: Container["env"][number]): string =>
    value ?? fields[valueFrom?.fieldRef?.fieldPath ?? ""] ?? "";
  return Object.fromEntries(env.map((one) => [one.name, filledIn(one)]));
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

  it("has pods that are one fleet, by the engine's own reader of their environment", () => {
    const containers = 5;
    const { spec } = jobOf(render(fleetOf(containers)));
    const [worker] = spec.template.spec.containers as [Container];
    const uid = "0b6e3c9e-6f0a-4b43-9a53-6d1d62a2b1c7";
    const pods = Array.from({ length: spec.completions }, (_, index) => environmentOf(worker, index, uid));
    const read = pods.map((env) => readFleetEnvironment(env));
    expect(read.flatMap(({ problems }) => problems ?? [])).toEqual([]);
    expect(read.map(({ fleet }) => fleet?.index)).toEqual([0, 1, 2, 3, 4]);
    expect(new Set(read.map(({ fleet }) => fleet?.containers))).toEqual(new Set([containers]));
    // One run, and nobody else's: a Job has an id of its own.
    expect(new Set(pods.map((env) => env["ARTILLERY_TEST_RUN_ID"]))).toEqual(new Set([uid]));
    const [rendezvous, ...others] = read.map(({ fleet }) => fleet?.rendezvous);
    expect(others.every((one) => isDeepStrictEqual(one, rendezvous))).toBe(true);
    // They meet, and leave their results, in what all of them mount.
    expect(rendezvous).toEqual({ kind: "directory", path: "/fleet/rendezvous" });
    expect(worker.workingDir).toBe("/fleet");
    expect(worker.volumeMounts.map(({ mountPath }) => mountPath)).toContain("/fleet");
    // What Kubernetes would not fill in is refused, and no container of its own.
    const bare = environmentOf({ ...worker, env: worker.env.map((one) => ({ name: one.name })) }, 0, uid);
    expect(readFleetEnvironment({ ...bare, MQTT_FLEET_CONTAINERS: "5" }).problems).not.toBeNull();
  });

  it("loses one pod without ending the others, and starts none again", () => {
    const { spec } = jobOf(render(fleetOf(3)));
    expect(spec).toMatchObject({ completionMode: "Indexed", backoffLimitPerIndex: 0 });
    expect(spec).not.toHaveProperty("backoffLimit");
  });
});
