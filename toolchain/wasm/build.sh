#!/usr/bin/env bash
# Compiles crates/wasm into app/src/wasm, which is committed: npm alone builds the page.
#
#   build.sh            writes app/src/wasm
#   build.sh --check    only compares what would be written with what is committed
#
# The sBPF toolchain's compiler brings what WebAssembly needs (rustc, its std for wasm32, wasm-ld); wasm-bindgen's
# command line comes from crates.io into $WASM_TOOLCHAIN (default ~/.cache/bulkhead/wasm-toolchain).
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
root=$(cd "$here/../.." && pwd)
sbf=${SBF_TOOLCHAIN:-$HOME/.cache/bulkhead/sbf-toolchain}
home=${WASM_TOOLCHAIN:-$HOME/.cache/bulkhead/wasm-toolchain}
version=0.2.130
target=wasm32-unknown-unknown

fail() { echo "wasm: $*" >&2; exit 1; }
[[ $# == 0 || ($# == 1 && $1 == --check) ]] || fail "the only argument is --check"

"$root/toolchain/sbf/install.sh" --check || "$root/toolchain/sbf/install.sh"
if [[ $("$home/bin/wasm-bindgen" --version 2>/dev/null) != "wasm-bindgen $version" ]]; then
  echo "wasm: compiling wasm-bindgen-cli $version from crates.io (about 3 minutes)"
  # Its own lock file names a prerelease that is gone, so it is resolved anew.
  cargo install wasm-bindgen-cli --quiet --force --version "$version" --root "$home" --target-dir "$home/target"
  rm -rf "$home/target"
fi

cd "$root"
export RUSTC="$sbf/bin/rustc" BULKHEAD_WASM_LD="$sbf/bin/wasm-ld"
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$here/wasm-ld"
# Panics name source files: not those of this machine.
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$root=."
cargo build --locked --quiet --profile wasm --target $target --package bulkhead-wasm
module=${CARGO_TARGET_DIR:-$root/target}/$target/wasm/bulkhead_wasm.wasm

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$home/bin/wasm-bindgen" --target web --out-name bulkhead --out-dir "$fresh" \
  --remove-name-section --remove-producers-section "$module"
if [[ ${1:-} == --check ]]; then
  diff -rq "$fresh" app/src/wasm || fail "app/src/wasm is not what crates/wasm gives: run toolchain/wasm/build.sh and commit"
  exit
fi
rm -rf app/src/wasm
cp -r "$fresh" app/src/wasm
ls -l app/src/wasm
