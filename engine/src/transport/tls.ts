import { isIP, type Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type Dialling, HostAddress } from "./host-address.ts";
import type { LocalEnd } from "./local-end.ts";
import { sharedRead } from "./shared-read.ts";
import { failureOf } from "./tcp-failures.ts";
import type { SecureContexts, TlsMaterial } from "./tls-material.ts";
import {
  type Dialer,
  type Endpoint,
  type OpenTransport,
  STUCK_BYTES,
  type Transport,
  type TransportFailure,
  type TransportListener,
} from "./transport.ts";

/** TCP's own option; tls.connect() takes it where it makes the socket itself. */
type OnRead = NonNullable<ConstructorParameters<typeof Socket>[0]>["onread"] & object;

/** What all TLS connections to one endpoint share. */
export interface TlsRouteOptions {
  endpoint: Endpoint;
  material: TlsMaterial;
  contexts: SecureContexts;
  /** Keep the last session ticket of every device and offer it on the next connection. */
  resume: boolean;
  local: LocalEnd;
  /** Hears why a device's own certificate cannot be used, once. */
  onBadCertificate(reason: string): void;
}

/** Opens TLS sockets to one endpoint. */
export class TlsRoute {
  readonly #options: TlsRouteOptions;
  readonly #base: ConnectionOptions;
  /** One ticket per device, gone with the device. */
  readonly #sessions = new WeakMap<Dialer, { session: Buffer; restarts: number }>();
  #complained = false;

  constructor(options: TlsRouteOptions) {
    this.#options = options;
    const { endpoint, material } = options;
    // An address is no server name (RFC 6066 section 3): Node then verifies the address that it connected to.
    const servername = material.serverName ?? (isIP(endpoint.host) ? null : endpoint.host);
    this.#base = {
      port: endpoint.port,
      rejectUnauthorized: !material.insecure,
      ...(servername === null ? {} : { servername }),
      ...(material.alpn.length === 0 ? {} : { ALPNProtocols: [...material.alpn] }),
    };
  }

  /** Null where the device's own certificate cannot be used. */
  connect(host: string, dialer: Dialer, onread: OnRead | null): TLSSocket | null {
    const { contexts, local, resume } = this.#options;
    const options: ConnectionOptions & { localAddress?: string; onread?: OnRead } = { ...this.#base, host };
    try {
      options.secureContext = contexts.of(dialer.certificate ?? null);
    } catch (error) {
      this.#complain(error as NodeJS.ErrnoException);
      return null;
    }
    const localAddress = local.addressOf(dialer.number, host);
    if (localAddress !== undefined) options.localAddress = localAddress;
    if (onread) options.onread = onread;
    const kept = resume ? this.#sessions.get(dialer) : undefined;
    if (kept !== undefined && kept.restarts === (dialer.restarts ?? 0)) options.session = kept.session;
    return connect(options);
  }

  get resume(): boolean {
    return this.#options.resume;
  }

  keep(dialer: Dialer, session: Buffer): void {
    this.#sessions.set(dialer, { session, restarts: dialer.restarts ?? 0 });
  }

  #complain(error: NodeJS.ErrnoException): void {
    if (this.#complained) return;
    this.#complained = true;
    // OpenSSL's reasons and the names of files: neither has a key in it.
    this.#options.onBadCertificate(error.code ?? "unusable");
  }
}

const TRANSPORT = Symbol("transport");
type OwnedSocket = TLSSocket & { [TRANSPORT]: TlsTransport };

/** One TLS connection and the device behind it; handlers are shared. */
class TlsTransport implements Transport, Dialling {
  listener: TransportListener | null;
  readonly dialer: Dialer;
  readonly route: TlsRoute;
  #socket: TLSSocket | null = null;
  #tcpUp = false;

  constructor(listener: TransportListener, dialer: Dialer, route: TlsRoute) {
    this.listener = listener;
    this.dialer = dialer;
    this.route = route;
  }

  dialTo(address: string): void {
    if (this.listener === null) return;
    const socket = this.route.connect(address, this.dialer, ON_READ);
    if (socket === null) {
      // It is told later: the caller of `open` has no transport yet.
      process.nextTick(settleBadCertificate, this);
      return;
    }
    this.#socket = socket;
    (socket as OwnedSocket)[TRANSPORT] = this;
    socket.on("connect", onConnect);
    socket.on("secureConnect", onSecureConnect);
    socket.on("error", onError);
    socket.on("close", onClose);
    if (this.route.resume) socket.on("session", onSession);
  }

