import { describe, expect, it } from "vitest";
import { effectOf, farMembers, isSpread, lossesOf, lossOf, membersFarFrom } from "../../../modules/derived/loss.js";
import { exampleBackup, exampleConfig } from "../../support/config.js";
import { spread } from "../../support/servers.js";

const names = (servers: readonly { readonly name: string }[]) => servers.map(({ name }) => name);

describe("the loss of a location", () => {
  it("if servers are in three locations, the loss of one location leaves a majority, a web server and a load balancer", () => {
    expect(lossesOf(exampleConfig(spread))).toEqual(
      [
        { location: "nbg1", webServersLeft: 1, balancersLost: 1, balancersLeft: 1 },
        { location: "fsn1", webServersLeft: 1, balancersLost: 1, balancersLeft: 1 },
        { location: "hel1", webServersLeft: 2, balancersLost: 0, balancersLeft: 2 },
      ].map((loss) => ({ ...loss, membersLeft: 2, hasMajority: true, hasState: false, hasArchive: false })),
    );
  });

  it("a site in only one location stops if this location fails", () => {
    const config = exampleConfig();
    expect(isSpread(config)).toBe(false);
    expect(lossesOf(config).map(effectOf)).toEqual([
      "the site stops: no load balancer, no web server, no majority of the database members left",
    ]);
  });

  it("the predicted effect of the loss of a location includes servers that are already down", () => {
    expect(lossOf(exampleConfig(spread), "hel1", ["alpha"])).toMatchObject({
      membersLeft: 1,
      hasMajority: false,
      webServersLeft: 1,
    });
  });

  it("the predicted effect of the loss of a location includes the buckets at Hetzner, also in locations without a server", () => {
    const endpoint = "https://hel1.your-objectstorage.com";
    const state = {
      type: "s3",
      bucket: "foobar-state",
      endpoint,
      region: "hel1",
      acceptLocalState: undefined,
    } as never;
    const losses = lossesOf(exampleConfig({ backend: state, backup: exampleBackup }));
    expect(losses.map(({ location, hasState, hasArchive }) => [location, hasState, hasArchive])).toEqual([
      ["nbg1", false, false],
      ["hel1", true, false],
      ["fsn1", false, true],
    ]);
    expect(losses.slice(1).map(effectOf)).toEqual([
      "the site continues; commands that need the state fail",
      "the site continues; nothing is archived",
    ]);
  });

  it("if a load balancer is lost with its location and the site continues, the prediction contains the command for the operator", () => {
    expect(effectOf(lossOf(exampleConfig(spread), "fsn1"))).toBe(
      "the site continues; requests that Cloudflare sends to the lost load balancer fail until `npm run ops balancers`",
    );
  });
});

const placed = (...places: readonly string[]) =>
  exampleConfig({
    servers: Object.fromEntries(
      places.map((location, index) => [
        ["alpha", "bravo", "charlie", "delta", "echo"][index] ?? "",
        { location, privateIp: `10.0.1.${11 + index}` },
      ]),
    ),
  });

it("a database member counts as distant if it has fewer members near it than other members have", () => {
  expect(names(farMembers(exampleConfig()))).toEqual([]);
  expect(names(farMembers(placed("nbg1", "fsn1", "hel1")))).toEqual(["charlie"]);
  expect(names(farMembers(placed("nbg1", "hel1", "hel1")))).toEqual(["alpha"]);
  expect(names(farMembers(placed("nbg1", "fsn1", "hel1", "hel1", "nbg1")))).toEqual(["charlie", "delta"]);
});

it("the members distant from a location are the members in other countries, unless all members are in other countries", () => {
  const config = placed("nbg1", "fsn1", "hel1");
  expect(names(membersFarFrom(config, "fsn1"))).toEqual(["charlie"]);
  expect(names(membersFarFrom(config, "hel1"))).toEqual(["alpha", "bravo"]);
  expect(names(membersFarFrom(placed("nbg1", "fsn1", "nbg1"), "hel1"))).toEqual([]);
});
