import { expect, it } from "vitest";
import { linesOf } from "../mistake.js";
import { refused } from "./refused.js";

refused("unknown settings", [
  [{ serverTyp: "cx33" }, 'serverTyp: is not a known setting, got "cx33"; did you mean serverType?'],
  [
    { servers: { bravo: { rolls: ["web"] } } },
    'servers.bravo.rolls: is not a known setting, got ["web"]; did you mean roles?',
  ],
  [
    { loadBalancer: { healthCheck: { interval: 5 } } },
    "loadBalancer.healthCheck.interval: is not a known setting, got 5; choose one of intervalSeconds, timeoutSeconds, retries",
  ],
  [
    {
      backend: {
        type: "s3",
        bucket: "foobar-state",
        endpoint: "https://fsn1.your-objectstorage.com",
        region: "fsn1",
      },
    },
    "backend.acceptLocalState: is not a known setting, got true; choose one of type, encryption, bucket, endpoint, region, prefix",
  ],
  [
    { application: { egress: [{ cidr: "198.51.100.7/32", ports: [443], port: 80 }] } },
    "application.egress[0].port: is not a known setting, got 80; did you mean ports?",
  ],
]);

refused("missing and mistyped settings", [
  [{ domain: undefined }, "domain: is required, got nothing; add it: a text in quotes"],
  [{ application: undefined }, "application: is required, got nothing; add it: an object { … }"],
  [
    { servers: { bravo: { privateIp: undefined } } },
    "servers.bravo.privateIp: is required, got nothing; add it: a text in quotes",
  ],
  [{ database: { groupName: undefined } }, "database.groupName: is required, got nothing; add it: a text in quotes"],
  [{ backups: "yes" }, 'backups: must be true or false, got "yes"; write true or false'],
  [{ database: { volumeSizeGb: "20" } }, 'database.volumeSizeGb: must be a number, got "20"; write a number'],
  [
    { administrators: { cidrs: "198.51.100.7/32" } },
    'administrators.cidrs: must be a list [ … ], got "198.51.100.7/32"; write a list [ … ]',
  ],
  [
    { backend: undefined, tls: "terminat" },
    'tls: must be one of "terminate", "passthrough", got "terminat"; did you mean terminate?',
  ],
  [{ backend: { type: "s4" } }, 'backend.type: must be a known type, got "s4"; choose one of "local", "s3"'],
  [{ servers: { bravo: { roles: [] } } }, "servers.bravo.roles: must have at least 1 entry, got []; add one"],
]);

it("shows no passphrase of an unknown setting", () => {
  const lines = linesOf({ passphrase: "correct horse", statePassphrase: "battery staple" }).join("\n");
  expect(lines).toContain("passphrase: is not a known setting");
  expect(lines).not.toMatch(/horse|staple/);
});
