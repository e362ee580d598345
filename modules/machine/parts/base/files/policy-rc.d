#!/bin/sh
# Debian package scripts call this program before they start a service. During the setup of the server, exit status 101
# denies the start, because the setup scripts start the services.
[ -z "${SERVER_SETUP-}" ] || exit 101
