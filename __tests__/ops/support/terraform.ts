import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../../ops/terraform/terraform.js";
import type { Plan, ResourceChange } from "../../../ops/terraform/plan.js";
import { temporaryFolder } from "../../support/payload-files.js";

/** Creates a change of a plan from an address, actions, and the attributes before and after the change. */
export const change = (address: string, actions: string, before: object = {}, after: object = {}): ResourceChange => ({
  address,
  mode: "managed",
  change: { actions: actions.split(","), before, after },
});

/** Returns a shell script that replaces Terraform. The script records its arguments and prints the given plans in order. */
const standIn = (folder: string): string => `#!/bin/sh
echo "$@" >>${folder}/log
case "$*" in
  *" show -json "*)
    count=$(cat ${folder}/count 2>/dev/null || echo 0)
    echo $((count + 1)) >${folder}/count
    cat ${folder}/plan-$count.json ;;
  *" state list"*) cat ${folder}/state-list 2>/dev/null || true ;;
  *" output -json"*) cat ${folder}/outputs.json ;;
  *" plan "*) [ ! -e ${folder}/fail-plan ] || { cat ${folder}/fail-plan >&2; exit 1; }; for word; do case "$word" in -out=*) touch "\${word#-out=}" ;; esac; done ;;
  *" apply "*) [ ! -e ${folder}/fail-apply ] ;;
esac
`;

/**
 * Creates a fake terraform binary and the stacks of an environment.
 * @param plans outputs of `show -json`, in order
 * @param outputs output of `output -json`
 */
export function recordedTerraform(
  environment: string,
  plans: readonly Plan[],
  outputs: Readonly<Record<string, unknown>> = {},
) {
  const folder = temporaryFolder();
  const binary = join(folder, "terraform");
  writeFileSync(binary, standIn(folder));
  chmodSync(binary, 0o755);
  plans.forEach((plan, index) => writeFileSync(join(folder, `plan-${index}.json`), JSON.stringify(plan)));
  const told = Object.entries(outputs).map(([name, value]) => [name, { value }]);
  writeFileSync(join(folder, "outputs.json"), JSON.stringify(Object.fromEntries(told)));
  const stack = (name: string): Stack => {
    const place = join(folder, `${environment}-${name}`);
    mkdirSync(place);
    writeFileSync(join(place, "cdk.tf.json"), "{}");
    return new Stack(binary, place);
  };
  return {
    folder,
    foundation: stack("foundation"),
    credentials: stack("credentials"),
    servers: stack("servers"),
    edge: stack("edge"),
    /** Returns the recorded arguments, without constant flags and without the folder. */
    calls: (): readonly string[] =>
      readFileSync(join(folder, "log"), "utf8")
        .trim()
        .split("\n")
        .map((line) =>
          line
            .replaceAll(`${folder}/`, "")
            .replace(/ -input=false -no-color/, "")
            .replace(/-out=\S+ ?/, ""),
        ),
    /** Sets the resource addresses that `state list` prints for every stack. */
    setState: (addresses: readonly string[]): void => writeFileSync(join(folder, "state-list"), addresses.join("\n")),
    failApply: (): void => writeFileSync(join(folder, "fail-apply"), ""),
    /** Returns the plan files that still exist. */
    plansLeft: (): readonly string[] =>
      readdirSync(folder, { recursive: true })
        .map(String)
        .filter((file) => file.endsWith(".tfplan")),
    /** Returns whether the temporary copy of a stack, which disables the protection, still exists. */
    leavesCopy: (stack = "servers"): boolean => existsSync(join(folder, `${environment}-${stack}-ops`)),
  };
}
