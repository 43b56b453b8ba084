//! Credentials of machines: long-lived tokens for gateways and programs, each bound to a user, to addresses, and to the
//! parts of the HTTP interface that it is for.
//!
//! A token is `sct_`, the id, and 32 random bytes. What is kept of it is a digest under the key of the instance, so that
//! nothing that lets anybody in can be read from the store. Every use judges the account anew: whoever disables the user,
//! takes its roles, or revokes the credential is obeyed at once.

use crate::admission::{Door, Session};
use crate::engine::{Engine, public_roles, user_named};
use crate::events::AuditEvent;
use crate::recall::MachineCall;
use crate::recorder::{Deed, Written};
use crate::refusal::Refusal;
use crate::sessions::RunningSession;
use crate::signing::{hex, unhex};
use crate::tokens::WEB_GATEWAY;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sclera_authn::account;
use sclera_authn::admission::may_go_on;
use sclera_authn::mechanism::Mechanism;
use sclera_authn::secret::Secret;
use sclera_core::address::{Addresses, Resolver};
use sclera_core::id::{RoleId, UserId};
use sclera_core::name::{list, quotable, same};
use sclera_core::status::{Code, Status};
use sclera_core::time::Timestamp;
use sclera_store::chain::Key;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{Activity, Store, Stored};
use serde_json::{Value, json};
use std::net::IpAddr;

/// What every token begins with; scanners for leaked secrets can look for it.
pub const PREFIX: &str = "sct_";
/// The parts of the HTTP interface that a credential can be for.
pub const SCOPES: [&str; 4] = ["admin", "authzen", "check", "gate"];
/// The most credentials of an instance.
const MOST: usize = 10_000;
/// The most days that a credential is good for.
pub const MOST_DAYS: u32 = 3_650;
const DAY: i64 = 86_400_000_000;

/// A credential, as it is listed: nothing of it lets anybody in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its id, which the token holds as well.
    pub id: String,
    /// What it is for, in words.
    pub name: String,
    /// The user it is bound to.
    pub user: String,
    /// The addresses it may come from, in the grammar of `ClientSystems`; empty for any.
    pub addresses: String,
    /// The parts of the HTTP interface that it is for, as a comma list.
    pub scopes: String,
    /// When it was made, or rotated.
    pub made: Timestamp,
    /// Who made it.
    pub made_by: String,
    /// Until when it is good.
    pub until: Timestamp,
}

/// What a new credential is to be like.
#[derive(Debug, Clone)]
pub struct NewMachine<'a> {
    /// What it is for, in words.
    pub name: &'a str,
    /// The user it is bound to.
    pub user: &'a str,
    /// The addresses it may come from; empty for any.
    pub addresses: &'a str,
    /// The parts of the HTTP interface that it is for, as a comma list.
    pub scopes: &'a str,
    /// How many days it is good for.
    pub days: u32,
}

struct Row {
    id: [u8; 16],
    user: UserId,
    digest: String,
    machine: Machine,
}

impl Row {
    fn kept(&self, key: &Key) -> Kept {
        let machine = &self.machine;
        let text = json!({
            "Name": machine.name,
            "User": self.user.0,
            "Username": machine.user,
            "Addresses": machine.addresses,
            "Scopes": machine.scopes,
            "Made": machine.made.micros(),
            "MadeBy": machine.made_by,
            "Digest": self.digest,
        });
        Kept::new(Keeping::Machine, self.id, Some(machine.until), text.to_string(), key)
    }

