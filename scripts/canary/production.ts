import { defineEnvironment } from "../../modules/config/define.js";

/** Environment of an owner who has completed the first step of README. */
export default defineEnvironment({
  domain: "example-owner.org",
  application: {
    url: "https://releases.example-owner.org/release-2.0.0.tar.gz",
    sha256: "1111111111111111111111111111111111111111111111111111111111111111",
    statusPath: "/status",
  },
  servers: {
    oak: { privateIp: "10.9.1.11" },
    elm: { privateIp: "10.9.1.12" },
    ash: { privateIp: "10.9.1.13" },
  },
  network: { cidr: "10.9.0.0/16", subnet: "10.9.1.0/24", balancerIp: "10.9.1.5" },
  database: { groupName: "9f0c8a0e-6f0b-4f4e-9d57-2c1f7f3f9b99" },
  administrators: {
    cidrs: ["198.51.100.0/24"],
    sshKeys: {
      owner: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPFZ/roqeaHsTrFUQhiC0SNDQn5N+Y9IuXxUOWlxf+U5 owner@example-owner.org",
    },
  },
  monitoring: { receivers: { urgent: ["@pagerduty-owner"], notUrgent: ["@slack-owner"] } },
  backup: {
    endpoint: "https://nbg1.your-objectstorage.com",
    region: "nbg1",
    bucket: "owner-archive",
    recipients: [
      "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
      "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg",
    ],
  },
  backend: { type: "s3", bucket: "owner-state", endpoint: "https://nbg1.your-objectstorage.com", region: "nbg1" },
});
