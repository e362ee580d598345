import { expect, it } from "vitest";
import { directionOf, leadFor, setDirection } from "../../lab/balancer/direction.js";
import { layout } from "../../lab/layout.js";
import { secondBalancer, server } from "../../lab/network/addresses.js";
import { hopsBetween } from "../../lab/network/locations.js";
import { temporaryFolder } from "../support/payload-files.js";

const alpha = { host: server("alpha", 0, "10.0.1.11"), location: "nbg1" };
const bravo = { host: server("bravo", 1, "10.0.1.12"), location: "fsn1" };
const charlie = { host: server("charlie", 2, "10.0.1.13"), location: "hel1" };
const second = { host: secondBalancer("10.0.1.6"), location: "fsn1" };

it("the lab delays packets between two locations by half of the round-trip time in each direction", () => {
  expect(hopsBetween([alpha, bravo, charlie])).toEqual([
    { from: "10.0.1.11", to: "10.0.1.12", milliseconds: 1.75 },
    { from: "10.0.1.11", to: "10.0.1.13", milliseconds: 12.5 },
    { from: "10.0.1.12", to: "10.0.1.11", milliseconds: 1.75 },
    { from: "10.0.1.12", to: "10.0.1.13", milliseconds: 12.5 },
    { from: "10.0.1.13", to: "10.0.1.11", milliseconds: 12.5 },
    { from: "10.0.1.13", to: "10.0.1.12", milliseconds: 12.5 },
  ]);
});

it("the lab delays no packets inside a location, or if all hosts are in one location", () => {
  expect(hopsBetween([bravo, second])).toEqual([]);
  expect(hopsBetween([alpha, bravo, second].map(({ host }) => ({ host, location: "fsn1" })))).toEqual([]);
});

const ids = ["balancer", "balancer-second"] as const;

it("a new lab directs visitors to the first load balancer", async () => {
  const lab = { ...layout, state: temporaryFolder() };
  expect(await directionOf(lab)).toEqual({ to: "first", retry: true });
  expect(leadFor(await directionOf(lab), ids)).toBe("balancer");
});

it("the lab's edge keeps its retry setting when visitors are directed to other load balancers", async () => {
  const lab = { ...layout, state: temporaryFolder() };
  await setDirection(lab, { retry: false });
  await setDirection(lab, { to: "both" });
  expect(await directionOf(lab)).toEqual({ to: "both", retry: false });
  expect(leadFor(await directionOf(lab), ids)).toBe("both-once-balancer");
});

it("the lab's edge can direct visitors to both load balancers with a retry, or only to the second load balancer", () => {
  expect(leadFor({ to: "both", retry: true }, ids)).toBe("both-balancer");
  expect(leadFor({ to: "second", retry: true }, ids)).toBe("balancer-second");
});
