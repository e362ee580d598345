"""Runs a command of the application on only one server at a time. systemd units of the application start this
program; see cli.py."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
