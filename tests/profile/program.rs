//! The program's instructions, where its functions begin, and what they are called.
//!
//! The linker writes no names into the program. The object file that it makes the program from has them, but the
//! program is that file with instructions left out. Functions keep their order, so the next function of the program
//! that begins alike and is about as long is the next one of the object file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Endianness, Object, ObjectSection, ObjectSymbol, SymbolKind};

/// `call` of a function of the program, where the source register is one; of the runtime, where it is zero.
pub(crate) const CALL: u8 = 0x85;
/// Call through a register.
pub(crate) const CALL_REGISTER: u8 = 0x8d;
/// Return.
pub(crate) const EXIT: u8 = 0x95;
const LOAD_64: u8 = 0x18;
/// Moves of 64 and of 32 bits, which the linker takes for one another.
const MOVE_64: u8 = 0xbf;
const MOVE_32: u8 = 0xbc;
const EXECUTABLE: u32 = 1;

/// How far ahead a function's counterpart is looked for, how many instructions of it are compared, and how many per
/// cent of them must be alike.
const AHEAD: usize = 60;
const COMPARED: usize = 30;
const ALIKE_PERCENT: usize = 70;

/// One instruction of eight bytes.
#[derive(Clone, Copy)]
pub(crate) struct Instruction {
    pub(crate) operation: u8,
    registers: u8,
    immediate: i32,
}

impl Instruction {
    fn all_of(code: &[u8]) -> Vec<Self> {
        let of = |bytes: &[u8; 8]| Self {
            operation: bytes[0],
            registers: bytes[1],
            immediate: i32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        };
        code.as_chunks::<8>().0.iter().map(of).collect()
    }

    /// Whether it calls a function of the program itself.
    pub(crate) fn is_inner_call(self) -> bool {
        self.operation == CALL_REGISTER || (self.operation == CALL && self.registers >> 4 == 1)
    }

    fn is_like(self, other: Self) -> bool {
        let kind = |one: Self| match one.operation {
            CALL => (CALL, 0),
            MOVE_32 => (MOVE_64, one.registers & 15),
            operation => (operation, one.registers & 15),
        };
        kind(self) == kind(other)
    }
}

/// A program, by functions.
pub(crate) struct Program {
    pub(crate) instructions: Vec<Instruction>,
    /// Names of functions by their first instruction.
    functions: BTreeMap<usize, String>,
}

impl Program {
    /// The program in `so`, with the names in `object`.
    pub(crate) fn read(so: &Path, object: &Path) -> Result<Self> {
        let bytes = fs::read(so).with_context(|| format!("cannot read {}", so.display()))?;
        let (instructions, starts) = code_and_starts(&bytes)?;
        let bytes = fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
        let functions = named(&instructions, &starts, &named_functions(&bytes)?);
        let unnamed = functions.values().filter(|name| name.is_empty()).count();
        ensure!(unnamed * 20 < functions.len(), "{} is not what the program was made from", object.display());
        Ok(Self { instructions, functions })
    }

    /// First instruction of the function in which the instruction at `place` lies.
    pub(crate) fn function_at(&self, place: usize) -> usize {
        self.functions.range(..=place).next_back().map_or(0, |(start, _)| *start)
    }

    /// Name of the function that begins at `start`.
    pub(crate) fn name(&self, start: usize) -> String {
        match self.functions.get(&start).map(String::as_str) {
            None | Some("") => format!("the function at {start}"),
            Some(name) => name.to_owned(),
        }
    }
}

/// The instructions, and where something calls or points to one.
fn code_and_starts(bytes: &[u8]) -> Result<(Vec<Instruction>, Vec<usize>)> {
    let file = ElfFile64::<Endianness>::parse(bytes).context("the program is no ELF file")?;
    let endian = file.endian();
    let headers = file.elf_program_headers();
    let is_code =
        |header: &&object::elf::ProgramHeader64<Endianness>| header.p_flags(endian) & EXECUTABLE != 0;
    let text = headers.iter().find(is_code).context("the program has no code")?;
    let code = text.data(endian, bytes).ok().context("the program's code is cut off")?;
    let instructions = Instruction::all_of(code);
    let base = text.p_vaddr(endian);
    let place = |address: u64| {
        let offset = address.checked_sub(base).filter(|offset| offset % 8 == 0)?;
        usize::try_from(offset / 8).ok().filter(|place| *place < instructions.len())
    };
    let mut starts = vec![place(file.entry()).context("the entry point lies outside of the code")?];
    for (at, instruction) in instructions.iter().enumerate() {
        match instruction.operation {
            CALL if instruction.is_inner_call() => {
                let target = i64::try_from(at)? + 1 + i64::from(instruction.immediate);
                starts.push(usize::try_from(target)?);
            }
            LOAD_64 => starts.extend(instructions.get(at + 1).and_then(|next| {
                let halves =
                    [instruction.immediate, next.immediate].map(|half| u64::from(half.cast_unsigned()));
                place(halves[0] | halves[1] << 32)
            })),
            _ => {}
        }
    }
    for data in headers.iter().filter(|header| !is_code(header)) {
        let data = data.data(endian, bytes).unwrap_or_default();
        starts.extend(data.as_chunks::<8>().0.iter().filter_map(|word| place(u64::from_le_bytes(*word))));
    }
    starts.sort_unstable();
    starts.dedup();
    Ok((instructions, starts))
}

/// Functions of an object file in order, with their instructions.
fn named_functions(bytes: &[u8]) -> Result<Vec<(String, Vec<Instruction>)>> {
    let file = ElfFile64::<Endianness>::parse(bytes).context("the object file is no ELF file")?;
    let mut functions = Vec::new();
    for symbol in file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.size() > 0) {
        let Some(index) = symbol.section_index() else { continue };
        let section = file.section_by_index(index)?;
        let code = section.data_range(symbol.address(), symbol.size())?.context("a function is cut off")?;
        let name = format!("{:#}", rustc_demangle::demangle(symbol.name()?));
        functions.push(((index.0, symbol.address()), (name, Instruction::all_of(code))));
    }
    functions.sort_unstable_by_key(|function| function.0);
    Ok(functions.into_iter().map(|function| function.1).collect())
}

/// The program's functions with the names of their counterparts; without a name where there is none.
fn named(
    code: &[Instruction],
    starts: &[usize],
    known: &[(String, Vec<Instruction>)],
) -> BTreeMap<usize, String> {
    let mut names: BTreeMap<usize, String> = starts.iter().map(|start| (*start, String::new())).collect();
    let mut next = 0;
    for (name, wanted) in known {
        let is_counterpart = |at: &usize| {
            let end = starts.get(at + 1).copied().unwrap_or(code.len());
            let found = &code[starts[*at]..end];
            let compared = wanted.len().min(COMPARED);
            let alike = wanted.iter().zip(found).take(compared).filter(|(one, other)| one.is_like(**other));
            found.len().abs_diff(wanted.len()) <= (wanted.len() / 16).max(3)
                && alike.count() * 100 >= compared * ALIKE_PERCENT
        };
        if let Some(at) = (next..starts.len().min(next + AHEAD)).find(is_counterpart) {
            names.insert(starts[at], name.clone());
            next = at + 1;
        }
    }
    names
}
