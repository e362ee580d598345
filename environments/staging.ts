import { defineEnvironment } from "../modules/config/define.js";

/** A smaller copy of the site for rehearsals. nginx terminates TLS, no resource is protected, and monitors wake nobody. */
export default defineEnvironment({
  domain: "staging-foobar.com",
  application: {
    url: "https://releases.foobar.com/release-1.0.0.tar.gz",
    sha256: "0000000000000000000000000000000000000000000000000000000000000000",
    environment: { NODE_ENV: "production", NODE_OPTIONS: "--max-old-space-size=384" },
    statusPath: "/api/status",
    writePaths: ["/api/", "/notes"],
  },
  servers: {
    amber: { privateIp: "10.1.1.11" },
    birch: { privateIp: "10.1.1.12" },
    cedar: { privateIp: "10.1.1.13" },
  },
  database: { groupName: "b7d2f6a4-3c1e-4d0b-8a57-94e6c2f01d38", privileges: "append", volumeSizeGb: 10 },
  monitoring: { receivers: { notUrgent: ["@slack-foobar-staging"] } },
  serverType: "cx23",
  backups: false,
  tls: "passthrough",
  network: { cidr: "10.1.0.0/16", subnet: "10.1.1.0/24", balancerIp: "10.1.1.5" },
  certificate: { validityDays: 90 },
});