  unresolved(): void {
    this.settle("dns");
  }

  tcpOpened(): void {
    this.#tcpUp = true;
    this.#socket?.setNoDelay(true);
    this.listener?.onStep("tls", false);
  }

  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  get unsentBytes(): number {
    return this.#socket?.writableLength ?? 0;
  }

  close(): void {
    this.listener = null;
    // The close_notify of RFC 8446 section 6.1 is sent where there is a session to close.
    if (this.#socket?.connecting || !this.#tcpUp || this.unsentBytes > STUCK_BYTES) this.#socket?.destroy();
    else this.#socket?.destroySoon();
  }

  reset(): void {
    this.listener = null;
    if (this.#socket !== null) resetTlsSocket(this.#socket);
  }

  fail(error: NodeJS.ErrnoException): void {
    const socket = this.#socket;
    this.settle(socket === null || !this.#tcpUp ? failureOf(error) : tlsFailureOf(error, socket));
  }

  settle(failure: TransportFailure | null): void {
    const listener = this.listener;
    this.listener = null;
    listener?.onClosed(failure);
  }
}

const ON_READ = {
  buffer: sharedRead,
  callback(this: unknown, length: number, buffer: Uint8Array): boolean {
    (this as OwnedSocket)[TRANSPORT].listener?.onBytes((buffer as Buffer).subarray(0, length));
    return true;
  },
} as OnRead;

function onConnect(this: TLSSocket): void {
  (this as OwnedSocket)[TRANSPORT].tcpOpened();
}

function onSecureConnect(this: TLSSocket): void {
  (this as OwnedSocket)[TRANSPORT].listener?.onOpen(this.isSessionReused());
}

function onError(this: TLSSocket, error: NodeJS.ErrnoException): void {
  (this as OwnedSocket)[TRANSPORT].fail(error);
}

function onClose(this: TLSSocket): void {
  (this as OwnedSocket)[TRANSPORT].settle(null);
}

function onSession(this: TLSSocket, session: Buffer): void {
  const { route, dialer } = (this as OwnedSocket)[TRANSPORT];
  route.keep(dialer, session);
}

function settleBadCertificate(transport: TlsTransport): void {
  transport.settle("tls_client_certificate");
}

/** The failure that an error after TCP was up stands for. */
export function tlsFailureOf(error: NodeJS.ErrnoException, socket: TLSSocket): TransportFailure {
  const code = error.code ?? "";
  // OpenSSL names the alerts of the peer: ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED, ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE.
  if (/_ALERT_/.test(code)) return "tls_alert";
  // The socket has this too where certificates are not verified, whatever it failed of later.
  if (socket.authorizationError && String(socket.authorizationError) === (error.code ?? error.message))
    return "tls_certificate";
  // Node has no cipher before the handshake is done; a FIN or RST until then is the handshake's failure.
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_") || socket.secureConnecting) return "tls";
  return failureOf(error);
}

declare module "node:tls" {
  interface TLSSocket {
    /** True until `secureConnect`. */
    readonly secureConnecting: boolean;
  }
}

interface TcpHandle {
  reset(done: () => void): number;
  close(done: () => void): void;
}

/**
 * Ends a TLS connection with RST. Node's resetAndDestroy() refuses TLS sockets, so the TCP handle below is told to reset
 * where it would close; where a version of Node has no such handle the connection ends with FIN. tls.test.ts holds it.
 */
export function resetTlsSocket(socket: TLSSocket): void {
  const below = (socket as unknown as { _handle?: { _parent?: TcpHandle } | null })._handle?._parent;
  if (!socket.connecting && typeof below?.reset === "function") below.close = closeWithReset;
  socket.destroy();
}

function closeWithReset(this: TcpHandle, done: () => void): void {
  if (this.reset(done) !== 0) (Object.getPrototypeOf(this) as TcpHandle).close.call(this, done);
}

/** Opens TLS connections to one host and port. */
export function createTls(options: TlsRouteOptions): OpenTransport {
  const route = new TlsRoute(options);
  const address = new HostAddress(options.endpoint.host, options.local.family);
  return (listener, dialer) => {
    const transport = new TlsTransport(listener, dialer, route);
    address.dial(transport);
    return transport;
  };
}
