import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { inTemporaryFolder, writeBelow } from "../../../../support/payload-files.js";
import { hasTool, hasTools, runToolBeside } from "../../../../support/tools.js";

const program = readFileSync(
  new URL("../../../../../modules/machine/parts/mysql/files/mysql-data", import.meta.url),
  "utf8",
);

const statements = fileURLToPath(
  new URL("../../../../../modules/machine/parts/mysql/files/initialize.sql", import.meta.url),
);

/**
 * Runs a shell script with the real `mysql-data`. Volumes are files with real file systems. The shell function `volume NAME` creates an
 * empty volume. Mounts are only printed. If `mysql-data` would wait for a volume, the run prints this and ends.
 */
const run = (script: string): Promise<string[]> => inTemporaryFolder((folder) => runIn(folder, script));

/** Replaces a text in the program. @throws Error if the program does not contain this text */
function replaced(text: string, [from = "", to = ""]: readonly string[]): string {
  if (!text.includes(from)) throw new Error(`mysql-data has no ${from}`);
  return text.replace(from, to);
}

async function runIn(folder: string, script: string): Promise<string[]> {
  const standIn = (name: string, body: string) => ({
    path: `bin/${name}`,
    content: `#!/bin/bash\n${body}\n`,
    permissions: "0755",
  });
  writeBelow(folder, [
    {
      path: "mysql-data",
      content: [
        ["=/var/lib/mysql\n", `=${folder}/mnt\n`],
        ["=/etc/mysql-backup/restore.json", `=${folder}/restore.json`],
        ["=/etc/mysql-backup/restoring.json", `=${folder}/restoring.json`],
        ["'/dev/disk/by-id/", `'${folder}/volumes/`],
        ["[ -b ", "[ -f "],
      ].reduce(replaced, program),
    },
    standIn("mountpoint", `[ -e ${folder}/mounted ]`),
    standIn("mount", 'echo "mount $*"'),
    standIn("findmnt", `[ "$*" = "-no SOURCE ${folder}/mnt" ] && ls ${folder}/volumes/*_1`),
    standIn("resize2fs", 'echo "resize2fs $*"'),
    standIn("sleep", "kill $PPID"),
    standIn("mysqld", `echo "mysqld $*"; mkdir ${folder}/mnt/data.new/mysql`),
    standIn("chown", 'echo "chown $*"'),
    standIn("install", `echo "install $*" >>${folder}/installed; mkdir "\${@: -1}"`),
    {
      path: "test.sh",
      content: `
        exec 2>&1; cd ${folder}; mkdir volumes mnt; export PATH=${folder}/bin:$PATH
        volume() { truncate -s "\${2-64M}" "volumes/scsi-0HC_Volume_$1"; }
        ours() { volume "$1"; mkfs.ext4 -q -L mysql-data "volumes/scsi-0HC_Volume_$1"; }
        mysql-data() { sh ./mysql-data "$@"; }
        label() { blkid -p -s LABEL -o value "volumes/scsi-0HC_Volume_$1"; }
        put() { printf x | dd conv=notrunc status=none "of=volumes/scsi-0HC_Volume_$1" bs=1 seek="$2"; }
        ${script}`,
    },
  ]);
  const { output } = await runToolBeside("bash", [join(folder, "test.sh")]);
  return output
    .replaceAll(`${folder}/volumes/scsi-0HC_Volume`, "volume")
    .replaceAll(folder, "")
    .split("\n")
    .filter((line) => line !== "" && line !== "Terminated");
}

const mounted = (volume: string): string[] => [
  expect.stringMatching(/^mysql-data: clean/) as string,
  `mount -o noatime,nodev,nosuid,noexec,errors=remount-ro ${volume} /mnt`,
  `resize2fs ${volume}`,
];
const waits = (attached: string, labelled = "none"): string =>
  `mysql-data: waiting for one volume labelled mysql-data, or a single empty volume; attached: ${attached}; labelled: ${labelled}`;

/** The tests run concurrently, because most of their time is a wait for programs. */
const besideEachOther = { concurrent: true } as const;

const fileSystems = "mysql-data on file systems";
const canFormat = hasTools(["mkfs.ext4", "blkid", "sfdisk"], fileSystems);

