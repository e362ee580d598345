import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadEnvironment, readInvocation } from "../../../modules/config/load.js";
import { exampleBackup, exampleConfig, exampleInput } from "../../support/config.js";

afterEach(() => vi.unstubAllEnvs());

describe("the process environment", () => {
  it("without environment variables, the environment is production and no Datadog key is set", () => {
    expect(readInvocation({})).toEqual({
      environment: "production",
      hasDatadogApiKey: false,
      outdir: "cdktf.out",
      terraform: "terraform",
    });
  });

  it("environment variables set the environment and the Terraform binary, and the configuration stores no secret", () => {
    const invocation = readInvocation({
      ENVIRONMENT: "example",
      TF_VAR_datadog_api_key: "a-key",
      CDKTF_OUTDIR: "out",
      TERRAFORM_BINARY_NAME: "tofu",
    });
    expect(invocation).toEqual({ environment: "example", hasDatadogApiKey: true, outdir: "out", terraform: "tofu" });
  });

  it("if cdktf-cli runs the program, it is unknown whether a Datadog key is set, because cdktf-cli removes TF_VAR_* variables", () => {
    expect(readInvocation({ CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS: "true" }).hasDatadogApiKey).toBeUndefined();
  });

  it("an empty environment variable counts as not set, but an empty ENVIRONMENT does not mean production", () => {
    expect(readInvocation({ ENVIRONMENT: "", TF_VAR_datadog_api_key: "", TERRAFORM_BINARY_NAME: "" })).toEqual({
      environment: "",
      hasDatadogApiKey: false,
      outdir: "cdktf.out",
      terraform: "terraform",
    });
  });
});

const folder = "__tests__/fixtures/environments";

describe("environment files", () => {
  it("the environment file is loaded by its name from ENVIRONMENTS_FOLDER", async () => {
    expect(process.env["ENVIRONMENTS_FOLDER"]).toBe(folder);
    expect(await loadEnvironment("example")).toEqual(exampleConfig({}, "example"));
  });

  it("environment files are loaded from environments/ if ENVIRONMENTS_FOLDER is not set", async () => {
    vi.stubEnv("ENVIRONMENTS_FOLDER", undefined);
    await expect(loadEnvironment("no-such-name")).rejects.toThrow(
      "ENVIRONMENT: must be the name of a file in environments/ (",
    );
  });

  it("the error message lists the environments if ENVIRONMENT is not one of them", async () => {
    await expect(loadEnvironment("exmple")).rejects.toThrow(
      new Error(
        `config exmple: 1 problem\n  ENVIRONMENT: must be the name of a file in ${folder}/ (example, production), got "exmple"; did you mean example?`,
      ),
    );
  });

  it("the error message contains file and line if an environment file throws an error", async () => {
    const file = fileURLToPath(new URL("../../fixtures/environments/example.ts", import.meta.url));
    const thrown = Object.assign(new TypeError("x is\nnot a function"), {
      stack: `TypeError: x\n    at file://${file}?tsx=1:12:3\n    at elsewhere.ts:1:1`,
    });
    await expect(loadEnvironment("example", () => Promise.reject(thrown))).rejects.toThrow(
      new Error(
        `config example: 1 problem\n  ${folder}/example.ts:12: must run without an error, got TypeError: x is not a function; correct the file`,
      ),
    );
  });

  it.each([
    ["a text", '"a text"'],
    [undefined, "nothing"],
    [() => 1, "a function"],
    // If an environment file is invalid or missing, Node's loader throws such an object, because the loader runs in a separate thread.
    [
      Object.assign(Object.create(Error.prototype) as Error, { name: "TransformError", message: 'Expected "}"' }),
      'TransformError: Expected "}"',
    ],
  ])(
    "the error message contains the environment file if the file throws a value that is not an Error: %s",
    async (thrown, shown) => {
      await expect(loadEnvironment("example", () => Promise.reject(thrown as unknown as Error))).rejects.toThrow(
        `${folder}/example.ts: must run without an error, got ${shown}; correct the file`,
      );
    },
  );

  it.each([
    [() => ({}), "got nothing; write"],
    [() => ({ default: Promise.resolve({}) }), "got a promise; write `await` before it:"],
    [() => ({ default: [] }), "got []; write"],
  ])("the error message describes a default export that is not an environment: %s", async (module, words) => {
    await expect(loadEnvironment("example", () => Promise.resolve(module()))).rejects.toThrow(
      `default export: must be an environment, ${words}`,
    );
  });

  it("two environments with the same group name and bucket are rejected, because their transactions would mix in the archive", async () => {
    const input = exampleInput({ backup: exampleBackup });
    const load = (other: object) =>
      loadEnvironment("example", ({ href }) =>
        Promise.resolve({ default: { ...input, ...(href.endsWith("example.ts") ? {} : other) } }),
      );
    await expect(load({})).rejects.toThrow(
      "database.groupName: must differ from environment production, which archives to the same bucket, got",
    );
    const database = { ...input.database, groupName: "0b0e6a8e-4b3c-4c57-9a0e-2f0a3a8f2b11" };
    const elsewhere = { ...exampleBackup, region: "nbg1", endpoint: "https://nbg1.your-objectstorage.com" };
    for (const other of [
      { backup: { ...exampleBackup, bucket: "other" } },
      { backup: elsewhere },
      { database },
      { domain: 1 },
    ])
      await expect(load(other)).resolves.toMatchObject({ environment: "example" });
  });

  it.each(["", "../modules/config/schema"])(
    "an environment name that leads out of the folder is rejected: '%s'",
    async (name) => {
      await expect(loadEnvironment(name)).rejects.toThrow("ENVIRONMENT: must be the name of a file in");
    },
  );
});
