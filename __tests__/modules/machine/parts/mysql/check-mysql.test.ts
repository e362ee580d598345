import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { ports } from "../../../../../modules/platform/ports.js";
import { temporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTools, runToolBeside } from "../../../../support/tools.js";
import { mysqlOf } from "./support.js";

const check = mysqlOf("alpha").check ?? "";

/** Runs the check. On a server, mysql-group would answer on the port `port`. */
const run = (port: number, { isSetUp = true } = {}) => {
  const folder = temporaryFolder();
  writeBelow(folder, [
    { path: "own-address.nft", content: "define own_address = 127.0.0.1\n" },
    { path: "bin/systemctl", content: "#!/bin/sh\necho failed\nexit 3\n", permissions: "0755" },
    ...(isSetUp ? [{ path: "complete", content: "" }] : []),
    {
      path: "check",
      content: check
        .replace("/etc/nftables/", `${folder}/`)
        .replace("/var/lib/server-setup/", `${folder}/`)
        .replace(`:${ports.memberRole}/`, `:${port}/`),
    },
  ]);
  return runToolBeside("sh", ["-c", `PATH=${folder}/bin:$PATH sh ${folder}/check`]);
};

describe.runIf(hasTools(["curl", "sh"], "the check of mysql-group"))("the check of a database member", () => {
  it("the check of a database member uses the same URL as HAProxy", () => {
    expect(check).toContain(`http://$address:${ports.memberRole}/primary`);
  });

  it.each([200, 503])(
    "the check of a database member passes if mysql-group answers %i, regardless of the member's role",
    async (status) => {
      const http = createServer((_, response) => response.writeHead(status).end("ok\n")).listen(0, "127.0.0.1");
      await once(http, "listening");
      try {
        expect(await run((http.address() as AddressInfo).port)).toEqual({ status: 0, output: "" });
      } finally {
        http.close();
      }
    },
  );

  it("the check of a database member fails with the unit's state and the next step if mysql-group does not answer", async () => {
    const { status, output } = await run(1);
    expect(status).toBe(1);
    expect(output).toMatch(/^mysql-group does not answer \(failed\): .*systemctl restart mysql-group\n$/);
  });

  it("the check of a database member passes on a server with an incomplete setup, because the setup has its own notice", async () => {
    expect(await run(1, { isSetUp: false })).toEqual({ status: 0, output: "" });
  });
});
