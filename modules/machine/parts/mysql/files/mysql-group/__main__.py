"""mysql-group: forms and keeps this member's replication group; see --help."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
