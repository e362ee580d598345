import { readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import lab from "../../lab/input.js";
import { applicationVisitor, requestToWrite, statementFor, textsIn } from "../../lab/load/application-visitor.js";
import { exampleConfig } from "../support/config.js";

const settingsOf = async (example: string) =>
  JSON.parse(await readFile(`examples/${example}/environment.json`, "utf8")) as Required<
    Pick<typeof lab, "application" | "database">
  >;
const visitorOf = async (example: string) => {
  return applicationVisitor(exampleConfig(await settingsOf(example)));
};

describe("a visitor of the lab", () => {
  it("the lab's test visitor must be configured in application.visitor; otherwise its writes fail with an error", () => {
    expect(() => applicationVisitor(exampleConfig())).toThrow(/^lab: application\.visitor is missing.*; add it to/);
  });

  it("the lab's test visitor writes to the guestbook with a text in the request body", async () => {
    expect(requestToWrite(await visitorOf("guestbook"), "write-1-{n}")).toEqual({
      method: "POST",
      headers: {},
      body: '{"author":"visitor","text":"write-1-{n}"}',
      status: 201,
    });
  });

  it("the lab's test visitor writes to the Python starter with a key in a header, and finds the key also after a prefix", async () => {
    const visitor = await visitorOf("python");
    expect(requestToWrite(visitor, "write-1-{n}").headers).toEqual({ "Idempotency-Key": "write-1-{n}" });
    expect(statementFor(visitor, "write-1-")).toBe("SELECT vote_key FROM app.votes WHERE vote_key LIKE '%write-1-%'");
    expect([...textsIn("client:write-1-7\nclient:write-1-70\nrequest:abc", "write-1-")]).toEqual([
      "write-1-7",
      "write-1-70",
    ]);
  });

  it("the guestbook's API and table are mentioned only in the examples and in lab/input.ts", () => {
    const folders = ["docs", "lab", "modules", "ops", "release", "scripts", "stacks", "__tests__/lab", "__tests__/ops"];
    const knows = /api\/notes|\bnotes\.(?:id|text)|(?:app\.|app |FROM |INTO |TABLE )notes\b/;
    const files = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
    );
    const knowing = files.filter((file) => statSync(file).isFile() && knows.test(readFileSync(file, "utf8")));
    expect(knowing).toEqual(["lab/input.ts"]);
  });

  it("the lab's test visitor has the same settings in lab/input.ts as in the guestbook example", async () => {
    const { application, database } = await settingsOf("guestbook");
    expect(lab.application).toMatchObject({ visitor: application.visitor, writePaths: application.writePaths });
    expect(lab.database).toMatchObject(database);
  });
});