describe.runIf(canFormat)("mysql-data mount", besideEachOther, () => {
  const two = "volume_1 volume_2";

  it.each<[what: string, script: string, output: readonly string[]]>([
    [
      "formats an empty volume, checks it, and mounts it read-only on errors",
      "volume 1 10G; mysql-data mount; label 1",
      ["mysql-data: formatting the empty volume volume_1", ...mounted("volume_1"), "mysql-data"],
    ],
    ["mounts a volume that it formatted before", "ours 1; mysql-data mount", mounted("volume_1")],
    ["waits for a volume that is not attached yet", "mysql-data mount", [waits("none")]],
    ...["volume 2", "volume 2; mkfs.ext4 -q volumes/scsi-0HC_Volume_2", "volume 0; put 0 0"].map(
      (second): [string, string, string[]] => [
        `mounts the labelled volume although another one is attached (${second})`,
        `ours 1; ${second}; mysql-data mount`,
        mounted("volume_1"),
      ],
    ),
    ["waits if two volumes are empty", "volume 1; volume 2; mysql-data mount; label 1; label 2", [waits(two)]],
    ["waits if two volumes have the label", "ours 1; ours 2; mysql-data mount", [waits(two, two)]],
    [
      "ignores partitions",
      "ours 1; mv volumes/scsi-0HC_Volume_1 volumes/scsi-0HC_Volume_1-part1; mysql-data mount",
      [waits("none")],
    ],
    ["does nothing if the volume is mounted", "volume 1; touch mounted; mysql-data mount; echo $?; label 1", ["0"]],
  ])("mysql-data mount %s", async (_, script, output) => {
    expect(await run(script)).toEqual(output);
  });

  it.each([
    ["another file system", "mkfs.ext4 -q -L other volumes/*"],
    ["our label on another file system", "mkswap -q -L mysql-data volumes/*"],
    ["partitions", "echo , | sfdisk -q volumes/*"],
    [
      "only the backup partition table at its end left",
      "echo label: gpt | sfdisk -q volumes/*; dd if=/dev/zero conv=notrunc status=none bs=1M count=17 of=volumes/scsi-0HC_Volume_1",
    ],
    ["data at its start", "put 1 0"],
    ["data without a signature, 15 MiB from its start", "put 1 15728640"],
    [
      "a file system whose first 64 KiB are lost",
      "mkfs.ext4 -q volumes/*; dd if=/dev/zero conv=notrunc status=none bs=64K count=1 of=volumes/scsi-0HC_Volume_1",
    ],
  ])("mysql-data mount does not change a volume with %s, and waits", async (_, write) => {
    expect(
      await run(`volume 1; ${write}; sha256sum volumes/* >sum; mysql-data mount; sha256sum -c --quiet sum`),
    ).toEqual([waits("volume_1")]);
  });

  it("mysql-data mount repairs a file system with a recorded error", async () => {
    const output = await run(
      "ours 1; debugfs -w -R 'ssv state 2' volumes/* 2>/dev/null; mysql-data mount; dumpe2fs -h volumes/* 2>/dev/null | grep state",
    );
    expect(output).toEqual(
      expect.arrayContaining([expect.stringContaining("contains a file system with errors, check forced")]),
    );
    expect(output.slice(-3)).toEqual([...mounted("volume_1").slice(1), expect.stringMatching(/state: +clean$/)]);
  });

  it("mysql-data mount waits for a limited time while a deleted machine still uses the volume", async () => {
    const e2fsck = (body: string): string =>
      `printf '#!/bin/sh\\n${body}\\n' >bin/e2fsck; printf '#!/bin/sh\\necho >>slept\\n' >bin/sleep; chmod +x bin/e2fsck; rmdir mnt;`;
    expect(
      await run(
        `ours 1; ${e2fsck('[ "$(wc -l <slept)" -ge 3 ] || exit 8; exit 3')} : >slept; mysql-data mount; ls -d mnt`,
      ),
    ).toEqual([...mounted("volume_1").slice(1), "mnt"]);
    expect(await run(`ours 1; ${e2fsck("exit 8")} : >slept; mysql-data mount; wc -l <slept`)).toEqual([
      "mysql-data: volume_1 was not mounted: e2fsck ended with status 8; see e2fsck -n volume_1",
      "30",
    ]);
  });

  it("mysql-data mount does not mount a file system that needs manual repair", async () => {
    const output = await run(
      "ours 1; debugfs -w -R 'clri <2>' volumes/* 2>/dev/null; debugfs -w -R 'ssv state 2' volumes/* 2>/dev/null; mysql-data mount; echo \"exit $?\"",
    );
    expect(output.slice(-2)).toEqual([
      "mysql-data: volume_1 was not mounted: e2fsck ended with status 4; see e2fsck -n volume_1",
      "exit 1",
    ]);
    expect(output.join()).not.toContain("mount -o");
  });
});

describe.runIf(canFormat)("the reserved space", besideEachOther, () => {
  const reserved = "dumpe2fs -h volumes/*_1 2>/dev/null | sed -n 's/Reserved block count: *//p'";

  it("mysql-data reserves 512 MiB of a new volume; `mysql-data release` frees this space and `mysql-data reserve` reserves it again", async () => {
    const output = await run(
      `volume 1 10G; mysql-data mount >/dev/null; ${reserved}; touch mounted; mysql-data release >/dev/null; ${reserved}; mysql-data reserve >/dev/null; ${reserved}; dumpe2fs -h volumes/*_1 2>/dev/null | grep 'Block size'`,
    );
    expect(output.slice(-4)).toEqual(["131072", "0", "131072", expect.stringMatching(/4096$/)]);
  });

  it("mysql-data refuses to change the reserved space if no volume is mounted", async () => {
    expect(await run('ours 1; mysql-data release; echo "exit $?"')).toEqual([
      "mysql-data: /mnt is not the volume",
      "exit 1",
    ]);
  });
});

