import type { ArtilleryScript } from "../artillery.ts";
import { maskText } from "../secrets/secret-text.ts";
import {
  type ClientIdTemplate,
  type GivenValues,
  type IdPart,
  partsOfId,
  type ValueFile,
} from "./client-ids.ts";
import type { CohortPlan } from "./plan.ts";

/**
 * Client ids that several devices of the fleet have in common, as far as that is known before the run. A broker has one connection
 * for each client id ([MQTT-3.1.4-3]): such devices take it from each other for as long as both are there.
 */

/** Who takes part. */
export interface FleetSize {
  /** Devices of the whole run; null where its phases do not say. */
  devices: number | null;
  /** Threads that each read CSV files from the first row on: Artillery gives every one of them all rows. */
  readers: number;
  /** The fleet's share of each cohort, by weight. */
  shares: readonly number[];
  /** The id of a device by its place in the order of arrival, from 0. */
  nameOf(place: number): string;
}

export function fleetSizeOf(
  { scenarios }: Pick<ArtilleryScript, "scenarios">,
  cohorts: readonly Pick<CohortPlan, "scenarioIndex">[],
  share: Omit<FleetSize, "shares">,
): FleetSize {
  const weights = (Array.isArray(scenarios) ? scenarios : []).map(weightOf);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { ...share, shares: cohorts.map(({ scenarioIndex }) => (weights[scenarioIndex] ?? 0) / total) };
}

/** A whole number, 1 unless given, as Artillery reads it. */
function weightOf(scenario: unknown): number {
  const { weight = 1 } = (scenario ?? {}) as { weight?: unknown };
  return Number.parseInt(String(weight), 10) || 0;
}

/** Virtual users come one after the other, each when the last has left: an id may be theirs in turn. */
export function isOneAtATime(phases: unknown, workers: number): boolean {
  const all = Array.isArray(phases) ? (phases as Record<string, unknown>[]) : [];
  const starting = all.filter(({ pause }) => pause === undefined);
  return workers === 1 && starting.length > 0 && starting.every(({ maxVusers }) => Number(maxVusers) <= 1);
}

/** At so many pairs, as expected, it is more likely than not that there is one: 1 - e^-0.7 is a half. */
const LIKELY_PAIRS = 0.7;
/** Rows that are looked at, some 2 µs each: a fleet's start does not wait for more. */
const MOST_ROWS = 200_000;

/** A sentence for each template that gives devices of one fleet the same client id, with its path and what to do. */
export function sharedIdSentences(
  cohorts: readonly Pick<CohortPlan, "clientIds">[],
  given: GivenValues,
  size: FleetSize,
): string[] {
  const groups = [...groupsOf(cohorts, given).values()];
  return groups.flatMap((group) => {
    const share = [...group.cohorts].reduce((sum, cohort) => sum + (size.shares[cohort] ?? 0), 0);
    const what = collision(group.parts, { ...size, share });
    if (what === null) return [];
    const [first, ...others] = group.templates;
    return first === undefined ? [] : sentence(first, others, what);
  });
}

/** Every client id of the fleet is known to be one device's alone. */
export function hasOnlyOwnIds(
  cohorts: readonly Pick<CohortPlan, "clientIds">[],
  given: GivenValues,
): boolean {
  return cohorts
    .flatMap(({ clientIds }) => clientIds)
    .every((template) => partsOfId(template, given).some(({ kind }) => kind === "own"));
}

/** Templates that give the same ids, whichever cohort they are of. */
interface Group {
  parts: readonly IdPart[];
  templates: ClientIdTemplate[];
  cohorts: Set<number>;
}

function groupsOf(
  cohorts: readonly Pick<CohortPlan, "clientIds">[],
  given: GivenValues,
): ReadonlyMap<string, Group> {
  const groups = new Map<string, Group>();
  cohorts.forEach(({ clientIds }, cohort) => {
    for (const template of clientIds) {
      const parts = partsOfId(template, given);
      if (parts.some(({ kind }) => kind === "own" || kind === "unknown")) continue;
      const key = keyOf(parts, template, given);
      const group = groups.get(key) ?? { parts, templates: [], cohorts: new Set() };
      groups.set(key, group);
      group.templates.push(template);
      group.cohorts.add(cohort);
    }
  });
  return groups;
}

/** The same for templates that draw from the same values: their text, with what is the same for all devices put in. */
function keyOf(parts: readonly IdPart[], { text }: ClientIdTemplate, given: GivenValues): string {
  if (parts.every(({ kind }) => kind === "same"))
    return parts.map((part) => (part.kind === "same" ? part.text : "")).join("");
  const known = parts.map((part) => {
    if (part.kind === "same") return part.text;
    if (part.kind === "column") return { file: given.files.indexOf(part.file), field: part.field };
    return part.kind === "drawn" ? { from: part.from, variable: part.variable } : text;
  });
  return JSON.stringify(known);
}

type GroupSize = FleetSize & { share: number };

/** What the parts of a client id have in common among so many devices, in words; null where they are not known to. */
function collision(parts: readonly IdPart[], size: GroupSize): string | null {
  const devices = size.devices === null ? null : Math.round(size.devices * size.share);
  if (devices !== null && devices < 2) return null;
  const columns = parts.filter((part) => part.kind === "column");
  const files = [...new Set(columns.map(({ file }) => file))];
  const drawn = parts.filter(isDrawnAgain);
  if (files.length === 0 && drawn.length === 0) return sameForAll(devices, size);
  const chance = drawn.reduce((product, { from }) => product / from, 1);
  const [file] = files;
  if (file === undefined) return drawnAtRandom(devices, chance);
  // Several files, or a row in sequence beside a number drawn: whether two devices meet depends on too much.
  if (files.length > 1 || (file.inSequence && drawn.length > 0)) return null;
  const fields = columns.map(({ field }) => field);
  return file.inSequence ? rowsInSequence(file, fields, size) : rowsAtRandom(file, fields, devices, chance);
}

