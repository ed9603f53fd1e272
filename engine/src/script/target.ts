import type { Problem } from "./problem.ts";

/** Where the devices connect to. */
export type Target =
  /** The embedded broker, started for this run. */
  | { kind: "lab" }
  | {
      kind: "url";
      host: string;
      port: number;
      username: string | null;
      password: string | null;
      url: string;
    };

/** `config.target` that asks for the embedded broker. */
export const LAB_TARGET = "lab";

const DEFAULT_PORT = 1883;
const ALLOWED = "mqtt://host:port, or lab for the embedded broker";

export function parseTarget(value: unknown): Target | { problem: Problem } {
  if (value === LAB_TARGET) return { kind: "lab" };
  const refuse = (allowed: string): { problem: Problem } => ({
    problem: { path: "config.target", value: typeof value === "string" ? maskUrl(value) : value, allowed },
  });
  if (typeof value !== "string") return refuse(ALLOWED);
  if (/\{\{/.test(value)) return refuse(`${ALLOWED} (its variable has no value)`);
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return refuse(ALLOWED);
  }
  if (url.protocol !== "mqtt:" && url.protocol !== "tcp:") return refuse(ALLOWED);
  if (url.hostname === "") return refuse(ALLOWED);
  const port = url.port === "" ? DEFAULT_PORT : Number(url.port);
  if (port === 0) return refuse("a port from 1 to 65535");
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === undefined || password === undefined) {
    return refuse(`${ALLOWED} (user name and password percent-encoded: % itself is %25)`);
  }
  return {
    kind: "url",
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    username,
    password,
    url: `mqtt://${url.hostname}:${port}`,
  };
}

/** Null for none, undefined for what is not percent-encoded. */
function decode(text: string): string | null | undefined {
  if (text === "") return null;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** A URL without what may be secret in it: user name, password (whatever it holds), query. Also of text that is no URL. */
export function maskUrl(text: string): string {
  return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1").replace(/\?.*$/s, "");
}

export interface Credentials {
  username?: string | undefined;
  password?: string | undefined;
}

/** Of the environment: a command line or a script can be read by others. */
export const CREDENTIAL_VARIABLES = {
  username: "ARTILLERY_MQTT_USERNAME",
  password: "ARTILLERY_MQTT_PASSWORD",
} as const;

/** The user name and password of the script's settings, else of the target's URL, else of the environment. */
export function credentialsOf(
  target: Target,
  settings: Credentials,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { username?: string; password?: string } {
  const ofUrl = target.kind === "url" ? target : { username: null, password: null };
  const username = settings.username ?? ofUrl.username ?? environment[CREDENTIAL_VARIABLES.username] ?? null;
  const password = settings.password ?? ofUrl.password ?? environment[CREDENTIAL_VARIABLES.password] ?? null;
  return { ...(username === null ? {} : { username }), ...(password === null ? {} : { password }) };
}
