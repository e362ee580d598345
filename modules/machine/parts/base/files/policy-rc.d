#!/bin/sh
# Asked by packages before they start a service. 101 means no: while the server is set up, services start when their part is.
[ -z "${SERVER_SETUP-}" ] || exit 101
