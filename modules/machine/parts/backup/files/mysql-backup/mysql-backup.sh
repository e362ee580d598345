#!/bin/sh
# -B: no compiled copies beside the release.
exec /usr/bin/python3 -B /opt/mysql-backup/current "$@"
