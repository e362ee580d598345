import { readFileSync } from "node:fs";
import ts from "typescript";
import { describe, expect, expectTypeOf, it } from "vitest";
import type * as z from "zod";
import type { EnvironmentInput, environmentSchema } from "../../../modules/config/schema.js";

/** Text that an editor shows on hover over a text of the source, a file that exists only in this test. */
function hover(source: string, text: string): string {
  const file = `${process.cwd()}/environments/in-an-editor.ts`;
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile("tsconfig.json", (name) => ts.sys.readFile(name)).config,
    ts.sys,
    ".",
  );
  const service = ts.createLanguageService({
    getScriptFileNames: () => [file],
    getScriptVersion: () => "1",
    getScriptSnapshot: (name) => {
      const content = name === file ? source : ts.sys.fileExists(name) ? readFileSync(name, "utf8") : undefined;
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => process.cwd(),
    getCompilationSettings: () => options,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (name) => name === file || ts.sys.fileExists(name),
    readFile: (name) => ts.sys.readFile(name),
    directoryExists: (name) => ts.sys.directoryExists(name),
  });
  const info = service.getQuickInfoAtPosition(file, source.indexOf(text));
  const tags = (info?.tags ?? []).map((tag) => `@${tag.name} ${ts.displayPartsToString(tag.text)}`);
  return [ts.displayPartsToString(info?.documentation), ...tags].join("\n");
}

describe("the type of an environment file", () => {
  it("the type of an environment file equals the input type of the schema", () => {
    expectTypeOf<EnvironmentInput>().toEqualTypeOf<z.input<typeof environmentSchema>>();
  });

  it("an editor shows description, default and example of a setting", () => {
    const source = [
      'import { defineEnvironment } from "../modules/config/define.js";',
      'export default defineEnvironment({ tls: "passthrough", loadBalancer: { healthCheck: { retries: 2 } } });',
    ].join("\n");
    expect(hover(source, "tls:")).toMatch(/nginx[^]*@default "terminate"[^]*@example tls: "passthrough"/);
    expect(hover(source, "retries:")).toMatch(/1 to 5[^]*@default 1/);
  });
});
