import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { connectLimited } from "../limited-client.ts";
import { exited, spawnOwn } from "./own-child.ts";

/** A program on the PATH, or in a system folder that is not on everyone's; null where it is not. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

export interface Mosquitto {
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** One Mosquitto for one measurement, so that none inherits another's sessions or memory. */
export async function startMosquitto(core: number | null = null): Promise<Mosquitto> {
  const program = findProgram("mosquitto");
  if (program === null) throw new Error("mosquitto is not installed: apt-get install mosquitto");
  const directory = mkdtempSync(join(tmpdir(), "bench-mosquitto-"));
  const port = await freePort();
  const file = join(directory, "mosquitto.conf");
  writeFileSync(
    file,
    `listener ${port} 127.0.0.1\nallow_anonymous true\nmax_connections -1\npersistence false\nlog_type error\n`,
  );
  const child = spawnOwn(program, ["-c", file], { stdio: "ignore" }, core);
  for (let tries = 0; ; tries++) {
    try {
      const probe = await connectLimited(`mqtt://127.0.0.1:${port}`, { reconnectPeriod: 0 });
      await probe.endAsync();
      break;
    } catch (error) {
      if (tries > 100 || child.exitCode !== null) throw error;
      await pause(50);
    }
  }
  return {
    port,
    pid: child.pid as number,
    stop: async () => {
      child.kill("SIGTERM");
      await exited(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
