#!/bin/sh
exec /usr/bin/python3 /usr/local/lib/mysql-group "$@"
