import { expect, it } from "vitest";
import { mixRefusal, mysqlVersionOf } from "../../../ops/core/mysql-versions.js";

it.each([
  ["9.7.4-2", "9.7.4"],
  ["8.4.6-1debian13", "8.4.6"],
  ["1:8.0.43-0ubuntu1", "8.0.43"],
  ["8.4.7-log", "8.4.7"],
  ["none", undefined],
])("the version string %s of a Debian package is read as the MySQL version %s", (text, version) => {
  expect(mysqlVersionOf(text)).toBe(version);
});

it.each<[string, readonly string[], string, string]>([
  ["an upgrade within a long-term series", ["8.4.6", "8.4.6", "8.4.6"], "8.4.6", "8.4.7"],
  [
    "an upgrade within the 8.4 series to less than the group's highest version",
    ["8.4.7", "8.4.9", "8.4.6"],
    "8.4.6",
    "8.4.8",
  ],
  ["an upgrade within the 9.7 series to less than the group's highest version", ["9.7.9", "9.7.9"], "9.7.4", "9.7.5"],
  ["another package of the same version", ["8.4.7", "8.4.7"], "8.4.7", "8.4.7"],
  ["an upgrade within the next long-term series", ["9.7.4", "9.7.4", "9.7.4"], "9.7.4", "9.7.10"],
  [
    "the upgrade of a member outside of a long-term series, because a member with a higher version can join",
    ["9.5.0", "9.5.0", "9.5.0"],
    "9.5.0",
    "9.5.1",
  ],
  ["the upgrade of the last member outside of a long-term series", ["9.5.1", "9.5.1", "9.5.0"], "9.5.0", "9.5.1"],
])("the check for incompatible MySQL versions in a group allows %s", (_, group, own, next) => {
  expect(mixRefusal(group, own, next)).toBeUndefined();
});

it.each<[string, readonly string[], string, string, RegExp]>([
  ["a downgrade", ["8.4.7", "8.4.7", "8.4.7"], "8.4.7", "8.4.6", /cannot downgrade a data directory/],
  [
    "an upgrade to another series",
    ["8.4.7", "8.4.7", "8.4.7"],
    "8.4.7",
    "9.7.0",
    /change `database\.series`, and roll out the change/,
  ],
  ["an upgrade from 9 to 10, compared as numbers", ["9.7.4"], "9.7.4", "10.7.0", /another series/],
  [
    "a version below the group's lowest in the series after 9.7",
    ["9.8.3", "9.8.3"],
    "9.8.0",
    "9.8.1",
    /accepts no member with 9\.8\.1/,
  ],
  [
    "a version below the group's lowest version outside of a long-term series",
    ["9.5.3", "9.5.3"],
    "9.5.0",
    "9.5.1",
    /accepts no member with 9\.5\.1/,
  ],
])("the check for incompatible MySQL versions in a group rejects %s", (_, group, own, next, words) => {
  expect(mixRefusal(group, own, next)).toMatch(words);
});
