import type { KnownMistakes } from "../mutation.js";

export const haproxy: KnownMistakes = {
  "haproxy.cfg.hbs": [
    ["tcp-request connection reject if { nbsrv(primary) gt 1 }", "", "writes go to a replica in the first second"],
    ["GET uri /primary", "GET uri /replica", "writes go to replicas"],
    [
      "uri /primary\n\thttp-check expect status 200",
      "uri /primary\n\thttp-check expect status 200-599",
      "members that refuse get writes",
    ],
    [
      "uri /replica\n\thttp-check expect status 200",
      "uri /replica\n\thttp-check expect status 200-599",
      "members that refuse get reads",
    ],
    ["bind 127.0.0.1:{{writePort}}", "bind :{{writePort}}", "the way to the primary is open to the network"],
    ["bind 127.0.0.1:{{statsPort}}", "bind :{{statsPort}}", "the statistics are open to the network"],
    [" backup track primary/{{this}}", " track primary/{{this}}", "the primary gets reads all the time"],
    ["on-marked-down shutdown-sessions", "", "sessions stay with a member that is no primary any more"],
    ["timeout check 1s", "timeout check 100s", "a frozen member counts as well"],
    ["fall 2", "fall 20", "writes hang for ten seconds more"],
    ["on-marked-up shutdown-backup-sessions", "", "reads stay with the primary"],
    ["nbsrv(primary) gt 1", "nbsrv(primary) gt 2", "writes go to the wrong one of two"],
    ["chroot /var/lib/haproxy", "", "a way into the file system"],
    ["balance leastconn", "balance first", "one replica gets all reads"],
    [" { nbsrv(others) eq 0 }", "", "all servers leave service together while the database is down"],
    ["{ nbsrv(replicas) eq 0 } ", "", "a server that has a database of its own leaves service with the others"],
    [
      "tcp-request connection reject if { nbsrv(replicas) eq 0 } { nbsrv(others) eq 0 }",
      "",
      "a server that is cut off from the others fails its share of requests",
    ],
    ["option tcp-check", "", "all servers leave service together while no member serves"],
    ["retries {{holdSeconds}}", "retries 1", "requests fail while a release changes"],
  ],
};
