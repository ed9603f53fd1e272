import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./broker.ts";
import { eventually } from "./device-fleet.ts";

/** ejabberd's MQTT broker (Debian package `ejabberd`): MQTT 5 with aliases, reasons in DISCONNECT and expiry. */

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

function code(): string | null {
  if (!existsSync("/usr/bin/erl") || !existsSync(LIBRARIES)) return null;
  const folder = readdirSync(LIBRARIES).find(
    (name) => name.startsWith("ejabberd-") && existsSync(join(LIBRARIES, name, "ebin", "mod_mqtt.beam")),
  );
  return folder === undefined ? null : join(LIBRARIES, folder, "ebin");
}

/** False, with the reason printed, where it is not installed. */
export function ejabberdAvailable(): boolean {
  if (code() !== null) return true;
  console.warn("skipped: ejabberd is not installed (apt-get install ejabberd)");
  return false;
}

export class Ejabberd {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #directory: string;

  private constructor(port: number, child: ChildProcess, directory: string) {
    this.port = port;
    this.#child = child;
    this.#directory = directory;
  }

  static async start(): Promise<Ejabberd> {
    const port = await freePort();
    const directory = mkdtempSync(join(tmpdir(), "ejabberd-"));
    const config = join(directory, "ejabberd.yml");
    const log = join(directory, "ejabberd.log");
    writeFileSync(
      config,
      `hosts: [localhost]
loglevel: info
auth_method: [anonymous]
anonymous_protocol: login_anon
listen:
  - { port: ${port}, ip: "127.0.0.1", module: mod_mqtt, backlog: 1000 }
modules:
  mod_mqtt: { max_topic_aliases: 100 }
`,
    );
    // Without ejabberdctl there is no distributed node, and no port mapper that outlives it.
    const child = spawn(
      "erl",
      ["-noinput", "-pa", code() as string, "-mnesia", "dir", `"${directory}"`, "-s", "ejabberd"],
      {
        stdio: "ignore",
        env: {
          ...process.env,
          HOME: directory,
          ERL_LIBS: LIBRARIES,
          EJABBERD_CONFIG_PATH: config,
          EJABBERD_LOG_PATH: log,
        },
      },
    );
    process.once("exit", () => child.kill("SIGKILL"));
    const broker = new Ejabberd(port, child, directory);
    const text = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
    await eventually(
      () => child.exitCode !== null || text().includes("Start accepting TCP"),
      30_000,
      () => `ejabberd did not start:\n${text()}`,
    );
    if (child.exitCode !== null) throw new Error(`ejabberd ended with ${child.exitCode}:\n${text()}`);
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await exited;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
