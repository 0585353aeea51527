#!/usr/bin/env bash
# Stages what a build made and promotes it: the whole of the workflows promote-rpm, promote-deb and
# promote-oci.
#
#   scripts/with-tunnel.sh scripts/ci/stage-and-promote.sh core 2025 rpm el9-x86_64 packages [--base DIGEST]
#
# The folder holds the files and SHA256SUMS, which lists every one of them: what is staged and signed is
# what the build made. For OCI the target is "all", and a file's name ends in its architecture:
# core-amd64.tar. Further arguments are passed to bin/packyard promote.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "stage-and-promote: $*" >&2
  exit 2
}

[ $# -ge 5 ] || fail 'usage: stage-and-promote.sh COMPONENT SERIES FORMAT TARGET FOLDER [OPTION…]'
component=$1 series=$2 format=$3 target=$4 folder=$5
shift 5
sums=$folder/SHA256SUMS
[ -f "$sums" ] || fail "$sums is not there: the build writes it with sha256sum"
(cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS) || fail "what is in $folder is not what $sums lists"

files=()
for file in "$folder"/*; do
  name=${file##*/}
  [ "$name" != SHA256SUMS ] || continue
  [ -f "$file" ] || fail "$file is not a file"
  digest=$(sha256sum <"$file")
  digest=${digest%% *}
  grep --quiet --fixed-strings --line-regexp -e "$digest  $name" -e "$digest *$name" "$sums" ||
    fail "$sums does not list $name"
  files+=("$file")
done
[ ${#files[@]} -gt 0 ] || fail "$folder holds nothing to stage"

for file in "${files[@]}"; do
  staged_as=$target
  if [ "$format" = oci ]; then
    staged_as=${file##*-}
    staged_as=${staged_as%.tar}
  fi
  scripts/stage-artifact.sh "$component" "$series" "$format" "$staged_as" "$file"
done
bin/packyard promote "$component" "$series" "$format" "$target" --expect "$sums" "$@"
