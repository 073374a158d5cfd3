//! `cargo xtask profile`: where an instruction's compute units go, by function.
//!
//! The program is built as ever, but the object file that the linker makes it from is kept, for its names. Then
//! `bulkhead-profile` (tests/profile) walks through the set-ups with LiteSVM's register tracing on.

use crate::{process, repo::Repo, setup};
use anyhow::{Context, Result};
use std::{fs, path::Path, process::Command};

/// What to profile.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Instruction, as in docs/compute-units.md
    instruction: String,
    /// Part of the set-up's name
    #[arg(default_value = "")]
    set_up: String,
    /// So many functions
    #[arg(long, default_value_t = 40)]
    functions: usize,
}

/// Offsets in the header of a 64-bit ELF file: of its section table, and of that table's entry size, count and names.
const SECTIONS: usize = 40;
const SECTION_SIZES: usize = 58;
const SECTION_LEN: u16 = 64;
/// A section that holds names.
const NAMES: u32 = 3;

pub(crate) fn command(repo: &Repo, options: &Options) -> Result<()> {
    let dir = repo.scratch("profile")?;
    let object = build(repo, &dir)?;
    let traced = dir.join("traced.so");
    let program = fs::read(dir.join("bulkhead.so")).context("the build left no bulkhead.so")?;
    fs::write(&traced, with_sections(program)?)?;

    println!("building the profiler");
    let mut cargo = process::cargo(repo);
    cargo.args(["build", "--locked", "--workspace", "--exclude", "xtask"]);
    cargo.args(["--features", "bulkhead-tests/profile", "--bin", "bulkhead-profile"]);
    process::run(&mut cargo, "The profiler does not compile; the lines above say why.")?;
    let mut profiler = Command::new(repo.built_binary("bulkhead-profile"));
    profiler.args([&options.instruction, &options.set_up, &options.functions.to_string()]);
    profiler
        .env("BULKHEAD_SO", traced)
        .env("BULKHEAD_OBJECT", object)
        .env("SBF_TRACE_DIR", dir.join("trace"));
    process::forget_own_package(&mut profiler);
    process::run(&mut profiler, "The profiler's own lines above say why.")
}

/// Builds the program into `dir` and returns where its object file lies. Only our own toolchain has the linker that
/// makes one; the platform tools' programs have names of their own, which this does not read.
fn build(repo: &Repo, dir: &Path) -> Result<std::path::PathBuf> {
    println!("building the program, with its names");
    let tools = setup::own_sbf(repo)?;
    let mut cargo = tools.cargo(repo)?;
    cargo.args(["build-sbf", "--manifest-path", "programs/bulkhead/Cargo.toml", "--sbf-out-dir"]);
    let linker = format!("linker={}", repo.join("toolchain/sbf/keep-object").display());
    cargo.arg(dir).args(["--", "--locked", "--", "-C", &linker]);
    process::run(&mut cargo, "The program does not compile for sBPF; the lines above say why.")?;
    Ok(repo.built_for_chain("deps/libbulkhead.o"))
}

/// The program with a section table of two entries, one empty and one for the table's own names: the linker writes
/// none, and the loader asks for one where instructions are traced.
fn with_sections(mut program: Vec<u8>) -> Result<Vec<u8>> {
    let names = b"\0.shstrtab\0";
    program.resize(program.len().next_multiple_of(8), 0);
    let names_at = u64::try_from(program.len())?;
    program.extend_from_slice(names);
    program.resize(program.len().next_multiple_of(8), 0);
    let table_at = u64::try_from(program.len())?;
    program.extend_from_slice(&[0; SECTION_LEN as usize]);
    // Name, type, flags, address, offset, size, link, info, alignment, entry size.
    program.extend([1_u32, NAMES].iter().flat_map(|word| word.to_le_bytes()));
    let words = [0, 0, names_at, u64::try_from(names.len())?, 0, 1, 0];
    program.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    program.splice(SECTIONS..SECTIONS + 8, table_at.to_le_bytes());
    let sizes: Vec<u8> = [SECTION_LEN, 2, 1].iter().flat_map(|size| size.to_le_bytes()).collect();
    program.splice(SECTION_SIZES..SECTION_SIZES + sizes.len(), sizes);
    Ok(program)
}
