import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { userInfo } from "node:os";
import { describe, expect, it } from "vitest";
import { temporaryFolder, writeBelow } from "../../support/payload-files.js";
import { hasTool, isRoot, runTool } from "../../support/tools.js";

const program = readFileSync("ops/core/files/deliver.py", "utf8");

describe.runIf(
  hasTool("python3", "the delivery of secrets to servers") && isRoot("the delivery of secrets to servers"),
)("a secret that is delivered to a server", () => {
  const deliver = (folder: string, content: string): unknown => {
    const owner = userInfo().username;
    const files = [{ path: join(folder, "secret"), owner, mode: "0600", content }];
    const { output } = runTool("python3", ["-I", "-c", program], JSON.stringify({ mark: join(folder, "mark"), files }));
    return JSON.parse(output);
  };

  it('a delivered secret is written to the server byte for byte, and the server stores a "changed" marker until the marker is removed', () => {
    const folder = temporaryFolder();
    const text = "ä\r\n\u2028 $'\"\\ end";
    writeBelow(folder, [{ path: "secret", content: "old" }]);
    expect(deliver(folder, text)).toEqual([join(folder, "secret")]);
    expect(readFileSync(join(folder, "secret"), "utf8")).toBe(text);
    expect(deliver(folder, text)).toEqual([join(folder, "secret")]);
    runTool("rm", [join(folder, "mark")]);
    expect(deliver(folder, text)).toEqual([]);
  });

  const run = (input: object, inPlaceOf: Readonly<Record<string, string>> = {}) => {
    const replaced = Object.entries(inPlaceOf).reduce((text, [from, to]) => text.replaceAll(from, to), program);
    return runTool("python3", ["-I", "-c", replaced], JSON.stringify(input));
  };

  it("a secret file on a server is never readable for other users, while a certificate file is readable for all users once complete", () => {
    const folder = temporaryFolder();
    const [mark, secret, certificate] = ["mark", "secret", "certificate"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    // The temporary file secret.new remains from an interrupted run.
    writeBelow(folder, [{ path: "secret.new", content: "half", permissions: "0666" }]);
    const files = [
      { path: secret, owner: "daemon", mode: "0600", content: "s" },
      { path: certificate, owner: "root", mode: "0644", content: "c" },
    ];
    const atCreation = "print('created', oct(os.fstat(out.fileno()).st_mode & 0o777), file=sys.stderr); shutil.chown";
    const { output } = run({ mark, files }, { "shutil.chown": atCreation });
    expect(output).toContain(JSON.stringify([certificate, secret]).replace(",", ", "));
    expect(output.match(/created 0o\d+/g)).toEqual(Array.from({ length: 3 }, () => "created 0o600"));
    const { uid, gid } = statSync(secret);
    expect([uid, gid]).toEqual(["-u", "-g"].map((which) => Number(runTool("id", [which, "daemon"]).output)));
    expect([mark, secret, certificate].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual([
      ...["600", "600", "644"],
    ]);
  });

  it("a delivered secret is synced to the server's disk before the file is renamed, and the folder is synced after the renaming", () => {
    const folder = temporaryFolder();
    const files = [{ path: join(folder, "secret"), owner: "root", mode: "0600", content: "s" }];
    const say = (words: string): string => `print(${words}, file=sys.stderr)`;
    const { output } = run(
      { mark: join(folder, "mark"), files },
      {
        "os.fsync(": `(lambda fd: ${say('"synced", os.fstat(fd).st_nlink == 1 and os.fstat(fd).st_size')})(`,
        "draft.replace(path)": `draft.replace(path); ${say('"named"')}`,
      },
    );
    expect(output.match(/^(synced|named).*$/gm)?.slice(-3)).toEqual(["synced 1", "named", "synced False"]);
  });

  it("a secret on a server is marked as changed before the secret is written, and stays marked after a delivery of other secrets", () => {
    const folder = temporaryFolder();
    const [mark, first, second] = ["mark", "first", "second"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const file = (path: string) => ({ path, owner: "root", mode: "0600", content: path });
    // Simulates a power failure after the first of two files: the folder of the second file does not exist.
    const { status } = run({ mark, files: [file(first), file(join(folder, "none", "second"))] });
    expect(status).not.toBe(0);
    expect(JSON.parse(run({ mark, files: [file(first)] }).output)).toEqual([first, join(folder, "none", "second")]);
    expect(JSON.parse(run({ mark, files: [file(second)] }).output)).toContain(first);
  });
});
