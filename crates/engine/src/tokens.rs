//! Sessions that tokens carry: sign-in, rotation, and going on in whichever process is asked next (`admin-api.md`
//! section 3).
//!
//! A session is one row of what is kept, found by its id. It has a serial number, and each pair of tokens names the
//! number it was made for, so that one number says which tokens count:
//!
//! ```text
//! sign-in ──► serial 1 ──refresh──► serial 2 ──refresh──► serial 3 …
//!               │ access 1 counts     │ access 1 is dead
//!               │ refresh 1 counts    │ refresh 1 is spent: presented again, it ends the session
//! ```
//!
//! A refresh exchanges the row for one with the next number, if it is still the row that was read; whoever comes second
//! holds a spent token. The exchange is durable before the answer, and the store is one for all processes.
//!
//! A refresh judges the account anew and takes the roles of now, so that what was taken away from somebody counts within
//! the life of an access token.

use crate::admission::{Door, Session};
use crate::engine::{Engine, Settings, public_roles, user_numbered};
use crate::events::{AuditEvent, Origin};
use crate::recorder::{Deed, Written};
use crate::refusal::Refusal;
use crate::sessions::{Lease, RunningSession};
use crate::signing::{SigningKey, Unproven, hex};
use crate::web::entered;
use sclera_authn::account;
use sclera_authn::admission::{Attempt, Offer, Transport, may_go_on};
use sclera_authn::mechanism::Mechanism;
use sclera_authn::secret::Secret;
use sclera_core::application::Application;
use sclera_core::id::{RoleId, UserId};
use sclera_core::name::same;
use sclera_core::permission::Permissions;
use sclera_core::policy::Policy;
use sclera_core::process::Process;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_store::chain::Key;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{Activity, ActivityRead, Store, Stored};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The service of every login over HTTP.
pub(crate) const WEB_GATEWAY: &str = "%Service_WebGateway";
/// The most sessions that a process keeps at hand; others are made anew of their rows when they are asked for.
const AT_HAND: usize = 16_384;
const SECOND: i64 = 1_000_000;

/// How somebody signs in over HTTP.
#[derive(Debug)]
pub struct WebSignIn {
    /// The name, as typed.
    pub name: String,
    /// The password.
    pub password: Secret,
    /// The code of the second factor, where it came along.
    pub code: Option<Secret>,
    /// The address of the peer.
    pub peer: IpAddr,
    /// The web application that is wanted; none for what is open to whoever the service admits.
    pub application: Option<String>,
    /// How the connection is protected.
    pub transport: Transport,
    /// Whoever comes can come again with a code that was sent.
    pub may_return: bool,
}

/// A pair of tokens.
pub struct TokenPair {
    /// Lets its bearer in.
    pub access: String,
    /// Is exchanged for the next pair, once.
    pub refresh: String,
    /// `$USERNAME`.
    pub user: String,
    /// When they were made.
    pub issued: Timestamp,
    /// When the access token expires, in seconds since 1970.
    pub expires: i64,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenPair({})", self.user)
    }
}

/// A session that tokens carry, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSession {
    /// Its name, which lets nobody in: that of the running session.
    pub id: String,
    /// `$USERNAME`.
    pub user: String,
    /// The web application it began at.
    pub application: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when it can be refreshed.
    pub until: Timestamp,
    /// The address it came from.
    pub device: String,
}

/// What stands in the row of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    id: [u8; 16],
    user: UserId,
    name: String,
    application: String,
    role: Option<RoleId>,
    serial: u64,
    since: Timestamp,
    until: Timestamp,
    device: String,
    mechanism: i64,
}

impl Row {
    fn kept(&self, key: &Key) -> Kept {
        let text = json!({
            "User": self.user.0,
            "Username": self.name,
            "Application": self.application,
            "Role": self.role.map(|role| role.0),
            "Serial": self.serial,
            "Since": self.since.micros(),
            "Device": self.device,
            "Mechanism": self.mechanism,
        });
        Kept::new(Keeping::Session, self.id, Some(self.until), text.to_string(), key)
    }

