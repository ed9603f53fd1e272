import type { EventEmitter } from "node:events";

/** 128 and SIGPIPE, which Node ignores: what a shell reports of any program whose reader went away. */
const SIGPIPE_CODE = 141;

/** Who reads no further, as `| head` does, ends the command without a word; whatever else goes wrong with a stream is thrown. */
export function endWhenReaderLeaves(streams: readonly EventEmitter[], end: (code: number) => void): void {
  for (const stream of streams)
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      end(SIGPIPE_CODE);
    });
}