/** A variable that stands twice in a template was drawn once. */
function isDrawnAgain(part: IdPart, place: number, all: readonly IdPart[]): part is DrawnPart {
  if (part.kind !== "drawn") return false;
  const isSame = (other: IdPart): boolean => other.kind === "drawn" && other.variable === part.variable;
  return part.variable === null || all.findIndex(isSame) === place;
}

type DrawnPart = Extract<IdPart, { kind: "drawn" }>;

function sameForAll(devices: number | null, { share, nameOf }: GroupSize): string {
  const who = devices === null ? "all its devices" : `all its ${devices} devices`;
  // Which devices are of a cohort is drawn.
  return share < 1
    ? `gives ${who} one client id`
    : `gives ${who} one client id, ${two(nameOf, 0, 1)} among them`;
}

function two(nameOf: FleetSize["nameOf"], one: number, other: number): string {
  return `${nameOf(one)} and ${nameOf(other)}`;
}

function drawnAtRandom(devices: number | null, chance: number): string | null {
  return likely(devices, chance, Math.round(1 / chance), "values");
}

function likely(devices: number | null, chance: number, different: number, what: string): string | null {
  if (devices === null) return null;
  const pairs = ((devices * (devices - 1)) / 2) * chance;
  if (devices <= different && pairs < LIKELY_PAIRS) return null;
  const about = `about ${Math.max(1, Math.round(pairs))} pair${pairs < 1.5 ? "" : "s"} of them`;
  return `has ${devices} devices draw from ${different} ${what} at random: ${about} will have one client id`;
}

function rowsAtRandom(
  file: ValueFile,
  fields: readonly number[],
  devices: number | null,
  chance: number,
): string | null {
  const { counts, rows } = distinctRows(file, fields);
  if (rows === 0) return null;
  let same = 0;
  // Rows that were not looked at are taken to be like the others.
  for (const count of counts.values()) same += count ** 2 / (rows * file.rows.length);
  const different = Math.round((counts.size * file.rows.length) / rows / chance);
  const words = likely(devices, same * chance, different, `ids of ${file.name}`);
  return words === null ? null : `${words} (order: sequence gives each device the next row)`;
}

function rowsInSequence(file: ValueFile, fields: readonly number[], size: GroupSize): string | null {
  const { devices, readers, share, nameOf } = size;
  const rows = file.rows.length;
  if (rows === 0) return null;
  if (readers > 1)
    return `takes the rows of ${file.name} in sequence, and each of ${readers} worker threads begins with the first of them: a device of each has the client id of that row, and so on`;
  if (devices !== null && devices > rows) {
    const who = share < 1 ? "those that get one row" : `${two(nameOf, 0, rows)}`;
    return `takes the ${rows} rows of ${file.name} in sequence for ${devices} devices: ${who} have one client id`;
  }
  const { twice } = distinctRows(file, fields, devices ?? rows);
  if (twice === null) return null;
  const who = share < 1 ? "" : `, which ${two(nameOf, twice[0], twice[1])} get`;
  return `has one client id in rows ${twice[0] + 1} and ${twice[1] + 1} of ${file.name}${who}`;
}

interface DistinctRows {
  /** Rows looked at. */
  rows: number;
  /** How often each id stands there. */
  counts: ReadonlyMap<string, number>;
  /** The first two rows of one id, from 0; null where there are none. */
  twice: readonly [number, number] | null;
}

function distinctRows(
  { rows }: ValueFile,
  fields: readonly number[],
  most: number = MOST_ROWS,
): DistinctRows {
  const counts = new Map<string, number>();
  const end = Math.min(rows.length, most, MOST_ROWS);
  let again: { key: string; row: number } | null = null;
  for (let row = 0; row < end; row++) {
    const key = keyOfRow(rows[row] ?? [], fields);
    const count = counts.get(key);
    counts.set(key, (count ?? 0) + 1);
    if (count !== undefined) again ??= { key, row };
  }
  const twice: [number, number] | null =
    again === null ? null : [rows.findIndex((row) => keyOfRow(row, fields) === again.key), again.row];
  return { rows: end, counts, twice };
}

function keyOfRow(row: readonly unknown[], fields: readonly number[]): string {
  const [only] = fields;
  return fields.length === 1
    ? String(row[only as number])
    : JSON.stringify(fields.map((field) => row[field]));
}

function sentence(
  { path, text }: ClientIdTemplate,
  others: readonly ClientIdTemplate[],
  what: string,
): string {
  const also = others.length === 0 ? "" : ` (and ${others.map((other) => other.path).join(", ")})`;
  const written = JSON.stringify(maskText(text));
  const own = text.includes("{{") ? "{{ deviceId }}" : `${text}-{{ deviceId }}`;
  return `${path}${also}: ${written} ${what}. A broker has one connection for each client id: these devices take it from each other for as long as they are there, and no verdict of theirs will stand; give each device its own, as clientId: ${JSON.stringify(maskText(own))} does`;
}
