//! The branches that the virtual machine takes in our program, as libFuzzer's counters.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};

use litesvm::{InvocationInspectCallback, LiteSVM};
use solana_program_runtime::invoke_context::InvokeContext;
use solana_transaction::sanitized::SanitizedTransaction;
use solana_transaction_context::IndexOfAccount;

/// Counters of branches, two each; behind them those of a branch within an instruction, by hash.
const BRANCHES: usize = 1 << 17;
const COUNTERS: usize = 1 << 20;

/// Set where only the branches themselves count.
const PLAIN: &str = "BULKHEAD_FUZZ_PLAIN";

#[unsafe(link_section = "__libfuzzer_extra_counters")]
static TAKEN: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// What has run since the start.
static SEEN: OnceLock<Seen> = OnceLock::new();

struct Seen {
    code: Code,
    /// Whether a branch within another instruction counts as another: not where files are chosen to keep.
    by_instruction: bool,
    /// By instruction of the machine, and by direction of a branch.
    run: Vec<AtomicU8>,
    taken: Vec<AtomicU8>,
    lives: AtomicU64,
    sent: AtomicU64,
    executed: AtomicU64,
}

/// The program's text: at each place the number of its branch, from one; none elsewhere.
struct Code {
    branch_at: Vec<u32>,
    branches: usize,
    /// Instructions; some take two places.
    instructions: usize,
}

impl Code {
    /// Of an sBPF v3 file: its last program header is the text.
    fn of(elf: &[u8]) -> Self {
        let number =
            |at: usize| usize::try_from(u64::from_le_bytes(elf[at..at + 8].try_into().unwrap())).unwrap();
        let headers = usize::from(u16::from_le_bytes([elf[56], elf[57]]));
        let text = number(32) + 56 * (headers - 1);
        let (from, length) = (number(text + 8), number(text + 32));
        let (mut branch_at, mut branches, mut instructions) = (Vec::new(), 0, 0);
        let mut is_second_half = false;
        for instruction in elf[from..from + length].chunks_exact(8) {
            let is_branch = !is_second_half && is_branch(instruction[0]);
            branches += u32::from(is_branch);
            branch_at.push(if is_branch { branches } else { 0 });
            instructions += usize::from(!is_second_half);
            is_second_half = !is_second_half && instruction[0] == LDDW;
        }
        Self { branch_at, branches: branches as usize, instructions }
    }
}

/// A load of 64 bits, whose second half takes a place of its own.
const LDDW: u8 = 0x18;

/// Jumps of 64 and 32 bits with a condition: neither `ja`, nor calls, nor `exit`.
fn is_branch(opcode: u8) -> bool {
    matches!(opcode & 7, 5 | 6) && !matches!(opcode >> 4, 0 | 8 | 9)
}

/// What the chain calls before and after every transaction.
#[derive(Clone, Copy)]
pub(crate) struct Trace;

impl Trace {
    /// Of the program in this file, which is the one that the chain runs.
    pub(crate) fn new(file: &str) -> Self {
        let code = Code::of(&std::fs::read(file).expect("the program is there"));
        assert!(2 * code.branches <= BRANCHES, "{} branches: raise the number of counters", code.branches);
        let zeros = |count| (0..count).map(|_| AtomicU8::new(0)).collect();
        SEEN.get_or_init(|| Seen {
            run: zeros(code.branch_at.len()),
            taken: zeros(2 * code.branches),
            code,
            by_instruction: std::env::var_os(PLAIN).is_none(),
            lives: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            executed: AtomicU64::new(0),
        });
        unsafe extern "C" {
            safe fn atexit(callback: extern "C" fn()) -> i32;
        }
        atexit(print);
        Self
    }
}

impl InvocationInspectCallback for Trace {
    fn before_invocation(
        &self,
        _: &LiteSVM,
        _: &SanitizedTransaction,
        _: &[IndexOfAccount],
        _: &mut InvokeContext,
        _: bool,
    ) {
    }

    fn after_invocation(
        &self,
        _: &LiteSVM,
        _: &SanitizedTransaction,
        _: &[IndexOfAccount],
        context: &InvokeContext,
        is_tracing: bool,
    ) {
        assert!(is_tracing, "cargo xtask fuzz program turns the tracing on");
        context.iterate_vm_traces(&|instruction, _, trace| {
            if instruction.get_program_key().is_ok_and(|program| *program == bulkhead_client::ID) {
                note(instruction.get_instruction_data(), trace);
            }
        });
    }
}

/// Counts the branches of one instruction. The program counter is the twelfth register.
fn note(data: &[u8], trace: &[[u64; 12]]) {
    let seen = SEEN.get().expect("a trace was made");
    let discriminator = data.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    seen.executed.fetch_add(trace.len() as u64, Relaxed);
    for (number, registers) in trace.iter().enumerate() {
        let place = registers[11] as usize;
        seen.run[place].store(1, Relaxed);
        let branch = seen.code.branch_at[place] as usize;
        let (1.., Some(next)) = (branch, trace.get(number + 1)) else { continue };
        let direction = 2 * (branch - 1) + usize::from(next[11] as usize != place + 1);
        seen.taken[direction].store(1, Relaxed);
        count(direction);
        if !seen.by_instruction {
            continue;
        }
        let mixed = (discriminator ^ direction as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        count(BRANCHES + mixed as usize % (COUNTERS - BRANCHES));
    }
}

fn count(counter: usize) {
    let before = TAKEN[counter].load(Relaxed);
    TAKEN[counter].store(before.saturating_add(1), Relaxed);
}

/// Counts a life that is over, and what was sent in it.
pub(crate) fn report(sent: u64) {
    let seen = SEEN.get().expect("a trace was made");
    seen.lives.fetch_add(1, Relaxed);
    seen.sent.fetch_add(sent, Relaxed);
}

extern "C" fn print() {
    let Some(seen) = SEEN.get() else { return };
    let ones = |flags: &[AtomicU8]| flags.iter().filter(|flag| flag.load(Relaxed) != 0).count();
    let (run, instructions) = (ones(&seen.run), seen.code.instructions);
    let (taken, directions) = (ones(&seen.taken), 2 * seen.code.branches);
    eprintln!(
        "{} lives, {} transactions, {} sBPF instructions; of the program's {instructions} instructions {run} ran \
         ({:.1} %), of {directions} directions of branches {taken} were taken ({:.1} %)",
        seen.lives.load(Relaxed),
        seen.sent.load(Relaxed),
        seen.executed.load(Relaxed),
        percent(run, instructions),
        percent(taken, directions),
    );
}

fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole as f64
}
