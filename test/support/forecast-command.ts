/** `mqtt-results forecast` over a small fleet: a forecast of some hundred devices takes some ten milliseconds. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { runCommand } from "../../results/src/commands/program.ts";
import { temporaryDirectory } from "./run-files.ts";

export interface ScriptOptions {
  reconnect?: object;
  configService?: object | string;
  storms?: object[];
  plugin?: object;
  environments?: object;
  /** Besides the config service. */
  forecast?: object;
}

/** 220 devices that ask for their configuration on every connect, and a back end that answers 50 of them a second. */
export function scriptOf({
  reconnect = { policy: "immediate" },
  configService = {
    requestTopic: "config/+/get/+",
    responseTopic: "config/$1/$2",
    capacity: 50,
    queueLimit: 10_000,
  },
  storms = [{ at: "8s", fraction: 1, cause: "reset", window: "20s" }],
  plugin = {},
  environments,
  forecast,
}: ScriptOptions = {}): string {
  const path = join(temporaryDirectory(), "small.yml");
  const request = {
    topic: "config/{{ deviceId }}/get/{{ requestId }}",
    responseTopic: "config/{{ deviceId }}/{{ requestId }}",
    timeout: "2s",
    onTimeout: "reset",
  };
  const script = {
    config: {
      target: "lab",
      phases: [{ duration: "5s", arrivalRate: 44 }],
      ...(environments === undefined ? {} : { environments }),
      engines: {
        mqtt: { seed: 7, reconnect, configService, storms, ...(forecast === undefined ? {} : { forecast }) },
      },
      plugins: { "mqtt-results": plugin },
    },
    before: { engine: "mqtt", flow: [{ lab: {} }] },
    scenarios: [
      {
        name: "fleet",
        engine: "mqtt",
        onConnect: [{ request }],
        flow: [{ connect: {} }, { stayOnline: {} }],
      },
    ],
  };
  writeFileSync(path, stringify(script));
  return path;
}

/** What a command came to, and what it wrote. */
export interface CommandResult {
  code: number;
  out: string;
  err: string;
  /** The only directory that was made in that of the output; empty for none. */
  name: string;
  directory: string;
  text(file: string): string;
}

export async function forecastCommand(
  args: readonly string[],
  onError: (text: string) => void = () => {},
): Promise<CommandResult> {
  const output = temporaryDirectory();
  const { code, out, err } = await command(["forecast", ...args, "--output", output], onError);
  const [name = ""] = existsSync(output) ? readdirSync(output) : [];
  const directory = join(output, name);
  const text = (file: string): string => readFileSync(join(directory, file), "utf8");
  return { code, out, err, name, directory, text };
}

export async function command(
  args: readonly string[],
  onError: (text: string) => void = () => {},
): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const code = await runCommand(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
      onError(text);
    },
    colour: false,
  });
  return { code, out, err };
}

/** The files of a forecast as a run leaves them: nothing in them says that it was forecast. */
export function asMeasured(directory: string): string {
  const path = join(directory, "worker-forecast.json");
  const { forecast: _, ...record } = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(record));
  return directory;
}
