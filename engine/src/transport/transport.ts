/** What `device/` sees of the network: open a connection, write bytes, hear bytes and the end. */

/** Why a connection could not be opened or ended; design.md, "Measuring honestly", point 8. */
export type TransportFailure =
  | "tcp_refused"
  | "tcp_timeout"
  | "tcp_reset"
  | "tcp_unreachable"
  /** The region is lost, by a storm of the script. */
  | "region_lost"
  /** The device's network is gone, by a storm of the script. */
  | "network_lost"
  | "dns"
  | "local_ports"
  | "local_address"
  | "descriptors"
  | "tcp_error"
  /** The TLS handshake failed in another way than those below. */
  | "tls"
  /** The device does not trust the broker's certificate. */
  | "tls_certificate"
  /** The broker ended the handshake with an alert: it wants a certificate, or does not trust the device's. */
  | "tls_alert"
  /** The device's own certificate or key cannot be used. */
  | "tls_client_certificate"
  /** The WebSocket upgrade failed, or its frames are not those of MQTT. */
  | "websocket"
  /** The HTTP status with which the upgrade was refused. */
  | "websocket_3xx"
  | "websocket_4xx"
  | "websocket_5xx";

/** What is done one after the other until bytes of MQTT can be written. */
export type OpeningStep = "tcp" | "tls" | "websocket";

export interface TransportListener {
  /**
   * A step of opening is done and `next` begins; the first is `tcp`. It is not called where `tcp` is the only one.
   * `resumed` is of TLS: the handshake was an abbreviated one.
   */
  onStep(next: OpeningStep, resumed: boolean): void;
  /** The byte stream is up: the last step is done. */
  onOpen(resumed?: boolean): void;
  /** `bytes` is a shared buffer: valid only until this call returns. */
  onBytes(bytes: Buffer): void;
  /** Called exactly once, unless `close` or `reset` was called first. `failure` is null when the peer ended the stream. */
  onClosed(failure: TransportFailure | null): void;
}

export interface Transport {
  write(bytes: Uint8Array): void;
  /** Bytes written that the system has not taken yet: the peer does not read as fast. */
  readonly unsentBytes: number;
  /** Ends the stream with FIN. The listener hears nothing more. */
  close(): void;
  /** Aborts the stream with RST. The listener hears nothing more. */
  reset(): void;
  /** From now on it answers nothing by itself; absent where it never does. */
  mute?(): void;
}

/** So much that was not taken is more than what is on its way: a peer that does not read would hold a graceful end for ever. */
export const STUCK_BYTES: number = 64 * 1024;

/** A device's own certificate for mutual TLS: PEM text, or paths of PEM files. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** Who opens a connection: read while it is opened, so that one shared `open` serves every device. */
export interface Dialer {
  readonly number: number;
  /** The server that this one was sent to; null for the target of the script. */
  readonly endpoint: ServerReference | null;
  /** Null for the one of the settings, if they have one. */
  readonly certificate?: ClientCertificate | null;
  /** The region of this attempt: its place in the script's list, counted from 0; 0 where there is none. */
  readonly region: number;
  /** How often it has lost what it held in its memory, TLS sessions among it; not given for never. */
  readonly restarts?: number;
}

/** Another server, as a server names it. MQTT 5.0 section 4.11. */
export interface ServerReference {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  /** Null for the port of the target. */
  readonly port: number | null;
}

export type OpenTransport = (listener: TransportListener, dialer: Dialer) => Transport;

/** The server to which connections go, and what they go over. */
export interface Endpoint {
  kind: "tcp" | "tls" | "ws" | "wss";
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  /** The path of ws and wss, with its query; empty for the others. */
  path: string;
}
