#!/bin/sh
# Packages ask this before they start a service. 101 means no: while the server is being set up, each part's own script starts its services.
[ -z "${SERVER_SETUP-}" ] || exit 101
