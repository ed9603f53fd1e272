import { BroadcastChannel } from "node:worker_threads";
import { FIGURES_CHANNEL, type WorkerFigures } from "../contract.ts";

/** Tells the plugin in the main thread what this worker counts. It never keeps the thread alive. */
export class FiguresChannel {
  readonly #channel = new BroadcastChannel(FIGURES_CHANNEL);

  constructor() {
    this.#channel.unref();
  }

  /** It is copied: what counts goes on counting. */
  tell(figures: WorkerFigures): void {
    this.#channel.postMessage(figures);
  }

  close(): void {
    this.#channel.close();
  }
}
