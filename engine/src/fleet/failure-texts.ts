import { printable } from "../printable.ts";
import { maskText } from "../secrets/secret-text.ts";

/** So many different texts are told: with a device's id in it, every one is another. */
const MOST_TEXTS = 10;
const LONGEST_TEXT = 500;

/** Says why virtual users failed where only a count would remain: each text once. */
export class FailureTexts {
  readonly #log: (line: string) => void;
  readonly #told = new Set<string>();
  /** Texts as they came: what all virtual users fail with is masked once. */
  readonly #heard = new Set<string>();

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  tell(text: string): void {
    if (this.#told.size > MOST_TEXTS || this.#heard.has(text)) return;
    // It is cut at last: no pattern would know the beginning of a secret across the cut.
    const shown = printable(maskText(text)).slice(0, LONGEST_TEXT);
    if (this.#told.has(shown)) return;
    this.#told.add(shown);
    this.#heard.add(text);
    const more = this.#told.size > MOST_TEXTS;
    this.#log(more ? "mqtt: virtual users fail for more reasons, which are not shown" : `mqtt: ${shown}`);
  }
}
