import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { exampleConfig } from "../support/config.js";
import { hasOptionalTool, hasToolInNetwork } from "../support/tools.js";
import { standInBucket } from "./support/bucket.js";
import { HetznerProject } from "./support/hetzner-project.js";
import type { Order } from "./support/operator.js";
import { Checkout, deployInto, provider, providerMirror, terraformIn } from "./support/real-terraform.js";

const what = "commands of two operators with the real hcloud provider";
const canRun =
  ["terraform", provider].map((tool) => hasOptionalTool(tool, what)).every(Boolean) &&
  hasToolInNetwork("unshare", what, "-mn");

const config = exampleConfig({ monitoring: { enabled: false } });
const mirror = mkdtempSync(join(tmpdir(), "mirror-"));
const deployed = new HetznerProject();
const world: { checkout?: Checkout } = {};

/** Creates a copy of the deployed environment, or an empty project, and a bucket for the lock. */
async function worldFor({ isDeployed = true } = {}) {
  const project = await (isDeployed ? deployed.copy() : new HetznerProject()).listen();
  const checkout = new Checkout(project.url, { ...(isDeployed && { from: world.checkout }) });
  const { props } = await standInBucket({ delayMs: 80 });
  onTestFinished(() => {
    project.close();
    checkout.remove();
  });
  return { project, checkout, bucket: props };
}
type World = Awaited<ReturnType<typeof worldFor>>;

/** Starts a command as if on another machine, with a separate machine id and checkout. The machines share the state and the lock. */
function operator({ project, checkout, bucket }: World, machine: string, command: Order["command"]) {
  const { folder } = new Checkout(project.url, { sharesStateOf: checkout });
  const id = join(folder, "machine-id");
  writeFileSync(id, `${machine}\n`);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const order: Order = { command, folder, url: project.url, bucket };
  const program = ["--import", "tsx", "__tests__/ops/support/operator.ts", JSON.stringify(order)];
  const run = execa(
    "unshare",
    ["-m", "sh", "-c", 'mount --bind "$0" /etc/machine-id && exec "$@"', id, process.execPath, ...program],
    { reject: false, detached: true, env: { TF_CLI_CONFIG_FILE: join(mirror, "terraformrc") } },
  );
  return { run, folder, signal: (name: NodeJS.Signals) => run.pid !== undefined && process.kill(-run.pid, name) };
}

/** Resolves after the API has executed this change. The API sends its response only after `then` is done. */
const atChange = (project: HetznerProject, change: string, then: () => unknown): Promise<void> =>
  new Promise((resolve) => {
    project.onChange = async (one) => {
      if (one !== change) return;
      project.onChange = () => undefined;
      await then();
      resolve();
    };
  });

const serversOf = (project: HetznerProject): readonly string[] =>
  project.resourceNames().filter((one) => one.startsWith("servers "));
const idsOf = (project: HetznerProject): readonly string[] =>
  serversOf(project)
    .map((one) => one.split(" ")[2] ?? "")
    .sort();
/** Returns the files in a folder that contain secrets: plans and Terraform states, including the shared state. */
const secretFilesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(tfplan|tfstate)$/.test(file) && !file.includes(".terraform/"))
    .map((file) => join(folder, file));
const idsInState = (checkout: Checkout): readonly string[] =>
  checkout.state().flatMap((one) => (one.startsWith("hcloud_server.") ? [one.split(" ")[1] ?? ""] : []));

describe.runIf(canRun)("operators with the real provider and an emulated Hetzner API", { timeout: 300_000 }, () => {
  beforeAll(async () => {
    process.env["TF_CLI_CONFIG_FILE"] = providerMirror(mirror);
    world.checkout = await deployInto(await deployed.listen(), config);
  }, 300_000);

  afterAll(() => {
    delete process.env["TF_CLI_CONFIG_FILE"];
    deployed.close();
    world.checkout?.remove();
    rmSync(mirror, { recursive: true, force: true });
  });

  it("if two operators start the first npm run ops deploy at the same time, only one of the deploys continues", async () => {
    const all = await worldFor({ isDeployed: false });
    const runs = await Promise.all([operator(all, "one", "deploy").run, operator(all, "two", "deploy").run]);
    expect(runs.map(({ exitCode }) => exitCode).sort()).toEqual([0, 1]);
    expect(runs.find(({ exitCode }) => exitCode === 1)?.stdout).toMatch(/^locked: .* runs on another machine/);
    expect(serversOf(all.project)).toHaveLength(3);
    expect([...idsInState(all.checkout)].sort()).toEqual(idsOf(all.project));
  });

  it("if an operator's machine dies and the lock is removed, another machine completes the replacement of the server", async () => {
    const all = await worldFor();
    const first = operator(all, "one", "replace");
    await atChange(all.project, "DELETE servers alpha", () => {
      first.signal("SIGKILL");
      for (const pid of terraformIn(first.folder)) process.kill(pid, "SIGKILL");
    });
    const refused = await operator(all, "two", "deploy").run;
    expect(refused.stdout).toMatch(/changing alpha\) runs on another machine, or was interrupted there/);
    expect((await operator(all, "two", "unlock").run).stdout).toMatch(/removed the lock: .* has not renewed/);
    expect(await operator(all, "two", "replace").run).toMatchObject({ exitCode: 0 });
    expect(
      serversOf(all.project)
        .map((one) => one.split(" ")[1])
        .sort(),
    ).toEqual(["alpha", "bravo", "charlie"]);
  });

  it("if a command is suspended and another machine takes the lock, the command stops when the command continues", async () => {
    const all = await worldFor();
    const first = operator(all, "one", "replace");
    await atChange(all.project, "POST servers alpha change_protection", () => first.signal("SIGSTOP"));
    expect((await operator(all, "two", "unlock").run).exitCode).toBe(0);
    expect((await operator(all, "two", "replace").run).stdout).toBe("done");
    const after = all.project.resourceNames();
    first.signal("SIGCONT");
    expect((await first.run).stdout).toMatch(/no longer holds the lock/);
    expect(all.project.resourceNames()).toEqual(after);
  });

  it("after one Ctrl-C, Terraform saves its state and ends, and a rerun of the npm run ops command completes", async () => {
    const all = await worldFor();
    const first = operator(all, "one", "replace");
    const modes = new Set<number>();
    await atChange(all.project, "POST servers alpha", async () => {
      const files = secretFilesIn(first.folder);
      for (const kind of [".tfplan", ".tfstate"]) expect(files.some((file) => file.endsWith(kind))).toBe(true);
      for (const file of files) modes.add(statSync(file).mode & 0o777);
      first.signal("SIGINT");
      await setTimeout(500);
    });
    const { exitCode, stdout } = await first.run;
    expect(exitCode).toBe(1);
    expect(stdout).toContain("was interrupted and has saved its state; run the same command again");
    expect([...modes]).toEqual([0o600]);
    expect(secretFilesIn(first.folder).filter((file) => file.endsWith(".tfplan"))).toEqual([]);
    // The command was interrupted after it deleted the old server and before it created the new server.
    expect(idsInState(all.checkout)).toHaveLength(2);
    expect(await operator(all, "one", "replace").run).toMatchObject({ exitCode: 0, stdout: "done" });
    expect([...idsInState(all.checkout)].sort()).toEqual(idsOf(all.project));
  });
});
