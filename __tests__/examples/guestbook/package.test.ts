import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
const manifest = (path: string) => JSON.parse(readFileSync(path, "utf8")) as Manifest;

describe("the example's own list of packages", () => {
  it("the example requires the package versions that are tested here", () => {
    const { dependencies, devDependencies } = manifest("package.json");
    const tried = { ...dependencies, ...devDependencies };
    const example = manifest("examples/guestbook/package.json");
    for (const [name, version] of Object.entries({ ...example.dependencies, ...example.devDependencies }))
      expect([name, tried[name]]).toEqual([name, version]);
  });
});
