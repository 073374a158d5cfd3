//! Where compute units go: every instruction that the virtual machine executes in the set-ups of
//! `docs/compute-units.md`, by function. `cargo xtask profile` builds what this needs and starts it.

mod program;
mod report;
mod trace;

use std::env;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use bulkhead_tests::set_ups;
use program::Program;
use report::Profile;

/// What the command line says: parts of an instruction's and a set-up's name, and how many functions to list.
struct Options {
    instruction: String,
    set_up: String,
    functions: usize,
}

impl Options {
    fn read() -> Result<Self> {
        let mut words = env::args().skip(1);
        let mut next = || words.next().context("instruction, set-up and number of functions are missing");
        Ok(Self { instruction: next()?, set_up: next()?, functions: next()?.parse()? })
    }

    fn chooses(&self, instruction: &str, set_up: &str) -> bool {
        let is_named = self.instruction.is_empty() || instruction == self.instruction;
        is_named && set_up.contains(&self.set_up)
    }
}

fn path(variable: &str) -> Result<PathBuf> {
    env::var_os(variable).map(PathBuf::from).with_context(|| format!("{variable} is not set"))
}

fn main() -> Result<()> {
    let options = Options::read()?;
    let program = Program::read(&path("BULKHEAD_SO")?, &path("BULKHEAD_OBJECT")?)?;
    let traces = path("SBF_TRACE_DIR")?;
    let mut profiles = Vec::new();
    set_ups::walk(&mut |world, set_up, instruction| {
        trace::clear(&traces).expect("the folder of traces can be emptied");
        let done = world.send(&[instruction]).unwrap_or_else(|failed| panic!("{set_up}: {failed}"));
        let used = done.uses.first().expect("the program ran");
        if options.chooses(used.name, set_up) {
            let runs = trace::read(&traces).expect("the machine's trace can be read");
            profiles.push(Profile::of(&program, used.name, set_up, used.units, &runs));
        }
        done
    });
    ensure!(!profiles.is_empty(), "no such set-up; docs/compute-units.md lists them");
    println!("{}", report::groups(&profiles));
    for profile in &profiles {
        println!("{}", profile.functions(&program, options.functions));
    }
    Ok(())
}
