//! `session`: who is in, ending it, and tickets to processes that decide by themselves.

use super::Desk;
use crate::arguments::SessionCommand;
use crate::failure::Failure;
use sclera::{Properties, RunningSession};
use serde_json::json;
use std::path::Path;

impl Desk<'_> {
    pub(super) fn running(&self, command: &SessionCommand) -> Result<u8, Failure> {
        match command {
            SessionCommand::List => {
                let rows: Vec<Properties> = self.instance.sessions(self.session)?.iter().map(row).collect();
                self.output.list(&rows);
            }
            SessionCommand::End { which } => {
                let ended = self.instance.end_sessions(self.session, which)?;
                self.output.value(&json!({ "Changed": ended > 0, "Name": which, "Sessions": ended }));
                self.output.say(&format!("ended {ended} sessions of {which}"));
            }
            SessionCommand::Ticket { file, seconds } => self.ticket(file, *seconds)?,
        }
        Ok(0)
    }

    fn ticket(&self, file: &Path, seconds: u64) -> Result<(), Failure> {
        let ticket = self.instance.ticket(self.session, seconds)?;
        self.around
            .fill(file, &mut |out| out.write_all(&ticket).map_err(|error| Failure::file(file, &error)))?;
        let name = file.display().to_string();
        let user = self.session.user();
        self.output.value(&json!({ "Changed": true, "Name": name, "Username": user, "Seconds": seconds }));
        self.output.mention(&format!("wrote a ticket of {user}, good for {seconds} seconds, to {name}"));
        Ok(())
    }
}

fn row(session: &RunningSession) -> Properties {
    Properties::new()
        .with("ID", session.id.as_str())
        .with("Username", session.user.as_str())
        .with("Service", session.service.as_str())
        .with("Authentication", session.mechanism)
        .with("Door", session.door.word())
        .with("OSUsername", session.os_user.as_deref().unwrap_or_default())
        .with("Device", session.device.as_str())
        .with("Since", session.since.to_string().as_str())
}
