//! Any account, event or instruction of the program as named fields, by the IDL that belongs to it.
//!
//! Reading by the IDL and not by types means that whatever the program defines can be shown. Accounts are
//! laid out without gaps, so the fields of both kinds simply follow one another, little end first.

use std::sync::LazyLock;

use anchor_lang::prelude::Pubkey;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::error::{CliError, Result};

static IDL: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../idl/bulkhead.json")).expect("the committed IDL is JSON")
});

const DISCRIMINATOR_LEN: usize = 8;

/// A decoded value. Numbers of 64 bits and more are text: JSON's do not hold them exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tree {
    /// A number, an address, bytes in hexadecimal, true or false.
    Leaf(Value),
    /// A list.
    List(Vec<Tree>),
    /// Named fields in their order.
    Fields(Vec<(String, Tree)>),
}

/// Something decoded, with the name of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// Name in the IDL.
    pub name: String,
    /// Its fields.
    pub fields: Tree,
}

/// The account in `data`.
pub fn account(data: &[u8]) -> Result<Decoded> {
    let entry = find("accounts", data, "account")?;
    whole(entry, &data[DISCRIMINATOR_LEN..])
}

/// The event in `data`.
pub fn event(data: &[u8]) -> Result<Decoded> {
    let entry = find("events", data, "event")?;
    whole(entry, &data[DISCRIMINATOR_LEN..])
}

/// The instruction in `data`, with its arguments, and the names of its accounts in their order.
pub fn instruction(data: &[u8]) -> Result<(Decoded, Vec<String>)> {
    let entry = find("instructions", data, "instruction")?;
    let mut rest = &data[DISCRIMINATOR_LEN..];
    let fields = fields_of(&entry["args"], &mut rest)?;
    require_end(name_of(entry), rest)?;
    let accounts = entry["accounts"].as_array().into_iter().flatten().map(name_of).collect();
    Ok((Decoded { name: name_of(entry), fields }, accounts))
}

fn find(kind: &str, data: &[u8], what: &str) -> Result<&'static Value> {
    let start = data
        .get(..DISCRIMINATOR_LEN)
        .ok_or_else(|| CliError::usage(format!("{} bytes are no {what} of Bulkhead", data.len())))?;
    let matches = |entry: &&Value| {
        let bytes = entry["discriminator"].as_array().into_iter().flatten();
        bytes.map(Value::as_u64).eq(start.iter().map(|byte| Some(u64::from(*byte))))
    };
    let entry = IDL[kind].as_array().into_iter().flatten().find(matches);
    entry.ok_or_else(|| CliError::usage(format!("no {what} of Bulkhead starts with {}", hex(start))))
}

fn name_of(entry: &Value) -> String {
    entry["name"].as_str().unwrap_or_default().to_owned()
}

fn whole(entry: &Value, mut data: &[u8]) -> Result<Decoded> {
    let name = name_of(entry);
    let fields = defined(&name, &mut data)?;
    require_end(name.clone(), data)?;
    Ok(Decoded { name, fields })
}

fn require_end(name: String, rest: &[u8]) -> Result<()> {
    match rest.is_empty() {
        true => Ok(()),
        false => Err(CliError::usage(format!("{} bytes too many for a {name}", rest.len()))),
    }
}

fn take<'a>(data: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) =
        data.split_at_checked(count).ok_or_else(|| CliError::usage("the bytes end too early"))?;
    *data = rest;
    Ok(taken)
}

fn defined(name: &str, data: &mut &[u8]) -> Result<Tree> {
    if name == "Wide" {
        let bytes = take(data, 16)?.try_into().expect("sixteen were taken");
        return Ok(Tree::Leaf(u128::from_le_bytes(bytes).to_string().into()));
    }
    let found = IDL["types"].as_array().into_iter().flatten().find(|entry| entry["name"] == name);
    let definition = &found.ok_or_else(|| CliError::usage(format!("the IDL has no type {name}")))?["type"];
    match definition["kind"].as_str() {
        Some("enum") => {
            let tag = usize::from(take(data, 1)?[0]);
            let variant = &definition["variants"][tag];
            let name = variant["name"].as_str().ok_or_else(|| CliError::usage("an unknown variant"))?;
            match variant["fields"].is_array() {
                false => Ok(Tree::Leaf(name.into())),
                true => Ok(Tree::Fields(vec![(name.to_owned(), fields_of(&variant["fields"], data)?)])),
            }
        }
        _ => fields_of(&definition["fields"], data),
    }
}

/// Named fields as such, unnamed ones as a list, or alone if there is one.
fn fields_of(fields: &Value, data: &mut &[u8]) -> Result<Tree> {
    let fields = fields.as_array().map_or(&[][..], Vec::as_slice);
    if fields.first().is_some_and(|field| field.get("name").is_none() || !field["name"].is_string()) {
        let mut values = fields.iter().map(|field| value(field, data)).collect::<Result<Vec<_>>>()?;
        return Ok(match values.len() {
            1 => values.remove(0),
            _ => Tree::List(values),
        });
    }
    let mut named = Vec::new();
    for field in fields {
        let tree = value(&field["type"], data)?;
        let name = name_of(field);
        // Alignment and room for later versions say nothing.
        if !name.starts_with('_') {
            named.push((name, tree));
        }
    }
    Ok(Tree::Fields(named))
}

