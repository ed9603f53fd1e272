/** A fingerprint of everything that happened, in its order: the same seed gives the same one. */
export class LogHash {
  #hash = 0x811c9dc5;

  add(value: number): void {
    // Two halves, so that fractions of a millisecond count as well.
    this.#mix(Math.trunc(value));
    this.#mix(Math.trunc((value % 1) * 0x7fffffff));
  }

  addText(text: string): void {
    for (let i = 0; i < text.length; i++) this.#mix(text.charCodeAt(i));
  }

  #mix(value: number): void {
    this.#hash = Math.imul(this.#hash ^ value, 0x01000193) ^ (this.#hash >>> 15);
  }

  get value(): number {
    return this.#hash >>> 0;
  }
}
