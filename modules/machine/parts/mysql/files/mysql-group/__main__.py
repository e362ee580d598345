"""Starts and maintains the replication group of this member; see mysql-group --help."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
