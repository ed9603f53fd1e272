import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createCertificate } from "../../engine/src/lab/certificate.ts";
import type { Certificates } from "./adapter.ts";

let made: Promise<Certificates> | null = null;

/** A CA and a server certificate for `localhost` and 127.0.0.1, made once per process and removed at its end. */
export function makeCertificates(): Promise<Certificates> {
  made ??= make();
  return made;
}

async function make(): Promise<Certificates> {
  const authority = await createCertificate({ name: "comparison CA", authority: true });
  const server = await createCertificate({
    name: "localhost",
    hosts: ["localhost", "127.0.0.1"],
    issuer: authority,
  });
  const directory = mkdtempSync(join(tmpdir(), "broker-certificates-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  const files = {
    ca: join(directory, "ca.pem"),
    certificate: join(directory, "server.pem"),
    key: join(directory, "server.key"),
  };
  writeFileSync(files.ca, authority.cert);
  writeFileSync(files.certificate, server.cert);
  writeFileSync(files.key, server.key, { mode: 0o600 });
  return files;
}
