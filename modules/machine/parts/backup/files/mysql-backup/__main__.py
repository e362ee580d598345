"""Maintains the backup archive of this replication group and restores data from the archive; see mysql-backup
--help."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
