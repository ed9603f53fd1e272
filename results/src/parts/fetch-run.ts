import { writeMissing } from "../run/missing-file.ts";
import { Arrived } from "./arrived.ts";
import type { ObjectStore } from "./object-store.ts";

/**
 * Fetches the files of a run into a directory, whatever its containers have sent. Returns what is not there, in sentences.
 *
 * @throws an error that says why there is nothing
 */
export async function fetchRun(store: ObjectStore, prefix: string, directory: string): Promise<FetchedRun> {
  Arrived.prepare(directory);
  const arrived = new Arrived(store, prefix, directory);
  await arrived.fetch();
  const { containers, problems } = arrived;
  if (containers.length === 0) {
    throw new Error("there are no results of a run (…/<container>/part-000001.json.gz)");
  }
  const lost = containers
    .filter(({ isLast }) => !isLast)
    .map(({ name, parts, sentAtMs }) => unended(name, parts, sentAtMs));
  const missing = [...problems, ...lost];
  writeMissing(directory, missing);
  return { containers: containers.length, problems: missing };
}

export interface FetchedRun {
  containers: number;
  problems: string[];
}

function unended(name: string, parts: number, sentAtMs: number): string {
  // Only a part that was read tells when it was sent.
  if (sentAtMs === 0) return `container ${name} did not end its run, and nothing that it sent could be read`;
  const at = new Date(sentAtMs).toISOString();
  return `container ${name} did not end its run: part ${parts}, its last, is of ${at}`;
}
