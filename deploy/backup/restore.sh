#!/usr/bin/env bash
# Restores a backup, while nothing of Packyard runs but PostgreSQL:
#
#   PGHOST=… PGUSER=… PGDATABASE=… PUBLISHED_DIR=… REGISTRY_DIR=… KEY_JOURNAL_DIR=… \
#     deploy/backup/restore.sh /var/backups/packyard/20261124T020000Z [key-journal.tar]
#
# The database must be empty, and so must each folder; what is not named is not restored. A key journal
# that is still there is better than that of the backup, and stays. Where it is lost, the copy that
# copy-key-journal.sh has kept at BACKUP_TARGET (key-journal.tar, or key-journal.tar.age) is newer than that of the
# backup. For what is encrypted BACKUP_IDENTITY is the file of the age identity. Afterwards
# bin/replay-key-journal, and only then start.
set -euo pipefail

fail() {
  echo "restore: $*" >&2
  exit 1
}

[ $# -eq 1 ] || [ $# -eq 2 ] || fail 'usage: restore.sh FOLDER [KEY-JOURNAL]'
[ -d "$1" ] || fail "$1 is not a folder"
[ -z "${2:-}" ] || [ -f "$2" ] || fail "$2 is not a file"
: "${PGDATABASE:?is not set}"
backup=$(cd "$1" && pwd)
(cd "$backup" && sha256sum --check --strict --quiet SHA256SUMS) || fail "$backup is damaged"

content() { # FILE
  case $1 in
    *.age) age --decrypt --identity "${BACKUP_IDENTITY:?is not set, and the backup is encrypted}" "$1" ;;
    *) cat "$1" ;;
  esac
}
of_backup() { # NAME: the file that it is, or nothing
  local file
  for file in "$backup/$1.age" "$backup/$1"; do
    [ ! -f "$file" ] || { echo "$file" && return; }
  done
}
is_empty() { [ ! -e "$1" ] || [ -z "$(ls --almost-all "$1")" ]; }

for pair in "published:${PUBLISHED_DIR:-}" "registry:${REGISTRY_DIR:-}"; do
  folder=${pair#*:}
  [ -z "$folder" ] || is_empty "$folder" || fail "$folder is not empty: move what is there away first"
done
tables=$(psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
  --command "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
[ "$tables" = 0 ] || fail 'the database is not empty: make an empty one, and leave the other for later'

content "$(of_backup database.dump)" | pg_restore --dbname "$PGDATABASE" --no-owner --exit-on-error --single-transaction
echo 'restore: the database'

unpack() { # ARCHIVE FOLDER, either may be empty
  [ -n "$1" ] && [ -n "$2" ] || return 0
  mkdir -p "$2"
  content "$1" | tar --extract --preserve-permissions --directory "$2"
  echo "restore: $2"
}
unpack "$(of_backup published.tar)" "${PUBLISHED_DIR:-}"
unpack "$(of_backup registry.tar)" "${REGISTRY_DIR:-}"
journal=${2:-$(of_backup key-journal.tar)}
if [ -z "${KEY_JOURNAL_DIR:-}" ] || is_empty "$KEY_JOURNAL_DIR"; then
  unpack "$journal" "${KEY_JOURNAL_DIR:-}"
else
  echo "restore: $KEY_JOURNAL_DIR stays as it is"
fi
echo 'restore: done. Next: bin/replay-key-journal, then start.'