    fn of(kept: &Kept) -> Option<Self> {
        let text: Value = serde_json::from_str(&kept.text).ok()?;
        let word = |name: &str| Some(text.get(name)?.as_str()?.to_owned());
        Some(Self {
            id: kept.id,
            user: UserId(text.get("User")?.as_u64()?),
            digest: word("Digest")?,
            machine: Machine {
                id: hex(&kept.id),
                name: word("Name")?,
                user: word("Username")?,
                addresses: word("Addresses")?,
                scopes: word("Scopes")?,
                made: Timestamp::from_micros(text.get("Made")?.as_i64()?),
                made_by: word("MadeBy")?,
                until: kept.until?,
            },
        })
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Makes a credential and gives the token, which is kept nowhere.
    pub fn create_machine(
        &self,
        session: &Session,
        new: &NewMachine<'_>,
    ) -> Result<(Machine, Secret), Refusal> {
        self.require_secure(session, "making of a credential of a machine")?;
        let scopes = scopes_of(new.scopes)?;
        let addresses: Vec<&str> = list(new.addresses).collect();
        if new.name.trim().is_empty()
            || new.name.chars().count() > 128
            || new.name.chars().any(char::is_control)
        {
            return Err(Status::general("a credential needs a name of 1 to 128 visible characters").into());
        }
        if new.days == 0 || new.days > MOST_DAYS {
            return Err(Status::general(format!("a credential is good for 1 to {MOST_DAYS} days")).into());
        }
        let user = user_named(&self.store.read()?, new.user)?;
        let user = user.ok_or_else(|| Status::new(Code::UserDoesNotExist, [new.user]))?;
        let known = self.machine_rows()?;
        if known.len() >= MOST || known.iter().any(|row| same(&row.machine.name, new.name)) {
            let why = format!("there is a credential {} already, or there are too many", quotable(new.name));
            return Err(Status::general(why).into());
        }
        let mut id = [0; 16];
        self.world.fill(&mut id);
        let machine = Machine {
            id: hex(&id),
            name: new.name.to_owned(),
            user: user.name.to_string(),
            addresses: addresses.join(","),
            scopes: scopes.join(","),
            made: self.world.now(),
            made_by: session.user().to_owned(),
            until: self.after_days(new.days),
        };
        let (token, digest) = self.fresh_token(&id)?;
        let row = Row { id, user: user.id, digest, machine };
        self.recorder.perform(Deed::Keep { kept: row.kept(&self.key), now: self.world.now() })?;
        self.tell_machine(session, "made", &row.machine)?;
        Ok((row.machine, token))
    }

    /// The credentials there are, by name.
    pub fn machines(&self, session: &Session) -> Result<Vec<Machine>, Refusal> {
        self.require_secure(session, "list of credentials of machines")?;
        let now = self.world.now();
        let mut listed: Vec<Machine> = self.machine_rows()?.into_iter().map(|row| row.machine).collect();
        listed.retain(|machine| machine.until > now);
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    /// Gives a credential another token, good for so many days from now; the one before is worthless at once.
    pub fn rotate_machine(
        &self,
        session: &Session,
        name: &str,
        days: u32,
    ) -> Result<(Machine, Secret), Refusal> {
        self.require_secure(session, "rotating of a credential of a machine")?;
        if days == 0 || days > MOST_DAYS {
            return Err(Status::general(format!("a credential is good for 1 to {MOST_DAYS} days")).into());
        }
        let row = self.machine_named(name)?;
        let (token, digest) = self.fresh_token(&row.id)?;
        let machine = Machine { made: self.world.now(), until: self.after_days(days), ..row.machine.clone() };
        let next = Row { digest, machine, ..row };
        self.recorder.perform(Deed::Keep { kept: next.kept(&self.key), now: self.world.now() })?;
        self.tell_machine(session, "rotated", &next.machine)?;
        Ok((next.machine, token))
    }

    /// Takes a credential away.
    pub fn revoke_machine(&self, session: &Session, name: &str) -> Result<(), Refusal> {
        self.require_secure(session, "revoking of a credential of a machine")?;
        let row = self.machine_named(name)?;
        let dropped = self.recorder.perform(Deed::Drop { keeping: Keeping::Machine, id: row.id })?;
        if matches!(dropped, Written::Found(true)) {
            self.tell_machine(session, "revoked", &row.machine)?;
        }
        Ok(())
    }

    /// The session of a machine that comes with a token, for a part of the HTTP interface.
    pub fn admit_machine(
        &self,
        token: &str,
        peer: IpAddr,
        scope: &str,
        application: Option<&str>,
    ) -> Result<Session, Refusal> {
        let as_of = self.state_at_hand();
        let row = self.machine_of(token)?.ok_or(Refusal::NotAdmitted)?;
        let (machine, now) = (&row.machine, self.world.now());
        let addresses: Vec<&str> = list(&machine.addresses).collect();
        let from_there =
            addresses.is_empty() || Addresses::of(&addresses).find(peer, &Resolver::nothing()).is_some();
        if machine.until <= now || !from_there || !list(&machine.scopes).any(|known| known == scope) {
            return Err(Refusal::NotAdmitted);
        }
        let reading = self.store.read()?;
        let settings = self.settings_in(&reading)?;
        let policy = &settings.policy;
        let user = user_named(&reading, &machine.user)?.filter(|user| user.id == row.user);
        let user = user.ok_or(Refusal::NotAdmitted)?;
        account::usable(&user, now).map_err(|_| Refusal::NotAdmitted)?;
        let all = user.roles.iter().copied().chain(public_roles(&reading)?);
        let roles: Vec<RoleId> = all.filter(|role| policy.role(*role).is_some()).collect();
        drop(reading);
        let service = policy.services.named(WEB_GATEWAY).ok_or(Refusal::NotAdmitted)?;
        let served = Addresses::of(&service.client_systems);
        let is_served =
            service.client_systems.is_empty() || served.find(peer, &Resolver::nothing()).is_some();
        let is_on = |name: &str| policy.applications.named(name).is_some_and(|found| found.enabled);
        if !is_served || application.is_some_and(|name| !is_on(name)) {
            return Err(Refusal::NotAdmitted);
        }
        let held = policy.closure(roles.iter().copied());
        may_go_on(&held, WEB_GATEWAY, application, policy).map_err(|_| Refusal::NotAdmitted)?;
        let mut running = [0; 8];
        self.world.fill(&mut running);
        let lease = self.sessions.begin(RunningSession {
            id: hex(&running),
            user: machine.user.clone(),
            user_id: Some(user.id),
            service: WEB_GATEWAY.to_owned(),
            mechanism: Mechanism::Password.word(),
            door: Door::Http,
            os_user: None,
            device: peer.to_string(),
            since: now,
        });
        let session = Session::again(&machine.user, &roles, std::sync::Arc::clone(&settings), lease);
        let session = match application {
            Some(application) => crate::web::entered(session, application),
            None => session,
        };
        let call = MachineCall { token, peer, scope, application };
        self.recall_machine(as_of, &call, &session, machine.until);
        Ok(session)
    }

    /// The row of a token, if its secret is right.
    fn machine_of(&self, token: &str) -> Result<Option<Row>, Refusal> {
        let Some((id, secret)) = token.strip_prefix(PREFIX).and_then(|rest| rest.split_once('_')) else {
            return Ok(None);
        };
        let Some(id) = unhex(id).and_then(|id| <[u8; 16]>::try_from(id).ok()) else { return Ok(None) };
        let kept = self.kept_under(Keeping::Machine, &id)?;
        let row = kept.as_ref().and_then(Row::of);
        let typed = self.digest_of(&id, secret);
        let is_right = |row: &Row| verify_slices_are_equal(row.digest.as_bytes(), typed.as_bytes()).is_ok();
        Ok(row.filter(is_right))
    }

    fn fresh_token(&self, id: &[u8; 16]) -> Result<(Secret, String), Refusal> {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        self.world.fill(bytes.as_mut_slice());
        let secret = zeroize::Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()));
        let token = format!("{PREFIX}{}_{}", hex(id), secret.as_str());
        let token = Secret::new(token).map_err(|_| Status::general("the token is too long"))?;
        Ok((token, self.digest_of(id, &secret)))
    }

