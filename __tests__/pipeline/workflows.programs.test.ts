import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { aptKeys } from "../../modules/platform/apt-keys.js";
import { exampleConfig } from "../support/config.js";
import { temporaryFolder } from "../support/payload-files.js";
import { hasTool, hasTools, runTool } from "../support/tools.js";

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps?: readonly Step[] }>>;
}

const root = resolve(".");
const workflows = ".github/workflows";
const stepsOf = (file: string): readonly Step[] => {
  const { jobs } = parse(readFileSync(join(workflows, file), "utf8")) as Workflow;
  return Object.values(jobs).flatMap(({ steps = [] }) => steps.flatMap(withOurActions));
};

/** Returns the steps of an action if the action is in this repository, otherwise the given step. */
function withOurActions(step: Step): readonly Step[] {
  if (!step.uses?.startsWith("./")) return [step];
  const action = parse(readFileSync(join(step.uses, "action.yml"), "utf8")) as { runs: { steps: readonly Step[] } };
  return action.runs.steps;
}

it.runIf(hasTool("actionlint", "syntax, expressions and shell of the workflows"))(
  "the pipeline's workflows pass actionlint",
  () => {
    expect(runTool("actionlint", [])).toEqual({ status: 0, output: "" });
  },
);

it.runIf(hasTool("zizmor", "security of the workflows"))(
  "the pipeline's workflows pass zizmor, because actions are pinned, permissions are minimal and no input is injected",
  () => {
    const { status, output } = runTool("zizmor", ["--offline", "--no-progress", ".github"]);
    expect(status, output).toBe(0);
  },
);

it("the pipeline's workflows give secrets to single steps, never to a job or a whole workflow", () => {
  const leaks = readdirSync(workflows).filter((file) => {
    const workflow = parse(readFileSync(join(workflows, file), "utf8")) as Workflow;
    const withoutSteps = JSON.stringify(workflow, (key, value: unknown) => (key === "steps" ? undefined : value));
    return withoutSteps.includes("secrets.");
  });
  expect(leaks).toEqual([]);
});

/** Output of Terraform for a plan that changes only one record. */
const plan = {
  resource_changes: [
    { address: "cloudflare_dns_record.www", change: { actions: ["update"], before: { ttl: 1 }, after: { ttl: 60 } } },
  ],
};

/**
 * Program that emulates an empty Hetzner project, the zone at Cloudflare, and a Datadog organisation without monitors. The program prints
 * its address.
 */
const vendors = `
const server = require("node:http").createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://vendors");
  const kind = pathname.slice(1);
  const lists = { zones: { result: [{ id: "z", name: searchParams.get("name") }] }, "api/v1/monitor": [] };
  response.end(JSON.stringify(lists[kind] ?? { [kind]: [] }));
});
server.listen(0, "127.0.0.1", () => console.log("http://127.0.0.1:" + server.address().port));`;

/**
 * Copies the working tree like a checkout, to run workflow steps in the copy. Of a step that calls .ci/run, the test only checks that
 * package.json has the script. The test installs nothing. Terraform and GitHub's command line are fakes; all other programs are real.
 */
function checkout(folder: string, vendorsUrl: string) {
  const bin = join(folder, "bin");
  const tree = join(folder, "tree");
  mkdirSync(bin);
  mkdirSync(tree);
  const copied = spawnSync("sh", [
    "-c",
    'git ls-files -z --cached --others --exclude-standard | tar -c --null --ignore-failed-read -T - 2>/dev/null | tar -x -C "$0"',
    tree,
  ]);
  expect(copied.status, copied.stderr.toString()).toBe(0);
  symlinkSync(join(root, "node_modules"), join(tree, "node_modules"));
  const place = (path: string, text: string): void => {
    writeFileSync(path, text);
    chmodSync(path, 0o755);
  };
  const npm = spawnSync("sh", ["-c", "command -v npm"], { encoding: "utf8" }).stdout.trim();
  place(
    join(bin, "npm"),
    `#!/bin/sh
case "$*" in
  ci) exit 0 ;;
  test | "run check") exec node -e 'process.exit(require("./package.json").scripts[process.argv[1]] ? 0 : 1)' "\${2:-test}" ;;
esac
exec ${npm} "$@"
`,
  );
  writeFileSync(join(folder, "plan.json"), JSON.stringify(plan));
  place(
    join(bin, "terraform"),
    `#!/bin/sh
case "$*" in
  *" show -json "*) cat ${folder}/plan.json ;;
  *" show "*) echo "Plan: 0 to add, 1 to change, 0 to destroy." ;;
esac
`,
  );
  // The steps that run install-tools.sh and canary/run would install packages and run all tests. Therefore the test only checks that these
  // files are executable.
  for (const script of ["scripts/install-tools.sh", "scripts/canary/run"].map((each) => join(tree, each)))
    if (spawnSync("test", ["-x", script]).status === 0) place(script, "#!/bin/sh\n");
  return {
    read: (name: string): string => readFileSync(join(folder, name), "utf8"),
    run: ({ run, env = {} }: Step) => {
      const { status, stdout, stderr } = spawnSync("bash", ["-eo", "pipefail", "-c", run ?? "true"], {
        cwd: tree,
        encoding: "utf8",
        env: {
          ...process.env,
          PATH: `${bin}:${process.env["PATH"]}`,
          ENVIRONMENT: "example",
          GITHUB_STEP_SUMMARY: join(folder, "summary"),
          GITHUB_OUTPUT: join(folder, "output"),
          HCLOUD_ENDPOINT: vendorsUrl,
          CLOUDFLARE_BASE_URL: vendorsUrl,
          DD_HOST: vendorsUrl,
          ...Object.fromEntries(
            Object.entries(env).map(([name, value]) => [name, value.includes("${{") ? "stand-in" : value]),
          ),
        },
      });
      return { status, output: `${stdout}${stderr}` };
    },
  };
}

