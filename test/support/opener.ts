/** Opens connections from 127.0.0.1 the way a worker does, for tests that have no script. */
import { anyAddress } from "../../engine/src/transport/local-end.ts";
import { createOpener, type OpenerOptions } from "../../engine/src/transport/open.ts";
import {
  NO_TLS_SETTINGS,
  SecureContexts,
  type TlsMaterial,
} from "../../engine/src/transport/tls-material.ts";
import type { Endpoint, OpenTransport } from "../../engine/src/transport/transport.ts";

/** What it trusts and shows is given as texts in PEM, not as names of files. */
export function openerFor(
  endpoint: Pick<Endpoint, "kind" | "port"> & Partial<Endpoint>,
  tls: Partial<TlsMaterial> = {},
  options: Partial<OpenerOptions> = {},
): OpenTransport {
  const material = { ...NO_TLS_SETTINGS, ...tls };
  return createOpener(
    { host: "127.0.0.1", path: "", ...endpoint },
    {
      material,
      contexts: new SecureContexts(material, (pem) => pem),
      resume: false,
      local: anyAddress(null),
      tcp: "handle",
      maxPacketBytes: 1_048_576,
      onBadCertificate: () => {},
      ...options,
    },
  );
}
