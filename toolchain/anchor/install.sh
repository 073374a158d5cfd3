#!/usr/bin/env bash
# Puts npm's build of the anchor command line tool into $ANCHOR_TOOLCHAIN (default ~/.cache/bulkhead/anchor), for
# machines that have none. `cargo install anchor-cli --version 1.2.2 --locked` is the other way; it compiles for
# about 18 CPU minutes.
#
#   install.sh            brings what is missing
#   install.sh --check    says nothing; succeeds if nothing is missing
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
home=${ANCHOR_TOOLCHAIN:-$HOME/.cache/bulkhead/anchor}
sbf_home=${SBF_TOOLCHAIN:-$HOME/.cache/bulkhead/sbf-toolchain}
version=1.0.1 # the newest on npm; it builds programs on anchor-lang 1.2.2
integrity=sha512-5q/bUrpwa2X1G0CoPSdOSQPgmcVI98/m5gRCH72OwB6ryhvyAhGDB3R7eHfzogPsYxY4zm1YsyI+UzuJFOHVRg==

fail() { echo "anchor: $*" >&2; exit 1; }
say() { echo "anchor: $*"; }
made_from="$version $(sha256sum "$here/install.sh" | cut -c1-16)"
is_ready() { [[ -x $home/bin/anchor && -e $home/ready && $(<"$home/ready") == "$made_from" ]]; }

if [[ ${1:-} == --check ]]; then is_ready; exit; fi
(($# == 0)) || fail "unknown argument $1; the only one is --check"
for tool in npm tar openssl flock; do
  command -v "$tool" >/dev/null ||
    fail "needs \`$tool\` on PATH; or install anchor yourself: cargo install anchor-cli --version 1.2.2 --locked"
done

mkdir -p "$home/bin"
exec 9> "$home/lock"
flock 9
is_ready && exit 0

say "downloading @anchor-lang/cli $version from npm (6 MB)"
rm -rf "$home/work" && mkdir -p "$home/work"
(cd "$home/work" && npm pack --silent "@anchor-lang/cli@$version" >/dev/null 2>npm.log) || {
  cat "$home/work/npm.log" >&2
  fail "npm could not download it"
}
archive=$(echo "$home"/work/*.tgz)
found=sha512-$(openssl dgst -sha512 -binary "$archive" | openssl base64 -A)
[[ $found == "$integrity" ]] || fail "the downloaded package is not the one that this script names: $found"
tar -xzf "$archive" -C "$home/work" package/anchor
mv "$home/work/package/anchor" "$home/bin/anchor.real"
chmod +x "$home/bin/anchor.real"
rm -rf "$home/work"

# It was built for a newer C library than some systems have. The sBPF toolchain's folder holds one, with its loader.
if "$home/bin/anchor.real" --version >/dev/null 2>&1; then
  run="$home/bin/anchor.real"
else
  "$here/../sbf/install.sh"
  run="$sbf_home/bin/with-new-libc $home/bin/anchor.real"
fi
printf '#!/bin/sh\nexec %s "$@"\n' "$run" > "$home/bin/anchor"
chmod +x "$home/bin/anchor"
"$home/bin/anchor" --version >/dev/null || fail "it does not run on this machine"
echo "$made_from" > "$home/ready"
say "ready in $home ($("$home/bin/anchor" --version))"
