import type { Endpoint, OpenTransport } from "./transport.ts";

export function usesTls({ kind }: Endpoint): boolean {
  return kind === "tls" || kind === "wss";
}

/** Servers that name ever new ones must not fill the memory: the oldest is forgotten. */
const MAXIMUM_ENDPOINTS = 64;

/**
 * An opener that goes where a dialler was sent, and else where `open` goes.
 *
 * @param openTo makes the opener of another server of the same kind; its name is also the one that TLS verifies
 * @param defaultPort the port of a reference without one
 */
export function followEndpoints(
  open: OpenTransport,
  openTo: (host: string, port: number) => OpenTransport,
  defaultPort: number,
): OpenTransport {
  const others = new Map<string, OpenTransport>();
  return (listener, dialer) => {
    const { endpoint } = dialer;
    if (endpoint === null) return open(listener, dialer);
    const port = endpoint.port ?? defaultPort;
    const key = `${endpoint.host} ${port}`;
    let other = others.get(key);
    if (other === undefined) {
      if (others.size >= MAXIMUM_ENDPOINTS) others.delete(others.keys().next().value as string);
      other = openTo(endpoint.host, port);
      others.set(key, other);
    }
    return other(listener, dialer);
  };
}
