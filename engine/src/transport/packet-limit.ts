import { packetLength } from "./framing.ts";

/** A fixed header: one byte of type and flags, and at most four of remaining length. MQTT 3.1.1 section 2.2. */
const LONGEST_HEADER = 5;

/** Follows a byte stream packet by packet, keeping nothing of it, and says when one announces more than it may be long. */
export class PacketLimit {
  readonly #maxPacketBytes: number;
  /** Bytes of the current packet that are still to come. */
  #left = 0;
  /** The beginning of a header that is not whole yet. */
  #header: Uint8Array = new Uint8Array(0);

  constructor(maxPacketBytes: number) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** False from the packet on that is too long, or whose length is malformed: the stream is to be given up. */
  accepts(chunk: Uint8Array): boolean {
    let offset = 0;
    while (offset < chunk.length) {
      const skipped = Math.min(this.#left, chunk.length - offset);
      this.#left -= skipped;
      offset += skipped;
      if (offset === chunk.length) return true;
      const known = this.#header.length;
      const header = new Uint8Array([
        ...this.#header,
        ...chunk.subarray(offset, offset + LONGEST_HEADER - known),
      ]);
      const length = packetLength(header, 0, header.length);
      if (length === "malformed_length") return false;
      if (length !== null && length > this.#maxPacketBytes) return false;
      if (length === null) {
        this.#header = header;
        return true;
      }
      this.#left = length - known;
      this.#header = new Uint8Array(0);
    }
    return true;
  }
}
