#!/bin/sh
exec /usr/bin/python3 /opt/mysql-group/current "$@"
