//! The gate: from the first packet to bytes in both directions.

use crate::cancel::{Keys, Known};
use crate::codec::{
    AUTHENTICATION, BACKEND_KEY, CLEAR_TEXT, EXTENSION, Key, Message, OK, Parameters, READY, SASL_CONTINUE,
    SASL_FINAL, Startup, authentication, cancel, fatal, initial_response, key, negotiate, password,
    read_message, read_startup, response, sasl, sasl_step,
};
use crate::onward::{NotThere, log_in};
use crate::roles::{Passwords, Roles};
use crate::scram::{self, Challenged, Server, verifier};
use sclera_authn::admission::{Attempt, Client, Offer, Question, Reply, Transport};
use sclera_authn::secret::Secret;
use sclera_core::superserver::TlsLevel;
use sclera_engine::events::AuditEvent;
use sclera_engine::gate::{Pending, Progress};
use sclera_engine::{Door, Refusal, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Behind, Ended, Fault, First, Protocol, Served, Tls, Upstream, Visitor, Wire};
use std::future::Future;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How clients prove who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authentication {
    /// They say their password, for whichever mechanism of the cascade takes it.
    #[default]
    Password,
    /// They prove by SCRAM-SHA-256 that they know the password that is kept of them here.
    Scram,
}

/// The gate before a PostgreSQL.
#[derive(Debug)]
pub struct Sql {
    upstream: Upstream,
    authentication: Authentication,
    roles: Roles,
    passwords: Passwords,
    keys: Keys,
}

impl Sql {
    /// A gate: what stands behind it, how connections are protected, how clients prove who they are, and which roles
    /// users stand for there.
    pub fn new(
        upstream: Upstream,
        authentication: Authentication,
        roles: Roles,
        passwords: Passwords,
    ) -> Self {
        Self { upstream, authentication, roles, passwords, keys: Keys::default() }
    }
}

impl<S: Store, A: Activity> Protocol<S, A> for Sql {
    fn kind(&self) -> &'static str {
        "sql"
    }

    fn upstream(&self) -> String {
        self.upstream.to_string()
    }

    fn door(&self) -> Door {
        Door::Sql
    }

    fn serve(self: Arc<Self>, visitor: Visitor<S, A>, stream: TcpStream) -> Served {
        Box::pin(async move { self.lets_in(visitor, stream).await })
    }
}

/// What a client wants.
enum Wants {
    Session(Wire, Parameters),
    Cancel(Key),
}

impl Sql {
    async fn lets_in<S: Store, A: Activity>(
        &self,
        mut visitor: Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<(), Ended> {
        let (mut wire, parameters) = match self.first(&visitor, stream).await? {
            Wants::Session(wire, parameters) => (wire, parameters),
            Wants::Cancel(key) => return self.cancel(&visitor, key).await,
        };
        let session = match self.admitted(&visitor, &mut wire, &parameters).await? {
            Ok(session) => session,
            Err(message) => {
                say(&visitor, &mut wire, &[message]).await?;
                return Err(Ended::Refused);
            }
        };
        let ended = self.serves(&mut visitor, &session, wire, &parameters).await;
        visitor.leave(session).await?;
        ended
    }

    /// The packets before anybody is named: TLS, and what the client wants.
    async fn first<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        stream: TcpStream,
    ) -> Result<Wants, Ended> {
        // Newer clients begin TLS without asking.
        let mut first = [0];
        let peeked = within(visitor, stream.peek(&mut first)).await?;
        let begins = peeked > 0 && first == [TLS_HANDSHAKE];
        let tls = visitor.protection.tls();
        let mut wire = match tls {
            Some(tls) if begins => visitor.shake(stream, tls).await?,
            None if begins => return Err(visitor.refuse(Transport::TlsThoughNotConfigured).await),
            _ => Wire::Plain(stream),
        };
        for _ in 0..MOST_FIRSTS {
            match (within(visitor, read_startup(&mut wire)).await?, tls) {
                (Startup::Tls, Some(tls)) => {
                    // What a client had sent along in clear text would now be read as a part of the handshake, and fail.
                    let Wire::Plain(mut stream) = wire else { return Err(broken()) };
                    within(visitor, stream.write_all(b"S")).await?;
                    wire = visitor.shake(stream, tls).await?;
                }
                (Startup::Tls, None) if visitor.protection.level() != TlsLevel::None => {
                    return Err(visitor.refuse(Transport::TlsThoughNotConfigured).await);
                }
                (Startup::Tls | Startup::Gss, _) => within(visitor, wire.write_all(b"N")).await?,
                (Startup::Cancel(key), _) => return Ok(Wants::Cancel(key)),
                (Startup::Session(parameters), _) => return Ok(Wants::Session(wire, parameters)),
            }
        }
        Err(broken())
    }

