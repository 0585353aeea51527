import type { SignedBy } from './signing-key.js';

/*
 * What a subscriber pastes.
 *
 * A text is one `sh -c '…'`: the shell reads it to its end before anything runs, with and without
 * bracketed paste, so that the prompt does not eat the rest of the paste. It holds no key. One that
 * stood in it would be in the shell's history (bash puts a whole paste there before the first word of
 * it could turn that off) and, on the command line, in every user's `ps`. So it asks.
 */

/** Single quotes would end it, `!` calls history back, a tab completes: none may stand in a text. */
const TAKEN_BY_THE_SHELL = /['!\t]/;

/** @throws Error when a line of the script would not survive the paste: a fault of the builder */
export function paste(...parts: string[]): string {
  const script = parts.map((part) => part.trim()).join('\n\n');
  const taken = TAKEN_BY_THE_SHELL.exec(script);
  if (taken) throw new Error(`a text to paste may not hold ${JSON.stringify(taken[0])}`);
  return `sh -c '\n${script}\n'\n`;
}

/** `stop` ends it with a reason; whatever ends it, the terminal echoes again and no half-written file is left. */
export const PREAMBLE = `
set -eu
umask 077
work=$(mktemp -d)
new=
clean_up() {
  if [ -t 0 ]; then stty echo; fi
  rm -rf "$work" "$new"
}
trap clean_up EXIT
trap "exit 130" INT TERM HUP
stop() {
  printf "%s\\n" "$@" "Nothing was changed." >&2
  exit 1
}`;

export const REQUIRE_ROOT = `
[ "$(id -u)" = 0 ] || stop "This has to be pasted into a root shell: sudo -i opens one."`;

/** The two forms of a key (contract of the keys module): what would break a file is refused here. */
const KEY_PATTERN = 'pky_[0-9A-Za-z]{38}|[0-9A-Fa-f]{64}';

/** Leaves the key in `$key`. An empty line is asked again: it may be the rest of the paste. */
export const askForKey = (host: string) => `
key=
if [ -t 0 ]; then stty -echo; fi
while [ -z "$key" ]; do
  printf "%s" "Subscriber key for ${host} (not shown): " >&2
  IFS= read -r key || stop "" "No key was given."
  printf "\\n" >&2
  key=$(printf "%s" "$key" | tr -d "[:space:]")
done
if [ -t 0 ]; then stty echo; fi
printf "%s\\n" "$key" | grep -Eqx "${KEY_PATTERN}" ||
  stop "That is not a key: one begins with pky_ and has 42 characters, or is 64 hex digits."`;

/** `os NAME` answers a field of os-release(5). */
export const OS_RELEASE = `
os() {
  sed -n "s/^$1=//p" /etc/os-release | tr -d "\\"\\047"
}`;

/** `put MODE FILE CONTENT`: complete or not at all, and never readable by others on the way. */
export const PUT = `
put() {
  new=$2.new
  printf "%s\\n" "$3" >"$new"
  chmod "$1" "$new"
  mv -f "$new" "$2"
  new=
}`;

/** `folder PATH`: an existing one keeps its mode. */
export const FOLDER = `
folder() {
  [ -d "$1" ] || install -d -m 0755 "$1"
}`;

/** That `$work/key`, as fetched, is the file that the text was made for; and says whose it is. */
export const checkSigningKey = ({ url, sha256, fingerprints }: SignedBy) => `
printf "%s  %s\\n" ${sha256} "$work/key" | sha256sum --check --status ||
  stop "${url} is not the key that this text was made for. Ask for a new text."
printf "%s\\n" "Packages are signed by:" ${fingerprints.map((each) => `"  ${each}"`).join(' ')}`;

/** A literal in double quotes, for a text that `paste` has checked for what double quotes cannot hold. */
export function quoted(text: string): string {
  return `"${text.replace(/["$`\\]/g, '\\$&')}"`;
}

/** The same, but left as it is where a shell takes it as it is. */
export function word(text: string): string {
  return /^[\w.:/@%+-]+$/.test(text) ? text : quoted(text);
}