    fn digest_of(&self, id: &[u8; 16], secret: &str) -> String {
        hex(&self.key.digest("machine", &[id.as_slice(), secret.as_bytes()]))
    }

    fn machine_named(&self, name: &str) -> Result<Row, Refusal> {
        let found = self.machine_rows()?.into_iter().find(|row| same(&row.machine.name, name));
        Ok(found.ok_or_else(|| Status::general(format!("there is no credential {}", quotable(name))))?)
    }

    fn machine_rows(&self) -> Stored<Vec<Row>> {
        Ok(self.all_kept(Keeping::Machine)?.iter().filter_map(Row::of).collect())
    }

    fn after_days(&self, days: u32) -> Timestamp {
        Timestamp::from_micros(self.world.now().micros().saturating_add(i64::from(days) * DAY))
    }

    /// Stands in the audit trail whatever the settings say of other events, as changes of users do.
    fn tell_machine(&self, session: &Session, done: &str, machine: &Machine) -> Result<(), Refusal> {
        let data = format!(
            "Credential: {}\r\nId: {}\r\nUser: {}\r\nAddresses: {}\r\nScopes: {}\r\nUntil: {}\r\n",
            machine.name, machine.id, machine.user, machine.addresses, machine.scopes, machine.until
        );
        let action = format!("Credential of a machine {done}");
        self.emit_of(session, &AuditEvent::AuditChange { action: &action, data: &data })
    }
}

/// The scopes of a comma list; none named is refused, for a credential that is for everything is seldom meant.
fn scopes_of(text: &str) -> Result<Vec<&'static str>, Status> {
    let mut scopes = Vec::new();
    for name in list(text) {
        let known = SCOPES.iter().find(|known| same(known, name));
        let known = known.ok_or_else(|| {
            Status::general(format!("no scope `{}`; there are {}", quotable(name), SCOPES.join(", ")))
        })?;
        if !scopes.contains(known) {
            scopes.push(*known);
        }
    }
    if scopes.is_empty() {
        return Err(Status::general(format!("name at least one scope: {}", SCOPES.join(", "))));
    }
    Ok(scopes)
}
