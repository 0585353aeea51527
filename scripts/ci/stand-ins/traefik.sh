#!/bin/sh
# As that of the official image: options alone are traefik's.
set -e
case ${1:-} in -*) set -- traefik "$@" ;; esac
exec "$@"
