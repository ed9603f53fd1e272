import type { ArtilleryScript, VuContext } from "../artillery.ts";
import { createRandom, hashRandom } from "../random.ts";
import { contextWith } from "../script/steps/step.ts";
import { STANDS_IN } from "../script/template.ts";

/** Streams of random numbers of their own, far from those of devices. */
const FUNCTIONS_STREAM = 0xffff_fff0;
const ROWS_STREAM = 0xffff_fff1;
const WEIGHTS_STREAM = 0xffff_fff2;
const VARIABLES_STREAM = 0xffff_fff3;
const ARRIVALS_STREAM = 0xffff_fff5;
const UUID_STREAM = 0xffff_fff4;

const ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/** A CSV file of `config.payload`, as Artillery hands it on: its rows read already. */
interface Payload {
  fields?: unknown;
  data?: unknown;
  order?: unknown;
  loadAll?: unknown;
  name?: unknown;
}

/** Makes the contexts of virtual users as Artillery does, from the seed where Artillery throws dice. */
export class Contexts {
  readonly #seed: number;
  readonly #shared: Record<string, unknown>;
  readonly #set: readonly string[];
  readonly #lists: readonly [string, readonly unknown[]][];
  readonly #payloads: readonly { fields: readonly string[]; rows: readonly unknown[][]; inOrder: boolean }[];
  readonly #funcs: Record<string, (...args: unknown[]) => unknown>;
  readonly #needsUuid: boolean;
  #count = 0;

  /**
   * @param shared variables that all have beside those of the script
   * @param set names of variables that are set later: one that is there from the start takes less memory
   */
  constructor(
    script: ArtilleryScript,
    seed: number,
    shared: Record<string, unknown>,
    set: readonly string[],
  ) {
    this.#seed = seed;
    this.#set = set;
    const payloads = [script.config.payload ?? []].flat() as Payload[];
    const variables = Object.entries(script.config.variables ?? {});
    this.#lists = variables.filter((one): one is [string, unknown[]] => Array.isArray(one[1]));
    this.#shared = {
      target: script.config.target,
      ...shared,
      ...Object.fromEntries(
        payloads.flatMap(({ loadAll, name, data }) => (loadAll ? [[String(name), data]] : [])),
      ),
      ...Object.fromEntries(variables.filter(([, value]) => !Array.isArray(value))),
    };
    this.#payloads = payloads
      .filter(({ loadAll }) => !loadAll)
      .map(({ fields, data, order }) => ({
        fields: Array.isArray(fields) ? fields.map(String) : [],
        rows: Array.isArray(data) ? (data as unknown[][]) : [],
        inOrder: order === "sequence",
      }));
    this.#needsUuid = JSON.stringify(script.scenarios ?? "").includes("$uuid");
    const random = createRandom(seed, FUNCTIONS_STREAM);
    this.#funcs = {
      [STANDS_IN]: () => true,
      $randomNumber: (from, to) => {
        const [low, high] = [Number(from), Number(to)];
        return low + Math.floor(random() * (high - low + 1));
      },
      $randomString: (length = 10) =>
        Array.from({ length: Number(length) }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join(
          "",
        ),
    };
  }

  next(): VuContext {
    const count = this.#count++;
    // What all have is inherited: a context lives as long as its device.
    const vars = Object.create(this.#shared) as Record<string, unknown>;
    for (const name of this.#set) vars[name] = undefined;
    for (const { fields, rows, inOrder } of this.#payloads) {
      const at = inOrder ? count % rows.length : Math.floor(this.#draw(ROWS_STREAM, count) * rows.length);
      const row = rows[at] ?? [];
      fields.forEach((field, i) => {
        vars[field] = row[i];
      });
    }
    this.#lists.forEach(([name, values], i) => {
      vars[name] = values[Math.floor(this.#draw(VARIABLES_STREAM - 16 * i, count) * values.length)];
    });
    if (this.#needsUuid) vars["$uuid"] = this.#uuid(count);
    return contextWith(vars, this.#funcs);
  }

  /** Uniform in [0, 1): decides when a virtual user arrives where that is random. */
  arrivalChance(arrival: number): number {
    return this.#draw(ARRIVALS_STREAM, arrival);
  }

  #draw(stream: number, count: number): number {
    return hashRandom(this.#seed, stream, count);
  }

  /** RFC 9562 section 5.8: a UUID of the maker's own form. */
  #uuid(count: number): string {
    const part = (i: number): string =>
      Math.floor(this.#draw(UUID_STREAM - 16 * i, count) * 2 ** 32)
        .toString(16)
        .padStart(8, "0");
    const hex = [0, 1, 2, 3].map(part).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** Chooses the scenario of each arrival by weight, as Artillery does: a weight is a whole number, 1 unless given. */
export function scenarioPicker(scenarios: readonly unknown[], seed: number): (arrival: number) => number {
  const bounds: number[] = [];
  let total = 0;
  for (const scenario of scenarios) {
    const { weight = 1 } = (scenario ?? {}) as { weight?: unknown };
    const known = Number.parseInt(String(weight), 10);
    total += Number.isNaN(known) ? 0 : known;
    bounds.push(total);
  }
  if (bounds.length === 1) return () => 0;
  return (arrival) => {
    const key = hashRandom(seed, WEIGHTS_STREAM, arrival) * total;
    return bounds.findIndex((bound) => key < bound);
  };
}
