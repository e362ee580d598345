import { describe, expect, it } from "vitest";
import { receiversOf } from "../../../modules/datadog/message.js";
import { renderedMonitor } from "./support.js";

describe("message", () => {
  it("an alert message contains the meaning, the first checks, the runbook section and the receivers", () => {
    expect(renderedMonitor("nginx-down").message.split("\n")).toEqual([
      "This server serves no visitors. The other web servers handle the traffic.",
      "",
      "First checks:",
      "1. Run `systemctl status nginx` and `nginx -t` on the server.",
      "2. Read nginx's error log.",
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

  it("the message of a non-urgent alert never notifies the urgent receivers", () => {
    const { message } = renderedMonitor("cpu-busy");
    expect(message).toContain("{{#is_alert}}@slack-foobar-operations{{/is_alert}}");
    expect(message).not.toContain("@pagerduty");
  });

  it("an alert message has no receivers if the monitor only feeds a composite", () => {
    expect(renderedMonitor("server-error-share").message).not.toContain("@");
  });

  it("an alert message links to the configured runbook address", () => {
    const runbookUrl = "https://wiki.foobar.com/runbook";
    expect(renderedMonitor("no-primary", { monitoring: { runbookUrl } }).message).toContain(
      "Runbook: https://wiki.foobar.com/runbook#no-primary",
    );
  });
});

it("receiversOf returns the non-urgent receivers if no urgent receivers are configured", () => {
  expect(receiversOf("urgent", { urgent: [], notUrgent: ["@morning"] })).toEqual(["@morning"]);
});
