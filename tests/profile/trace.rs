//! What LiteSVM's register tracing leaves: three files for every program that ran, named by their content.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// Registers that are kept of each instruction executed, the program counter last.
const REGISTERS: usize = 12;
const PROGRAM_COUNTER: usize = 11;

/// One run of one program.
pub(crate) struct Run {
    /// Its address, in base 58.
    pub(crate) program: String,
    /// Places of the instructions executed, in order.
    pub(crate) counters: Vec<usize>,
}

/// Forgets what ran so far.
pub(crate) fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(fs::create_dir_all(folder)?)
}

/// What ran since.
pub(crate) fn read(folder: &Path) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "regs") {
            let program = fs::read_to_string(path.with_extension("program_id"))
                .with_context(|| format!("{} has no program", path.display()))?;
            runs.push(Run { program, counters: counters(&fs::read(&path)?)? });
        }
    }
    Ok(runs)
}

fn counters(registers: &[u8]) -> Result<Vec<usize>> {
    let word = |bytes: &[u8]| Some(u64::from_le_bytes(*bytes.first_chunk::<8>()?));
    let counter = |state: &[u8]| usize::try_from(word(state.get(PROGRAM_COUNTER * 8..)?)?).ok();
    let states = registers.chunks_exact(REGISTERS * 8);
    states.map(counter).collect::<Option<_>>().context("a program counter beyond any program")
}