    fn of(kept: &Kept) -> Option<Self> {
        let text: Value = serde_json::from_str(&kept.text).ok()?;
        let word = |name: &str| Some(text.get(name)?.as_str()?.to_owned());
        let role = text.get("Role")?;
        Some(Self {
            id: kept.id,
            user: UserId(text.get("User")?.as_u64()?),
            name: word("Username")?,
            application: word("Application")?,
            role: match role.as_u64() {
                Some(id) => Some(RoleId(u32::try_from(id).ok()?)),
                None if role.is_null() => None,
                None => return None,
            },
            serial: text.get("Serial")?.as_u64()?,
            since: Timestamp::from_micros(text.get("Since")?.as_i64()?),
            until: kept.until?,
            device: word("Device")?,
            mechanism: text.get("Mechanism")?.as_i64()?,
        })
    }

    /// The name of the running session: half of the id, and nothing that a token is made of.
    fn running(&self) -> String {
        hex(self.id.get(..8).unwrap_or_default())
    }
}

/// Which of a pair a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Access,
    Refresh,
    Cookie,
}

impl Use {
    const fn word(self) -> &'static str {
        match self {
            Self::Access => "a",
            Self::Refresh => "r",
            Self::Cookie => "c",
        }
    }
}

/// What a token that was proven says.
struct Proven {
    session: [u8; 16],
    serial: u64,
    for_use: Use,
}

/// The sessions that this process has at hand.
#[derive(Default)]
pub(crate) struct AtHand(Mutex<HashMap<[u8; 16], (u64, Session)>>);

impl AtHand {
    fn find(&self, id: &[u8; 16], serial: u64) -> Option<Session> {
        self.lock().get(id).filter(|(known, _)| *known == serial).map(|(_, session)| session.clone())
    }

    fn any(&self, id: &[u8; 16]) -> Option<Session> {
        self.lock().get(id).map(|(_, session)| session.clone())
    }

    fn keep(&self, id: [u8; 16], serial: u64, session: Session) {
        let mut sessions = self.lock();
        if sessions.len() >= AT_HAND && !sessions.contains_key(&id) {
            // Any will do: it is made anew of its row when it is asked for. It is dropped outside the lock.
            let gone = sessions.keys().next().copied().and_then(|id| sessions.remove(&id));
            drop(sessions);
            drop(gone);
            sessions = self.lock();
        }
        let before = sessions.insert(id, (serial, session));
        drop(sessions);
        drop(before);
    }

