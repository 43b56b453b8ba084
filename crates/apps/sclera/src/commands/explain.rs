//! `explain`: why a privilege is held, or what would grant it.

use super::Desk;
use crate::failure::{Failure, NEGATIVE};
use crate::output::Output;
use sclera::{Chain, Explained, Part};

impl Desk<'_> {
    pub(super) fn explain(&self, user: &str, privilege: &str) -> Result<u8, Failure> {
        let explained = self.instance.explain(self.session, user, privilege)?;
        self.output.value(&explained.to_json());
        say(&explained, self.output);
        Ok(if explained.is_granted() { 0 } else { NEGATIVE })
    }
}

/// Says an explanation to a person.
pub(crate) fn say(explained: &Explained, output: &Output) {
    for note in &explained.notes {
        output.say(&format!("note: {note}"));
    }
    for part in &explained.parts {
        let words = part.permission.words();
        let verdict = if part.granted { "granted" } else { "not granted" };
        output.say(&format!("{} {}:{words} is {verdict}", explained.user, explained.resource));
        if part.public {
            output.say("  everyone: it is public on the resource");
        }
        for chain in &part.chains {
            output.say(&format!("  {}", path(explained, part, chain)));
        }
        if part.total > part.chains.len() as u64 {
            output.say(&format!("  … and {} more ways", part.total - part.chains.len() as u64));
        }
        for (rank, remedy) in part.remedies.iter().enumerate() {
            output.say(&format!("  {}. {remedy}", rank + 1));
        }
    }
}

fn path(explained: &Explained, part: &Part, chain: &Chain) -> String {
    let start = if chain.from_public { "_PUBLIC (everyone)" } else { explained.user.as_str() };
    let end = if chain.by_rule {
        "everything, by rule".to_owned()
    } else {
        format!("{}:{}", explained.resource, part.permission)
    };
    let steps: Vec<&str> =
        [start].into_iter().chain(chain.roles.iter().map(String::as_str)).chain([end.as_str()]).collect();
    steps.join(" → ")
}
