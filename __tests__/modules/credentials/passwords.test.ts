import { expect, it } from "vitest";
import { Passwords } from "../../../modules/credentials/passwords.js";
import { exampleConfig } from "../../support/config.js";
import { resources, synthesize } from "../../support/synth.js";

const strong = { special: false, min_lower: 1, min_upper: 1, min_numeric: 1, lifecycle: { prevent_destroy: true } };
const passwords = (names: readonly string[], length?: number) =>
  resources(
    synthesize(exampleConfig(), (stack) => new Passwords(stack, "password", { names, length, protect: true })),
    "random_password",
  );

it("generated passwords have 32 letters and digits by default", () => {
  expect(passwords(["application"])).toEqual({ password_application: { length: 32, ...strong } });
});

it("generated passwords have the given names and the given length", () => {
  expect(passwords(["one", "two"], 48)).toEqual({
    password_one: { length: 48, ...strong },
    password_two: { length: 48, ...strong },
  });
});

it("the password list throws an error for an unknown password name", () => {
  expect(() =>
    synthesize(exampleConfig(), (stack) =>
      new Passwords(stack, "password", { names: ["one"], protect: true }).value("two"),
    ),
  ).toThrow("no password two in production-test/password");
});
