import { describe, expect, it } from "vitest";
import { receiversOf } from "../../../modules/datadog/message.js";
import { renderedMonitor } from "./support.js";

describe("message", () => {
  it("says what it means, where to look, where the runbook is and who is told", () => {
    expect(renderedMonitor("nginx-down").message.split("\n")).toEqual([
      "The other web servers carry the traffic; this one serves nobody.",
      "",
      "Look first at:",
      "1. `systemctl status nginx` and `nginx -t` on the server",
      "2. nginx's error log",
      "",
      "Runbook: docs/runbook.md#nginx-down",
      "{{#is_alert}}@pagerduty-foobar{{/is_alert}}",
      "{{#is_alert_recovery}}@pagerduty-foobar{{/is_alert_recovery}}",
      "{{#is_no_data}}@pagerduty-foobar{{/is_no_data}}",
      "{{#is_no_data_recovery}}@pagerduty-foobar{{/is_no_data_recovery}}",
      "{{#is_warning}}@slack-foobar-operations{{/is_warning}}",
      "{{#is_warning_recovery}}@slack-foobar-operations{{/is_warning_recovery}}",
    ]);
  });

  it("never wakes anybody for what is not urgent", () => {
    const { message } = renderedMonitor("cpu-busy");
    expect(message).toContain("{{#is_alert}}@slack-foobar-operations{{/is_alert}}");
    expect(message).not.toContain("@pagerduty");
  });

  it("tells nobody of a part", () => {
    expect(renderedMonitor("server-error-share").message).not.toContain("@");
  });

  it("links to the runbook's address where the configuration has one", () => {
    const runbookUrl = "https://wiki.foobar.com/runbook";
    expect(renderedMonitor("no-primary", { monitoring: { runbookUrl } }).message).toContain(
      "Runbook: https://wiki.foobar.com/runbook#no-primary",
    );
  });
});

describe("receiversOf", () => {
  const receivers = { urgent: ["@wake"], notUrgent: ["@morning"] };

  it("keeps urgent and not urgent apart", () => {
    expect(receiversOf("urgent", receivers)).toEqual(["@wake"]);
    expect(receiversOf("notUrgent", receivers)).toEqual(["@morning"]);
    expect(receiversOf("part", receivers)).toEqual([]);
  });

  it("falls back to the morning's receivers where nobody is named as urgent", () => {
    expect(receiversOf("urgent", { ...receivers, urgent: [] })).toEqual(["@morning"]);
  });
});