    /// The session of whoever came, or what it is told instead.
    async fn admitted<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        wire: &mut Wire,
        parameters: &Parameters,
    ) -> Result<Result<Session, Message>, Ended> {
        let must_protect = visitor.protection.is_required() || !visitor.peer.is_loopback();
        if must_protect && !wire.is_protected() {
            let _ = visitor.refuse(Transport::PlainThoughRequired).await;
            return Ok(Err(fatal(NOT_AUTHORIZED, "TLS is required here")));
        }
        let is_replication =
            parameters.get("replication").is_some_and(|value| !["false", "off", "no", "0"].contains(&value));
        let Some(user) = parameters.get("user").filter(|user| !user.is_empty() && !is_replication) else {
            return Ok(Err(fatal(PROTOCOL_VIOLATION, "a name is missing, or replication is asked for")));
        };
        let extensions = parameters.extensions();
        if parameters.minor > 0 || !extensions.is_empty() {
            say(visitor, wire, &[negotiate(&extensions)]).await?;
        }
        let attempt = Attempt {
            code: code(parameters),
            client: Client::Sql,
            transport: if wire.is_protected() { Transport::Tls } else { Transport::Plain },
            ..visitor.attempt()
        };
        match self.authentication {
            Authentication::Password => by_password(visitor, wire, user, attempt).await,
            Authentication::Scram => self.by_scram(visitor, wire, user, attempt).await,
        }
    }

    /// A client that proves its password without showing it. What the challenge is, and what the proof is worth, is for
    /// the engine to say.
    async fn by_scram<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        wire: &mut Wire,
        user: &str,
        attempt: Attempt,
    ) -> Result<Result<Session, Message>, Ended> {
        let begun = self.scram_begins(visitor, wire).await?;
        if begun.as_ref().is_err_and(|fault| *fault == scram::Fault::Malformed) {
            return Ok(Err(fatal(PROTOCOL_VIOLATION, "SCRAM-SHA-256 was expected")));
        }
        let attempt = Attempt { offer: Offer::Scram { name: user.to_owned() }, ..attempt };
        let (question, pending) = match visitor.begin(attempt).await? {
            Progress::Ask(question, pending) => (*question, pending),
            Progress::Refused(refusal) => return Ok(Err(told(&refusal))),
            Progress::Granted(_) => return Ok(Err(told(&Refusal::NotAdmitted))),
        };
        let reply = match (begun, question) {
            (Ok(server), Question::Scram(challenge)) => {
                let (question, challenged) = server.challenge(challenge);
                match scram_answered(visitor, wire, &question, challenged).await {
                    Ok(reply) => reply,
                    Err(ended) => return Err(gone(visitor, pending, ended).await?),
                }
            }
            (Err(scram::Fault::Unbound), _) => Reply::Unbound,
            _ => Reply::Aborted,
        };
        Ok(match visitor.resume(pending, reply).await? {
            Progress::Granted(session) => Ok(*session),
            Progress::Refused(refusal) => Err(told(&refusal)),
            Progress::Ask(..) => Err(told(&Refusal::NotAdmitted)),
        })
    }

    /// Offers the mechanism, bound to the connection where that can be, and hears which one the client takes.
    async fn scram_begins<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        wire: &mut Wire,
    ) -> Result<Result<Server, scram::Fault>, Ended> {
        let tls = visitor.protection.tls().filter(|_| wire.is_protected());
        let end_point = tls.and_then(Tls::end_point);
        let offered = if end_point.is_some() { &[scram::PLUS, scram::PLAIN][..] } else { &[scram::PLAIN] };
        say(visitor, wire, &[sasl(offered)]).await?;
        let answer = within(visitor, read_message(wire, scram::LONGEST)).await?;
        let mut random = [0; 18];
        getrandom::fill(&mut random).map_err(|error| Ended::Failed(format!("random numbers: {error}")))?;
        let begun = initial_response(&answer).ok_or(scram::Fault::Malformed);
        Ok(begun.and_then(|(mechanism, first)| Server::begin(&mechanism, &first, end_point, &random)))
    }

    async fn serves<S: Store, A: Activity>(
        &self,
        visitor: &mut Visitor<S, A>,
        session: &Session,
        mut wire: Wire,
        parameters: &Parameters,
    ) -> Result<(), Ended> {
        let Some(role) = self.roles.of(session) else {
            self.no_role(visitor, session).await?;
            say(visitor, &mut wire, &[fatal(NOT_AUTHORIZED, "Access Denied")]).await?;
            return Err(Ended::Refused);
        };
        let onward = onward(parameters, session.user(), &role);
        let password = self.passwords.of(&role);
        let mut behind = match log_in(&self.upstream, &visitor.limits, &onward, password).await {
            Ok(behind) => behind,
            Err(why) => {
                say(
                    visitor,
                    &mut wire,
                    &[fatal(NOT_THERE, "the database behind this gate is not available")],
                )
                .await?;
                return Err(match why {
                    NotThere::Away(error) => Ended::Upstream(error),
                    NotThere::Refused(what) => Ended::Upstream(io::Error::other(what)),
                });
            }
        };
        let flow = visitor.flow();
        let _known = self.until_ready(visitor, session, &mut wire, &mut behind).await?;
        match visitor.pass_on(Some(session), wire, behind, First::Any, &flow).await {
            Ok(()) => Ok(()),
            Err(Fault::Cut) => Err(Ended::Cut),
            Err(Fault::Idle) => Err(Ended::Peer(io::ErrorKind::TimedOut.into())),
            Err(Fault::Broken(error)) => Err(Ended::Peer(error)),
            Err(Fault::TlsBegun) => Err(broken()),
        }
    }

    /// Tells the client that it is in, passes on what the database says until it is ready, and learns the key by which
    /// its query could be cancelled.
    async fn until_ready<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        session: &Session,
        wire: &mut Wire,
        behind: &mut Behind,
    ) -> Result<Option<Known>, Ended> {
        let verified = Some(session.server_proof()).filter(|proof| !proof.is_empty());
        let verified = verified.map(|proof| sasl_step(SASL_FINAL, &verifier(proof)));
        let greeting: Vec<Message> = verified.into_iter().chain([authentication(OK)]).collect();
        say(visitor, wire, &greeting).await?;
        let mut known = None;
        for _ in 0..MOST_GREETINGS {
            let reading = timeout(visitor.limits.connect_time, read_message(behind, LONGEST_GREETING));
            let message = reading.await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            let message = message.map_err(Ended::Upstream)?;
            if message.tag == BACKEND_KEY {
                known = key(&message.body).map(|key| self.keys.learn(key));
            }
            let is_last = message.tag == READY;
            if message.tag == AUTHENTICATION {
                return Err(Ended::Upstream(io::ErrorKind::InvalidData.into()));
            }
            say(visitor, wire, &[message]).await?;
            if is_last {
                return Ok(known);
            }
        }
        Err(Ended::Upstream(io::ErrorKind::InvalidData.into()))
    }

    /// Somebody may come in and stands for nobody behind the gate.
    async fn no_role<S: Store, A: Activity>(
        &self,
        visitor: &Visitor<S, A>,
        session: &Session,
    ) -> Result<(), Ended> {
        let session = session.clone();
        let told = visitor.ask(move |engine| {
            let event =
                AuditEvent::AccessDenied { privilege: "", action: "log-in to the database: no role there" };
            engine.emit_of(&session, &event)
        });
        told.await?.map_err(|refusal| Ended::Failed(refusal.to_string()))
    }

    /// Passes a request to cancel on, if the session came through here. Nobody is told anything, as the protocol has it.
    async fn cancel<S: Store, A: Activity>(&self, visitor: &Visitor<S, A>, key: Key) -> Result<(), Ended> {
        if !self.keys.know(key) {
            return Ok(());
        }
        let mut behind = self.upstream.connect(&visitor.limits).await.map_err(Ended::Upstream)?;
        let asking = async {
            behind.write_all(&cancel(key)).await?;
            behind.read(&mut [0]).await
        };
        let asked = timeout(visitor.limits.connect_time, asking).await;
        asked.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map(|_| ()).map_err(Ended::Upstream)
    }
}

