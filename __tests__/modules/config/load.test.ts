import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import lab from "../../../environments/lab.js";
import { findProblems } from "../../../modules/config/check.js";
import { environmentNames, loadEnvironment, readInvocation } from "../../../modules/config/load.js";

describe("the process environment", () => {
  it("means production without Datadog when it says nothing", () => {
    expect(readInvocation({})).toEqual({ environment: "production", hasDatadogApiKey: false, terraform: "terraform" });
  });

  it("chooses the environment and the binary, and keeps no secret", () => {
    const invocation = readInvocation({
      ENVIRONMENT: "staging",
      TF_VAR_datadog_api_key: "a-key",
      TERRAFORM_BINARY_NAME: "tofu",
    });
    expect(invocation).toEqual({ environment: "staging", hasDatadogApiKey: true, terraform: "tofu" });
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

describe("environment files", () => {
  it.each(environmentNames().filter((name) => name !== "lab"))("%s is valid", async (name) => {
    expect((await loadEnvironment(name)).environment).toBe(name);
  });

  it("lab is valid, but for the key that the lab makes before it loads the file", () => {
    const elsewhere = findProblems("lab", lab).filter(({ path }) => !path.endsWith(".keyFile"));
    expect(elsewhere).toEqual([]);
  });

  it("include production and staging", () => {
    expect(environmentNames()).toEqual(expect.arrayContaining(["production", "staging"]));
  });

  it("of staging and production share neither group, domain nor network", async () => {
    const [production, staging] = await Promise.all(["production", "staging"].map((name) => loadEnvironment(name)));
    expect(staging?.database.groupName).not.toBe(production?.database.groupName);
    expect(staging?.domain).not.toBe(production?.domain);
    expect(staging?.network.cidr).not.toBe(production?.network.cidr);
  });

  it("are listed when ENVIRONMENT names none of them", async () => {
    const names = environmentNames().join(", ");
    await expect(loadEnvironment("prodction")).rejects.toThrow(
      new Error(
        `config prodction: 1 problem\n  ENVIRONMENT: must name a file under environments/ (${names}), got "prodction"; did you mean production?`,
      ),
    );
  });

  it("are not chosen by an empty word", async () => {
    await expect(loadEnvironment("")).rejects.toThrow("ENVIRONMENT: must name a file under environments/");
  });

  it("are named, with the line, when they throw", async () => {
    const file = fileURLToPath(new URL("../../../environments/staging.ts", import.meta.url));
    const thrown = Object.assign(new TypeError("x is\nnot a function"), {
      stack: `TypeError: x\n    at file://${file}?tsx=1:12:3\n    at elsewhere.ts:1:1`,
    });
    await expect(loadEnvironment("staging", () => Promise.reject(thrown))).rejects.toThrow(
      new Error(
        "config staging: 1 problem\n  environments/staging.ts:12: must run without an error, got TypeError: x is not a function; mend the file",
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
    await expect(loadEnvironment("staging", () => Promise.reject(thrown as unknown as Error))).rejects.toThrow(
      `environments/staging.ts: must run without an error, got ${shown}; mend the file`,
    );
  });

  it.each([
    [() => ({}), "got nothing; write"],
    [() => ({ default: Promise.resolve({}) }), "got a promise; write `await` before it:"],
    [() => ({ default: [] }), "got []; write"],
  ])("say what they export instead of an environment: %s", async (module, words) => {
    await expect(loadEnvironment("staging", () => Promise.resolve(module()))).rejects.toThrow(
      `default export: must be an environment, ${words}`,
    );
  });

  it("cannot be outside the folder", async () => {
    await expect(loadEnvironment("../modules/config/schema")).rejects.toThrow("must name a file under environments/");
  });
});
