//! `cargo xtask mutants`: removes every check from the program, one at a time, and sees that a test fails.
//!
//! Building the program anew for each of a thousand mutants would take days. So all of them are written into one
//! copy of the source, each behind a question for its number, and built once. Writing a number into the compiled
//! program makes it that mutant; 0 makes it the program as it is. See docs/mutation.md.

mod accounts;
mod find;
mod pairs;
mod report;
mod results;
mod rewrite;
mod site;
mod stages;
mod suite;
mod syntax;
mod workshop;

use crate::repo::Repo;
use anyhow::{Result, bail};
use results::Results;
use site::Site;
use stages::Stage;
use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use suite::Ending;
use workshop::Workshop;

/// A suite may take so many times as long with a mutant as without one, and this besides.
const PATIENCE: u32 = 10;
const PATIENCE_SECS: u64 = 120;

/// What the caller asks for.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only list the mutants
    #[arg(long)]
    list: bool,
    /// Only write docs/mutation.md from what is known
    #[arg(long)]
    report: bool,
    /// Try those that live once more: there are other tests now
    #[arg(long)]
    again: bool,
    /// Only mutants whose key contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Mutants at a time
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

pub(crate) fn command(repo: &Repo, options: &Options) -> Result<()> {
    let dir = repo.mutants_dir();
    fs::create_dir_all(&dir)?;
    if options.list {
        for site in workshop::mutated(repo)?.0 {
            println!("{:>4} {}:{} {}", site.number, site.file, site.line, site.key());
        }
        return Ok(());
    }
    let mut results = Results::read(&dir.join("results.json"))?;
    let sites = if options.report {
        workshop::mutated(repo)?.0
    } else {
        if options.again {
            results.forget_passed();
        }
        let workshop = Workshop::build(repo, &dir)?;
        let stages = stages::stages(repo, &workshop, &dir)?;
        let run = Run { workshop: &workshop, dir: &dir, times: Mutex::default() };
        run.baseline(&stages)?;
        for stage in &stages {
            results = run.stage(stage, results, options)?;
        }
        workshop.sites
    };
    report::write(repo, &sites, &results)
}

/// Mutants being tried.
struct Run<'a> {
    workshop: &'a Workshop,
    dir: &'a Path,
    /// How long each suite takes without a mutant.
    times: Mutex<BTreeMap<String, Duration>>,
}

impl Run<'_> {
    fn program(&self, job: usize) -> PathBuf {
        self.dir.join(format!("mutant-{job}.so"))
    }

    /// The mutated program without a mutant is the program: every suite must pass. Asked once for each build.
    fn baseline(&self, stages: &[Stage]) -> Result<()> {
        let program = self.program(0);
        self.workshop.write_program(&[], &program)?;
        let kept = self.dir.join("baseline.json");
        let mut known: BTreeMap<String, (u64, u64)> = match fs::read_to_string(&kept) {
            Ok(text) => serde_json::from_str(&text).unwrap_or_default(),
            Err(_) => BTreeMap::new(),
        };
        for suite in stages.iter().filter(|stage| stage.likely.is_none()).flat_map(|stage| &stage.suites) {
            let build = build_of(&[&program, &suite.binary])?;
            let millis = match known.get(&suite.name) {
                Some((same, millis)) if *same == build => *millis,
                _ => {
                    let start = Instant::now();
                    let ending =
                        suite.run(&[], &stages::variables(0, &program), Duration::from_secs(3_600))?;
                    if ending != Ending::Passed {
                        bail!("{} fails without any mutant: {ending:?}", suite.name);
                    }
                    println!(
                        "without a mutant: {} passes in {:.1} s",
                        suite.name,
                        start.elapsed().as_secs_f32()
                    );
                    u64::try_from(start.elapsed().as_millis())?
                }
            };
            known.insert(suite.name.clone(), (build, millis));
            lock(&self.times).insert(suite.name.clone(), Duration::from_millis(millis));
            fs::write(&kept, serde_json::to_string(&known)?)?;
        }
        Ok(())
    }

    /// Tries a stage on every mutant that lives and has not passed it.
    fn stage(&self, stage: &Stage, results: Results, options: &Options) -> Result<Results> {
        let due = |site: &&Site| {
            let key = site.key();
            let known = results.known.get(&key);
            key.contains(&options.only)
                && stage.filters(site).is_some()
                && known.is_none_or(|known| known.killed_by.is_none() && !known.passed.contains(&stage.name))
        };
        let due: Vec<&Site> = self.workshop.sites.iter().filter(due).collect();
        println!("{}: {} mutants", stage.name, due.len());
        let waiting = Mutex::new(due.chunks(stage.together).rev().map(<[_]>::to_vec).collect::<Vec<_>>());
        let results = Mutex::new(results);
        let work = |job: usize| -> Result<()> {
            loop {
                let Some(group) = lock(&waiting).pop() else { return Ok(()) };
                let ending = self.try_on(stage, &group, &self.program(job))?;
                match (&*group, ending) {
                    ([_, _, ..], Some(_)) => {
                        let (first, second) = group.split_at(group.len() / 2);
                        lock(&waiting).extend([second.to_vec(), first.to_vec()]);
                    }
                    (group, ending) => note(&mut lock(&results), stage, group, ending)?,
                }
            }
        };
        thread::scope(|scope| {
            let work = &work;
            let jobs: Vec<_> = (0..options.jobs.max(1)).map(|job| scope.spawn(move || work(job))).collect();
            for job in jobs {
                job.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        Ok(results.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// What kills mutants in this stage.
    fn try_on(&self, stage: &Stage, group: &[&Site], program: &Path) -> Result<Option<Death>> {
        let Some(first) = group.first() else { return Ok(None) };
        let numbers: Vec<_> = group.iter().map(|site| site.number).collect();
        self.workshop.write_program(&numbers, program)?;
        let filters = stage.filters(first).unwrap_or_default();
        let stem = Path::new(&first.file).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let time = |name: &str| lock(&self.times).get(name).copied().unwrap_or_default();
        let mut suites: Vec<_> = stage.suites.iter().collect();
        suites.sort_by_key(|suite| (!suite.name.ends_with(&format!("/{stem}")), time(&suite.name)));
        for suite in suites {
            let longest = time(&suite.name) * PATIENCE + Duration::from_secs(PATIENCE_SECS);
            match suite.run(&filters, &stages::variables(first.number, program), longest)? {
                Ending::Passed => {}
                Ending::Failed(test) => {
                    return Ok(Some(Death { by: format!("{}: {test}", suite.name), timed_out: false }));
                }
                Ending::TimedOut => return Ok(Some(Death { by: suite.name.clone(), timed_out: true })),
            }
        }
        Ok(None)
    }
}

/// Tells one build from another.
fn build_of(files: &[&Path]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file)?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// How a mutant died.
struct Death {
    by: String,
    timed_out: bool,
}

/// Keeps what a stage has shown of mutants: of one, or of several that live.
fn note(results: &mut Results, stage: &Stage, group: &[&Site], ending: Option<Death>) -> Result<()> {
    for site in group {
        let known = results.known.entry(site.key()).or_default();
        let verdict = match &ending {
            None => {
                known.passed.insert(stage.name.clone());
                "lives"
            }
            Some(death) => {
                (known.killed_by, known.timed_out) = (Some(death.by.clone()), death.timed_out);
                &death.by
            }
        };
        println!("{}: {verdict} | {}", stage.name, site.key());
    }
    results.write()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
