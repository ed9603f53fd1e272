import type { Socket } from "node:net";
import type { TransportListener } from "../../engine/src/transport/transport.ts";

/** Writes down what the listener hears, and lets the test wait for it. */
export class Heard implements TransportListener {
  readonly calls: string[] = [];
  #waiting: { text: string; resolve: () => void } | null = null;

  onStep(next: string, resumed: boolean): void {
    this.#hear(resumed ? `step ${next}, resumed` : `step ${next}`);
  }
  onOpen(resumed = false): void {
    this.#hear(resumed ? "open, resumed" : "open");
  }
  onBytes(bytes: Buffer): void {
    this.#hear(`bytes ${bytes.toString()}`);
  }
  onClosed(failure: string | null): void {
    this.#hear(`closed ${failure}`);
  }

  #hear(call: string): void {
    this.calls.push(call);
    this.#waiting?.text === call && this.#waiting.resolve();
  }

  /** Resolves when the connection has ended, however. */
  async closed(): Promise<void> {
    while (!this.calls.some((call) => call.startsWith("closed")))
      await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Resolves when `text` was heard; the test's own time-out is the failure. */
  until(text: string): Promise<void> {
    if (this.calls.includes(text)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { text, resolve };
    });
  }
}

/** How the server's end of the connection ends: `FIN`, or the code of its error. */
export function endOf(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    socket.on("end", () => resolve("FIN"));
    socket.resume();
  });
}

/** Enough turns of the event loop for a call that must not come to have come. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
