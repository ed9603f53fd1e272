import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { abortRun, log } from "../artillery.ts";
import type { EngineSettings } from "../script/schema.ts";
import { HttpClient } from "../transport/http-client.ts";

/** The HTTP client of a worker, as `config.engines.mqtt.http` says. Ends the run where a CA file cannot be read. */
export function openHttp({ ca, ...options }: EngineSettings["http"]): HttpClient {
  if (options.insecure) {
    log(
      "mqtt: WARNING: insecure TLS (http.insecure, config.tls.rejectUnauthorized: false, or -k): the certificates of HTTPS servers are NOT verified in this run",
    );
  }
  if (ca === undefined) return new HttpClient(options);
  const own = [ca].flat().flatMap((path) => {
    try {
      return [readFileSync(path, "utf8")];
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "error";
      abortRun(`artillery-engine-mqtt: config.engines.mqtt.http.ca: cannot read ${path} (${code})`);
      return [];
    }
  });
  return new HttpClient({ ...options, ca: [...rootCertificates, ...own] });
}
