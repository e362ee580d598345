#!/bin/sh
# With -B, Python writes no compiled files into the release.
exec /usr/bin/python3 -B /opt/mysql-backup/current "$@"
