//! `generate`: manual pages and completions name every command.

use crate::harness::Scratch;
use std::fs;

#[test]
fn every_command_has_a_page() {
    let scratch = Scratch::empty();
    let folder = scratch.path("man");
    fs::create_dir(&folder).unwrap();
    scratch.ok(["generate", "man", folder.to_str().unwrap()]);
    let page =
        |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let whole = page("sclera.1");
    assert!(whole.starts_with(".ie") || whole.contains(".TH sclera 1"), "{}", &whole[..200.min(whole.len())]);
    let help = scratch.ok(["--help"]);
    let listed = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let commands: Vec<&str> = listed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(commands.len() > 30, "{commands:?}");
    for command in &commands {
        let name = command.replace('-', "\\-");
        assert!(whole.contains(&format!("sclera\\-{name}(1)")), "{command} in {whole}");
        page(&format!("sclera-{command}.1"));
    }
    let create = page("sclera-user-create.1");
    assert!(create.contains("sclera user create") && create.contains("\\-\\-set"), "{create}");
    scratch.refused(4, ["generate", "man", "/nowhere/at/all"]);
}

#[test]
fn shells_complete_every_command() {
    let scratch = Scratch::empty();
    for shell in ["bash", "zsh", "fish"] {
        let text = scratch.ok(["generate", "completions", shell]);
        for word in ["check", "role", "datacheck", "passwd"] {
            assert!(text.contains(word), "{word} in {shell}");
        }
    }
    scratch.call(["generate", "completions", "dosh"]).is(2);
}
