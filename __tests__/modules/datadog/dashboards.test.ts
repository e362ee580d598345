import { describe, expect, it } from "vitest";
import { dashboards } from "../../../modules/datadog/dashboards/index.js";
import { layOut, value } from "../../../modules/datadog/dashboards/widgets.js";
import { exampleBackup } from "../../support/config.js";
import { exampleContext } from "./support.js";

/** Fields of a dashboard's definition that the tests check. */
interface Definition {
  readonly title: string;
  readonly template_variables: readonly { name: string; defaults: readonly string[] }[];
  readonly widgets: readonly { definition: { widgets: readonly { definition: Record<string, unknown> }[] } }[];
}

const all = dashboards(exampleContext(), (name) => `id-of-${name}`).map(({ id, definition }) => ({
  id,
  definition: definition as Definition,
}));

describe("dashboards", () => {
  it("Datadog dashboards exist for service, database and servers", () => {
    expect(all.map(({ id, definition }) => [id, definition.title])).toEqual([
      ["dashboard-service", "[production] Service"],
      ["dashboard-database", "[production] Database"],
      ["dashboard-servers", "[production] Servers"],
    ]);
  });

  it.each(all)("the dashboard $id can be filtered by environment, role and server", ({ definition }) => {
    expect(definition.template_variables).toEqual([
      { name: "env", prefix: "env", available_values: [], defaults: ["production"] },
      { name: "role", prefix: "role", available_values: [], defaults: ["*"] },
      { name: "server", prefix: "server", available_values: [], defaults: ["*"] },
    ]);
  });

  it.each(all)(
    "the dashboard $id contains the API's default fields and no generated fields, so that plans show no change",
    ({ definition }) => {
      expect(definition).toMatchObject({ notify_list: [], layout_type: "ordered", reflow_type: "fixed" });
      expect(Object.keys(definition)).toContain("description");
      for (const field of ["id", "url", "author_handle", "created_at", "modified_at"])
        expect(Object.keys(definition)).not.toContain(field);
    },
  );

  it.each(all)("the formulas of the dashboard $id use only queries of the same request", ({ definition }) => {
    const widgets = definition.widgets.flatMap((group) => group.definition.widgets.map((widget) => widget.definition));
    expect(widgets.length).toBeGreaterThan(11);
    for (const widget of widgets)
      for (const request of (widget["requests"] ?? []) as {
        queries: { name: string }[];
        formulas: { formula: string }[];
      }[]) {
        const known = request.queries.map(({ name }) => name);
        for (const { formula } of request.formulas)
          for (const name of formula.match(/[a-z_]+/g) ?? []) expect(known).toContain(name);
      }
  });

  it("dashboards show the oldest and newest restorable time if the environment has an archive", () => {
    const shown = (context = exampleContext()): string => JSON.stringify(dashboards(context, () => "id"));
    const metric = "system.disk.directory.file.modified_sec_ago{$env,$role,$server,name:restorable} by {filename}";
    expect(shown(exampleContext({ backup: exampleBackup }))).toContain(metric);
    expect(shown()).not.toContain("restorable");
  });

  it("Datadog dashboards show the service levels", () => {
    expect(JSON.stringify(all[0])).toContain('"slo_id":"id-of-availability"');
  });
});

describe("layOut", () => {
  const widget = value("a", { q: "avg:x{*}" });

  it("the function layOut places three widgets per row and each group below the previous group, without gaps or overlaps", () => {
    const [first, second] = layOut([
      { title: "one", widgets: [widget, widget, widget, widget] },
      { title: "two", widgets: [widget] },
    ]);
    expect(first?.definition.widgets.map(({ layout }) => layout)).toEqual([
      { x: 0, y: 0, width: 4, height: 3 },
      { x: 4, y: 0, width: 4, height: 3 },
      { x: 8, y: 0, width: 4, height: 3 },
      { x: 0, y: 3, width: 4, height: 3 },
    ]);
    expect(first?.layout).toEqual({ x: 0, y: 0, width: 12, height: 7 });
    expect(second?.layout).toEqual({ x: 0, y: 7, width: 12, height: 4 });
  });
});
