#!/usr/bin/env bash
# A backup a day, the first one now; after a failure another try in an hour. Each five minutes the copy of the key
# journal off this host is brought up to date. For a container: started again, it waits until the newest backup
# is a day old.
set -uo pipefail
trap 'exit 0' INT TERM

: "${BACKUP_DIR:?is not set}"
here=$(dirname "$0")
day=86400
due=0
for folder in "$BACKUP_DIR"/20*Z; do [ ! -d "$folder" ] || due=$(($(stat --format %Y "$folder") + day)); done

while true; do
  if [ "$(date +%s)" -ge "$due" ]; then
    if "$here/backup.sh"; then due=$(($(date +%s) + day)); else due=$(($(date +%s) + 3600)); fi
  fi
  "$here/copy-key-journal.sh"
  sleep 300 &
  wait $!
done