    fn forget(&self, id: &[u8; 16]) -> Option<Session> {
        self.lock().remove(id).map(|(_, session)| session)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 16], (u64, Session)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Tells whether there is a web application of a name.
    pub fn has_application(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.settings()?.policy.applications.named(name).is_some())
    }

    /// Tells whether a web application takes tokens: where not, its clients send name and password with each request.
    pub fn takes_tokens(&self, application: &str) -> Result<bool, Refusal> {
        let settings = self.settings()?;
        Ok(self.vault.is_some() && token_application(&settings.policy, application).is_some())
    }

    /// The origins that a web application lets scripts of other sites come from.
    pub fn allowed_origins(&self, application: &str) -> Result<Vec<String>, Refusal> {
        let settings = self.settings()?;
        let found = settings.policy.applications.named(application);
        Ok(found.map(|application| application.web.cors_allowed.clone()).unwrap_or_default())
    }

    /// Admits a caller over HTTP, who comes through the web gateway's service, by name and password.
    pub fn admit_web(&self, sign_in: WebSignIn) -> Result<Session, Refusal> {
        if sign_in.may_return {
            return self.admit_with_code(sign_in);
        }
        let WebSignIn { name, password, code, peer, application, transport, .. } = sign_in;
        let offer = Offer::Password { name, password };
        let peer = Some(peer);
        self.admit_at_web(Attempt { offer, code, peer, application, transport, ..Attempt::at(WEB_GATEWAY) })
    }

    /// Begins a session that tokens carry. `role` is a role to escalate to, which takes the place of all others.
    pub fn begin_tokens(
        &self,
        sign_in: WebSignIn,
        role: Option<&str>,
        issuer: &str,
    ) -> Result<TokenPair, Refusal> {
        let name = sign_in.application.clone().unwrap_or_default();
        if !self.takes_tokens(&name)? {
            return Err(Refusal::NotAdmitted);
        }
        let (typed, peer) = (sign_in.name.clone(), sign_in.peer);
        let session = self.admit_web(sign_in)?;
        let settings = Arc::clone(&session.settings);
        let about = session.about().clone();
        // The user of an emergency has no account that tokens could go on with.
        let user = about.user_id.ok_or(Refusal::NotAdmitted)?;
        let role = match role {
            None | Some("") => None,
            Some(role) => Some(self.escalated(user, role, &settings).map_err(|refusal| {
                let cause = format!("the role {} is none that the user may escalate to", quoted(role));
                self.tell_no_entry(&typed, peer, &name, &cause).err().unwrap_or(refusal)
            })?),
        };
        let terms = token_application(&settings.policy, &name).ok_or(Refusal::NotAdmitted)?;
        let now = self.world.now();
        let row = self.first_row(&session, &name, role, terms.web.jwt_refresh_timeout)?;
        let pair = self.pair(&row, terms, &settings, issuer)?;
        self.recorder.perform(Deed::Keep { kept: row.kept(&self.key), now })?;
        let session = match role {
            None => session,
            Some(role) => Session::again(&row.name, &[role], settings, session.lease()),
        };
        self.at_hand.keep(row.id, row.serial, entered(session, &row.application));
        Ok(pair)
    }

    /// Exchanges a refresh token for the next pair.
    pub fn refresh_tokens(&self, token: &str, application: &str, issuer: &str) -> Result<TokenPair, Refusal> {
        let proven = self.proven(token)?.filter(|proven| proven.for_use == Use::Refresh);
        let proven = proven.ok_or(Refusal::NotAdmitted)?;
        let Some((kept, row)) = self.row(&proven.session)? else { return Err(Refusal::NotAdmitted) };
        if row.serial != proven.serial {
            return Err(self.end_replayed(&row)?);
        }
        let settings = self.settings()?;
        let session = self.judge_again(&row, Some(application), &settings)?;
        let terms = token_application(&settings.policy, &row.application).ok_or(Refusal::NotAdmitted)?;
        let until = after(self.world.now(), terms.web.jwt_refresh_timeout);
        let next = Row { serial: row.serial + 1, until, ..row.clone() };
        let pair = self.pair(&next, terms, &settings, issuer)?;
        let exchange = Deed::Exchange { expected: kept, kept: next.kept(&self.key) };
        if !matches!(self.recorder.perform(exchange)?, Written::Found(true)) {
            return Err(self.end_replayed(&row)?);
        }
        self.at_hand.keep(next.id, next.serial, session);
        Ok(pair)
    }

    /// Begins a session that a cookie carries, for as long as the application's `Timeout` says: the token, and its seconds.
    pub fn begin_cookie(&self, sign_in: WebSignIn, issuer: &str) -> Result<(String, i64), Refusal> {
        let name = sign_in.application.clone().unwrap_or_default();
        let settings = self.settings()?;
        let seconds = token_application(&settings.policy, &name).ok_or(Refusal::NotAdmitted)?.web.timeout;
        let session = self.admit_web(sign_in)?;
        let settings = Arc::clone(&session.settings);
        let row = self.first_row(&session, &name, None, seconds)?;
        let key = self.signing_key(&settings.policy.system.token_algorithm, seconds)?;
        let (token, _) = self.token(&key, &row, Use::Cookie, seconds, issuer, &settings)?;
        self.recorder.perform(Deed::Keep { kept: row.kept(&self.key), now: self.world.now() })?;
        self.at_hand.keep(row.id, row.serial, session);
        Ok((token, seconds))
    }

    /// The session of a cookie.
    pub fn admit_cookie(&self, token: &str, application: &str) -> Result<Session, Refusal> {
        let wanted = Some(application).filter(|name| !name.is_empty());
        self.bearer(token, Use::Cookie, wanted).map(|(_, session)| session)
    }

    /// Ends the session of a cookie.
    pub fn end_cookie(&self, token: &str) -> Result<(), Refusal> {
        let (row, session) = self.bearer(token, Use::Cookie, None)?;
        self.end_row(&row)?;
        self.emit_of(&session, &AuditEvent::Logout { service: WEB_GATEWAY, application: &row.application })
    }

    /// The session of the bearer of an access token. `application` is the one that is wanted: that of the token, or one of
    /// its group.
    pub fn admit_token(&self, token: &str, application: Option<&str>) -> Result<Session, Refusal> {
        self.bearer(token, Use::Access, application).map(|(_, session)| session)
    }

    /// Ends the session of an access token, and both its tokens.
    pub fn end_tokens(&self, token: &str, application: &str) -> Result<(), Refusal> {
        let (row, session) = self.bearer(token, Use::Access, Some(application))?;
        self.end_row(&row)?;
        let event = AuditEvent::Logout { service: WEB_GATEWAY, application };
        self.emit_of(&session, &event)
    }

    /// The same, and all sessions of the user at applications of the same group.
    pub fn revoke_tokens(&self, token: &str, application: &str) -> Result<(), Refusal> {
        let (row, session) = self.bearer(token, Use::Access, Some(application))?;
        let settings = self.settings()?;
        let group = |name: &str| group(&settings.policy, name);
        let own = group(&row.application);
        for other in self.rows()? {
            let is_near = same(&other.application, &row.application)
                || (!own.is_empty() && group(&other.application) == own);
            if other.user == row.user && is_near {
                self.end_row(&other)?;
            }
        }
        self.emit_of(&session, &AuditEvent::Logout { service: WEB_GATEWAY, application })
    }

    /// The sessions that tokens carry, of all processes, the oldest first.
    pub fn token_sessions(&self, session: &Session) -> Result<Vec<TokenSession>, Refusal> {
        self.require(session, "%Admin_Operate", Permissions::USE, "list of web sessions")?;
        let now = self.world.now();
        let mut rows = self.rows()?;
        rows.retain(|row| row.until > now);
        rows.sort_by_key(|row| (row.since, row.id));
        let listed = rows.into_iter().map(|row| TokenSession {
            id: row.running(),
            user: row.name,
            application: row.application,
            since: row.since,
            until: row.until,
            device: row.device,
        });
        Ok(listed.collect())
    }

    /// Ends one of them by its name, and tells whether there was one.
    pub fn end_token_session(&self, session: &Session, id: &str) -> Result<bool, Refusal> {
        self.require(session, "%Admin_Operate", Permissions::USE, "ending of a web session")?;
        if !self.forget_running(id)? {
            return Ok(false);
        }
        let cause = format!("ended by {}", session.user());
        self.emit_of(session, &AuditEvent::Terminate { service: WEB_GATEWAY, cause: &cause })?;
        Ok(true)
    }

    /// Drops the row of a running session, if tokens carry it.
    pub(crate) fn forget_running(&self, id: &str) -> Result<bool, Refusal> {
        let Some(half) = crate::signing::unhex(id).filter(|half| half.len() == 8) else { return Ok(false) };
        let mut before: [u8; 16] = [0; 16];
        before.iter_mut().zip(&half).for_each(|(byte, half)| *byte = *half);
        let reading = self.activity.read()?;
        let exact = reading.kept(Keeping::Session, &before)?;
        let next = reading.kept_after(Keeping::Session, Some(&before))?.into_iter().next();
        drop(reading);
        let found = exact.or(next).as_ref().and_then(Row::of).filter(|row| row.running() == id);
        found.map_or(Ok(false), |row| self.end_row(&row))
    }

    /// The session of an access token with its row.
    fn bearer(
        &self,
        token: &str,
        for_use: Use,
        application: Option<&str>,
    ) -> Result<(Row, Session), Refusal> {
        let proven = self.proven(token)?.filter(|proven| proven.for_use == for_use);
        let proven = proven.ok_or(Refusal::NotAdmitted)?;
        let found = self.row(&proven.session)?.filter(|(_, row)| row.serial == proven.serial);
        let (_, row) = found.ok_or(Refusal::NotAdmitted)?;
        let settings = self.settings()?;
        let session = match self.at_hand.find(&row.id, row.serial) {
            Some(session) if session.is_ended() => {
                self.end_row(&row)?;
                return Err(Refusal::NotAdmitted);
            }
            Some(session) => {
                fits(&settings.policy, &row, application)?;
                session
            }
            None => {
                let session = self.judge_again(&row, application, &settings)?;
                self.at_hand.keep(row.id, row.serial, session.clone());
                session
            }
        };
        Ok((row, session))
    }

    /// Judges the account of a session by the settings of now, and gives the session its roles of now.
    fn judge_again(
        &self,
        row: &Row,
        application: Option<&str>,
        settings: &Arc<Settings>,
    ) -> Result<Session, Refusal> {
        let policy = &settings.policy;
        fits(policy, row, application)?;
        let reading = self.store.read()?;
        let user = user_numbered(&reading, row.user)?;
        let user = user.filter(|user| same(user.name.as_str(), &row.name)).ok_or(Refusal::NotAdmitted)?;
        account::usable(&user, self.world.now()).map_err(|_| Refusal::NotAdmitted)?;
        let public = public_roles(&reading)?;
        drop(reading);
        let roles = roles_of(&user, row.role, &public, policy)?;
        // Whoever took a role in place of all others still came in with those.
        let held =
            policy.closure(roles_of(&user, None, &public, policy)?.into_iter().chain(roles.iter().copied()));
        may_go_on(&held, WEB_GATEWAY, Some(&row.application), policy).map_err(|_| Refusal::NotAdmitted)?;
        let known = self.at_hand.any(&row.id);
        if known.as_ref().is_some_and(Session::is_ended) {
            self.end_row(row)?;
            return Err(Refusal::NotAdmitted);
        }
        let lease = known.map_or_else(|| self.lease_of(row), |session| session.lease());
        let session = Session::again(&row.name, &roles, Arc::clone(settings), lease);
        Ok(entered(session, &row.application))
    }

    /// The row that a session begins with.
    fn first_row(
        &self,
        session: &Session,
        application: &str,
        role: Option<RoleId>,
        seconds: i64,
    ) -> Result<Row, Refusal> {
        let (about, now) = (session.about(), self.world.now());
        // The user of an emergency has no account that tokens could go on with.
        let user = about.user_id.ok_or(Refusal::NotAdmitted)?;
        let application =
            session.settings.policy.applications.named(application).ok_or(Refusal::NotAdmitted)?;
        let mut id = [0; 16];
        self.world.fill(&mut id);
        if let Some(running) = crate::signing::unhex(&about.id).filter(|running| running.len() == 8) {
            id.iter_mut().zip(running).for_each(|(byte, running)| *byte = running);
        }
        Ok(Row {
            id,
            user,
            name: about.user.clone(),
            application: application.name.to_string(),
            role,
            serial: 1,
            since: now,
            until: after(now, seconds),
            device: about.device.clone(),
            mechanism: session.mechanism().bit(),
        })
    }

    /// The life of a session that began in another process.
    fn lease_of(&self, row: &Row) -> Arc<Lease> {
        self.sessions.begin(RunningSession {
            id: row.running(),
            user: row.name.clone(),
            user_id: Some(row.user),
            service: WEB_GATEWAY.to_owned(),
            mechanism: Mechanism::Password.word(),
            door: Door::Http,
            os_user: None,
            device: row.device.clone(),
            since: row.since,
        })
    }

    fn escalated(&self, user: UserId, role: &str, settings: &Settings) -> Result<RoleId, Refusal> {
        let row = user_numbered(&self.store.read()?, user)?;
        let user = row.ok_or(Refusal::NotAdmitted)?;
        let role = settings.policy.roles.named(role).ok_or(Refusal::NotAdmitted)?;
        if user.escalation_roles.contains(&role.id) { Ok(role.id) } else { Err(Refusal::NotAdmitted) }
    }

    fn tell_no_entry(&self, name: &str, peer: IpAddr, application: &str, cause: &str) -> Result<(), Refusal> {
        let origin = Origin {
            user: name.to_owned(),
            door: Some(Door::Http),
            client_address: Some(peer.to_string()),
            ..Origin::default()
        };
        self.emit(&origin, &AuditEvent::LoginFailure { service: WEB_GATEWAY, status: cause, application })
    }

    /// Ends the session of a refresh token that was presented a second time: one of the two who had it stole it.
    fn end_replayed(&self, row: &Row) -> Result<Refusal, Refusal> {
        if self.end_row(row)? {
            let origin = Origin {
                user: row.name.clone(),
                door: Some(Door::Http),
                client_address: Some(row.device.clone()),
                ..Origin::default()
            };
            let cause = "a refresh token was presented again";
            self.emit(&origin, &AuditEvent::Terminate { service: WEB_GATEWAY, cause })?;
        }
        Ok(Refusal::NotAdmitted)
    }

    fn end_row(&self, row: &Row) -> Result<bool, Refusal> {
        let dropped = self.recorder.perform(Deed::Drop { keeping: Keeping::Session, id: row.id })?;
        let running = row.running();
        self.sessions.end(|about| about.id == running);
        drop(self.at_hand.forget(&row.id));
        Ok(matches!(dropped, Written::Found(true)))
    }

    fn row(&self, id: &[u8; 16]) -> Stored<Option<(Kept, Row)>> {
        let kept = self.kept_under(Keeping::Session, id)?;
        Ok(kept.and_then(|kept| Row::of(&kept).map(|row| (kept, row))))
    }

    fn rows(&self) -> Stored<Vec<Row>> {
        Ok(self.all_kept(Keeping::Session)?.iter().filter_map(Row::of).collect())
    }

    // Tokens.

    fn pair(
        &self,
        row: &Row,
        terms: &Application,
        settings: &Settings,
        issuer: &str,
    ) -> Result<TokenPair, Refusal> {
        let system = &settings.policy.system;
        let key = self.signing_key(&system.token_algorithm, terms.web.jwt_refresh_timeout)?;
        let now = self.world.now();
        let token = |for_use, seconds| self.token(&key, row, for_use, seconds, issuer, settings);
        let (access, expires) = token(Use::Access, terms.web.jwt_access_timeout)?;
        let (refresh, _) = token(Use::Refresh, terms.web.jwt_refresh_timeout)?;
        Ok(TokenPair { access, refresh, user: row.name.clone(), issued: now, expires })
    }

    /// A token for a use, and when it expires, in seconds since 1970.
    fn token(
        &self,
        key: &SigningKey,
        row: &Row,
        for_use: Use,
        seconds: i64,
        issuer: &str,
        settings: &Settings,
    ) -> Result<(String, i64), Refusal> {
        let (now, own) = (self.world.now(), settings.policy.system.token_issuer.as_str());
        let expires = after(now, seconds).micros().div_euclid(SECOND);
        let mut claims = json!({
            "iat": issued(now),
            "exp": expires,
            "iss": if own.is_empty() { issuer } else { own },
            "sid": hex(&row.id),
            "app": format!("{}/", row.application),
            "jti": format!("{}.{}", row.serial, for_use.word()),
        });
        if let (Use::Access, Some(claims)) = (for_use, claims.as_object_mut()) {
            claims.insert("sub".to_owned(), json!(row.name));
        }
        Ok((key.sign(&claims).ok_or_else(unsigned)?, expires))
    }

    /// What a token says, if a key of this instance signed it and its time has not passed.
    fn proven(&self, token: &str) -> Result<Option<Proven>, Refusal> {
        let Some(unproven) = Unproven::of(token) else { return Ok(None) };
        let wanted = unproven.key;
        let Some(key) = self.key_named(&wanted)? else { return Ok(None) };
        let now = self.world.now().micros().div_euclid(SECOND);
        Ok(unproven
            .proven_by(&key)
            .and_then(|claims| said(&claims))
            .filter(|(_, until)| now < *until)
            .map(|(said, _)| said))
    }

    fn key_named(&self, id: &[u8; 16]) -> Result<Option<Arc<SigningKey>>, Refusal> {
        if let Some(key) = self.keyring.find(|key| key.id == *id) {
            return Ok(Some(key));
        }
        // Another process may have made it. One that nobody made costs no more than a look.
        let (Some(vault), Some(kept)) = (&self.vault, self.kept_under(Keeping::SigningKey, id)?) else {
            return Ok(None);
        };
        let key = SigningKey::of(&kept, vault).map(Arc::new);
        if let Some(key) = &key {
            self.keyring.add(Arc::clone(key));
        }
        Ok(key)
    }

    /// The key that signs now; made where there is none, or the last is too old.
    fn signing_key(&self, algorithm: &str, longest_token: i64) -> Result<Arc<SigningKey>, Refusal> {
        let now = self.world.now();
        if let Some(key) = self.keyring.find(|key| key.signs(algorithm, now)) {
            return Ok(key);
        }
        let vault = self.vault.as_ref().ok_or_else(unsigned)?;
        let kept = self.all_kept(Keeping::SigningKey)?;
        let keys = kept.iter().filter_map(|kept| SigningKey::of(kept, vault)).map(Arc::new).collect();
        self.keyring.replace(keys);
        if let Some(key) = self.keyring.find(|key| key.signs(algorithm, now)) {
            return Ok(key);
        }
        let mut id = [0; 16];
        self.world.fill(&mut id);
        let made =
            SigningKey::make(algorithm, id, (vault, &self.key), now, longest_token.saturating_mul(SECOND));
        let (key, kept) = made.ok_or_else(unsigned)?;
        self.recorder.perform(Deed::Keep { kept, now })?;
        let key = Arc::new(key);
        self.keyring.add(Arc::clone(&key));
        Ok(key)
    }
}

