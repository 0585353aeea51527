#!/bin/sh
# RustFS's own settings, for versitygw.
set -e
export ROOT_ACCESS_KEY="$RUSTFS_ACCESS_KEY" ROOT_SECRET_KEY="$RUSTFS_SECRET_KEY"
exec versitygw --port "$RUSTFS_ADDRESS" --health /health posix "$RUSTFS_VOLUMES"
