//! `datacheck`: where another instance differs, told by digests.

use super::Desk;
use super::transfer::What;
use crate::failure::{Failure, NEGATIVE};
use clap::Args;
use sclera::IMPORT_ORDER;
use sclera::datacheck::{Difference, Halt, Other};
use sclera::forward::{Trust, Url};
use serde_json::json;
use std::path::{Path, PathBuf};

/// The other instance.
#[derive(Debug, Args)]
pub(crate) struct DataCheck {
    /// Where its gate of %Service_DataCheck is, such as https://iris2.example:1974
    pub url: String,
    /// The authorities by which it is believed, in PEM
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The certificate to show it, in PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// What to compare, a comma list as of `export` [default: everything]
    #[arg(long, value_name = "KINDS")]
    pub what: Option<String>,
}

/// The most bytes of a file of certificates.
const LARGEST: u64 = 1 << 20;

impl DataCheck {
    /// The files that it reads.
    pub(crate) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        self.ca.iter().chain(&self.certificate).chain(&self.key)
    }
}

impl Desk<'_> {
    pub(super) fn datacheck(&self, asked: &DataCheck) -> Result<u8, Failure> {
        let url: Url = asked.url.parse().map_err(|_| {
            Failure::Usage(format!("`{}` is no http:// or https:// address", asked.url.escape_debug()))
        })?;
        let kinds = match What::of(asked.what.as_deref())? {
            What::Chosen(kinds) => kinds,
            _ => Vec::from(IMPORT_ORDER),
        };
        let there = |why: String| Failure::Environment(format!("{}: {why}", asked.url));
        let other = Other::at(&url, self.trust(asked, &url)?).map_err(|why| there(why.to_string()))?;
        let compared =
            self.instance.compare_with(self.session, &kinds, &other).map_err(|halt| match halt {
                Halt::Here(refusal) => refusal.into(),
                Halt::There(why) => there(why),
            })?;
        let differences: Vec<_> = compared.differences.iter().map(Difference::to_json).collect();
        self.output.value(&json!({
            "Equal": differences.is_empty(),
            "Differences": differences,
            "More": compared.more,
            "Questions": compared.questions,
        }));
        for difference in &compared.differences {
            self.output.say(&difference.line());
        }
        if compared.more {
            self.output.mention("and more, which are not listed here");
        }
        if compared.differences.is_empty() {
            self.output.mention("both say the same");
            return Ok(0);
        }
        Ok(NEGATIVE)
    }

    fn trust(&self, asked: &DataCheck, url: &Url) -> Result<Option<Trust>, Failure> {
        if !url.secure {
            return Ok(None);
        }
        let read = |path: &Path| self.around.read(path, LARGEST);
        let missing = || Failure::Usage("--ca says by which authorities it is believed".to_owned());
        let authorities = read(asked.ca.as_deref().ok_or_else(missing)?)?;
        let identity = match (&asked.certificate, &asked.key) {
            (Some(certificate), Some(key)) => Some((read(certificate)?, read(key)?)),
            _ => None,
        };
        let identity = identity.as_ref().map(|(chain, key)| (chain.as_slice(), key.as_slice()));
        let trust = Trust::from_pem(&authorities, identity);
        trust.map(Some).map_err(|fault| Failure::bad_value(format!("{}: {fault}", asked.url)))
    }
}
