import { describe, expect, it } from "vitest";
import { exampleConfig } from "../support/config.js";
import { synthesizeEnvironment } from "../support/environment.js";

const { servers } = synthesizeEnvironment(
  exampleConfig({ application: { secrets: { PAYMENT_KEY: { maxBytes: 64 }, MAIL_KEY: { maxBytes: 10 } } } }),
);
const json = JSON.parse(JSON.stringify(servers)) as {
  readonly variable: Readonly<Record<string, object>>;
  readonly check: Readonly<Record<string, { readonly assert: readonly { readonly error_message: string }[] }>>;
  readonly locals: Readonly<Record<string, string>>;
};

describe("secrets of the application", () => {
  it("come from sensitive variables that are not longer than there is room for", () => {
    expect(json.variable["app_secret_payment_key"]).toMatchObject({
      sensitive: true,
      default: "",
      validation: [{ condition: "${length(base64encode(var.app_secret_payment_key)) <= 88}" }],
    });
    expect(json.variable["app_secret_mail_key"]).toMatchObject({
      validation: [{ condition: "${length(base64encode(var.app_secret_mail_key)) <= 16}" }],
    });
  });

  it("are missed by a plan that has none, and each gets a place of its own", () => {
    expect(json.check["needed_app_secret_payment_key"]?.assert[0]?.error_message).toBe(
      "TF_VAR_app_secret_payment_key is not set: on a server that is created now, the application finds an empty file in PAYMENT_KEY_FILE.",
    );
    for (const name of ["payment_key", "mail_key"])
      expect(Object.values(json.locals).filter((value) => value === `\${var.app_secret_${name}}`)).toHaveLength(1);
  });
});
