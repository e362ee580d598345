"""Runs a command of the application on one server at a time. Its units call it; see cli.py."""

import sys

import cli

sys.exit(cli.main(sys.argv[1:]))
