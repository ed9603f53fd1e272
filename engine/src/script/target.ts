import { CREDENTIAL_VARIABLES } from "../contract.ts";
import { maskUrl } from "../secrets/secret-text.ts";
import type { Endpoint } from "../transport/transport.ts";
import type { Problem } from "./problem.ts";
import { isPublicBroker } from "./public-brokers.ts";

/** The devices connect to this. */
export type Target =
  /** The embedded broker, started for this run. */
  { kind: "lab" } | UrlTarget;

export interface UrlTarget {
  kind: "url";
  endpoint: Endpoint;
  username: string | null;
  password: string | null;
  /** This one may be shown: it has no user name, password and query. */
  url: string;
}

/** A target that is none, and why. */
export interface BadTarget {
  problem: Problem;
}

/** The URL with which a client other than the devices dials it. Its query may be a secret. */
export function dialUrl({ url, endpoint }: UrlTarget): string {
  const query = endpoint.path.indexOf("?");
  return query < 0 ? url : url + endpoint.path.slice(query);
}

/** `config.target` that asks for the embedded broker. */
export const LAB_TARGET = "lab";

interface Scheme {
  kind: Endpoint["kind"];
  /** The scheme is shown by this name; tcp:// and ssl:// are other words for it. */
  name: string;
  port: number;
}

const MQTT: Scheme = { kind: "tcp", name: "mqtt", port: 1883 };
const MQTTS: Scheme = { kind: "tls", name: "mqtts", port: 8883 };
const SCHEMES: Record<string, Scheme> = {
  "mqtt:": MQTT,
  "tcp:": MQTT,
  "mqtts:": MQTTS,
  "ssl:": MQTTS,
  "ws:": { kind: "ws", name: "ws", port: 80 },
  "wss:": { kind: "wss", name: "wss", port: 443 },
};

/** Brokers listen for WebSocket here unless the URL says otherwise. */
const DEFAULT_PATH = "/mqtt";
const ALLOWED =
  "mqtt://host:port, mqtts://host:port, ws://host:port/path, wss://host:port/path, or lab for the embedded broker";

const NOT_YOURS =
  "is a public test broker, which belongs to others and is shared by many; the target lab, or a broker on this machine, needs nobody's leave";

export function parseTarget(value: unknown): Target | BadTarget {
  if (value === LAB_TARGET) return { kind: "lab" };
  const refuse = (allowed: string): BadTarget => ({
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
  const scheme = Object.hasOwn(SCHEMES, url.protocol) ? SCHEMES[url.protocol] : undefined;
  if (scheme === undefined || url.hostname === "") return refuse(ALLOWED);
  if (isPublicBroker(url.hostname)) return refuse(`a broker of your own: ${url.hostname} ${NOT_YOURS}`);
  const port = url.port === "" ? scheme.port : Number(url.port);
  if (port === 0) return refuse("a port from 1 to 65535");
  const isWebSocket = scheme.kind === "ws" || scheme.kind === "wss";
  if (!isWebSocket && (/^\/./.test(url.pathname) || url.search !== "" || url.hash !== "")) {
    return refuse(`no path or query after ${scheme.name}://host:port: only ws:// and wss:// have one`);
  }
  if (url.hash !== "") return refuse("no # in a URL of WebSocket: RFC 6455 section 3");
  // `ws://broker/` has a path, `ws://broker` has none: to URL they are the same.
  const path = /^[^/]*\/\/[^/?#]*\//.test(value) ? url.pathname : DEFAULT_PATH;
  const username = decode(url.username);
  const password = decode(url.password);
  if (username === null || password === null) {
    return refuse(`${ALLOWED} (user name and password percent-encoded: % itself is %25)`);
  }
  const endpoint: Endpoint = {
    kind: scheme.kind,
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port,
    path: isWebSocket ? `${path}${url.search}` : "",
  };
  // A query may be a secret; the path is none.
  const shownPath = isWebSocket ? path : "";
  return {
    kind: "url",
    endpoint,
    username: username === "" ? null : username,
    password: password === "" ? null : password,
    url: `${scheme.name}://${url.hostname}:${port}${shownPath}`,
  };
}

/** Null for what is not percent-encoded. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export interface Credentials {
  username?: string | undefined;
  password?: string | undefined;
}

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
