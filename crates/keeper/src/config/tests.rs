//! What is read, what is refused, and that the example and the manual show it.

use std::collections::BTreeSet;

use super::*;

const LEAST: &str =
    "rpc_url = \"http://127.0.0.1:8899\"\nws_url = \"ws://127.0.0.1:8900\"\nkeypair = \"k.json\"\n";

fn load(text: &str) -> Result<Config> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("keeper.toml");
    std::fs::write(&file, text)?;
    Config::load(&file)
}

fn error(text: &str) -> String {
    format!("{:#}", load(&format!("{LEAST}{text}")).unwrap_err())
}

#[test]
fn load_ok_with_three_keys() {
    let config = load(LEAST).unwrap();
    assert_eq!(config.http.unwrap().port(), 9464);
    assert_eq!(config.duties.of(Duty::Liquidate), (true, true));
    assert_eq!(config.duties.of(Duty::Refresh), (false, true));
    assert!(config.feed.commitment.config().is_processed());
}

#[test]
fn load_ok_with_the_example_which_states_every_default() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("keeper.example.toml");
    let example = Config::load(&path).unwrap();
    let least = load(LEAST).unwrap();
    // Without the section there is no Hermes; with it the defaults are these.
    assert_eq!(example.hermes, Some(Hermes::default()));
    let same = Config { keypair: least.keypair.clone(), hermes: None, ..example };
    assert_eq!(same, least, "the example shows other values than the defaults");
}

/// Names in the first column of the duties' table.
fn documented() -> BTreeSet<&'static str> {
    let text = include_str!("../../../../docs/keeper.md");
    let table = text.split("\n## ").find(|part| part.starts_with("Duties\n")).unwrap();
    table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|row| row.0).collect()
}

#[test]
fn every_duty_is_switched_shown_and_documented_by_its_section() {
    let example = include_str!("../../keeper.example.toml");
    let shown = example.lines().filter_map(|line| line.strip_prefix("[duties.")?.split_once(']'));
    let sections: BTreeSet<_> = Duty::ALL.iter().map(|duty| duty.section()).collect();
    assert_eq!(shown.map(|line| line.0).collect::<BTreeSet<_>>(), sections);
    assert_eq!(documented(), sections);
    for section in &sections {
        for enabled in [false, true] {
            let text = format!("{LEAST}[duties.{section}]\nenabled = {enabled}\nat_loss = false\n");
            let duties = load(&text).unwrap().duties;
            for duty in Duty::ALL {
                let is_of = duty.section() == *section;
                assert_eq!(duties.of(duty) == (enabled, false), is_of, "{section} and {}", duty.name());
            }
        }
    }
}

#[test]
fn debug_ok_does_not_show_the_api_key() {
    let config = load(&format!("{LEAST}[hermes]\napi_key = \"hush\"\n")).unwrap();
    assert_eq!(config.hermes.as_ref().unwrap().api_key, Some(Secret("hush".into())));
    assert!(!format!("{config:?}").contains("hush"));
}

#[test]
fn load_fails_naming_the_key() {
    assert!(error("[send]\nretries = 5\n").contains("retries"), "{}", error("[send]\nretries = 5\n"));
    assert!(error("speed = 5\n").contains("speed"));
    assert!(error("[duties.liquidat]\nenabled = true\n").contains("liquidat"));
    assert!(error("[duties.liquidate]\nenable = true\n").contains("enable"));
    assert!(error("[feed]\ncommitment = \"sure\"\n").contains("sure"));
    assert!(error("[feed]\nsilence_secs = 1\n").contains("feed.silence_secs"));
    assert!(error("[stagger]\npeers = [\"x\"]\n").contains("\"x\""));
    assert!(error("[hermes]\nurl = \"pyth\"\n").contains("hermes.url"));
    assert!(error("[hermes]\nstep_secs = 9\n").contains("hermes.step_secs"));
    assert!(error("[send]\nflags_max = 26\n").contains("send.flags_max"));
    #[cfg(not(feature = "yellowstone"))]
    assert!(error("[yellowstone]\nendpoint = \"http://a\"\n").contains("feature yellowstone"));
    let jito = |keys: &str| error(&format!("[jito]\n{keys}\n"));
    assert!(jito("url = \"block-engine\"").contains("jito.url"));
    assert!(jito("tip_lamports_min = 999").contains("jito.tip_lamports_min"));
    assert!(jito("tip_lamports_max = 999").contains("jito.tip_lamports_max"));
    assert!(jito("tip_share_ppm = 1000001").contains("jito.tip_share_ppm"));
    assert!(jito("auth = \"a\\nb\"").contains("jito.auth"));
    assert!(jito("duties = [\"liquidat\"]").contains("\"liquidat\""));
    let missing = format!("{:#}", load("rpc_url = \"http://a\"\nws_url = \"ws://a\"\n").unwrap_err());
    assert!(missing.contains("keypair"), "{missing}");
    assert!(Config::load(Path::new("/no/such/file")).is_err());
}
