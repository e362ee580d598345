/** A widget in the format of Datadog's dashboard API (https://docs.datadoghq.com/api/latest/dashboards/). */
export interface Widget {
  readonly title: string;
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A group of widgets with one heading. */
export interface WidgetGroup {
  readonly title: string;
  readonly widgets: readonly Widget[];
}

/** Queries of a graph by line name. */
type Queries = Readonly<Record<string, string>>;

const formulas = (queries: Queries) =>
  Object.keys(queries).map((name) => ({ formula: name, alias: name.replaceAll("_", " ") }));

const metricQueries = (queries: Queries, more: object = {}) =>
  Object.entries(queries).map(([name, query]) => ({ data_source: "metrics", name, query, ...more }));

/** Returns a widget that shows values over time. */
export const graph = (title: string, queries: Queries, display: "line" | "bars" | "area" = "line"): Widget => ({
  title,
  type: "timeseries",
  show_legend: true,
  legend_layout: "auto",
  legend_columns: ["avg", "max", "value"],
  requests: [
    {
      response_format: "timeseries",
      queries: metricQueries(queries),
      formulas: formulas(queries),
      display_type: display,
    },
  ],
});

/**
 * Returns a widget with a single number. The number is the result of a formula over the queries, or the value of the
 * only query.
 */
export const value = (
  title: string,
  queries: Queries,
  options: { formula?: string; unit?: string; aggregator?: "avg" | "sum" | "max" | "min" | "last" } = {},
): Widget => ({
  title,
  type: "query_value",
  autoscale: true,
  precision: 2,
  ...(options.unit !== undefined && { custom_unit: options.unit }),
  requests: [
    {
      response_format: "scalar",
      queries: metricQueries(queries, { aggregator: options.aggregator ?? "avg" }),
      formulas: [{ formula: options.formula ?? Object.keys(queries)[0] }],
    },
  ],
});

/** Returns a widget with a service level and its remaining error budget. */
export const serviceLevelWidget = (title: string, id: string): Widget => ({
  title,
  type: "slo",
  view_type: "detail",
  view_mode: "overall",
  slo_id: id,
  show_error_budget: true,
  time_windows: ["30d"],
  global_time_target: "0",
});

/** Returns a widget with the states of all monitors that have these tags. */
export const monitorStates = (title: string, tags: readonly string[]): Widget => ({
  title,
  type: "manage_status",
  query: tags.map((tag) => `tag:"${tag}"`).join(" "),
  display_format: "countsAndList",
  color_preference: "text",
  summary_type: "monitors",
  sort: "status,asc",
  count: 50,
  start: 0,
  hide_zero_counts: true,
  show_last_triggered: true,
});

/** Number of columns of the dashboard's grid, and size of a widget. Rows of three widgets are readable on a laptop. */
const grid = { columns: 12, width: 4, height: 3, groupTitleHeight: 1 } as const;
const perRow = grid.columns / grid.width;

const rowsOf = ({ widgets }: WidgetGroup): number => Math.ceil(widgets.length / perRow);
const heightOf = (group: WidgetGroup): number => rowsOf(group) * grid.height + grid.groupTitleHeight;

const placed = (definition: Widget, index: number) => ({
  definition,
  layout: {
    x: (index % perRow) * grid.width,
    y: Math.floor(index / perRow) * grid.height,
    width: grid.width,
    height: grid.height,
  },
});

/** Places groups of widgets below each other. Each row of a group has three widgets. */
export const layOut = (groups: readonly WidgetGroup[]) =>
  groups.map((group, index) => ({
    definition: {
      title: group.title,
      type: "group",
      layout_type: "ordered",
      show_title: true,
      widgets: group.widgets.map(placed),
    },
    layout: {
      x: 0,
      y: groups.slice(0, index).reduce((sum, above) => sum + heightOf(above), 0),
      width: grid.columns,
      height: heightOf(group),
    },
  }));
