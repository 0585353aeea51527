#!/bin/sh
# What of the official image's entry point the compose file uses.
set -e
export PGUSER="${POSTGRES_USER:-postgres}"
if [ "$1" = postgres ] && [ ! -s "$PGDATA/PG_VERSION" ]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  initdb --username="$PGUSER" --pwfile="$POSTGRES_PASSWORD_FILE" --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
  export PGHOST=/var/run/postgresql
  pg_ctl -w -o "-c listen_addresses='' -c unix_socket_directories=$PGHOST" start
  createdb "$POSTGRES_DB"
  for file in /docker-entrypoint-initdb.d/*.sql; do
    [ ! -f "$file" ] || psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --dbname "$POSTGRES_DB" -f "$file"
  done
  pg_ctl -m fast -w stop
fi
exec "$@" -c unix_socket_directories=/var/run/postgresql
