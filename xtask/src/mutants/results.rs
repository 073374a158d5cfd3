//! What is known of each mutant, kept between runs.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// What is known of one mutant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Suite and test that failed.
    pub(crate) killed_by: Option<String>,
    /// Whether it was a suite that did not end.
    pub(crate) timed_out: bool,
    /// Stages that passed with the mutant.
    pub(crate) passed: BTreeSet<String>,
}

/// By the mutant's key.
pub(crate) struct Results {
    path: PathBuf,
    pub(crate) known: BTreeMap<String, Known>,
}

impl Results {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut known = BTreeMap::new();
        if path.is_file() {
            let text = fs::read_to_string(path)?;
            let kept: BTreeMap<String, Value> = serde_json::from_str(&text)
                .with_context(|| format!("{} is damaged: delete it", path.display()))?;
            for (key, value) in kept {
                let killed_by = value["killed_by"].as_str().map(str::to_owned);
                let timed_out = value["timed_out"].as_bool().unwrap_or_default();
                let passed = value["passed"].as_array().into_iter().flatten();
                let passed = passed.filter_map(Value::as_str).map(str::to_owned).collect();
                known.insert(key, Known { killed_by, timed_out, passed });
            }
        }
        Ok(Self { path: path.to_owned(), known })
    }

    /// Written beside and moved, so that an interruption leaves a whole file.
    pub(crate) fn write(&self) -> Result<()> {
        let kept: BTreeMap<&String, Value> = self
            .known
            .iter()
            .map(|(key, known)| {
                let Known { killed_by, timed_out, passed } = known;
                (key, json!({ "killed_by": killed_by, "timed_out": timed_out, "passed": passed }))
            })
            .collect();
        let beside = self.path.with_extension("new");
        fs::write(&beside, serde_json::to_string_pretty(&kept)?)?;
        fs::rename(&beside, &self.path).with_context(|| format!("cannot write {}", self.path.display()))
    }

    pub(crate) fn is_killed(&self, key: &str) -> bool {
        self.known.get(key).is_some_and(|known| known.killed_by.is_some())
    }

    /// Forgets what the mutants that live have passed: there are other tests now.
    pub(crate) fn forget_passed(&mut self) {
        self.known.retain(|_, known| known.killed_by.is_some());
    }
}
