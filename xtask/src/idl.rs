//! `cargo xtask idl`: the program's description for clients, idl/bulkhead.json.
//!
//! `anchor idl build` does the same work, but with compiler flags of its own, for which Cargo compiles all dependencies
//! again. The test build of this workspace has what is needed compiled in (see tests/Cargo.toml), so running it is enough.

use crate::{process, repo::Repo};
use anchor_lang_idl_spec::{Idl, IdlEvent, IdlTypeDef};
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

const COMMITTED: &str = "idl/bulkhead.json";

/// Anchor's macros generate tests with this prefix; each prints one piece of the description.
pub(crate) const PRINTING_TESTS: &str = "__anchor_private_print_idl";

pub(crate) fn command(repo: &Repo, check: bool) -> Result<()> {
    let mut cargo = process::cargo(repo);
    cargo.args(["test", "--locked", "--workspace", "--exclude", "xtask", "--lib", PRINTING_TESTS]);
    cargo.args(["--", "--show-output", "--quiet"]);
    let printed = process::output(&mut cargo, "The lines above say what does not compile.")?;
    let idl = assemble(&printed)?;
    let mut text = serde_json::to_string_pretty(&idl)?;
    text.push('\n');
    let path = repo.join(COMMITTED);
    if check {
        let committed = fs::read_to_string(&path).unwrap_or_default();
        if committed != text {
            bail!("{COMMITTED}: {}. Run `cargo xtask idl` and commit.", first_difference(&committed, &text));
        }
        return Ok(());
    }
    fs::create_dir_all(repo.join("idl"))?;
    fs::write(&path, text).with_context(|| format!("cannot write {COMMITTED}"))?;
    println!("{COMMITTED}: {} instructions, {} types", idl.instructions.len(), idl.types.len());
    Ok(())
}

/// Puts the printed pieces together, in the order that anchor writes.
fn assemble(printed: &str) -> Result<Idl> {
    let sections = sections(printed);
    let the_one = |name: &str| -> Result<Option<&String>> {
        let mut found = sections.iter().filter(|(section, _)| section == name).map(|(_, text)| text);
        let first = found.next();
        ensure!(found.next().is_none(), "the program prints more than one section {name:?}");
        Ok(first)
    };
    let program = the_one("program")?.context("the program prints no IDL: is its feature idl-build on?")?;
    let mut idl: Idl = serde_json::from_str(program)?;
    let address = the_one("address")?.context("the program prints no address: has it a declare_id!?")?;
    idl.address = address.chars().filter(|c| c.is_alphanumeric()).collect();
    if let Some(errors) = the_one("errors")? {
        idl.errors = serde_json::from_str(errors)?;
    }
    let mut types: BTreeMap<String, IdlTypeDef> = BTreeMap::new();
    for (name, text) in &sections {
        match name.as_str() {
            "const" => idl.constants.push(serde_json::from_str(text)?),
            "event" => {
                let mut printed: Value = serde_json::from_str(text)?;
                idl.events.push(serde_json::from_value::<IdlEvent>(printed["event"].take())?);
                let used: Vec<IdlTypeDef> = serde_json::from_value(printed["types"].take())?;
                types.extend(used.into_iter().map(|ty| (ty.name.clone(), ty)));
            }
            _ => {}
        }
    }
    types.extend(idl.types.drain(..).map(|ty| (ty.name.clone(), ty)));
    idl.types = types.into_values().collect();
    let mut value = serde_json::to_value(&idl)?;
    shorten_paths(&mut value);
    let mut idl: Idl = serde_json::from_value(value)?;
    idl.instructions.sort_by(|a, b| a.name.cmp(&b.name));
    idl.accounts.sort_by(|a, b| a.name.cmp(&b.name));
    idl.events.sort_by(|a, b| a.name.cmp(&b.name));
    idl.types.sort_by(|a, b| a.name.cmp(&b.name));
    idl.constants.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(idl)
}