/// A client that says its password.
async fn by_password<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    wire: &mut Wire,
    user: &str,
    attempt: Attempt,
) -> Result<Result<Session, Message>, Ended> {
    say(visitor, wire, &[authentication(CLEAR_TEXT)]).await?;
    let answer = within(visitor, read_message(wire, LONGEST_PASSWORD)).await?;
    let Some(password) = password(answer) else {
        return Ok(Err(fatal(PROTOCOL_VIOLATION, "a password was expected")));
    };
    let attempt = Attempt { offer: Offer::Password { name: user.to_owned(), password }, ..attempt };
    Ok(visitor.admit(attempt).await?.map_err(|refusal| told(&refusal)))
}

/// Shows a challenge and hears the proof. What is none of this conversation is no answer.
async fn scram_answered<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    wire: &mut Wire,
    question: &str,
    challenged: Challenged,
) -> Result<Reply, Ended> {
    say(visitor, wire, &[sasl_step(SASL_CONTINUE, question)]).await?;
    let answer = within(visitor, read_message(wire, scram::LONGEST)).await?;
    let proof = response(&answer).ok_or(scram::Fault::Malformed).and_then(|last| challenged.proof(last));
    Ok(match proof {
        Ok(proof) => Reply::Scram(proof),
        Err(scram::Fault::Unbound) => Reply::Unbound,
        Err(scram::Fault::Malformed) => Reply::Aborted,
    })
}

