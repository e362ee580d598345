import { TerraformLocal, TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import { exampleConfig } from "../support/config.js";
import { emptyStack } from "../support/synth.js";

const idOf = (local: TerraformLocal): string => local.friendlyUniqueId;

describe("addresses", () => {
  const stack = emptyStack(exampleConfig());
  const scope = new Construct(stack, "one");
  const nested = new TerraformLocal(scope, "two", "nested");

  it("Terraform addresses are paths of constructs without Default, with hyphens instead of dots", () => {
    expect(idOf(nested)).toBe("one_two");
    expect(idOf(new TerraformLocal(new Construct(stack, "three"), "Default", ""))).toBe("three");
    expect(idOf(new TerraformLocal(stack, "a.b", ""))).toBe("a-b");
  });

  it("Terraform elements of different kinds may share an address", () => {
    expect(new TerraformOutput(stack, "one_two", { value: "" }).friendlyUniqueId).toBe("one_two");
  });

  it("the synthesis rejects two Terraform elements of the same kind with the same address, because one of them would be lost", () => {
    const flat = new TerraformLocal(new Construct(stack, "Default"), "one_two", "flat");
    expect(() => idOf(flat)).toThrow(
      "production-test/Default/one_two and production-test/one/two would both be TerraformLocal.one_two; change an id",
    );
    expect(() => idOf(new TerraformLocal(stack, "a-b", ""))).toThrow(
      "production-test/a-b and production-test/a.b would both be TerraformLocal.a-b; change an id",
    );
  });

  it.each(["jane@foobar.com", "4", "jane doe"])(
    "the synthesis rejects a Terraform address that Terraform would reject: %s",
    (id) => {
      expect(() => idOf(new TerraformLocal(stack, id, ""))).toThrow(
        `production-test/${id}: a Terraform name may contain only letters, digits, _ and -, got "${id.replace(".", "-")}"; change the id`,
      );
    },
  );
});
