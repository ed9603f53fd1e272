import { log } from "../artillery.ts";
import type { FleetPlan } from "../script/plan.ts";
import type { LocalEnd } from "../transport/local-end.ts";
import type { OpenerOptions } from "../transport/open.ts";
import type { PemReader } from "../transport/pem.ts";
import type { TcpKind } from "../transport/tcp.ts";
import { SecureContexts, type TlsMaterial } from "../transport/tls-material.ts";
import { badCertificateWarning } from "./warnings.ts";

/** How this worker's devices open connections, whatever they connect to. */
export function openerOptions(
  { settings }: FleetPlan,
  material: TlsMaterial,
  readPem: PemReader,
  tcp: TcpKind,
  local: LocalEnd,
): OpenerOptions {
  return {
    material,
    contexts: new SecureContexts(material, readPem),
    resume: settings.tls?.resume ?? false,
    local,
    tcp,
    maxPacketBytes: settings.maxPacketSize,
    onBadCertificate: (reason) => log(badCertificateWarning(reason)),
  };
}
