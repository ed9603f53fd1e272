import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parser } from "@prometheus-io/lezer-promql";

const PATH = join(import.meta.dirname, "../../results/grafana/mqtt-mass-reconnect.json");

/** One metric that a query asks for, and the labels by which it chooses. */
export interface Selector {
  metric: string;
  labels: string[];
}

export interface Query {
  /** Where it stands. */
  place: string;
  /** Without Grafana's variables. */
  expr: string;
  /** True where Prometheus' grammar takes it. */
  isWhole: boolean;
  selectors: Selector[];
  /** Labels that aggregations keep. */
  kept: string[];
  /** Labels that the legend shows. */
  shown: string[];
}

interface Panel {
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}
export interface Dashboard {
  panels: Panel[];
  annotations: { list: { name: string; expr: string; titleFormat: string; textFormat: string }[] };
  templating: { list: { name: string; type: string; definition?: string; query: unknown }[] };
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(PATH, "utf8")) as Dashboard;
}

/** What Grafana makes of its variables. */
function withoutVariables(expr: string): string {
  return expr.replaceAll("$__rate_interval", "5s").replaceAll(/\$\w+/g, ".*");
}

const LABEL_VALUES = /^label_values\((.+), (\w+)\)$/;

/** Every query of the dashboard: panels, annotations, variables. */
export function dashboardQueries({ panels, annotations, templating } = readDashboard()): Query[] {
  return [
    ...panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr, legendFormat }) => queryOf(title, expr, legendFormat)),
    ),
    ...annotations.list.map(({ name, expr, titleFormat, textFormat }) =>
      queryOf(name, expr, titleFormat + textFormat),
    ),
    ...templating.list.flatMap(({ name, definition }) => {
      const [, expr = "", label] = LABEL_VALUES.exec(definition ?? "") ?? [];
      return definition === undefined ? [] : [queryOf(`variable ${name}`, expr, `{{${label}}}`)];
    }),
  ];
}

function queryOf(place: string, written: string, legend: string): Query {
  const expr = withoutVariables(written);
  const query: Query = {
    place,
    expr,
    isWhole: expr !== "",
    selectors: [],
    kept: [],
    shown: [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label as string),
  };
  parser.parse(expr).iterate({
    enter({ name, type, from, to, node }) {
      const text = expr.slice(from, to);
      if (type.isError) query.isWhole = false;
      if (name === "VectorSelector") query.selectors.push({ metric: "", labels: [] });
      const selector = query.selectors.at(-1);
      if (name === "Identifier" && node.parent?.name === "VectorSelector" && selector !== undefined)
        selector.metric = text;
      if (name !== "LabelName") return;
      if (node.parent?.name === "GroupingLabels") query.kept.push(text);
      else selector?.labels.push(text);
    },
  });
  return query;
}
