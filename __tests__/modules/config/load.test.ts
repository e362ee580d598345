import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loadEnvironment, readInvocation } from "../../../modules/config/load.js";
import { exampleConfig } from "../../support/config.js";

afterEach(() => vi.unstubAllEnvs());

describe("the process environment", () => {
  it("means production without Datadog when it says nothing", () => {
    expect(readInvocation({})).toEqual({ environment: "production", hasDatadogApiKey: false, terraform: "terraform" });
  });

  it("chooses the environment and the binary, and keeps no secret", () => {
    const invocation = readInvocation({
      ENVIRONMENT: "example",
      TF_VAR_datadog_api_key: "a-key",
      TERRAFORM_BINARY_NAME: "tofu",
    });
    expect(invocation).toEqual({ environment: "example", hasDatadogApiKey: true, terraform: "tofu" });
  });

  it("cannot tell whether there is a key when cdktf-cli, which takes Terraform's variables away, runs the app", () => {
    expect(readInvocation({ CDKTF_CONTINUE_SYNTH_ON_ERROR_ANNOTATIONS: "true" }).hasDatadogApiKey).toBeUndefined();
  });

  it("takes an empty word for none, but never for production", () => {
    expect(readInvocation({ ENVIRONMENT: "", TF_VAR_datadog_api_key: "", TERRAFORM_BINARY_NAME: "" })).toEqual({
      environment: "",
      hasDatadogApiKey: false,
      terraform: "terraform",
    });
  });
});

const folder = "__tests__/fixtures/environments";

describe("environment files", () => {
  it("are loaded by their names, from the folder that ENVIRONMENTS_FOLDER names", async () => {
    expect(process.env["ENVIRONMENTS_FOLDER"]).toBe(folder);
    expect(await loadEnvironment("example")).toEqual(exampleConfig({}, "example"));
  });

  it("are those of the owner if ENVIRONMENTS_FOLDER is not set", async () => {
    vi.stubEnv("ENVIRONMENTS_FOLDER", undefined);
    await expect(loadEnvironment("no-such-name")).rejects.toThrow(
      "ENVIRONMENT: must be the name of a file in environments/ (",
    );
  });

  it("are listed when ENVIRONMENT names none of them", async () => {
    await expect(loadEnvironment("exmple")).rejects.toThrow(
      new Error(
        `config exmple: 1 problem\n  ENVIRONMENT: must be the name of a file in ${folder}/ (example, production), got "exmple"; did you mean example?`,
      ),
    );
  });

  it("are not chosen by an empty word", async () => {
    await expect(loadEnvironment("")).rejects.toThrow("ENVIRONMENT: must be the name of a file in");
  });

  it("are named, with the line, when they throw", async () => {
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
    // As Node's loader hands it over from its own thread, when a file is mistyped or is not there.
    [
      Object.assign(Object.create(Error.prototype) as Error, { name: "TransformError", message: 'Expected "}"' }),
      'TransformError: Expected "}"',
    ],
  ])("are named when they throw what is no error: %s", async (thrown, shown) => {
    await expect(loadEnvironment("example", () => Promise.reject(thrown as unknown as Error))).rejects.toThrow(
      `${folder}/example.ts: must run without an error, got ${shown}; correct the file`,
    );
  });

  it.each([
    [() => ({}), "got nothing; write"],
    [() => ({ default: Promise.resolve({}) }), "got a promise; write `await` before it:"],
    [() => ({ default: [] }), "got []; write"],
  ])("say what they export instead of an environment: %s", async (module, words) => {
    await expect(loadEnvironment("example", () => Promise.resolve(module()))).rejects.toThrow(
      `default export: must be an environment, ${words}`,
    );
  });

  it("cannot be outside the folder", async () => {
    await expect(loadEnvironment("../modules/config/schema")).rejects.toThrow("must be the name of a file in");
  });
});
