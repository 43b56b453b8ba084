//! `status`: what instance this is and how it is.

use super::Desk;
use crate::failure::Failure;
use sclera::Properties;

impl Desk<'_> {
    pub(super) fn status(&self, deep: bool) -> Result<u8, Failure> {
        let (about, state) = (self.instance.instance()?, self.instance.state()?);
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let record = Properties::new()
            .with("Directory", self.instance.directory().display().to_string().as_str())
            .with("Instance", about.id.as_str())
            .with("Product", about.product.as_str())
            .with("SecurityLevel", about.level.as_str())
            .with("Profile", about.profile.as_str())
            .with("Owner", about.owner.as_str())
            .with("Created", about.created.to_string().as_str())
            .with("Username", self.session.user())
            .with("LoginRoles", self.session.roles().as_str())
            .with("Revision", count(state.revision))
            .with("Users", count(state.users))
            .with("Roles", count(state.roles))
            .with("Resources", count(state.resources))
            .with("Services", count(state.services))
            .with("Applications", count(state.applications))
            .with("Events", count(state.event_links));
        if !deep {
            self.output.record(&record);
            return Ok(0);
        }
        // For a program the verification alone is the answer: there is one value on stdout.
        if !self.output.is_json() {
            self.output.record(&record);
        }
        self.audit_verify()
    }
}
