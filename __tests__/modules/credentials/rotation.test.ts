import { TerraformOutput } from "cdktf";
import { describe, expect, it } from "vitest";
import { accepted } from "../../../modules/derived/generations.js";
import { Passwords } from "../../../modules/credentials/passwords.js";
import { RotatedSecret } from "../../../modules/credentials/rotation.js";
import { exampleConfig } from "../../support/config.js";
import { addressesIn, resources, synthesize } from "../../support/synth.js";

const config = exampleConfig();
const rotation = (generation: number) =>
  synthesize(config, (stack) => {
    const tokens = new RotatedSecret(stack, {
      what: "edge-token",
      generation,
      make: (ending) => new Passwords(stack, `edge${ending}`, { names: ["token"], protect: false }).value("token"),
    });
    const outputs = {
      used: tokens.used((token) => token),
      accepted: tokens.accepted((token) => token),
      before: tokens.before((token) => token),
      stage: tokens.stage,
    };
    for (const [name, value] of Object.entries(outputs)) new TerraformOutput(stack, name, { value });
  });
const outputs = (generation: number) =>
  Object.fromEntries(Object.entries(rotation(generation).output ?? {}).map(([name, { value }]) => [name, value]));

it("the first generation of a secret has Terraform addresses without a number", () => {
  expect(addressesIn(rotation(1))).toEqual([
    "random_password.edge_token",
    "terraform_data.edge-token_oldest",
    "terraform_data.edge-token_used",
  ]);
  expect(outputs(1)).toMatchObject({
    used: "${random_password.edge_token.result}",
    accepted: ["${random_password.edge_token.result}"],
  });
  expect(outputs(1)["before"]).toBeUndefined();
});

describe("a later generation of a secret", () => {
  const before = "random_password.edge_token.result";
  const newest = "random_password.edge-2_token.result";
  const at = (number: string) => `(terraform_data.edge-token_${number}.input == 2) ? ${newest} : ${before}`;

  it("a new generation of a secret is created next to the previous one, and is not used until the Terraform state marks it as used", () => {
    expect(outputs(2)).toEqual({
      used: `\${${at("used")}}`,
      accepted: `\${distinct([${at("used")}, ${newest}, ${at("oldest")}])}`,
      before: `\${${before}}`,
      stage: {
        configured: 2,
        used: "${terraform_data.edge-token_used.input}",
        oldest: "${terraform_data.edge-token_oldest.input}",
      },
    });
  });

  it("during a rotation, servers accept the new and the previous secret; the secret in use comes first", () => {
    const at = (used: number, oldest: number) => accepted({ configured: 2, used, oldest });
    expect([at(1, 1), at(2, 1), at(2, 2)]).toEqual([[1, 2], [2, 1], [2]]);
  });

  it("a new generation of a secret removes the generation before the previous one", () => {
    expect(Object.keys(resources(rotation(3), "random_password"))).toEqual(["edge-2_token", "edge-3_token"]);
  });

  it("a plan rejects a new generation of a secret if a generation was skipped, and no deploy changes the numbers in the Terraform state", () => {
    expect(resources(rotation(3), "terraform_data")["edge-token_oldest"]).toEqual({
      input: 1,
      lifecycle: {
        ignore_changes: ["input"],
        postcondition: [
          {
            condition: "${contains([2, 3], self.input)}",
            error_message: expect.stringMatching(
              /^generations.edgeToken is 3, .* Raise the setting by one at a time/,
            ) as string,
          },
        ],
      },
    });
  });

  it("every plan reports an unfinished rotation of a secret until the previous secret is revoked", () => {
    expect(rotation(2).check?.["edge-token"]).toEqual({
      assert: [
        {
          condition: "${(terraform_data.edge-token_oldest.input == 2)}",
          error_message:
            "generations.edgeToken is 2, but an older generation is still accepted. Run npm run ops rotate edge-token.",
        },
      ],
    });
  });
});
