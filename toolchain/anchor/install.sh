#!/usr/bin/env bash
# Builds the anchor command line tool into $ANCHOR_TOOLCHAIN (default ~/.cache/bulkhead/anchor), for machines that have
# none. Only `anchor build` and its like need it: building, testing and the demo do without.
#
# It comes from crates.io, in the version of anchor-lang that the program uses. npm has a compiled one, but its newest,
# 1.0.1, cannot read a workspace of edition 2024.
#
#   install.sh            brings what is missing
#   install.sh --check    says nothing; succeeds if nothing is missing
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
home=${ANCHOR_TOOLCHAIN:-$HOME/.cache/bulkhead/anchor}
version=1.2.2

fail() { echo "anchor: $*" >&2; exit 1; }
is_ready() { [[ -x $home/bin/anchor && -e $home/ready && $(<"$home/ready") == "$version" ]]; }

if [[ ${1:-} == --check ]]; then is_ready; exit; fi
(($# == 0)) || fail "unknown argument $1; the only one is --check"
for tool in cargo flock; do
  command -v "$tool" >/dev/null || fail "needs \`$tool\` on PATH"
done

mkdir -p "$home"
exec 9> "$home/lock"
flock 9
is_ready && exit 0

echo "anchor: compiling anchor-cli $version from crates.io (about 10 minutes on two cores)"
# Its target folder is kept until the end, so that an interrupted build goes on where it was.
(cd "$here" && cargo install anchor-cli --quiet --locked --force --version "$version" \
  --root "$home" --target-dir "$home/target") || fail "it did not compile; the lines above say why"
rm -rf "$home/target"
"$home/bin/anchor" --version >/dev/null || fail "it does not run on this machine"
echo "$version" > "$home/ready"
echo "anchor: ready in $home ($("$home/bin/anchor" --version))"
