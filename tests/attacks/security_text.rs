//! The program that is deployed says where to report what is wrong with it, as explorers look for it: in its bytes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const BEGIN: &[u8] = b"=======BEGIN SECURITY.TXT V1=======\0";
const END: &[u8] = b"=======END SECURITY.TXT V1=======\0";

fn place(text: &[u8], of: &[u8]) -> usize {
    text.windows(of.len()).position(|window| window == of).expect("no security.txt in the program")
}

#[test]
fn security_text_ok_is_in_the_built_program_and_names_the_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file =
        std::env::var_os("BULKHEAD_SO").map_or_else(|| root.join("target/deploy/bulkhead.so"), PathBuf::from);
    let program = fs::read(file).expect("the program is built");
    let text = &program[place(&program, BEGIN) + BEGIN.len()..];
    let text = std::str::from_utf8(&text[..place(text, END)]).expect("it is text");
    let words = text.split_terminator('\0').collect::<Vec<_>>();
    let said = words.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect::<BTreeMap<_, _>>();
    let keys = said.keys().copied().collect::<Vec<_>>();
    assert_eq!(keys, ["contacts", "name", "policy", "project_url"]);
    assert_eq!(said["name"], "Bulkhead");
    assert!(said["policy"].ends_with("/SECURITY.md"));
    let contact = said["contacts"].strip_prefix("link:").expect("a link, and nobody's address");
    let policy = fs::read_to_string(root.join("SECURITY.md")).expect("SECURITY.md is there");
    assert!(policy.contains(contact), "the policy names another place to report to");
}
