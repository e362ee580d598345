import { defineEnvironment } from "../../modules/config/define.js";

/** The base environment of all tests: www.foobar.com with only the required settings. Tests never use the owner's environment files. */
export const example = defineEnvironment({
  domain: "foobar.com",
  application: {
    url: "https://releases.foobar.com/release-1.0.0.tar.gz",
    sha256: "0000000000000000000000000000000000000000000000000000000000000000",
    statusPath: "/api/status",
  },
  servers: {
    alpha: { privateIp: "10.0.1.11" },
    bravo: { privateIp: "10.0.1.12" },
    charlie: { privateIp: "10.0.1.13" },
  },
  administrators: { cidrs: [], sshKeys: {} },
  database: { groupName: "5f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b10" },
  acceptNoBackup: true,
  monitoring: {
    receivers: { urgent: ["@pagerduty-foobar"], notUrgent: ["@slack-foobar-operations"] },
  },
  backend: { type: "local", acceptLocalState: true },
});
