import { printable } from "../printable.ts";
import { maskText } from "../secrets/secret-text.ts";

/** So many different texts are told: with a device's id in it, every one is another. */
const MOST_TEXTS = 10;
const LONGEST_TEXT = 500;

const MOST_FRAMES = 5;
const LONGEST_FRAME = 300;
/** More of a stack is not looked at. */
const LONGEST_STACK = 20_000;

/** Frames of the engine's own, and of Node's, tell the user nothing. */
const OURS = new URL("..", import.meta.url).href;

/** Says why virtual users failed where only a count would remain: each text once, with the first stack that came with it. */
export class FailureTexts {
  readonly #log: (line: string) => void;
  readonly #told = new Set<string>();
  /** Texts as they came: what all virtual users fail with is masked once. */
  readonly #heard = new Set<string>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /**
   * @param error what it failed with, for its stack
   * @param sort of all texts of one sort the first is told
   */
  tell(text: string, error: unknown = null, sort: string = text): void {
    if (this.#told.size > MOST_TEXTS || this.#heard.has(sort)) return;
    // It is cut at last: no pattern would know the beginning of a secret across the cut.
    const shown = show(text, LONGEST_TEXT);
    if (this.#told.has(shown)) return;
    this.#told.add(shown);
    this.#heard.add(sort);
    const more = this.#told.size > MOST_TEXTS;
    const lines = [`mqtt: ${shown}`, ...framesOf(error).map((frame) => `    ${show(frame, LONGEST_FRAME)}`)];
    this.#log(more ? "mqtt: virtual users fail for more reasons, which are not shown" : lines.join("\n"));
  }
}

function show(text: string, longest: number): string {
  return printable(maskText(text)).slice(0, longest);
}

/** Where the user's code threw, innermost first; empty where that is not known. */
function framesOf(error: unknown): string[] {
  let stack: unknown = null;
  try {
    stack = error instanceof Error ? error.stack : null;
  } catch {
    // Whoever throws may have made it so that asking throws again.
  }
  if (typeof stack !== "string") return [];
  return stack
    .slice(0, LONGEST_STACK)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => /^at .+:\d+:\d+\)?$/.test(line) && !line.includes("node:") && !line.includes(OURS))
    .slice(0, MOST_FRAMES);
}