/// Has it written down that somebody went away from a challenge.
async fn gone<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    pending: Box<Pending>,
    ended: Ended,
) -> Result<Ended, Ended> {
    let is_late = matches!(&ended, Ended::Peer(error) if error.kind() == io::ErrorKind::TimedOut);
    let reply = if is_late { Reply::TimedOut } else { Reply::Aborted };
    visitor.resume(pending, reply).await.map(|_| ended)
}

/// What whoever is not admitted is told.
fn told(refusal: &Refusal) -> Message {
    match refusal {
        Refusal::PasswordChangeRequired => fatal(WRONG_PASSWORD, "Password change required."),
        Refusal::TooMany => fatal(TOO_MANY, "too many log in at once; try again"),
        // All others are told the same.
        _ => fatal(WRONG_PASSWORD, "Access Denied"),
    }
}

/// The parameters for the database: those of the client, for another role, without what is for the gate.
fn onward(parameters: &Parameters, user: &str, role: &str) -> Vec<(String, String)> {
    let database = parameters.get("database").filter(|name| !name.is_empty()).unwrap_or(user);
    let mut onward = vec![("user".to_owned(), role.to_owned()), ("database".to_owned(), database.to_owned())];
    for (name, value) in &parameters.named {
        match name.as_str() {
            "user" | "database" | "replication" => {}
            name if name.starts_with(EXTENSION) => {}
            "options" => {
                let options = without_code(value);
                if !options.is_empty() {
                    onward.push((name.clone(), options));
                }
            }
            _ => onward.push((name.clone(), value.clone())),
        }
    }
    onward
}

