import { describe, expect, it } from "vitest";
import {
  appending,
  mergeParts,
  ownConfig,
  renderCloudConfig,
} from "../../../../modules/machine/compose/cloud-config.js";
import { compact } from "../../../../modules/machine/compose/compact.js";

const file = { path: "/etc/a", content: "a\n" };
const part = (rest: object) => ({ name: "part", ...rest });
const emptyParts = { path: "/etc/platform/parts", content: "" };
const emptyKeys = { path: "/etc/platform/apt-keys", content: "" };

it("a payload of empty components contains system users, but no packages and no files", () => {
  const config = mergeParts([]);
  expect(config.users).toHaveLength(8);
  expect(config.users[0]).toEqual({
    name: "app",
    system: true,
    homedir: "/nonexistent",
    no_create_home: true,
    shell: "/usr/sbin/nologin",
  });
  expect(config.write_files).toEqual([emptyParts, emptyKeys]);
  expect(config.apt.sources).toEqual({});
});

it("the payload adds administrators' SSH keys to root, and disables passwords", () => {
  expect(mergeParts([])).toMatchObject({ disable_root: false, ssh_pwauth: false });
});

describe("parts with everything set", () => {
  const config = mergeParts([
    { name: "first", packages: ["x", "y"], files: [file], setup: "#!/bin/sh\nfirst\n", check: "#!/bin/sh\nwell\n" },
    { name: "files-alone" },
    {
      name: "second",
      packages: ["y", "z"],
      files: [{ path: "/etc/b", content: "b\n", owner: "app:app", permissions: "0600" }],
      setup: "#!/bin/sh\nsecond\n",
      aptSources: [{ name: "vendor", source: "deb https://vendor.test $RELEASE main", key: "KEY" }],
    },
  ]);

  it("the payload contains its components in order, and server-setup gets their list", () => {
    expect(config.write_files.map(({ path }) => path)).toEqual([
      "/etc/a",
      "/etc/b",
      "/etc/platform/parts",
      "/etc/platform/apt-keys",
      "/usr/local/lib/platform/setup-first",
      "/usr/local/lib/platform/check-first",
      "/usr/local/lib/platform/setup-second",
    ]);
    expect(config.write_files[2]).toEqual({ path: "/etc/platform/parts", content: "first x y\nsecond y z\n" });
    expect(config.write_files[4]).toMatchObject({ permissions: "0755", content: "#!/bin/sh\nfirst\n" });
  });

  it("a systemd unit installs packages and starts services, because cloud-init does not retry", () => {
    expect(config.runcmd).toEqual([["systemctl", "enable", "--now", "--no-block", "server-setup.service"]]);
    expect(config).not.toHaveProperty("packages");
  });

  it("equal payload components are rendered to equal bytes, without wrapped lines", () => {
    const long = `# ${"word ".repeat(60)}`.trim();
    const rendered = renderCloudConfig({ content: `${long}\n` });
    expect(rendered).toBe(`#cloud-config\ncontent: |\n  ${long}\n`);
    expect(renderCloudConfig(config)).toBe(renderCloudConfig(structuredClone(config)));
  });
});

it("cloud-init writes files of users other than root after it has created the users", () => {
  const [written] = mergeParts([part({ files: [{ ...file, owner: "app:app" }] })]).write_files;
  expect(written).toEqual({ path: "/etc/a", owner: "app:app", defer: true, content: "a\n" });
});

const entries = (key: string | { url: string; fingerprints: string[] }) =>
  mergeParts([part({ aptSources: [{ name: "vendor", source: "deb https://vendor.test stable 7", key }] })]);

it("an apt key from the configuration is trusted only for its own apt source", () => {
  expect(entries("KEY").apt.sources).toEqual({
    vendor: { source: "deb [signed-by=$KEY_FILE] https://vendor.test stable 7", key: "KEY" },
  });
});

it("a downloaded apt key is trusted only with a pinned fingerprint", () => {
  const config = entries({ url: "https://keys.vendor.test/KEY", fingerprints: ["AB".repeat(20), "CD".repeat(20)] });
  const path = "/etc/apt/keyrings/vendor.asc";
  expect(config.apt.sources).toEqual({
    vendor: { source: `deb [signed-by=${path},${"AB".repeat(20)},${"CD".repeat(20)}] https://vendor.test stable 7` },
  });
  expect(config.write_files).toEqual([
    emptyParts,
    { path: "/etc/platform/apt-keys", content: `${path} https://keys.vendor.test/KEY\n` },
  ]);
});

it("the name and the files of one server are appended to the shared user data", () => {
  expect(ownConfig("alpha", [file], mergeParts([]))).toEqual({
    merge_how: appending,
    hostname: "alpha",
    write_files: [{ path: "/etc/a", content: "a\n" }],
  });
});

it("the payload rejects two components that deliver the same file or apt source, and a server's own file with a shared path", () => {
  const [files, vendor] = [
    part({ files: [file] }),
    part({ aptSources: [{ name: "vendor", source: "deb x y z", key: "KEY" }] }),
  ];
  const problem = "payload: each file must come from one part, got /etc/a twice; remove one";
  expect(() => mergeParts([files, files])).toThrow(problem);
  expect(() => ownConfig("alpha", [file], mergeParts([files]))).toThrow(problem);
  expect(() => mergeParts([vendor, vendor])).toThrow(
    "payload: each apt source must come from one part, got vendor twice; remove one",
  );
});

it("the compaction of a script removes comments and empty lines, and keeps the interpreter line and the code", () => {
  expect(compact("/usr/local/sbin/x", "#!/bin/sh\n# why\nset -eu\n\n  # more\necho '#' # stays\n")).toBe(
    "#!/bin/sh\nset -eu\necho '#' # stays\n",
  );
});

it("the compaction of files does not change apt's configuration, in which #clear is a directive", () => {
  expect(compact("/etc/apt/apt.conf.d/x", "#clear A;\n")).toBe("#clear A;\n");
});
