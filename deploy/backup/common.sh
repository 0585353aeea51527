# shellcheck shell=bash
# What backup.sh and copy-key-journal.sh share: read by them, not run.

# Off this host, below BACKUP_TARGET.
copy_off_host() { # FILE-OR-FOLDER
  local ssh_command='ssh -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=20'
  [ -z "${BACKUP_SSH_KEY:-}" ] || ssh_command+=" -i $BACKUP_SSH_KEY -o IdentitiesOnly=yes"
  [ -z "${BACKUP_KNOWN_HOSTS:-}" ] || ssh_command+=" -o UserKnownHostsFile=$BACKUP_KNOWN_HOSTS"
  # Two archives of one second can have one size.
  rsync --archive --ignore-times --timeout 300 --rsh "$ssh_command" "$1" "$BACKUP_TARGET/"
}

# With a BACKUP_RECIPIENT the file is FILE.age afterwards.
encrypt() { # FILE
  [ -n "${BACKUP_RECIPIENT:-}" ] || return 0
  age --recipient "$BACKUP_RECIPIENT" --output "$1.age" "$1"
  rm "$1"
}

# What /status reads. The last good backup stays named when one fails.
report() { # ERROR: JSON text or null
  local off_host=false encrypted=false
  [ -z "${BACKUP_TARGET:-}" ] || off_host=true
  [ -z "${BACKUP_RECIPIENT:-}" ] || encrypted=true
  printf '{"error":%s,"last_verified_at":%s,"off_host":%s,"encrypted":%s}\n' \
    "$1" "$(last_verified)" "$off_host" "$encrypted" >"$BACKUP_DIR/status.json.new"
  # The admin process is another user: there is no secret in it.
  chmod 644 "$BACKUP_DIR/status.json.new"
  mv "$BACKUP_DIR/status.json.new" "$BACKUP_DIR/status.json"
}

# Of the newest backup there is, from its name, which it gets when it was verified.
last_verified() {
  local newest='' folder
  for folder in "$BACKUP_DIR"/20*Z; do [ ! -d "$folder" ] || newest=${folder##*/}; done
  if [ -z "$newest" ]; then
    echo null
  else
    sed -E 's/^(....)(..)(..)T(..)(..)(..)Z$/"\1-\2-\3T\4:\5:\6Z"/' <<<"$newest"
  fi
}
