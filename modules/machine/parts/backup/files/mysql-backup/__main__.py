"""Maintains the archive of this group and restores it; see mysql-backup --help."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
