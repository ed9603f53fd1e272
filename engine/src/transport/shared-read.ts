/** Large enough for many packets in one read; shared by all connections of the thread. */
const READ_BUFFER_BYTES = 64 * 1024;

/**
 * Every connection of the thread is read into this one buffer: no stream buffering and no garbage per packet. The bytes must be
 * consumed before the callback returns.
 */
export const sharedRead: Buffer = Buffer.allocUnsafe(READ_BUFFER_BYTES);
