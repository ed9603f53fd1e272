import { describe, expect, it } from "vitest";
import { readFleetEnvironment } from "../../../engine/src/live/fleet-environment.ts";

const RUN = { ARTILLERY_TEST_RUN_ID: "t-1" };

describe("what the environment says of the fleet", () => {
  it.each([
    [{}, { containers: 1, isNumbered: false, index: null, rendezvous: null }],
    [
      { MQTT_FLEET_CONTAINERS: "", MQTT_FLEET_INDEX: " " },
      { containers: 1, isNumbered: false, index: null, rendezvous: null },
    ],
    [
      { ...RUN, MQTT_FLEET_CONTAINERS: "3" },
      { containers: 3, isNumbered: true, index: null, rendezvous: null },
    ],
    [
      { ...RUN, MQTT_FLEET_CONTAINERS: "3", MQTT_FLEET_INDEX: "2", MQTT_FLEET_RENDEZVOUS: "/mnt/fleet" },
      { containers: 3, isNumbered: true, index: 2, rendezvous: { kind: "directory", path: "/mnt/fleet" } },
    ],
    [{ MQTT_FLEET_CONTAINERS: "1" }, { containers: 1, isNumbered: true, index: null, rendezvous: null }],
    [
      { MQTT_FLEET_RENDEZVOUS: "broker" },
      { containers: 1, isNumbered: false, index: null, rendezvous: { kind: "broker" } },
    ],
    [
      { MQTT_FLEET_RENDEZVOUS: "s3://my-bucket/a" },
      {
        containers: 1,
        isNumbered: false,
        index: null,
        rendezvous: { kind: "s3", bucket: "my-bucket", prefix: "a" },
      },
    ],
  ])("%o", (variables, fleet) => {
    expect(readFleetEnvironment(variables)).toEqual({ fleet, problems: null });
  });

  it.each<[Record<string, string>, string[]]>([
    [{ MQTT_FLEET_INDEX: "0" }, ["MQTT_FLEET_CONTAINERS"]],
    [{ ...RUN, MQTT_FLEET_CONTAINERS: "0" }, ["MQTT_FLEET_CONTAINERS"]],
    [{ ...RUN, MQTT_FLEET_CONTAINERS: "three" }, ["MQTT_FLEET_CONTAINERS"]],
    [{ ...RUN, MQTT_FLEET_CONTAINERS: "10001" }, ["MQTT_FLEET_CONTAINERS"]],
    [{ ...RUN, MQTT_FLEET_CONTAINERS: "3", MQTT_FLEET_INDEX: "3" }, ["MQTT_FLEET_INDEX"]],
    [{ ...RUN, MQTT_FLEET_CONTAINERS: "3", MQTT_FLEET_INDEX: "-1" }, ["MQTT_FLEET_INDEX"]],
    [{ MQTT_FLEET_CONTAINERS: "3", MQTT_FLEET_INDEX: "1.5" }, ["MQTT_FLEET_INDEX", "ARTILLERY_TEST_RUN_ID"]],
    [{ MQTT_FLEET_RENDEZVOUS: "s3://x" }, ["MQTT_FLEET_RENDEZVOUS"]],
    [{ MQTT_FLEET_RENDEZVOUS: "https://my-bucket" }, ["MQTT_FLEET_RENDEZVOUS"]],
  ])("is refused, by name: %o", (variables, names) => {
    const { fleet, problems } = readFleetEnvironment(variables);
    expect(fleet).toBeNull();
    expect(problems?.map(({ path }) => path)).toEqual(names.map((name) => `environment variable ${name}`));
    for (const { path, value } of problems ?? [])
      expect(value).toBe(variables[path.replace("environment variable ", "")]);
  });
});
