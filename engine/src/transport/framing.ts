/** Finds packet boundaries in a byte stream, so that the codec only ever sees whole packets. */

export type FramingProblem = "malformed_length" | "packet_too_large";

/**
 * Length of the packet that starts at `offset`, fixed header included; 0 when too few bytes are there to know;
 * -1 when the remaining length is malformed (MQTT 3.1.1 section 2.2.3: at most four bytes).
 */
export function packetLength(bytes: Uint8Array, offset: number, end: number): number {
  let multiplier = 1;
  let remaining = 0;
  for (let i = 1; i <= 4; i++) {
    const at = offset + i;
    if (at >= end) return 0;
    const byte = bytes[at] as number;
    remaining += (byte & 0x7f) * multiplier;
    if ((byte & 0x80) === 0) return 1 + i + remaining;
    multiplier *= 128;
  }
  return -1;
}

/**
 * Calls `onPacket` with each whole packet of `partial` + `chunk` and returns what is left over (a copy that may be kept),
 * null when nothing is, or the problem that makes the stream unreadable. `onPacket` returns false to stop: the
 * connection is gone and the rest is of no interest. At most `maxPacketBytes` are ever kept.
 */
export function splitPackets(
  partial: Buffer | null,
  chunk: Buffer,
  maxPacketBytes: number,
  onPacket: (packet: Buffer) => boolean,
): Buffer | null | FramingProblem {
  const bytes = partial === null ? chunk : Buffer.concat([partial, chunk]);
  const end = bytes.length;
  let offset = 0;
  while (offset < end) {
    const length = packetLength(bytes, offset, end);
    if (length < 0) return "malformed_length";
    if (length > maxPacketBytes) return "packet_too_large";
    if (length === 0 || offset + length > end) {
      return Buffer.from(bytes.subarray(offset));
    }
    if (!onPacket(bytes.subarray(offset, offset + length))) return null;
    offset += length;
  }
  return null;
}
