//! The other instance of a comparison, asked through its `%Service_DataCheck`.

use crate::Instance;
use sclera_core::change::Kind;
use sclera_engine::Session;
pub use sclera_engine::datacheck::{Compared, Difference, Halt, How, Range, Told};
use sclera_forward::{Hook, Trust, Undelivered, Url};
use serde_json::json;
use std::time::Duration;

/// How long the other one may take for an answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// Where it is asked.
const PATH: &str = "/datacheck";

/// An instance that is compared with.
pub struct Other(Hook);

impl Other {
    /// The one behind a gate; on another machine over TLS alone. Whatever path the URL has, it is asked at that of the gate.
    pub fn at(url: &Url, trust: Option<Trust>) -> Result<Self, Undelivered> {
        Hook::new(Url { path: PATH.to_owned(), ..url.clone() }, trust, None, PATIENCE).map(Self)
    }

    fn ask(&self, kind: Kind, range: &Range) -> Result<Told, String> {
        let asked = json!({ "Kind": kind.word(), "After": range.after, "Until": range.until });
        let answer = self.0.post(asked.to_string().as_bytes()).map_err(|why| why.to_string())?;
        let answer = serde_json::from_slice(&answer).map_err(|_| "the answer is no JSON".to_owned())?;
        Told::of_json(&answer)
    }
}

impl Instance {
    /// Compares what is here with another instance; neither changes. It takes `%Admin_Secure:U`.
    pub fn compare_with(&self, session: &Session, kinds: &[Kind], other: &Other) -> Result<Compared, Halt> {
        self.engine().compare_with(session, kinds, &mut |kind, range| other.ask(kind, range))
    }
}
