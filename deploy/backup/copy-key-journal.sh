#!/usr/bin/env bash
# Brings the copy of the key journal at BACKUP_TARGET up to date, where it has changed: a host that is lost then loses
# minutes of changes of keys, and not a day. The settings are those of backup.sh; without BACKUP_TARGET or
# KEY_JOURNAL_DIR there is nothing to do.
set -euo pipefail
[ -n "${BACKUP_TARGET:-}" ] && [ -n "${KEY_JOURNAL_DIR:-}" ] || exit 0
: "${BACKUP_DIR:?is not set}"
umask 077
# shellcheck source=deploy/backup/common.sh
. "$(dirname "$0")/common.sh"

part=$BACKUP_DIR/.key-journal
copied=$BACKUP_DIR/.key-journal-copied
problem='"the key journal cannot be copied off this host"'
failed_before() { grep --quiet --fixed-strings "\"error\":$problem" "$BACKUP_DIR/status.json" 2>/dev/null; }

# shellcheck disable=SC2317 # the trap calls it
finish() {
  local code=$?
  rm -rf "$part"
  [ "$code" -eq 0 ] || {
    echo 'copy-key-journal: failed' >&2
    report "$problem"
  }
}
trap finish EXIT
trap 'exit 1' INT TERM HUP

state=$(
  echo "$BACKUP_TARGET ${BACKUP_RECIPIENT:-}"
  find "$KEY_JOURNAL_DIR" -type f -printf '%P %s %T@\n' | sort
)
if [ -f "$copied" ] && [ "$(cat "$copied")" = "$state" ]; then exit 0; fi

mkdir -p "$part"
code=0
# 1: it grew while it was read. A line that is not whole is one whose change was not answered.
tar --create --file "$part/key-journal.tar" --directory "$KEY_JOURNAL_DIR" . || code=$?
[ "$code" -le 1 ] || exit "$code"
encrypt "$part/key-journal.tar"
copy_off_host "$(echo "$part"/key-journal.tar*)"
echo "$state" >"$copied"
if failed_before; then report null; fi
