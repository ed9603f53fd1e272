import { MOST_CONTAINERS } from "../rendezvous/entry.ts";
import type { PlacePlan } from "../rendezvous/plan.ts";
import { parseS3 } from "../rendezvous/s3-address.ts";
import type { Problem } from "../script/problem.ts";

/** What the environment says of a run on several machines. */
export interface FleetEnvironment {
  /** How many containers the fleet is on; 1 where it is not said. */
  containers: number;
  /** Somebody said how many: devices are then numbered throughout, and one container is a fleet like any other. */
  isNumbered: boolean;
  /** Which of them this one is, counted from 0; null where the containers are to find out. */
  index: number | null;
  /** In place of the script's; null for none. */
  rendezvous: PlacePlan | null;
}

export const CONTAINERS = "MQTT_FLEET_CONTAINERS";
export const INDEX = "MQTT_FLEET_INDEX";
const RENDEZVOUS = "MQTT_FLEET_RENDEZVOUS";
const RUN = "ARTILLERY_TEST_RUN_ID";

type Variables = Readonly<Record<string, string | undefined>>;

/** A variable that is empty is one that is not set. */
export function readFleetEnvironment(
  variables: Variables,
): { fleet: FleetEnvironment; problems: null } | { fleet: null; problems: Problem[] } {
  const of = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const problems: Problem[] = [];
  const refuse = (path: string, allowed: string): void => {
    problems.push({ path: `environment variable ${path}`, value: of(path), allowed });
  };
  const [saidContainers, saidIndex] = [of(CONTAINERS), of(INDEX)];
  const containers = wholeNumber(saidContainers);
  const index = wholeNumber(saidIndex);
  const isCount = containers !== null && containers >= 1 && containers <= MOST_CONTAINERS;
  if (saidContainers === undefined) {
    if (saidIndex !== undefined) refuse(CONTAINERS, `beside ${INDEX}: how many containers the fleet is on`);
  } else if (!isCount) {
    refuse(CONTAINERS, `a whole number from 1 to ${MOST_CONTAINERS}: how many containers the fleet is on`);
  }
  if (saidIndex !== undefined && (index === null || (isCount && index >= containers))) {
    const last = isCount ? String(containers - 1) : `${CONTAINERS} - 1`;
    refuse(INDEX, `a whole number from 0 to ${last}: which of the containers this one is`);
  }
  if (isCount && containers > 1 && of(RUN) === undefined)
    refuse(RUN, "the same text in all containers of a run: they find each other by it");
  const said = of(RENDEZVOUS);
  const rendezvous = said === undefined ? null : placeOf(said);
  if (rendezvous === "bad") refuse(RENDEZVOUS, "broker, the path of a folder, or s3://BUCKET/PREFIX");
  if (problems.length > 0 || rendezvous === "bad") return { fleet: null, problems };
  return {
    fleet: { containers: containers ?? 1, isNumbered: containers !== null, index, rendezvous },
    problems: null,
  };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function placeOf(text: string): PlacePlan | "bad" {
  if (text === "broker") return { kind: "broker" };
  if (text.startsWith("s3:")) return parseS3(text) ?? "bad";
  return /^\w+:\/\//.test(text) ? "bad" : { kind: "directory", path: text };
}
