import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { numbersOf } from "../../lab/environment.js";
import {
  balancer,
  client,
  edge,
  internet,
  macAddress,
  nameServers,
  nameServersIpv6,
  server,
} from "../../lab/network/addresses.js";
import { datadogHost } from "../../lab/stand-ins/datadog/intake/intake.js";

const hosts = [
  client,
  internet,
  edge,
  datadogHost,
  balancer("10.0.1.5"),
  ...["alpha", "bravo", "charlie"].map((name, position) => server(name, position, `10.0.1.${11 + position}`)),
];

it("hosts of the lab have unique names, unique numbers and unique addresses", () => {
  for (const property of ["name", "index", "publicIpv4", "publicIpv6"] as const)
    expect(new Set(hosts.map((host) => host[property])).size).toBe(8);
});

it("each host of the lab has a unique hardware address on each network", () => {
  const addresses = hosts.flatMap((host) => [macAddress(host, "public"), macAddress(host, "private")]);
  expect(new Set(addresses).size).toBe(16);
  expect(addresses[0]).toBe("02:00:00:00:01:01");
});

it("a server keeps its number in the lab if other servers are removed from the configuration", async () => {
  const folder = mkdtempSync(join(tmpdir(), "numbers-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "numbers.json");
  await numbersOf(file, ["alpha", "bravo", "charlie"]);
  await numbersOf(file, ["alpha", "delta"]);
  const names = ["alpha", "bravo", "charlie", "delta", "echo"];
  expect([...(await numbersOf(file, ["alpha", "delta", "echo"]))]).toEqual(names.map((name, index) => [name, index]));
});

it("the lab's name servers are Hetzner's two IPv4 and two IPv6 name servers", () => {
  expect(nameServers).toEqual(["185.12.64.1", "185.12.64.2"]);
  expect(nameServersIpv6).toEqual(["2a01:4ff:ff00::add:1", "2a01:4ff:ff00::add:2"]);
});