impl Session {
    /// A session with these roles that goes on under the settings given.
    pub(crate) fn again(name: &str, roles: &[RoleId], settings: Arc<Settings>, lease: Arc<Lease>) -> Self {
        Self::begun(Process::new(name, roles), settings, lease, Mechanism::Password)
    }

    pub(crate) fn lease(&self) -> Arc<Lease> {
        Arc::clone(&self.lease)
    }
}

/// The application of a name, if it is on and takes tokens.
fn token_application<'p>(policy: &'p Policy, name: &str) -> Option<&'p Application> {
    policy.applications.named(name).filter(|application| application.enabled && application.web.jwt)
}

fn group(policy: &Policy, application: &str) -> String {
    policy.applications.named(application).map(|found| found.web.group.clone()).unwrap_or_default()
}

/// A session is good at the application it began at and at those of its group, as long as both are on.
fn fits(policy: &Policy, row: &Row, wanted: Option<&str>) -> Result<(), Refusal> {
    token_application(policy, &row.application).ok_or(Refusal::NotAdmitted)?;
    let Some(wanted) = wanted.filter(|wanted| !same(wanted, &row.application)) else { return Ok(()) };
    let found =
        policy.applications.named(wanted).filter(|found| found.enabled).ok_or(Refusal::NotAdmitted)?;
    let own = group(policy, &row.application);
    if !own.is_empty() && same(&own, &found.web.group) { Ok(()) } else { Err(Refusal::NotAdmitted) }
}

