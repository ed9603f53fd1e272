/** A folder that stands for the image of Artillery's worker on Fargate: its Dockerfile tells what is in it. */
import {
  chmodSync,
  cpSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { AWS_PROGRAM, findProgram } from "./install.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const MODULES = join(REPOSITORY, "node_modules");

/** The image has none of ours: a worker has what it was sent, or nothing. */
const NOT_IN_IMAGE =
  /^(\.cache|\.bin|\.vite.*|artillery-engine-mqtt|artillery-plugin-mqtt-results|typescript|@typescript|@biomejs|node)$/;

export interface Image {
  /** The entry point of the container. */
  worker: string;
  env: Record<string, string>;
}

/** @param awsUrl where AWS is */
export function buildImage(folder: string, awsUrl: string): Image {
  const bin = join(folder, "bin");
  const modules = join(folder, "node_modules");
  mkdirSync(bin, { recursive: true });
  linkTree(MODULES, modules, (name) => !NOT_IN_IMAGE.test(name));
  const worker = join(modules, "artillery/lib/platform/aws-ecs/worker");
  for (const name of ["loadgen-worker", "helpers.sh"]) cpSync(join(worker, name), join(folder, name));
  chmodSync(join(folder, "loadgen-worker"), 0o755);

  symlinkSync(process.execPath, join(bin, "node"));
  symlinkSync(realpathSync(findProgram("npm") ?? "npm"), join(bin, "npm"));
  symlinkSync(join(modules, "artillery/bin/run"), join(bin, "artillery"));
  const script = (name: string, text: string): void =>
    writeFileSync(join(bin, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  // Version 1 of the command line does not hear AWS_ENDPOINT_URL for each of its services.
  script("aws", `exec ${AWS_PROGRAM} --endpoint-url ${awsUrl} "$@"`);
  script("pwgen", "tr -dc A-Za-z0-9 < /dev/urandom | head -c 32");
  script("tree", "exit 0");
  // A container sees its own processes only: here those of its session.
  script("pgrep", `exec ${findProgram("pgrep")} --session 0 "$@"`);
  // The worker's end waits for its own look at the launcher's heartbeat, once a minute: that is most of a short run.
  script("sleep", '[ "$1" = 60 ] && set -- 3\nexec /bin/sleep "$@"');
  return {
    worker: join(folder, "loadgen-worker"),
    env: {
      PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
      NODE_PATH: modules,
      ARTILLERY_PLUGIN_PATH: join(modules, "artillery/dist/lib/platform/aws-ecs/legacy/plugins"),
    },
  };
}

/** A tree of directories whose files are those of another: a copy would be half a gigabyte. */
function linkTree(from: string, to: string, isTaken: (name: string) => boolean = () => true): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (!isTaken(name)) continue;
    const [source, target] = [join(from, name), join(to, name)];
    const found = lstatSync(source);
    if (found.isDirectory()) linkTree(source, target);
    else if (found.isFile()) linkOrCopy(source, target);
  }
}

/** A link cannot lead to another file system. */
function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    cpSync(source, target);
  }
}
