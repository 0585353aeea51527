#!/usr/bin/env bash
# One backup of everything that cannot be made again: the database, the published tree, the registry and
# the key journal. It counts when it has been restored: the dump into a scratch database, the archives by
# reading them to their end.
#
#   PGHOST=postgres PGUSER=packyard PGDATABASE=packyard BACKUP_DIR=/var/backups/packyard deploy/backup/backup.sh
#
# PGPASSWORD or PGPASSFILE   how the role gets in; the role must be allowed to make a database
# PUBLISHED_DIR, REGISTRY_DIR, KEY_JOURNAL_DIR  what else is backed up; each may be left out
# BACKUP_RECIPIENT    an age public key: everything is encrypted to it (its identity belongs elsewhere)
# BACKUP_TARGET       off this host: any destination of rsync, such as backup@other.example:/srv/packyard
# BACKUP_SSH_KEY, BACKUP_KNOWN_HOSTS  files for a destination over ssh
# BACKUP_KEPT_DAYS    for how many days backups are kept here (7)
#
# Needs bash, GNU tar and coreutils, the PostgreSQL client of the server's major version, and age, rsync
# and ssh where the settings ask for them. What it did is in BACKUP_DIR/status.json, which the admin process reads (its setting BACKUP_DIR).
set -euo pipefail

: "${PGDATABASE:?is not set}" "${BACKUP_DIR:?is not set}"
kept_days=${BACKUP_KEPT_DAYS:-7}
umask 077
name=$(date --utc +%Y%m%dT%H%M%SZ)
# shellcheck source=deploy/backup/common.sh
. "$(dirname "$0")/common.sh"
part=$BACKUP_DIR/.unfinished
step='cannot begin'

ask() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@"; }

# PostgreSQL ends an autovacuum that is at work there by itself. WITH (FORCE) would be refused for it: that is for who may
# end processes of the superuser.
drop_scratch() { ask --command "DROP DATABASE IF EXISTS $scratch"; }

# shellcheck disable=SC2317 # the trap calls it
finish() {
  local code=$?
  [ -z "${scratch_made:-}" ] || drop_scratch || true
  rm -rf "$part"
  [ "$code" -eq 0 ] || {
    echo "backup: failed: $step" >&2
    report "\"$step\""
  }
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

mkdir -p "$BACKUP_DIR"
exec 9>"$BACKUP_DIR/.lock"
flock --nonblock 9 || {
  echo 'backup: another one is under way' >&2
  trap - EXIT
  exit 1
}
rm -rf "$part"
mkdir "$part"
while [ -e "$BACKUP_DIR/$name" ]; do # made in this very second
  sleep 0.2
  name=$(date --utc +%Y%m%dT%H%M%SZ)
done

# Left by one that was killed; the lock says that none is under way.
step='the database cannot be asked'
ask --command "SELECT format('DROP DATABASE %I;', datname) FROM pg_database WHERE datname LIKE 'packyard\_verify\_%'" | ask

scratch=packyard_verify_${name,,}
step='the database cannot be dumped'
pg_dump --format custom --no-owner --file "$part/database.dump"

step='the dump cannot be restored'
scratch_made=yes
ask --command "CREATE DATABASE $scratch"
pg_restore --dbname "$scratch" --no-owner --exit-on-error "$part/database.dump"
# A dump that lacks what it is made for would be restored as well.
ask --dbname "$scratch" --command 'SELECT count(*) FROM key' --command 'SELECT 1 / count(*) FROM change' >/dev/null
step='the scratch database cannot be removed'
drop_scratch
scratch_made=

# The journal last: with it the dump is brought up to the newest change, whatever was made meanwhile.
archive() { # NAME FOLDER: what is being built is no part of what is published
  local code=0
  [ -n "$2" ] || return 0
  step="$1 cannot be archived"
  [ -d "$2" ] || return 1
  # 1: a file changed while it was read. Snapshots never do; a link, the registry and the journal may.
  tar --create --file "$part/$1.tar" --directory "$2" --exclude=./.work . || code=$?
  [ "$code" -le 1 ] || return "$code"
  tar --list --file "$part/$1.tar" >/dev/null
}
archive published "${PUBLISHED_DIR:-}"
archive registry "${REGISTRY_DIR:-}"
archive key-journal "${KEY_JOURNAL_DIR:-}"

step='it cannot be encrypted'
for file in "$part"/*; do encrypt "$file"; done

step='it cannot be written'
(cd "$part" && sha256sum -- * >.sums && mv .sums SHA256SUMS)
sync --file-system "$part"
mv --no-target-directory "$part" "$BACKUP_DIR/$name"

if [ -n "${BACKUP_TARGET:-}" ]; then
  step='it cannot be copied off this host'
  copy_off_host "$BACKUP_DIR/$name"
fi

step='old ones cannot be removed'
oldest=$(date --utc --date "$kept_days days ago" +%Y%m%dT%H%M%SZ)
for folder in "$BACKUP_DIR"/20*Z; do
  [[ ${folder##*/} > $oldest || ${folder##*/} = "$name" ]] || rm -rf "$folder"
done
report null
echo "backup: $BACKUP_DIR/$name ($(du --summarize --human-readable "$BACKUP_DIR/$name" | cut --fields 1)), verified"
