import { expect, it } from "vitest";
import { isClaimed, memoryOf } from "../../../modules/config/sections/application.js";
import { exampleConfig } from "../../support/config.js";

const application = (settings: object) => exampleConfig({ application: settings }).application;
const worker = { command: ["./mail"], memoryMib: 128 };
const schedule = { command: ["./report"], at: "daily", memoryMib: 256 };

it("the memory limit of an application includes the memory of all its workers and schedules", () => {
  expect(memoryOf(application({ memoryMib: 512 }))).toBe(512);
  expect(memoryOf(application({ memoryMib: 512, workers: { mail: worker }, schedules: { report: schedule } }))).toBe(
    896,
  );
});

it.each([
  ["no worker, schedule or migrations", {}, false],
  ["a worker on all servers", { workers: { mail: { ...worker, on: "all" } } }, false],
  ["a worker on one server", { workers: { all: { ...worker, on: "all" }, mail: { ...worker, on: "one" } } }, true],
  ["a schedule", { schedules: { report: schedule } }, true],
  ["migrations", { migrate: ["./migrate"] }, true],
])(
  "the application uses leases only if a worker, a schedule or migrations run on one server at a time: %s",
  (_, settings, expected) => {
    expect(isClaimed(application(settings))).toBe(expected);
  },
);
