//! A section table for the program: the loader asks for one while it traces, and the linker writes none.

use anyhow::{Context, Result, ensure};
use std::{fs, path::Path};

const HEADER: usize = 64;
/// Where an ELF header keeps the table's place, and behind it the length of an entry, their number, and which one
/// holds the names.
const PLACE: std::ops::Range<usize> = 40..48;
const SHAPE: std::ops::Range<usize> = 58..64;
/// String table.
const STRINGS: u32 = 3;

/// Copies a program and gives it two sections without a name: nothing, and the names.
pub(super) fn add(from: &Path, to: &Path) -> Result<()> {
    let mut elf = fs::read(from).with_context(|| format!("cannot read {}", from.display()))?;
    ensure!(elf.len() > HEADER && elf[PLACE] == [0; 8], "{} has a section table", from.display());
    elf.resize(elf.len().next_multiple_of(8), 0);
    let names = elf.len() as u64;
    elf.extend_from_slice(&[0; 8]);
    let table = elf.len() as u64;
    elf.extend_from_slice(&[0; HEADER]);
    let mut entry = [0; HEADER];
    entry[4..8].copy_from_slice(&STRINGS.to_le_bytes());
    entry[24..32].copy_from_slice(&names.to_le_bytes());
    entry[32..40].copy_from_slice(&8_u64.to_le_bytes());
    elf.extend_from_slice(&entry);
    elf[PLACE].copy_from_slice(&table.to_le_bytes());
    elf[SHAPE].copy_from_slice(&[64, 0, 2, 0, 1, 0]);
    fs::write(to, elf).with_context(|| format!("cannot write {}", to.display()))
}
