//! Carries the conversation with LDAP servers: connections, TLS, time limits, failover.
//!
//! What is asked and what an answer means is decided in [`sclera_authn::ldap`]. Here it goes over sockets: servers of a
//! configuration are tried in their order, one that did not answer lately is left alone for a while
//! ([`sclera_authn::breaker`]), and all of it ends within the patience that a login has. Names and certificates are
//! checked as the server is named in the configuration; there is no way to leave that out.

#![forbid(unsafe_code)]

mod connection;
mod trust;

use connection::{Connection, Fault};
use sclera_authn::admission::Answer;
use sclera_authn::breaker::{self, Bounds, Health, Servers};
use sclera_authn::ldap::{Conversation, Next, Plan, Server};
use sclera_core::status::{Code, Status};
use std::time::{Duration, Instant};

/// LDAP servers, whichever the configurations name.
pub struct LdapServers {
    servers: Servers,
    patience: Duration,
    began: Instant,
}

/// What came of a conversation.
#[derive(Debug)]
pub struct Spoken {
    /// What the directory says.
    pub answer: Answer,
    /// The steps that were taken, a line each, for administrators.
    pub told: Vec<String>,
}

impl LdapServers {
    /// Servers that a login waits for no longer than `patience`, all of them together.
    pub fn new(patience: Duration, bounds: Bounds) -> Self {
        Self { servers: Servers::new(bounds), patience, began: Instant::now() }
    }

    /// How long a login waits at most.
    pub const fn patience(&self) -> Duration {
        self.patience
    }

    /// How the servers do.
    pub fn health(&self) -> Vec<Health> {
        self.servers.health(self.began.elapsed())
    }

    /// Talks to the servers of a plan until one answers.
    pub fn converse(&self, plan: &Plan) -> Spoken {
        let deadline = Instant::now() + self.patience;
        let mut told = Vec::new();
        for (at, server) in plan.servers().iter().enumerate() {
            let call = match self.servers.enter(&format!("ldap {server}"), self.began.elapsed()) {
                Ok(call) => call,
                Err(why) => {
                    told.push(format!("{server}: {why}"));
                    continue;
                }
            };
            // What remains is shared, so that a server that hangs leaves time for those after it.
            let others = u32::try_from(plan.servers().len() - at).unwrap_or(u32::MAX);
            let share = deadline.saturating_duration_since(Instant::now()) / others;
            let until = Instant::now() + within(share, plan.patience());
            let talked = talk(server, plan, until, &mut told);
            let ended = match &talked {
                Ok(_) => breaker::Ended::Answered,
                Err(fault) => breaker::Ended::Failed(fault.to_string()),
            };
            call.end(self.began.elapsed(), ended);
            match talked {
                Ok(answer) => return Spoken { answer, told },
                Err(fault) => told.push(format!("{server}: {fault}")),
            }
        }
        let why = told.last().cloned().unwrap_or_default();
        let status = Status::plain(Code::LdapUnavailable).because(why);
        Spoken { answer: Answer::Unreachable(status), told }
    }
}

/// The shorter of what remains and what the configuration allows; 0 allows any.
fn within(share: Duration, seconds: u64) -> Duration {
    if seconds == 0 { share } else { share.min(Duration::from_secs(seconds)) }
}

/// The whole conversation with one server.
fn talk(server: &Server, plan: &Plan, until: Instant, told: &mut Vec<String>) -> Result<Answer, Fault> {
    let mut connection = Connection::open(server, plan.authorities(), until)?;
    told.push(format!("connected to {server}, {}", connection::described(server.protection)));
    let (mut conversation, mut next) = Conversation::begin(plan);
    let ended = loop {
        match next {
            Next::Send(request) => match connection.ask(&request) {
                Ok(reply) => next = conversation.resume(reply),
                Err(fault) => break Err(fault),
            },
            Next::Done(answer) => break Ok(answer),
            Next::Unserved(why) => break Err(Fault::Unserved(why)),
        }
    };
    told.extend(conversation.told());
    if ended.is_ok() {
        connection.close();
    }
    ended
}
