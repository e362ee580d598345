"""Runs a command of the application on one server at a time. systemd units of the application call this program; see cli.py."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
