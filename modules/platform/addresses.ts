/** Addresses that Hetzner defines for every server (docs.hetzner.com, "DNS resolvers" and "server metadata"). */
export const addresses = {
  /** Hetzner's recursive name servers. */
  resolvers: ["185.12.64.1", "185.12.64.2", "2a01:4ff:ff00::add:1", "2a01:4ff:ff00::add:2"],
  /**
   * Address of Hetzner's metadata service, from which every local process could read the server's identity and user
   * data.
   */
  metadataService: "169.254.169.254",
  /** Networks of all IPv4 and all IPv6 addresses, in the notation of the Terraform provider. */
  everywhere: ["0.0.0.0/0", "::/0"],
} as const;
