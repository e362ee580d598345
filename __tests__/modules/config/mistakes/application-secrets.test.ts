import { expect, it } from "vitest";
import { linesOf } from "../mistake.js";
import { refused } from "./refused.js";

refused("the application's secrets", [
  [
    { application: { secrets: { PAYMENT_KEY: {} } } },
    "application.secrets.PAYMENT_KEY.maxBytes: is required, got nothing; add it: a number",
  ],
  [
    { application: { secrets: { PAYMENT_KEY: "s3cret" } } },
    'application.secrets.PAYMENT_KEY: must be an object { … }, got "…"; write an object { … }',
  ],
  [
    { application: { secrets: { PAYMENT_KEY: { maxBytes: 1e21 } } } },
    "application.secrets.PAYMENT_KEY.maxBytes: must be 4096 or less, got 1e+21; lower it to 4096",
  ],
  [
    { application: { secrets: { PAYMENT_KEY: { maxBytes: 40_000 } } } },
    "application.secrets.PAYMENT_KEY.maxBytes: must be 4096 or less, got 40000; lower it to 4096",
  ],
  [
    { application: { secrets: { "payment-key": { maxBytes: 64 } } } },
    'application.secrets.payment-key: must be a name of at most 63 capital letters, digits and underscores, beginning with a letter, got "payment-key"; write it as "PAYMENT_KEY"',
  ],
  [
    { application: { secrets: { DATABASE_PASSWORD: { maxBytes: 64 } } } },
    'application.secrets.DATABASE_PASSWORD: must not be a variable that the platform sets, got "DATABASE_PASSWORD"; choose another name',
  ],
  [
    { application: { secrets: { PAYMENT_KEY: { maxBytes: 64, value: "x" } } } },
    'application.secrets.PAYMENT_KEY.value: is not a known setting, got "…"; choose one of maxBytes',
  ],
]);

it("rejects only variables that contain the path of a secret, and allows similar names", () => {
  const secrets = { PAYMENT_KEY: { maxBytes: 64 } };
  const named = (variable: string) => linesOf({ application: { secrets, environment: { [variable]: "x" } } });
  expect(["LOG_FILE", "PAYMENT_FILE_KEY", "PAYMENT_KEY"].flatMap(named)).toEqual([]);
  expect(named("PAYMENT_KEY_FILE").map((line) => line.split(":")[0])).toEqual([
    "application.environment.PAYMENT_KEY_FILE",
  ]);
});