describe("mysql-data initialize", besideEachOther, () => {
  it("mysql-data initialize creates a complete data directory owned by mysql, also if the directory exists and is empty", async () => {
    for (const found of ["data.new/rest", "data"])
      expect(await run(`touch mounted; mkdir -p mnt/${found}; mysql-data initialize; ls mnt; cat installed`)).toEqual([
        "mysqld --no-defaults --initialize-insecure --user=mysql --datadir=/mnt/data.new --init-file=/etc/mysql/initialize.sql",
        "data",
        "mysql-group",
        "install -d -m 0700 /mnt/mysql-group",
        "install -d -o mysql -g mysql -m 0750 /mnt/data.new",
      ]);
  });

  it.each([
    ["mysql:mysql", []],
    ...["UNKNOWN:UNKNOWN", "haproxy:haproxy", "mysql:haproxy"].map((owner) => [
      owner,
      ["chown -R mysql:mysql /mnt/data"],
    ]),
  ])(
    "mysql-data initialize keeps existing data of %s at each boot, and changes a wrong owner",
    async (owner, changes) => {
      const stat = `printf '#!/bin/sh\\necho ${String(owner)}\\n' >bin/stat; chmod +x bin/stat`;
      const output = await run(`touch mounted; mkdir -p mnt/data/mysql; ${stat}; mysql-data initialize && ls mnt`);
      expect(output).toEqual([...changes, "data", "mysql-group"]);
    },
  );

  it.runIf(hasTool("mysqld", "the statements of a new data directory"))(
    "mysql-data initialize lets root log in over the socket",
    async () => {
      const { status, output } = await inTemporaryFolder((folder) => {
        const words = ["--no-defaults", "--initialize-insecure", "--user=root", `--datadir=${join(folder, "data")}`];
        return runToolBeside("mysqld", [...words, `--init-file=${statements}`]);
      });
      expect({ status, errors: output.match(/.*\[ERROR\].*/g) }).toEqual({ status: 0, errors: null });
    },
    300_000,
  );

  it.each([
    ["if the volume is not mounted", "mysql-data initialize", "/mnt is not the volume"],
    [
      "if files without system tables exist",
      "touch mounted; mkdir mnt/data; touch mnt/data/x; mysql-data initialize 2>&1 | grep -v rmdir",
      "/mnt/data has files but no system tables; not changed",
    ],
    ["without arguments", "mysql-data", "usage: mysql-data mount | initialize | wait | release | reserve"],
  ])("mysql-data initialize does nothing %s", async (_, script, reason) => {
    const output = await run(`${script}; ls mnt/data.new`);
    expect(output.slice(0, 2)).toContain(`mysql-data: ${reason}`);
    expect(output.join()).not.toContain("mysqld --");
  });
});

describe("a server with a configured restore", () => {
  const refused =
    "mysql-data: MySQL does not start: /mnt/data has data of another restore or from before it: remove restore from the configuration, or use new volumes";
  const restore = (at: string): string => `{"timeline": "t", "at": "${at}"}`;
  const told = `touch mounted; echo '${restore("latest")}' >restore.json;`;
  const waits = "mysql-data wait 2>&1 && echo goes on";

  it("with a configured restore, mysql-data creates no data directory on the first member unless a group is running", async () => {
    const first = `${told} touch restoring.json;`;
    expect(await run(`${first} mysql-data initialize && ls mnt`)).toEqual(["mysql-group"]);
    expect(await run(`${first} mysql-data initialize blank >/dev/null; ls mnt`)).toEqual(["data", "mysql-group"]);
  });

  it("with a configured restore, MySQL starts with empty data on all members except the first, and these members then copy its data", async () => {
    const other = `${told} mysql-data initialize >/dev/null; mkdir -p mnt/data/mysql;`;
    expect(await run(`${other} ${waits}`)).toEqual(["goes on"]);
    expect(await run(`${other} echo '${restore("2026-12-01T20:00:00Z")}' >restore.json; ${waits}`)).toEqual([refused]);
  });

  it("with a configured restore, MySQL does not start with data from before the restore", async () => {
    const data = "mkdir -p mnt/mysql-group mnt/data/mysql;";
    // mysql-data waits with sleep, and the fake of sleep ends this wait.
    expect(await run(`${told} ${data} ${waits}`)).toEqual([refused]);
    const restored = (at: string): string => `echo '${restore(at)}' >mnt/mysql-group/restored.json;`;
    expect(await run(`${told} ${data} ${restored("latest")} ${waits}`)).toEqual(["goes on"]);
    expect(await run(`${told} ${data} touch mnt/mysql-group/restored.json; ${waits}`)).toEqual([refused]);
    // An earlier restore on this volume had another restore time.
    expect(await run(`${told} ${data} ${restored("2026-12-01T20:00:00Z")} ${waits}`)).toEqual([refused]);
    expect(await run(`${data} ${waits}`)).toEqual(["goes on"]);
  });
});
