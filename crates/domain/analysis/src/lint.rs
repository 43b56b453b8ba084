//! Findings: where a configuration is weak.
//!
//! A [`Linter`] looks at the settings at once and at users one by one, and gives [`Finding`]s, each of a [`Rule`] with an
//! id, a severity, the reason, and what to do about it. The rules stand in [`RULES`]; `docs/lint.md` is printed from them.

use crate::rules;
pub use crate::rules::RULES;
pub use crate::sarif::sarif;
use sclera_core::id::RoleId;
use sclera_core::policy::Policy;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use std::collections::BTreeSet;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth a look.
    Note,
    /// It should be otherwise.
    Warning,
    /// Somebody can do more than anybody meant.
    Error,
}

impl Severity {
    /// The word for it, which is that of SARIF.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id; it never changes its meaning.
    pub id: &'static str,
    /// How bad a finding is.
    pub severity: Severity,
    /// What it looks for.
    pub title: &'static str,
    /// Why that is weak, with the source.
    pub reason: &'static str,
    /// What to do about it.
    pub remedy: &'static str,
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// The kind of object, as the command calls it.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// What was found there.
    pub what: String,
}

/// What is known of an account besides its record; of one that stands in a document, nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// When it was used last, or could be from then on; none where that is not known.
    pub last_used: Option<Timestamp>,
    /// Its password was tried and is one that everybody knows.
    pub password_is_known: bool,
}

/// A linter at work.
#[derive(Debug)]
pub struct Linter<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) now: Timestamp,
    pub(crate) findings: Vec<Finding>,
    /// Roles that some user holds or may escalate to.
    pub(crate) held: BTreeSet<RoleId>,
    /// Who holds `%All`, as far as it is worth naming.
    pub(crate) super_users: Vec<String>,
    pub(crate) users: u64,
}

impl<'a> Linter<'a> {
    /// Begins with the settings.
    pub fn new(policy: &'a Policy, now: Timestamp) -> Self {
        Self { policy, now, findings: Vec::new(), held: BTreeSet::new(), super_users: Vec::new(), users: 0 }
    }

    /// Looks at a user, with what is known of it besides its record.
    pub fn user(&mut self, user: &User, seen: Seen) {
        rules::user(self, user, seen);
    }

    /// Looks at everything else; the findings, the worst first.
    pub fn finish(mut self) -> Vec<Finding> {
        rules::settings(&mut self);
        let mut findings = self.findings;
        findings.sort_by(|a, b| {
            let order = |finding: &Finding| (std::cmp::Reverse(finding.rule.severity), finding.rule.id);
            order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
        });
        findings
    }
}
