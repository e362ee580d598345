import { expect, it } from "vitest";
import { waitFor } from "../../lab/system/shell.js";

const impatient = { timeoutSeconds: 0.02, pauseSeconds: 0.01 };

it("the lab's wait function returns the awaited value", async () => {
  let looks = 0;
  expect(await waitFor("three looks", () => ++looks === 3 && "here", { timeoutSeconds: 5, pauseSeconds: 0 })).toBe(
    "here",
  );
});

it("if a wait of the lab times out, the error message contains the last observed state", async () => {
  const member = { state: "OFFLINE", reason: "waiting for bravo" };
  await expect(waitFor("a primary", (see) => see(member).state === "ONLINE", impatient)).rejects.toThrow(
    'a primary: timed out after 0.02 s; last seen: {"state":"OFFLINE","reason":"waiting for bravo"}',
  );
});

it("if a wait of the lab times out before any state was observed, the error message says so", async () => {
  await expect(waitFor("a primary", () => undefined, impatient)).rejects.toThrow("nothing was seen");
});