/// The roles of now: those of the account and of everybody, or the role that was escalated to.
fn roles_of(
    user: &User,
    role: Option<RoleId>,
    public: &[RoleId],
    policy: &Policy,
) -> Result<Vec<RoleId>, Refusal> {
    match role {
        None => {
            let all = user.roles.iter().chain(public).copied();
            Ok(all.filter(|role| policy.role(*role).is_some()).collect())
        }
        Some(role) if user.escalation_roles.contains(&role) && policy.role(role).is_some() => Ok(vec![role]),
        Some(_) => Err(Refusal::NotAdmitted),
    }
}

/// What the claims of a token say, and until when, in seconds since 1970.
fn said(claims: &Map<String, Value>) -> Option<(Proven, i64)> {
    let (serial, word) = claims.get("jti")?.as_str()?.split_once('.')?;
    let for_use = match word {
        "a" => Use::Access,
        "r" => Use::Refresh,
        "c" => Use::Cookie,
        _ => return None,
    };
    let session = crate::signing::unhex(claims.get("sid")?.as_str()?)?.try_into().ok()?;
    Some((Proven { session, serial: serial.parse().ok()?, for_use }, claims.get("exp")?.as_i64()?))
}

/// Seconds since 1970, with their fraction.
fn issued(now: Timestamp) -> Value {
    let text = format!("{}.{:06}", now.micros().div_euclid(SECOND), now.micros().rem_euclid(SECOND));
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    Timestamp::from_micros(now.micros().saturating_add(seconds.saturating_mul(SECOND)))
}

fn quoted(text: &str) -> String {
    sclera_core::name::quotable(text)
}

fn unsigned() -> Refusal {
    sclera_core::status::Status::general("this instance has no key that signs tokens").into()
}
