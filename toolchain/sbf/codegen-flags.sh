# Code generation flags of every crate that ends in a program; sourced by install.sh and by cargo-build-sbf.
# The two must agree, because the builtins that install.sh compiles are linked into what cargo-build-sbf compiles.
#   passes=lower-atomic          one thread: atomics are plain loads and stores, which is all sBPF has
#   target-cpu=v4                the instruction set of sBPF v3, less what the linker's --disable-* flags take away
#   relocation-model=static      v3 programs are loaded at a fixed address
#   jump-tables=no               they would need relocations that the loader does not do
codegen_flags="-C passes=lower-atomic -C target-cpu=v4 -C relocation-model=static \
-Z unstable-options -C jump-tables=no -A unexpected_cfgs"
