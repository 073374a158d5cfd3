#!/usr/bin/env bash
# Puts the sBPF v3 toolchain together from Debian's packages and crates.io. See README.md beside this file.
#
#   install.sh            brings what is missing; finished steps are skipped, unfinished ones start over
#   install.sh --check    says nothing; succeeds if nothing is missing
#
# Nothing is installed into the system and nothing outside the toolchain's folder is written.
# Every step works in a folder of its own and moves its result into place last, so an interrupted run leaves no
# half-made piece behind. A step's stamp names what it was made from: when that changes, the step runs again.
set -euo pipefail

here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
home=${SBF_TOOLCHAIN:-$HOME/.cache/bulkhead/sbf-toolchain}
suite=${SBF_DEBIAN_SUITE:-sid}
llvm=23
linker_version=0.2.6
builtins_version=0.3.0

fail() { echo "sbf toolchain: $*" >&2; exit 1; }
say() { echo "sbf toolchain: $*"; }
digest() { cat "$@" | sha256sum | cut -c1-16; }
stamp_is() { [[ -e $home/stamps/$1 && $(<"$home/stamps/$1") == "$2" ]]; }
set_stamp() { echo "$2" > "$home/stamps/$1"; }

std_made_from="$suite llvm-$llvm $(digest "$here/patch_std.py")"
linker_made_from=$linker_version
builtins_made_from="$builtins_version $std_made_from \
$(digest "$here/install.sh" "$here/patch_builtins.py" "$here/codegen-flags.sh")"
all_made_from=$(digest "$here/install.sh" "$here/cargo-build-sbf" "$here/codegen-flags.sh" \
  "$here/patch_std.py" "$here/patch_builtins.py")" $suite"

is_ready() { [[ -e $home/ready && $(<"$home/ready") == "$all_made_from" && -x $home/bin/cargo-build-sbf ]]; }