/// The code of a second factor, which comes as `-c sclera.code=123456` among the options.
fn code(parameters: &Parameters) -> Option<Secret> {
    let mut words = parameters.get("options")?.split_whitespace();
    let code = words.find_map(|word| word.strip_prefix("-c").unwrap_or(word).strip_prefix(CODE))?;
    Secret::new(code.to_owned()).ok()
}

fn without_code(options: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for word in options.split_whitespace() {
        if word.strip_prefix("-c").unwrap_or(word).starts_with(CODE) {
            if kept.last() == Some(&"-c") {
                kept.pop();
            }
        } else {
            kept.push(word);
        }
    }
    if kept.len() == options.split_whitespace().count() { options.to_owned() } else { kept.join(" ") }
}

/// Says something to the client, within the time for that.
async fn say<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    wire: &mut Wire,
    messages: &[Message],
) -> Result<(), Ended> {
    within(visitor, async {
        for message in messages {
            wire.write_all(&message.bytes()).await?;
        }
        wire.flush().await
    })
    .await
}

/// Does what has its time.
async fn within<S: Store, A: Activity, T>(
    visitor: &Visitor<S, A>,
    work: impl Future<Output = io::Result<T>>,
) -> Result<T, Ended> {
    match timeout(visitor.limits.head_time, work).await {
        Ok(done) => done.map_err(Ended::Peer),
        Err(_) => Err(Ended::Peer(io::ErrorKind::TimedOut.into())),
    }
}

fn broken() -> Ended {
    Ended::Peer(io::ErrorKind::InvalidData.into())
}

const CODE: &str = "sclera.code=";
const TLS_HANDSHAKE: u8 = 0x16;
/// Invalid authorization specification; invalid password; protocol violation; too many connections; and that the server
/// rejected the establishment of a connection.
const NOT_AUTHORIZED: &str = "28000";
const WRONG_PASSWORD: &str = "28P01";
const PROTOCOL_VIOLATION: &str = "08P01";
const TOO_MANY: &str = "53300";
const NOT_THERE: &str = "08004";
/// The most packets before the one that names somebody: encryption of both kinds may be asked for.
const MOST_FIRSTS: usize = 3;
/// The most messages from the log-in to the first query, and the most bytes of one.
const MOST_GREETINGS: usize = 256;
const LONGEST_GREETING: usize = 64 * 1024;
const LONGEST_PASSWORD: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters(named: &[(&str, &str)]) -> Parameters {
        let named = named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Parameters { minor: 0, named: named.collect() }
    }

    #[test]
    fn the_database_sees_the_role_and_not_what_is_for_the_gate() {
        let said = parameters(&[
            ("user", "ann"),
            ("application_name", "psql"),
            ("_pq_.x", "1"),
            ("options", "-c sclera.code=123456"),
        ]);
        let wanted = [("user", "clinic"), ("database", "ann"), ("application_name", "psql")];
        assert_eq!(onward(&said, "ann", "clinic"), parameters(&wanted).named);
        let said = parameters(&[("user", "ann"), ("database", "wards"), ("options", "-c  a=b")]);
        let wanted = [("user", "clinic"), ("database", "wards"), ("options", "-c  a=b")];
        assert_eq!(onward(&said, "ann", "clinic"), parameters(&wanted).named);
    }

    #[test]
    fn a_code_comes_among_the_options() {
        for (options, found, left) in [
            ("-c sclera.code=123456", Some("123456"), ""),
            ("-csclera.code=123456", Some("123456"), ""),
            ("-c a=b -c sclera.code=1 -c d=e", Some("1"), "-c a=b -c d=e"),
            ("-c a=sclera.code=1", None, "-c a=sclera.code=1"),
            ("", None, ""),
        ] {
            let said = parameters(&[("options", options)]);
            assert_eq!(code(&said).map(|code| code.expose().to_owned()).as_deref(), found, "{options}");
            assert_eq!(without_code(options), left, "{options}");
        }
    }
}
