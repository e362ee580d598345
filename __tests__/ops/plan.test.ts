import { describe, expect, it } from "vitest";
import { linesOf } from "../../ops/commands/drift.js";
import { differencesOf } from "../../ops/terraform/plan.js";
import { change } from "./support/terraform.js";

describe("differences between the world and the configuration", () => {
  it("are drift where Terraform would put back what somebody changed", () => {
    const found = differencesOf({
      resource_drift: [
        change("hcloud_server.alpha", "update", { labels: { a: 1 }, name: "alpha" }, { labels: {}, name: "alpha" }),
      ],
      resource_changes: [
        change("hcloud_server.alpha", "update", { labels: {}, name: "alpha" }, { labels: { a: 1 }, name: "alpha" }),
      ],
    });
    expect(found).toEqual({ drift: ["hcloud_server.alpha: labels"], pending: [], failedChecks: [] });
  });

  it("are drift where something is gone", () => {
    const gone = differencesOf({
      resource_drift: [change("cloudflare_dns_record.site_www-a", "delete", { name: "www" })],
      resource_changes: [change("cloudflare_dns_record.site_www-a", "create", {}, { name: "www" })],
    });
    expect(gone.drift).toEqual(["cloudflare_dns_record.site_www-a: is gone"]);
  });

  it("are pending where the configuration says something new, and each for itself on one resource", () => {
    const both = differencesOf({
      resource_drift: [change("hcloud_firewall.a", "update", { rule: [1], name: "a" }, { rule: [], name: "a" })],
      resource_changes: [
        change("hcloud_firewall.a", "update", { rule: [], name: "a" }, { rule: [1], name: "b" }),
        change("hcloud_volume.new", "create", {}, { size: 10 }),
        change("data.hcloud_x.y", "read"),
      ],
    });
    expect(both.drift).toEqual(["hcloud_firewall.a: rule"]);
    expect(both.pending).toEqual(["updates hcloud_firewall.a: name", "creates hcloud_volume.new"]);
  });

  it("are none where the world moved in what no configuration speaks of", () => {
    const quiet = differencesOf({
      resource_drift: [change("hcloud_primary_ip.a", "update", { assignee_id: 1 }, { assignee_id: 2 })],
      resource_changes: [change("hcloud_primary_ip.a", "no-op")],
    });
    expect(linesOf("production-foundation", quiet)).toEqual(["production-foundation: as configured"]);
  });

  it("name attributes and never their values", () => {
    const secret = differencesOf({
      resource_changes: [change("random_password.a", "update", { result: "old" }, { result: "new" })],
    });
    expect(JSON.stringify(secret)).not.toMatch(/old|new/);
  });

  it("show failed checks, which no exit code of Terraform's tells of", () => {
    const checks = [
      {
        address: { to_display: "check.alpha_current" },
        status: "fail",
        instances: [{ problems: [{ message: "old payload" }] }],
      },
      { address: { to_display: "check.bravo_current" }, status: "pass" },
    ];
    expect(differencesOf({ checks }).failedChecks).toEqual(["check.alpha_current: old payload"]);
  });
});
