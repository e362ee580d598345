import type { Config, Role, ServerConfig } from "../../config/schema.js";
import type { PublishedKey } from "../../platform/apt-keys.js";

/** A file on a server. It holds no secret and no Terraform reference. */
export interface PayloadFile {
  readonly path: string;
  readonly content: string;
  /**
   * The content that decides whether a server is outdated: a server that was made with another one must be replaced. It leaves out what
   * a server only starts with and then changes by itself, such as its release. @default content
   */
  readonly decisiveContent?: string;
  /** @default "root:root" */
  readonly owner?: string;
  /** Octal. @default "0644" */
  readonly permissions?: string;
}

/** An apt repository of a vendor. */
export interface AptSource {
  /** File name under sources.list.d, without ending. */
  readonly name: string;
  /** As in sources.list: "deb URL SUITE COMPONENT"; cloud-config.ts adds signed-by. `$RELEASE` is the suite of the machine. */
  readonly source: string;
  /** Armored public key that signs the repository, or where its vendor publishes it. */
  readonly key: string | PublishedKey;
}

/** What one piece of software adds to the payload of servers that have the same roles. Parts are merged in order; see payload.ts. */
export interface PayloadPart {
  /** What the server calls it when it says what it still waits for: lower-case words with dashes. */
  readonly name: string;
  /** Debian packages, installed before `setup` runs. @default - none */
  readonly packages?: readonly string[];
  /** Vendors' repositories that the packages come from. @default - none: Debian's own */
  readonly aptSources?: readonly AptSource[];
  /** Files that are the same on all servers with these roles. @default - none */
  readonly files?: readonly PayloadFile[];
  /** The few files that name a server or its address, for one of the servers. @default - none */
  readonly ownFiles?: (server: ServerConfig) => readonly PayloadFile[];
  /**
   * Script that starts what the files describe, run when the part's packages are installed and all files and secrets are written. It is
   * repeated until it succeeds, so it can be run again at any time, and the last line it prints says why it failed. @default - none
   */
  readonly setup?: string;
  /**
   * Script that fails while something is wrong, and says what; run every minute. Its words are shown at every login, and monitors ask for
   * it by the part's name, see `notices` in platform/signals.ts. @default - none
   */
  readonly check?: string;
}

/** What a part may depend on: the configuration and the roles it is rendered for. */
export interface PayloadContext {
  readonly config: Config;
  readonly roles: readonly Role[];
}
