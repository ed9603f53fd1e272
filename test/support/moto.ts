import { type ChildProcess, spawn } from "node:child_process";
import { loadS3 } from "../../engine/src/rendezvous/s3.ts";
import { freePort } from "./broker.ts";
import { pause } from "./device-fleet.ts";
import { MOTO_SERVER, motoIsMissing } from "./fargate/install.ts";

/** Amazon's S3, played by moto on the loopback interface. */

/** False, with the reason printed, where moto is not installed. Under CI it must be, so there it throws. */
export function motoAvailable(): boolean {
  const reason = motoIsMissing();
  if (reason === null) return true;
  if (process.env["CI"]) throw new Error(`${reason}, and CI is set`);
  console.warn(`skipped: ${reason}`);
  return false;
}

const BUCKET = "rehearsals";

/** It loads a hundred modules of Python. */
const START_MS = 30_000;

/** A bucket of its own. While it runs, this process's SDK goes there, with credentials that are none. */
export class Moto {
  readonly bucket: string = BUCKET;
  readonly #child: ChildProcess;
  readonly #before: Readonly<Record<string, string | undefined>>;

  private constructor(child: ChildProcess, before: Readonly<Record<string, string | undefined>>) {
    this.#child = child;
    this.#before = before;
  }

  static async start(): Promise<Moto> {
    const port = await freePort();
    const child = spawn(MOTO_SERVER, ["-H", "127.0.0.1", "-p", String(port)], { stdio: "ignore" });
    process.once("exit", () => child.kill("SIGKILL"));
    const environment = {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: "us-east-1",
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
    };
    const before = Object.fromEntries(Object.keys(environment).map((name) => [name, process.env[name]]));
    Object.assign(process.env, environment);
    const moto = new Moto(child, before);
    const until = performance.now() + START_MS;
    for (;;) {
      const made = await fetch(`http://127.0.0.1:${port}/${BUCKET}`, { method: "PUT" }).catch(() => null);
      if (made?.ok === true) break;
      if (performance.now() > until) throw new Error(`moto did not start within ${START_MS / 1000} s`);
      await pause(100);
    }
    return moto;
  }

  async put(key: string, text: string): Promise<void> {
    const s3 = loadS3(import.meta.url);
    const client = new s3.S3Client({ forcePathStyle: true });
    await client.send(new s3.PutObjectCommand({ Bucket: BUCKET, Key: key, Body: text }));
    client.destroy();
  }

  stop(): void {
    this.#child.kill("SIGKILL");
    for (const [name, value] of Object.entries(this.#before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}
