export interface PrometheusSettings {
  /** 0 takes a free one. */
  port: number;
  /** A name or address of this machine. */
  host: string;
  /** Milliseconds that the end of the run waits for a last scrape, where there was one before. */
  lastScrape: number;
}

/** The port that OpenTelemetry's exporters for Prometheus take: https://opentelemetry.io/docs/specs/otel/metrics/sdk_exporters/prometheus/ */
export const DEFAULT_PROMETHEUS: PrometheusSettings = { port: 9464, host: "127.0.0.1", lastScrape: 2000 };

/** Only programs of this machine reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}
