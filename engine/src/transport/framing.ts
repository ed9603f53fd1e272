/** Finds packet boundaries in a byte stream, so that the codec only ever sees whole packets. */

export type FramingProblem = "malformed_length" | "packet_too_large";

/**
 * Length of the packet that starts at `offset`, fixed header included; null when too few bytes are there to know. The remaining
 * length has at most four bytes: MQTT 3.1.1 section 2.2.3.
 */
export function packetLength(
  bytes: Uint8Array,
  offset: number,
  end: number,
): number | null | "malformed_length" {
  let multiplier = 1;
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    const at = offset + i;
    if (at >= end) return null;
    const byte = bytes[at] as number;
    remaining += (byte & 0x7f) * multiplier;
    if ((byte & 0x80) === 0) return 1 + i + remaining;
    multiplier *= 128;
  }
  return "malformed_length";
}

/**
 * Calls `onPacket` with each whole packet of `partial` + `chunk` and returns what is left over (a copy that may be kept),
 * null when nothing is, or the problem that makes the stream unreadable. `onPacket` returns false to stop: the
 * connection is gone and the rest is of no interest. At most `maxPacketBytes` are ever kept. `target` is handed to `onPacket`,
 * so that one shared function serves all streams.
 */
export function splitPackets<T = undefined>(
  partial: Buffer | null,
  chunk: Buffer,
  maxPacketBytes: number,
  onPacket: (packet: Buffer, target: T) => boolean,
  target: T = undefined as T,
): Buffer | null | FramingProblem {
  const bytes = partial === null ? chunk : Buffer.concat([partial, chunk]);
  const end = bytes.length;
  let offset = 0;
  while (offset < end) {
    const length = packetLength(bytes, offset, end);
    if (length === "malformed_length") return length;
    if (length !== null && length > maxPacketBytes) return "packet_too_large";
    if (length === null || offset + length > end) return Buffer.from(bytes.subarray(offset));
    if (!onPacket(bytes.subarray(offset, offset + length), target)) return null;
    offset += length;
  }
  return null;
}
