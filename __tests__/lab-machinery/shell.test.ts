import { describe, expect, it } from "vitest";
import { waitFor } from "../../lab/system/shell.js";

const impatient = { timeoutSeconds: 0.02, pauseSeconds: 0.01 };

describe("waiting", () => {
  it("waiting returns the awaited value", async () => {
    let looks = 0;
    expect(await waitFor("three looks", () => ++looks === 3 && "here", { timeoutSeconds: 5, pauseSeconds: 0 })).toBe(
      "here",
    );
  });

  it("the error of a timeout contains the last observed state", async () => {
    const member = { state: "OFFLINE", reason: "waiting for bravo" };
    await expect(waitFor("a primary", (see) => see(member).state === "ONLINE", impatient)).rejects.toThrow(
      'a primary: timed out after 0.02 s; last seen: {"state":"OFFLINE","reason":"waiting for bravo"}',
    );
  });

  it("the error of a timeout says so if no state was observed", async () => {
    await expect(waitFor("a primary", () => undefined, impatient)).rejects.toThrow("nothing was seen");
  });
});
