import js from "@eslint/js";
import tseslint from "typescript-eslint";

const owners = "environments/ belongs to the owner: load an environment from __tests__/fixtures/environments/.";

/** The fixtures, the lab, and names that an application of a test sees. */
const harmless = "/^(|example|lab|check|test)$/";

export default tseslint.config(
  {
    ignores: [
      "cdktf.out",
      "dist",
      "node_modules",
      "command-line/node-pty",
      "providers/hcloud/lib",
      "providers/hcloud/.gen",
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
    },
  },
  { ignores: ["__tests__/**"], rules: { complexity: ["error", 12] } },
  {
    files: ["__tests__/**", "scripts/docs/**"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            {
              group: ["**/environments/*", "!**/fixtures/environments/*"],
              message: owners,
            },
          ],
        },
      ],
    },
  },
  {
    files: ["__tests__/**"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[
          `Property:matches([key.name="ENVIRONMENT"], [key.value="ENVIRONMENT"]) > Literal.value[value!=${harmless}]`,
          `CallExpression[callee.name="loadEnvironment"] > Literal[value=/^(production|staging)$/]`,
          `CallExpression[callee.property.name="stubEnv"][arguments.0.value="ENVIRONMENT"] > Literal[value!=${harmless}]:not([value="ENVIRONMENT"])`,
          String.raw`Literal[value=/^(\.\.?\u002f)*environments\u002f./]`,
        ].map((selector) => ({ selector, message: owners })),
      ],
    },
  },
  {
    files: ["**/*.mjs", "examples/node/*.js"],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: { console: "readonly", fetch: "readonly", process: "readonly", setTimeout: "readonly", URL: "readonly" },
    },
  },
);
