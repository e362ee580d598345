import { readFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { Lab } from "../../lab/lab.js";
import { paths } from "../../modules/platform/paths.js";
import { settled } from "../../lab/group.js";
import { labInAnyMode } from "./support/lab-in-mode.js";

let lab: Lab;
beforeAll(async () => {
  lab = await labInAnyMode();
});

describe("an emulated power cut", () => {
  it("an emulated power cut loses unsynced data of the data volume and keeps synced data", async () => {
    const [machine] = (await settled(lab)).replicas;
    if (machine === undefined) throw new Error("a replica is needed");
    const file = (name: string): string => path.join(paths.mysql.mountPoint, name);
    await machine.exec(["dd", "if=/dev/zero", `of=${file("synced")}`, "bs=4096", "count=4", "conv=fsync"]);
    await machine.exec(["dd", "if=/dev/zero", `of=${file("unsynced")}`, "bs=4096", "count=4"]);
    await machine.kill();
    const sizes = await machine.withVolume((directory) =>
      Promise.all(
        ["synced", "unsynced"].map(async (name) => {
          const content = await readFile(path.join(directory, name)).catch(() => Buffer.alloc(0));
          return content.length;
        }),
      ),
    );
    await machine.start();
    await settled(lab);
    await machine.exec(["rm", "-f", file("synced"), file("unsynced")]);
    expect(sizes).toEqual([4 * 4096, 0]);
  });
});
