import { CREDENTIAL_VARIABLES, MASK } from "artillery-engine-mqtt/contract";
import type { Contestant } from "./contestant.ts";

const SCHEMES = ["mqtt:", "mqtts:", "ws:", "wss:"];

/**
 * A broker that the user runs: `name=mqtts://host:8883`. User name and password come from `MQTT_<NAME>_USERNAME` and
 * `MQTT_<NAME>_PASSWORD`: a command line can be read by everyone on the machine.
 *
 * @throws an error whose message says what is wrong with the URL, and repeats no secret
 */
export function brokerByUrl(
  name: string,
  url: string,
  env: Readonly<Record<string, string | undefined>>,
): Contestant {
  const refuse = (why: string): never => {
    throw new Error(`--broker ${name}=${url.replace(/\/\/.*@/, `//${MASK}@`)}: ${why}`);
  };
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    return refuse("not a URL; allowed: mqtt://host:port, mqtts://…, ws://…, wss://…");
  }
  if (!SCHEMES.includes(parsed.protocol)) return refuse("allowed: mqtt://, mqtts://, ws://, wss://");
  const prefix = `MQTT_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
  if (parsed.username !== "" || parsed.password !== "") {
    return refuse(`credentials belong in the environment: ${prefix}_USERNAME and ${prefix}_PASSWORD`);
  }
  const credentials: Record<string, string> = {};
  for (const [key, variable] of Object.entries(CREDENTIAL_VARIABLES)) {
    const value = env[`${prefix}_${key.toUpperCase()}`];
    if (value !== undefined) credentials[variable] = value;
  }
  return {
    facts: {
      name,
      title: name,
      version: "not known",
      notes: [`runs at ${parsed.protocol}//${parsed.host}; set up by its owner`],
    },
    cannot: ({ restart }) => (restart ? "it is not ours to restart: it runs by its URL" : null),
    start: async () => ({
      url,
      env: credentials,
      usage: () => null,
      diedOf: () => null,
      restart: null,
      stop: async () => {},
    }),
  };
}
