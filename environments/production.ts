import { defineEnvironment } from "../modules/config/define.js";

/** Environment of www.foobar.com. All other settings have safe defaults; docs/configuration.md lists them. */
export default defineEnvironment({
  domain: "foobar.com",
  application: {
    url: "https://releases.foobar.com/release-1.0.0.tar.gz",
    sha256: "0000000000000000000000000000000000000000000000000000000000000000",
    environment: { NODE_ENV: "production", NODE_OPTIONS: "--max-old-space-size=384" },
    statusPath: "/api/status",
    writePaths: ["/api/", "/notes"],
  },
  servers: {
    alpha: { privateIp: "10.0.1.11" },
    bravo: { privateIp: "10.0.1.12" },
    charlie: { privateIp: "10.0.1.13" },
  },
  // If `cidrs` is empty, nobody can log in. Public keys have a name: { jane: "ssh-ed25519 AAAA… jane@foobar.com" }.
  administrators: { cidrs: [], sshKeys: {} },
  // Create your own group name with `uuidgen`.
  database: { groupName: "5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10", privileges: "append" },
  // MySQL replicates a wrong DELETE to all three members. Set `backup` before there is data to lose; see docs/backup.md.
  acceptNoBackup: true,
  monitoring: {
    receivers: { urgent: ["@pagerduty-foobar"], notUrgent: ["@slack-foobar-operations"] },
  },
  backend: { type: "local", acceptLocalState: true },
});
