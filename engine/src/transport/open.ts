import type { LocalEnd } from "./local-end.ts";
import { createTcp, type TcpKind } from "./tcp.ts";
import { createTls, type TlsRouteOptions } from "./tls.ts";
import type { SecureContexts, TlsMaterial } from "./tls-material.ts";
import type { Endpoint, OpenTransport } from "./transport.ts";
import { createWebSocket } from "./websocket.ts";

/** What the openers of a worker share, whatever they connect to. */
export interface OpenerOptions {
  material: TlsMaterial;
  contexts: SecureContexts;
  /** TLS session resumption. */
  resume: boolean;
  local: LocalEnd;
  /** What plain TCP goes over. */
  tcp: TcpKind;
  maxPacketBytes: number;
  onBadCertificate(reason: string): void;
}

/** Opens connections to one endpoint. A worker may have several openers. */
export function createOpener(endpoint: Endpoint, options: OpenerOptions): OpenTransport {
  const { local, maxPacketBytes, tcp } = options;
  const tls: TlsRouteOptions = { endpoint, ...options };
  switch (endpoint.kind) {
    case "tcp":
      return createTcp(endpoint.host, endpoint.port, local, tcp);
    case "tls":
      return createTls(tls);
    case "ws":
      return createWebSocket({ endpoint, local, maxPacketBytes, tls: null });
    case "wss":
      return createWebSocket({ endpoint, local, maxPacketBytes, tls });
  }
}
