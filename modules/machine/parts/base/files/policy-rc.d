#!/bin/sh
# Package scripts call this before they start a service. 101 denies it during setup, because each part's own script starts its services.
[ -z "${SERVER_SETUP-}" ] || exit 101
