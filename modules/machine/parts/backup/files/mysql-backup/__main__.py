"""mysql-backup: keeps the archive of this group, and restores it; see --help."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
