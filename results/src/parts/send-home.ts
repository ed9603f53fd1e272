import { SCHEMA_VERSION } from "artillery-engine-mqtt/contract";
import type { ObjectStore } from "./object-store.ts";
import { encodePart, type Part, type PartFile, partKey } from "./part.ts";
import { Unsent } from "./unsent.ts";

const INTERVAL_MS = 10_000;
/** After SIGTERM a container has about 20 s, of which workers may take five to end. */
const LAST_PARTS_MS = 10_000;

export interface SendHomeOptions {
  store: ObjectStore;
  /** Keys begin with it. */
  prefix: string;
  container: string;
  /** Is asked each time: Artillery sets the test run id after it has loaded its plugins. */
  directory: () => string;
  log: (line: string) => void;
}

/** Sends what a container has measured to a bucket, every ten seconds and when its run is over. Never throws. */
export class SendHome {
  readonly #options: SendHomeOptions;
  readonly #unsent = new Unsent();
  readonly #timer: NodeJS.Timeout;
  #sending: Promise<unknown> | null = null;
  #problem: string | null = null;

  constructor(options: SendHomeOptions, intervalMs: number = INTERVAL_MS) {
    this.#options = options;
    this.#timer = setInterval(() => this.#tick(), intervalMs).unref();
  }

  #tick(): void {
    // A bucket that is slower than the interval gets no second part at the same time.
    this.#sending ??= this.#sendNew(new AbortController().signal)
      .catch((error: unknown) => this.#fail(error))
      .finally(() => {
        this.#sending = null;
      });
  }

  /**
   * The run is over: sends the rest. Returns how many parts there are, or a sentence on what could not be sent.
   *
   * @param unwritten files that stand in no directory
   */
  async finish(unwritten: readonly PartFile[]): Promise<{ parts: number } | { problem: string }> {
    clearInterval(this.#timer);
    const signal = AbortSignal.timeout(LAST_PARTS_MS);
    try {
      await Promise.race([this.#sending, aborted(signal)]);
      const number = await this.#sendNew(signal);
      const last: Part = {
        schemaVersion: SCHEMA_VERSION,
        number: number + 1,
        isLast: true,
        sentAtMs: Date.now(),
        files: [...unwritten],
      };
      await this.#put(last, signal);
      return { parts: last.number };
    } catch (error) {
      return { problem: error instanceof Error ? error.message : String(error) };
    }
  }

  /** Returns the number of the latest part. */
  async #sendNew(signal: AbortSignal): Promise<number> {
    for (;;) {
      const part = this.#unsent.next(this.#options.directory(), Date.now());
      if (part.files.length === 0) return part.number - 1;
      await this.#put(part, signal);
    }
  }

  async #put(part: Part, signal: AbortSignal): Promise<void> {
    const { store, prefix, container } = this.#options;
    await store.put(partKey(prefix, container, part.number), encodePart(part), signal);
    this.#unsent.sent(part);
  }

  /** What could not be sent is part of the next attempt. */
  #fail(error: unknown): void {
    if (this.#problem !== null) return;
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#options.log(`mqtt-results: results cannot be sent yet: ${this.#problem}; it is tried again`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("sending the results took too long")), {
      once: true,
    });
  });
}
