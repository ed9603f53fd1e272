import { join } from "node:path";
import { BroadcastChannel } from "node:worker_threads";
import { FILES, UNWRITTEN_CHANNEL, type UnwrittenFiles, writeWhole } from "artillery-engine-mqtt/contract";
import type { HandedOn } from "./run-files.ts";

/** What workers of this process could not write, as they hand it on. Only the plugin in the main thread has one. */
export class UnwrittenWorkers {
  readonly #byId = new Map<string, UnwrittenFiles>();
  readonly #channel = new BroadcastChannel(UNWRITTEN_CHANNEL);

  constructor() {
    this.#channel.onmessage = (event): void => {
      const { data } = event as { data: UnwrittenFiles };
      this.#byId.set(data.workerId, data);
    };
    this.#channel.unref();
  }

  /** Of these the files are out of date, or there are none. */
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

  /** Tries once more where they belong. Returns a sentence for each worker. */
  write(directory: string): string[] {
    return [...this.#byId.values()].flatMap(({ workerId, problem, files }) => {
      if (files === null) return [];
      const said = `the files of worker ${workerId} could not be written during the run (${problem})`;
      try {
        writeWhole(join(directory, FILES.workerHistograms(workerId)), files.histograms);
        writeWhole(join(directory, FILES.workerTimeline(workerId)), files.timeline);
        writeWhole(join(directory, FILES.workerRecord(workerId)), JSON.stringify(files.record));
        return [`${said}; they are written now`];
      } catch {
        return [`${said}, nor after it; what is shown comes from memory`];
      }
    });
  }

  close(): void {
    this.#channel.close();
  }
}
