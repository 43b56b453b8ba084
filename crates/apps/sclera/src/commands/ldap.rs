//! `ldap`: LDAP configurations, the password of their search user, and what a directory says of somebody.

use super::Desk;
use crate::arguments::LdapCommand;
use crate::failure::{Failure, NEGATIVE};
use crate::surroundings::Purpose;
use sclera::servers::Answer;
use sclera::{Kind, Spoken};
use serde_json::json;

impl Desk<'_> {
    pub(super) fn ldap(&self, command: &LdapCommand) -> Result<u8, Failure> {
        match command {
            LdapCommand::Object(command) => self.object(Kind::LdapConfig, command),
            LdapCommand::SearchPassword { name } => {
                self.set_secret(Kind::LdapConfig, name, "New password of the search user")
            }
            LdapCommand::Test { user, roles } => self.test_directory(user, *roles),
        }
    }

    /// Sets the secret of a configuration, or takes it away.
    pub(super) fn set_secret(&self, kind: Kind, name: &str, prompt: &str) -> Result<u8, Failure> {
        let password = self.around.password(Purpose::New, &format!("{prompt} (empty for none): "))?;
        let done = self.instance.set_secret(self.session, kind, name, password.as_ref())?;
        self.tell_unpublished(&done);
        self.output.changed(done.has_changed(), name, &format!("modified {}", kind.word()));
        Ok(0)
    }

    fn test_directory(&self, user: &str, roles: bool) -> Result<u8, Failure> {
        let password = if roles {
            None
        } else {
            let prompt = format!("Password of {user} in the directory: ");
            Some(self.around.password(Purpose::Attempt, &prompt)?.unwrap_or_default())
        };
        let Spoken { answer, told } = self.instance.test_directory(self.session, user, password)?;
        for line in &told {
            self.output.say(line);
        }
        let (granted, name, what) = match answer {
            Answer::Granted(identity) => (true, identity.name, String::new()),
            Answer::Failed(status)
            | Answer::Stop(status)
            | Answer::Unreachable(status)
            | Answer::Gone(status) => (false, user.to_owned(), status.to_string()),
            Answer::NotApplicable | Answer::ChangePassword => (false, user.to_owned(), String::new()),
        };
        self.output.value(&json!({ "Granted": granted, "Username": name, "Steps": told, "Reason": what }));
        self.output.say(&if granted { format!("granted: {name}") } else { format!("refused: {what}") });
        Ok(if granted { 0 } else { NEGATIVE })
    }
}