fn value(kind: &Value, data: &mut &[u8]) -> Result<Tree> {
    if let Some(primitive) = kind.as_str() {
        return primitive_value(primitive, data);
    }
    if let Some(name) = kind["defined"]["name"].as_str() {
        return defined(name, data);
    }
    if !kind["option"].is_null() {
        return match take(data, 1)?[0] {
            0 => Ok(Tree::Leaf(Value::Null)),
            _ => value(&kind["option"], data),
        };
    }
    if let Some(count) = kind["array"][1].as_u64() {
        return list(&kind["array"][0], count as usize, data);
    }
    if !kind["vec"].is_null() {
        let count = length(data)?;
        return list(&kind["vec"], count, data);
    }
    Err(CliError::usage(format!("the IDL names a type that is not known here: {kind}")))
}

fn length(data: &mut &[u8]) -> Result<usize> {
    let bytes = take(data, 4)?.try_into().expect("four were taken");
    Ok(u32::from_le_bytes(bytes) as usize)
}

fn list(kind: &Value, count: usize, data: &mut &[u8]) -> Result<Tree> {
    if kind == "u8" {
        return Ok(Tree::Leaf(hex(take(data, count)?).into()));
    }
    (0..count).map(|_| value(kind, data)).collect::<Result<Vec<_>>>().map(Tree::List)
}

macro_rules! number {
    ($type:ty, $data:expr) => {
        <$type>::from_le_bytes(
            take($data, size_of::<$type>())?.try_into().expect("as many bytes as the type has"),
        )
    };
}

fn primitive_value(kind: &str, data: &mut &[u8]) -> Result<Tree> {
    let leaf: Value = match kind {
        "bool" => (take(data, 1)?[0] != 0).into(),
        "u8" => number!(u8, data).into(),
        "i8" => number!(i8, data).into(),
        "u16" => number!(u16, data).into(),
        "i16" => number!(i16, data).into(),
        "u32" => number!(u32, data).into(),
        "i32" => number!(i32, data).into(),
        "u64" => number!(u64, data).to_string().into(),
        "i64" => number!(i64, data).to_string().into(),
        "u128" => number!(u128, data).to_string().into(),
        "i128" => number!(i128, data).to_string().into(),
        "pubkey" => {
            let bytes: [u8; 32] = take(data, 32)?.try_into().expect("thirty-two were taken");
            Pubkey::new_from_array(bytes).to_string().into()
        }
        "bytes" => {
            let count = length(data)?;
            hex(take(data, count)?).into()
        }
        "string" => {
            let count = length(data)?;
            String::from_utf8_lossy(take(data, count)?).into_owned().into()
        }
        other => {
            return Err(CliError::usage(format!("the IDL names a type that is not known here: {other}")));
        }
    };
    Ok(Tree::Leaf(leaf))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Tree {
    /// The field with this name.
    pub fn get(&self, name: &str) -> Option<&Tree> {
        match self {
            Self::Fields(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, tree)| tree),
            Self::Leaf(_) | Self::List(_) => None,
        }
    }

    /// As text, a line a field, `depth` steps in.
    pub fn text(&self, depth: usize) -> String {
        let margin = "  ".repeat(depth);
        match self {
            Self::Leaf(Value::String(text)) => format!("{margin}{text}\n"),
            Self::Leaf(value) => format!("{margin}{value}\n"),
            Self::List(trees) => trees.iter().map(|tree| tree.text(depth)).collect(),
            Self::Fields(fields) => fields.iter().map(|(name, tree)| field_text(name, tree, depth)).collect(),
        }
    }
}

fn field_text(name: &str, tree: &Tree, depth: usize) -> String {
    let margin = "  ".repeat(depth);
    match tree {
        Tree::Leaf(_) => format!("{margin}{name}: {}", tree.text(0)),
        Tree::List(trees) => {
            let lines = trees.iter().map(|tree| tree.text(0).trim_end().replace('\n', ", "));
            let lines: String = lines.map(|line| format!("{margin}  - {line}\n")).collect();
            format!("{margin}{name}:\n{lines}")
        }
        Tree::Fields(_) => format!("{margin}{name}:\n{}", tree.text(depth + 1)),
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Leaf(value) => value.serialize(serializer),
            Self::List(trees) => {
                let mut list = serializer.serialize_seq(Some(trees.len()))?;
                for tree in trees {
                    list.serialize_element(tree)?;
                }
                list.end()
            }
            Self::Fields(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, tree) in fields {
                    map.serialize_entry(name, tree)?;
                }
                map.end()
            }
        }
    }
}

impl Serialize for Decoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("fields", &self.fields)?;
        map.end()
    }
}

impl Decoded {
    /// As text: the name, and its fields below.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.name, self.fields.text(1))
    }
}