/// Name and text of what stands between `--- IDL begin NAME ---` and `--- IDL end NAME ---`.
fn sections(printed: &str) -> Vec<(String, String)> {
    let mut sections = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in printed.lines() {
        let mark = |which: &str| line.strip_prefix(which).and_then(|rest| rest.strip_suffix(" ---"));
        if let Some(name) = mark("--- IDL begin ") {
            open = Some((name.to_owned(), String::new()));
        } else if mark("--- IDL end ").is_some() {
            sections.extend(open.take());
        } else if let Some((_, text)) = &mut open {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections
}

/// Replaces `bulkhead::state::market::Market` by `Market`, where no other path ends in the same name.
fn shorten_paths(value: &mut Value) {
    let mut paths: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    visit_strings(value, &mut |text| {
        if let Some(name) = name_of_path(text) {
            paths.entry(name.to_owned()).or_default().insert(text.clone());
        }
    });
    visit_strings(value, &mut |text| {
        if let Some(name) = name_of_path(text)
            && paths.get(name).is_some_and(|same_name| same_name.len() == 1)
        {
            *text = name.to_owned();
        }
    });
}

fn visit_strings(value: &mut Value, visit: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => visit(text),
        Value::Array(items) => items.iter_mut().for_each(|item| visit_strings(item, visit)),
        Value::Object(fields) => fields.values_mut().for_each(|field| visit_strings(field, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The last part of a Rust path, or nothing if the text is anything but a path of several parts.
fn name_of_path(text: &str) -> Option<&str> {
    let is_word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    let (_, name) = text.rsplit_once("::")?;
    text.split("::").all(is_word).then_some(name)
}

fn first_difference(committed: &str, fresh: &str) -> String {
    let pairs = committed.lines().zip(fresh.lines());
    let same = pairs.take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(same).unwrap_or("(end of file)").trim().to_owned();
    format!("line {} is `{}`, but the program says `{}`", same + 1, line(committed), line(fresh))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = r#"
successes:

---- __anchor_private_print_idl_address stdout ----
--- IDL begin address ---
"Fk11"
--- IDL end address ---
---- state::__anchor_private_print_idl_event_opened stdout ----
--- IDL begin event ---
{"event": {"name": "p::events::Opened", "discriminator": [1]},
 "types": [{"name": "p::events::Opened", "type": {"kind": "struct"}}]}
--- IDL end event ---
--- IDL begin program ---
{"address": "", "metadata": {"name": "p", "version": "0.1.0", "spec": "0.1.0"},
 "instructions": [
   {"name": "b", "discriminator": [2], "accounts": [], "args": []},
   {"name": "a", "discriminator": [3], "accounts": [], "args": []}],
 "types": [{"name": "p::x::Same", "type": {"kind": "struct"}}, {"name": "p::y::Same", "type": {"kind": "struct"}}]}
--- IDL end program ---
"#;

    #[test]
    fn pieces_are_put_together_sorted_and_with_short_names() -> Result<()> {
        let idl = assemble(PRINTED)?;
        assert_eq!(idl.address, "Fk11");
        assert_eq!(idl.instructions.iter().map(|i| i.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(idl.events[0].name, "Opened");
        assert_eq!(
            idl.types.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(),
            ["Opened", "p::x::Same", "p::y::Same"],
            "names that two types share keep their paths"
        );
        Ok(())
    }

    #[test]
    fn only_paths_are_shortened() {
        assert_eq!(name_of_path("a::b_c::D"), Some("D"));
        assert_eq!(name_of_path("D"), None);
        assert_eq!(name_of_path("see a::b"), None);
        assert_eq!(name_of_path("::a"), None);
    }

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(first_difference("a\nb", "a\nc"), "line 2 is `b`, but the program says `c`");
        assert_eq!(first_difference("", "a"), "line 1 is `(end of file)`, but the program says `a`");
    }
}
