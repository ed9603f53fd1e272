/** What `device/` sees of the network: open a connection, write bytes, hear bytes and the end. */

/** Why a connection could not be opened or ended; design.md, "Measuring honestly", point 8. */
export type TransportFailure =
  | "tcp_refused"
  | "tcp_timeout"
  | "tcp_reset"
  | "tcp_unreachable"
  | "dns"
  | "local_ports"
  | "descriptors"
  | "tcp_error";

export interface TransportListener {
  /** The byte stream is up (TCP, and TLS or WebSocket where they are used). */
  onOpen(): void;
  /** `bytes` is a shared buffer: valid only until this call returns. */
  onBytes(bytes: Buffer): void;
  /** Exactly once, unless `close` or `reset` was called first. `failure` is null when the peer ended the stream. */
  onClosed(failure: TransportFailure | null): void;
}

export interface Transport {
  write(bytes: Uint8Array): void;
  /** Ends the stream with FIN. The listener hears nothing more. */
  close(): void;
  /** Aborts the stream with RST. The listener hears nothing more. */
  reset(): void;
}

/** Who opens a connection: read while it is opened, so that one shared `open` serves every device. */
export interface Dialer {
  readonly number: number;
  /** Where a server sent this one; null for the target of the script. */
  readonly endpoint: Endpoint | null;
}

export interface Endpoint {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** Null for the port of the target. */
  readonly port: number | null;
}

export type OpenTransport = (listener: TransportListener, dialer: Dialer) => Transport;
