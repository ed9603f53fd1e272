import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RUN_LABEL } from "../../../../results/src/prometheus/family.ts";
import { FAMILIES } from "../../../../results/src/prometheus/metrics.ts";
import { dashboardQueries, readDashboard } from "../../../support/dashboard.ts";

/** Prometheus gives each series the target's own labels. */
const OF_TARGET = ["instance", "job"];

/** Labels of a metric as a query may name it; null where there is none of that name. */
function labelsOf(metric: string): string[] | null {
  for (const { name, type, labels } of FAMILIES) {
    const own = [...labels, RUN_LABEL, ...OF_TARGET];
    if (type !== "histogram" && metric === name) return own;
    if (type === "histogram" && metric === `${name}_bucket`) return [...own, "le"];
  }
  return null;
}

it.each(
  dashboardQueries().map((query) => [`${query.place}: ${query.expr}`, query] as const),
)("%s is PromQL, and asks for what the endpoint has", (_, { isWhole, selectors, kept, shown }) => {
  expect(isWhole).toBe(true);
  expect(selectors).not.toEqual([]);
  for (const { metric, labels } of selectors) {
    const own = labelsOf(metric);
    expect(own, metric).not.toBeNull();
    expect(own).toEqual(expect.arrayContaining([...labels, ...kept]));
    // Every run and instance can be chosen but by the variables themselves.
    if (kept.length === 0) expect(own).toEqual(expect.arrayContaining(shown));
  }
  if (kept.length > 0) expect(kept).toEqual(expect.arrayContaining(shown));
});

it("has every panel that a run is watched by, each with a title and what it means", () => {
  const { panels, annotations, templating } = readDashboard() as unknown as {
    panels: { title: string; type: string; description?: string; id: number }[];
    annotations: { list: { name: string }[] };
    templating: { list: { name: string }[] };
  };
  const shown = panels.filter(({ type }) => type !== "row");
  expect(shown.every(({ description = "" }) => description !== "")).toBe(true);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const asked = new Set(dashboardQueries().flatMap(({ selectors }) => selectors.map(({ metric }) => metric)));
  for (const metric of [
    "mqtt_devices_online",
    "mqtt_devices_ready",
    "mqtt_storm_recovered_devices",
    "mqtt_connect_attempts_total",
    "mqtt_connect_accepted_total",
    "mqtt_config_requests_total",
    "mqtt_config_responses_total",
    "mqtt_connect_refused_total",
    "mqtt_connect_time_seconds_bucket",
    "mqtt_generator_stalled_seconds_total",
    "mqtt_storm_start_timestamp_seconds",
  ])
    expect(asked.has(metric), metric).toBe(true);
  expect(templating.list.map(({ name }) => name)).toEqual(["datasource", "instance", "test_run", "cohort"]);
  expect(annotations.list.map(({ name }) => name)).toEqual(["Storms", "Windows"]);
});

it("comes with the package", () => {
  const manifest = readFileSync(join(import.meta.dirname, "../../../../results/package.json"), "utf8");
  expect((JSON.parse(manifest) as { files: string[] }).files).toContain("grafana");
});

it("a query that is wrong would be found", () => {
  const wrong = (expr: string) => {
    const panels = [{ title: "wrong", targets: [{ expr, legendFormat: "" }] }];
    return dashboardQueries({ panels, annotations: { list: [] }, templating: { list: [] } })[0];
  };
  expect(wrong("sum(mqtt_devices_online")?.isWhole).toBe(false);
  expect(wrong("sum by (cohort (mqtt_devices_online)")?.isWhole).toBe(false);
  expect(labelsOf(wrong("mqtt_devices_offline")?.selectors[0]?.metric ?? "")).toBeNull();
  expect(wrong('rate(mqtt_errors_total{reason="x"}[$__rate_interval])')?.selectors).toEqual([
    { metric: "mqtt_errors_total", labels: ["reason"] },
  ]);
});
