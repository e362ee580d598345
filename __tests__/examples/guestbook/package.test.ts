import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Manifest;

it.each(["guestbook", "node"])("the example %s requires the same package versions as this repository", (name) => {
  const { dependencies, devDependencies } = manifest("package.json");
  const tried = { ...dependencies, ...devDependencies };
  const example = manifest(`examples/${name}/package.json`);
  for (const [dependency, version] of Object.entries({ ...example.dependencies, ...example.devDependencies }))
    expect([dependency, tried[dependency]]).toEqual([dependency, version]);
});