if [[ ${1:-} == --check ]]; then is_ready; exit; fi
(($# == 0)) || fail "unknown argument $1; the only one is --check"

# --- what this machine must bring -------------------------------------------------------------------
for tool in cargo python3 apt-get apt-cache dpkg dpkg-deb sha256sum flock; do
  command -v "$tool" >/dev/null || fail "needs \`$tool\` on PATH.
  This toolchain is for Debian machines with Rust that cannot download Solana's platform tools. Elsewhere install
  those (the Solana CLI brings \`cargo build-sbf\`) and run the command again."
done
[[ $(dpkg --print-architecture) == amd64 ]] || fail "is made for amd64 only, and this is $(dpkg --print-architecture)"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[[ -e $keyring ]] || fail "needs $keyring (Debian package debian-archive-keyring) to check the packages' signatures"

mkdir -p "$home"/{bin,stamps}
exec 9> "$home/lock"
flock --nonblock 9 || { say "waiting for another installation into $home"; flock 9; }
is_ready && exit 0
started=$SECONDS
rm -f "$home/ready"

# --- 1. compiler, std source, LLVM, WebAssembly's std and linker: from Debian, unpacked aside ----------
# The mirror is the one that the system itself uses, so that a machine with a local mirror keeps to it.
debian_mirror() {
  [[ -n ${SBF_DEBIAN_MIRROR:-} ]] && { echo "$SBF_DEBIAN_MIRROR"; return; }
  local found
  found=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep -m1 -E '/debian/?$' || true)
  [[ -n $found ]] || found=$(cat /etc/apt/sources.list.d/*.sources 2>/dev/null |
    awk '/^URIs:/ && $2 ~ /\/debian\/?$/ {print $2; exit}')
  [[ -n $found ]] || found=$(grep -hoE '^deb .*' /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null |
    grep -oE -m1 '[a-z+]+:[^ ]+/debian/?( |$)' | tr -d ' ' || true)
  [[ -n $found ]] || fail "found no Debian mirror in the system's sources; name one in SBF_DEBIAN_MIRROR"
  echo "$found"
}

fetch_debian() {
  local work=$home/work/debian mirror std
  mirror=$(debian_mirror)
  rm -rf "$work" && mkdir -p "$work"/{debs,root,lists/partial,cache/archives/partial}
  : > "$work/status" # An empty package database: apt then resolves as on a machine that has nothing.
  echo "deb [signed-by=$keyring] ${mirror%/} $suite main" > "$work/sources.list"
  local apt=(-o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status"
    -o "Dir::Cache=$work/cache" -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any -o Acquire::Retries=3)
  say "reading the package lists of Debian $suite"
  apt-get "${apt[@]}" -qq update || fail "could not read the package lists of Debian $suite from $mirror;
  SBF_DEBIAN_MIRROR names another mirror"
  std=$(apt-cache "${apt[@]}" depends libstd-rust-dev | awk '/Depends: libstd-rust-/ {print $2; exit}' || true)
  [[ -n $std ]] || fail "Debian $suite has no libstd-rust-dev"
  # What the compiler and LLVM are linked with, down to the C library, but not what only an installation needs.
  local libs
  mapfile -t libs < <(apt-cache "${apt[@]}" depends --recurse --no-recommends --no-suggests --no-conflicts \
      --no-breaks --no-replaces --no-enhances "$std" "libllvm$llvm" | grep -E '^[a-z]' | sort -u |
    grep -vE '^(debconf|cdebconf|gcc-[0-9]+-base|libc6-.*|perl.*|dpkg.*|tar|install-info|libpam.*|passwd)$')
  say "downloading rustc, its std source and LLVM $llvm (about 250 MB)"
  (cd "$work/debs" && apt-get "${apt[@]}" -qq download \
    rustc libstd-rust-dev rust-src libstd-rust-dev-wasm32 "lld-$llvm" "${libs[@]}") ||
    fail "could not download the Debian packages; the lines above say which"
  say "unpacking them into $home/root"
  local deb
  for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$work/root"; done
  python3 "$here/patch_std.py" "$work/root/usr/lib/rustlib/src/rust/library" ||
    fail "std of Debian $suite's rustc has moved on; patch_std.py must follow it"
  rm -rf "$home/root"
  mv "$work/root" "$home/root"
  rm -rf "$home/work"
}

if ! stamp_is std "$std_made_from" || [[ ! -d $home/root ]]; then
  fetch_debian
  set_stamp std "$std_made_from"
fi

# The packages' C library is newer than the system's, so their programs run with their own dynamic loader.
libdir=$home/root/usr/lib/x86_64-linux-gnu
loader=$libdir/ld-linux-x86-64.so.2
mkdir -p "$home/llvm"
ln -sfn "$libdir/libLLVM.so.$llvm.1" "$home/llvm/libLLVM.so"
write_program() { cat > "$home/bin/$1.new"; chmod +x "$home/bin/$1.new"; mv "$home/bin/$1.new" "$home/bin/$1"; }
write_program rustc <<END
#!/bin/sh
rustc=$home/root/usr/bin/rustc
exec $loader --library-path $libdir --argv0 \$rustc \$rustc --sysroot $home/root/usr "\$@"
END
write_program sbpf-linker <<END
#!/bin/sh
LD_LIBRARY_PATH=$home/llvm exec $loader --library-path $libdir $home/bin/sbpf-linker.real "\$@"
END
write_program wasm-ld <<END
#!/bin/sh
llvm=$home/root/usr/lib/llvm-$llvm
exec $loader --library-path $libdir:\$llvm/lib --argv0 wasm-ld \$llvm/bin/wasm-ld "\$@"
END
"$home/bin/rustc" --version >/dev/null || fail "the unpacked rustc does not run; delete $home and try again"

# --- 2. the linker: LLVM bitcode in, an sBPF ELF out ---------------------------------------------------
if ! stamp_is linker "$linker_made_from" || [[ ! -x $home/bin/sbpf-linker.real ]]; then
  say "building sbpf-linker $linker_version (two to three minutes)"
  cargo install --quiet --locked sbpf-linker --version "$linker_version" --force \
    --root "$home/work/linker" --target-dir "$home/work/linker/target"
  mv "$home/work/linker/bin/sbpf-linker" "$home/bin/sbpf-linker.real"
  rm -rf "$home/work"
  set_stamp linker "$linker_made_from"
fi

# --- 3. the target: Solana's name for it, on the compiler's own BPF target -----------------------------
# Misaligned access: the virtual machine allows it, and it saves a third of the compute units. As a flag of the compiler
# it would print a warning for every crate.
RUSTC_BOOTSTRAP=1 "$home/bin/rustc" -Zunstable-options --print target-spec-json --target bpfel-unknown-none |
  python3 -c '
import json, sys
spec = json.load(sys.stdin)
spec.update({"os": "solana", "linker": sys.argv[1], "atomic-cas": True, "min-atomic-width": 8,
             "features": "+allows-misaligned-mem-access", "metadata": {}})
spec.pop("is-builtin", None)
json.dump(spec, sys.stdout, indent=1)' "$home/bin/sbpf-linker" > "$home/target.new"
cmp -s "$home/target.new" "$home/sbpf-solana-solana.json" || mv "$home/target.new" "$home/sbpf-solana-solana.json"
rm -f "$home/target.new"

# --- 4. the compiler builtins: memcpy through syscalls, 128-bit arithmetic ------------------------------
build_builtins() {
  local work=$home/work/builtins
  rm -rf "$work" && mkdir -p "$work/fetch/src" && : > "$work/fetch/src/lib.rs"
  # Cargo has no command that fetches one crate's source; vendoring an empty package that needs it does.
  cat > "$work/fetch/Cargo.toml" <<END
[package]
name = "fetch"
version = "0.0.0"
edition = "2021"
[workspace]
[dependencies]
solana-compiler-builtins = "=$builtins_version"
END
  # Cargo is started in this folder, so that the repository's rust-toolchain.toml chooses it.
  (cd "$here" && cargo vendor --quiet --manifest-path "$work/fetch/Cargo.toml" "$work/vendor" >/dev/null)
  local source=$work/vendor/solana-compiler-builtins
  rm -f "$source"/{Cargo.lock,Cargo.toml.orig,.cargo-checksum.json}
  printf '\n[workspace]\n' >> "$source/Cargo.toml" # It stands alone, wherever the toolchain's folder lies.
  python3 "$here/patch_builtins.py" "$source/src/lib.rs"
  source "$here/codegen-flags.sh"
  (cd "$here" && unset RUSTC_WRAPPER CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS &&
    RUSTC=$home/bin/rustc RUSTC_BOOTSTRAP=1 RUSTC_BOOTSTRAP_SYNTHETIC_TARGET=1 RUSTFLAGS=$codegen_flags \
      CARGO_TARGET_DIR=$work/target cargo build --quiet --release --manifest-path "$source/Cargo.toml" \
      --target "$home/sbpf-solana-solana.json" -Zbuild-std=core -Zjson-target-spec)
  mv "$work/target/sbpf-solana-solana/release/libsolana_compiler_builtins.rlib" "$home/"
  rm -rf "$home/work"
}

if ! stamp_is builtins "$builtins_made_from" || [[ ! -e $home/libsolana_compiler_builtins.rlib ]]; then
  say "building the compiler builtins"
  build_builtins
  set_stamp builtins "$builtins_made_from"
fi

# --- 5. the front end --------------------------------------------------------------------------------
install -m644 "$here/codegen-flags.sh" "$home/codegen-flags.sh"
install -m755 "$here/cargo-build-sbf" "$home/bin/cargo-build-sbf"
echo "$all_made_from" > "$home/ready"
say "ready in $home after $((SECONDS - started)) s ($("$home/bin/rustc" --version | cut -d' ' -f1,2))"