describe.runIf(hasTools(["git", "tar"], "the commands of the workflows"))("the commands of a workflow", () => {
  let folder = "";
  let inCheckout: ReturnType<typeof checkout>;
  let emulator: ChildProcess;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "checkout-"));
    emulator = spawn(process.execPath, ["-e", vendors], { stdio: ["ignore", "pipe", "inherit"] });
    const [url] = (await once(emulator.stdout ?? emulator, "data")) as [Buffer];
    inCheckout = checkout(folder, url.toString().trim());
  });
  afterAll(() => {
    emulator.kill();
    rmSync(folder, { recursive: true });
  });
  const runAll = (file: string): void => {
    for (const step of stepsOf(file)) {
      const { status, output } = inCheckout.run(step);
      expect(status, `${step.run ?? ""}\n${output}`).toBe(0);
    }
  };

  it("the commands of the check workflow succeed in a checkout, and the workflow's summary is the configuration review", () => {
    runAll("check.yml");
    expect(inCheckout.read("summary")).toMatch(/^## review\n\n~~~text\nReview of example/);
  }, 120_000);

  it("the commands of the plan workflow succeed in a checkout, and the stored plan for the deploy contains no values", () => {
    runAll("plan.yml");
    expect(inCheckout.read("summary")).toContain("Plan: 0 to add, 1 to change, 0 to destroy.");
    expect(inCheckout.read("output")).toBe("changes=true\n");
    expect(inCheckout.read("tree/plan.json")).toContain('"updates cloudflare_dns_record.www"');
    expect(inCheckout.read("tree/plan.json")).not.toContain("60");
  }, 120_000);
});

describe("MySQL for a drill", () => {
  const script = readFileSync("scripts/pipeline/install-mysql", "utf8");

  it("the restore drill installs MySQL in the servers' release series, signed by the key that servers trust", () => {
    expect(readFileSync(join(workflows, "drill.yml"), "utf8")).toContain(
      `install-mysql ${exampleConfig().database.series}\n`,
    );
    expect(script).toContain(`key=${aptKeys.mysql.url}\nfingerprint=${aptKeys.mysql.fingerprints[0]}\n`);
  });

  it.runIf(hasTool("shellcheck", "scripts of the pipeline"))(
    "the script that installs MySQL for a drill passes shellcheck",
    () => {
      expect(runTool("shellcheck", ["scripts/pipeline/install-mysql"])).toEqual({ status: 0, output: "" });
    },
  );
});

/** Runs the script with a fake issue tracker, in which the issue `open` is open. @returns the requests to the issue tracker */
function report(code: number, open: string) {
  const folder = temporaryFolder();
  writeFileSync(
    join(folder, "gh"),
    `#!/bin/sh\ncase "$*" in *"issue list"*) printf '%s' '${open}' ;; *) echo "$@" >>${folder}/asked ;; esac\n`,
  );
  chmodSync(join(folder, "gh"), 0o755);
  writeFileSync(join(folder, "drift.txt"), "production-edge:\n  drift    cloudflare_dns_record.www: ttl\n");
  writeFileSync(join(folder, "asked"), "");
  const { status } = spawnSync("sh", ["scripts/pipeline/drift-issue", String(code), join(folder, "drift.txt")], {
    env: { ...process.env, PATH: `${folder}:${process.env["PATH"]}`, ENVIRONMENT: "example" },
  });
  return {
    status,
    asked: readFileSync(join(folder, "asked"), "utf8").replaceAll(/--body-file \S+/g, "--body-file F"),
  };
}

it.each([
  ["the drift issue is opened if there is drift", 2, "", /^issue create --title Drift: example .* --body-file F\n$/],
  ["the drift issue is updated while drift remains", 2, "7", /^issue edit 7 --body-file F\n$/],
  ["the drift issue is closed once the resources match the configuration", 0, "7", /^issue close 7 /],
  ["no drift issue is opened without drift", 0, "", /^$/],
])("%s", (_what, code, open, asked) => {
  expect(report(code, open)).toEqual({ status: 0, asked: expect.stringMatching(asked) as string });
});

it("the script for drift issues changes no issue if the comparison failed", () => {
  expect(report(1, "7")).toEqual({ status: 1, asked: "" });
});

interface Manager {
  readonly managerFilePatterns: readonly string[];
  readonly matchStrings: readonly string[];
}
const { customManagers } = JSON.parse(readFileSync("renovate.json", "utf8")) as {
  customManagers: readonly Manager[];
};

it.each(customManagers)(
  "renovate.json finds versions with each expression for the files $managerFilePatterns",
  ({ managerFilePatterns, matchStrings }) => {
    const text = managerFilePatterns.map((path) => readFileSync(path, "utf8")).join("\n");
    for (const expression of matchStrings) expect(text).toMatch(new RegExp(expression));
  },
);
