import { join } from "node:path";
import { BroadcastChannel } from "node:worker_threads";
import {
  FILES,
  type LabEnd,
  type LabRecord,
  SCHEMA_VERSION,
  UNWRITTEN_CHANNEL,
  type UnwrittenFiles,
  type UnwrittenLabEnd,
  writeWhole,
} from "artillery-engine-mqtt/contract";
import { type HandedOn, labEndSentence } from "./run-files.ts";

/**
 * What workers of this process could not write, and what of its lab's end could not be noted, as it is handed on. Only the
 * plugin in the main thread has one.
 */
export class UnwrittenWorkers {
  readonly #byId = new Map<string, UnwrittenFiles>();
  readonly #labEnds: UnwrittenLabEnd[] = [];
  readonly #channel = new BroadcastChannel(UNWRITTEN_CHANNEL);

  constructor() {
    this.#channel.onmessage = (event): void => {
      const { data } = event as { data: UnwrittenFiles | UnwrittenLabEnd };
      if ("labEnd" in data) this.#labEnds.push(data);
      else this.#byId.set(data.workerId, data);
    };
    this.#channel.unref();
  }

  /** Workers whose files are out of date, or not there at all. */
  get handedOn(): HandedOn {
    return new Map(
      [...this.#byId.values()].flatMap(({ workerId, files }) => (files === null ? [] : [[workerId, files]])),
    );
  }

  /** They could not write, and have not handed on anything yet: they still run, or they could write again. */
  get awaited(): ReadonlySet<string> {
    return new Set(
      [...this.#byId.values()].filter(({ files }) => files === null).map(({ workerId }) => workerId),
    );
  }

  /** Parts of the lab that ended, which `lab.json` does not have. */
  readLabEnds(problems: string[]): LabEnd[] {
    const labEnds = this.#labEnds.map(({ labEnd }) => labEnd);
    problems.push(...labEnds.map(labEndSentence));
    return labEnds;
  }

  /**
   * Tries once more to write them where they belong. Returns a sentence for each worker, and for the lab.
   *
   * @param labEnds all that are known
   */
  write(directory: string, labEnds: readonly LabEnd[]): string[] {
    const ofWorkers = [...this.#byId.values()].flatMap(({ workerId, problem, files }) => {
      if (files === null) return [];
      return writtenLate(`the files of worker ${workerId}`, problem, () => {
        writeWhole(join(directory, FILES.workerHistograms(workerId)), files.histograms);
        writeWhole(join(directory, FILES.workerTimeline(workerId)), files.timeline);
        writeWhole(join(directory, FILES.workerRecord(workerId)), JSON.stringify(files.record));
      });
    });
    const [first] = this.#labEnds;
    if (first === undefined) return ofWorkers;
    const ofLab = writtenLate("the end of the lab", first.problem, () => {
      const record: LabRecord = { schemaVersion: SCHEMA_VERSION, ended: [...labEnds] };
      writeWhole(join(directory, FILES.lab), JSON.stringify(record));
    });
    return [...ofWorkers, ofLab];
  }

  close(): void {
    this.#channel.close();
  }
}

function writtenLate(what: string, problem: string, write: () => void): string {
  const said = `${what} could not be written during the run (${problem})`;
  try {
    write();
    return `${said}; written now`;
  } catch {
    return `${said}, nor after it; what is shown comes from memory`;
  }
}
