//! Login cookies: whoever logged in with a password at a web application need not do so again at the next one, for a while
//! (`authentication.md` 12.2, DEC-A26).
//!
//! A cookie is an id and a secret of 256 random bits. What is kept of the secret is a digest under the key of the instance,
//! so that nothing that lets anybody in can be read from the store. The first half of an id is the same for all cookies of a
//! user, so that they are found together. A cookie says who it is and no more: everything else is judged by the settings of
//! now, and where a second factor is asked it is not enough. One that is not good is worth as much as none (DEC-A03).

use crate::Session;
use crate::engine::{Engine, user_numbered};
use crate::gate::{Caller, Progress};
use crate::recorder::Deed;
use crate::refusal::Refusal;
use crate::signing::{hex, unhex};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use sclera_authn::admission::{Attempt, Offer};
use sclera_authn::mechanism::{Mask, Mechanism};
use sclera_core::id::UserId;
use sclera_core::name::same;
use sclera_core::time::Timestamp;
use sclera_core::user::User;
use sclera_store::kept::{Keeping, Kept};
use sclera_store::port::{Activity, ActivityRead, Store, Stored};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// The length of a login cookie, in characters: id and secret, in hexadecimal digits.
pub const LENGTH: usize = 96;
/// The most login cookies of a user; the oldest goes.
const MOST: usize = 16;
/// How long one is good where `LoginCookieTimeout` is 0: until the browser closes, and at most a day (DEC-A26).
const A_DAY: i64 = 86_400;
const SECOND: i64 = 1_000_000;

/// A login cookie that was made.
pub struct LoginCookie {
    /// What the browser keeps.
    pub value: Zeroizing<String>,
    /// For how many seconds; none for as long as it is open.
    pub seconds: Option<i64>,
}

/// What stands in the row of a cookie.
struct Row {
    id: [u8; 16],
    user: UserId,
    name: String,
    /// When the password was changed that it stands for: a new password ends it.
    password: Option<i64>,
    since: i64,
    digest: String,
}

impl Row {
    fn text(&self) -> String {
        let text = json!({
            "User": self.user.0,
            "Username": self.name,
            "Password": self.password,
            "Since": self.since,
            "Digest": self.digest,
        });
        text.to_string()
    }

    fn of(kept: &Kept) -> Option<Self> {
        let text: Value = serde_json::from_str(&kept.text).ok()?;
        let word = |name: &str| Some(text.get(name)?.as_str()?.to_owned());
        Some(Self {
            id: kept.id,
            user: UserId(text.get("User")?.as_u64()?),
            name: word("Username")?,
            password: text.get("Password")?.as_i64(),
            since: text.get("Since")?.as_i64()?,
            digest: word("Digest")?,
        })
    }

    fn is_of(&self, user: &User) -> bool {
        same(&self.name, user.name.as_str()) && self.password == user.password_changed.map(Timestamp::micros)
    }
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Makes a login cookie for whoever has just logged in at an application with a password; none where the instance or the
    /// application has no login cookies, or the login was another one.
    pub fn write_login_cookie(
        &self,
        session: &Session,
        application: &str,
    ) -> Result<Option<LoginCookie>, Refusal> {
        use Mechanism::{Delegated, KerberosApi, Ldap, Password};
        let settings = self.settings()?;
        let system = &settings.policy.system;
        let found = settings.policy.applications.named(application);
        let has_cookies =
            found.is_some_and(|found| Mask::of_application(system, found).has(Mask::LOGIN_TOKEN));
        let is_typed = matches!(session.mechanism(), Password | Ldap | Delegated | KerberosApi);
        if !has_cookies || !is_typed || self.emergency.is_some() {
            return Ok(None);
        }
        let Some(user) = session.about().user_id else { return Ok(None) };
        let Some(user) = user_numbered(&self.store.read()?, user)? else { return Ok(None) };
        let seconds = Some(system.login_cookie_timeout).filter(|seconds| *seconds > 0);
        let now = self.world.now();
        // Of a password that is kept elsewhere it is not told when it changes.
        let longest = if session.mechanism() == Password { i64::MAX } else { A_DAY };
        let seconds = seconds.map(|seconds| seconds.min(longest));
        let until = now.micros().saturating_add(seconds.unwrap_or(A_DAY).saturating_mul(SECOND));
        self.make_room(user.id)?;
        let mut random = Zeroizing::new([0; 40]);
        self.world.fill(random.as_mut_slice());
        let (half, secret) = random.split_at(8);
        let mut id = [0; 16];
        let own = self.half_of(user.id);
        id.iter_mut().zip(own.iter().chain(half)).for_each(|(byte, drawn)| *byte = *drawn);
        let secret = Zeroizing::new(hex(secret));
        let row = Row {
            id,
            user: user.id,
            name: user.name.to_string(),
            password: user.password_changed.map(Timestamp::micros),
            since: now.micros(),
            digest: self.cookie_digest(&id, &secret),
        };
        let until = Some(Timestamp::from_micros(until));
        let kept = Kept::new(Keeping::LoginCookie, id, until, row.text(), &self.key);
        self.recorder.perform(Deed::Keep { kept, now })?;
        Ok(Some(LoginCookie { value: Zeroizing::new(hex(&id) + secret.as_str()), seconds }))
    }

    /// Begins an admission by a login cookie; none if it is not good, or no longer.
    pub fn begin_by_login_cookie(
        &self,
        cookie: &str,
        attempt: Attempt,
        caller: Caller,
    ) -> Result<Option<Progress>, Refusal> {
        let Some(row) = self.login_cookie(cookie)? else { return Ok(None) };
        let user = user_numbered(&self.store.read()?, row.user)?.filter(|user| row.is_of(user));
        let Some(user) = user else {
            self.drop_row(row.id)?;
            return Ok(None);
        };
        if self.asks_code(&user, attempt.application.as_deref())? {
            return Ok(None);
        }
        let offer = Offer::LoginCookie(row.name);
        self.begin_admission(Attempt { offer, ..attempt }, caller).map(Some)
    }

    /// Whether an application asks a second factor of a user. A cookie is not enough there: else each look at a page would
    /// have a code sent.
    fn asks_code(&self, user: &User, application: Option<&str>) -> Result<bool, Refusal> {
        let settings = self.settings()?;
        let found = application.and_then(|name| settings.policy.applications.named(name));
        let mask = found.map_or(Mask::NONE, |found| Mask::of_application(&settings.policy.system, found));
        Ok(!(mask & Mask::SECOND_FACTORS & Mask(user.second_factors)).is_empty())
    }

    /// Ends a login cookie, if it is one.
    pub fn drop_login_cookie(&self, cookie: &str) -> Result<(), Refusal> {
        match self.login_cookie(cookie)? {
            Some(row) => self.drop_row(row.id),
            None => Ok(()),
        }
    }

    /// Ends all login cookies of a user.
    pub(crate) fn drop_login_cookies_of(&self, user: UserId) -> Result<(), Refusal> {
        for row in self.login_cookies_of(user)? {
            self.drop_row(row.id)?;
        }
        Ok(())
    }

    /// Ends the oldest, where a user has as many as there may be.
    fn make_room(&self, user: UserId) -> Result<(), Refusal> {
        let mut rows = self.login_cookies_of(user)?;
        rows.sort_by_key(|row| row.since);
        let surplus = (rows.len() + 1).saturating_sub(MOST);
        for row in rows.iter().take(surplus) {
            self.drop_row(row.id)?;
        }
        Ok(())
    }

    fn login_cookies_of(&self, user: UserId) -> Stored<Vec<Row>> {
        let own = self.half_of(user);
        let mut before = [0; 16];
        before.iter_mut().zip(&own).for_each(|(byte, own)| *byte = *own);
        // A page holds more than a user may have.
        let page = self.activity.read()?.kept_after(Keeping::LoginCookie, Some(&before))?;
        let genuine = page.iter().filter(|kept| kept.id.starts_with(&own) && kept.is_genuine(&self.key));
        Ok(genuine.filter_map(Row::of).filter(|row| row.user == user).collect())
    }

    /// The row of a cookie whose secret is right and whose time has not passed.
    fn login_cookie(&self, cookie: &str) -> Stored<Option<Row>> {
        let Some((id, secret)) = cookie.split_at_checked(32).filter(|_| cookie.len() == LENGTH) else {
            return Ok(None);
        };
        let Some(id) = unhex(id).and_then(|id| <[u8; 16]>::try_from(id).ok()) else { return Ok(None) };
        let kept = self.kept_under(Keeping::LoginCookie, &id)?;
        let fresh = kept.filter(|kept| kept.until.is_some_and(|until| self.world.now() < until));
        let shown = self.cookie_digest(&id, secret);
        let is_right = |row: &Row| verify_slices_are_equal(row.digest.as_bytes(), shown.as_bytes()).is_ok();
        Ok(fresh.as_ref().and_then(Row::of).filter(is_right))
    }

    fn drop_row(&self, id: [u8; 16]) -> Result<(), Refusal> {
        self.recorder
            .perform(Deed::Drop { keeping: Keeping::LoginCookie, id })
            .map(drop)
            .map_err(Refusal::from)
    }

    /// The half of an id that all cookies of a user have.
    fn half_of(&self, user: UserId) -> [u8; 8] {
        let digest = self.key.digest("login cookies of", &[&user.0.to_be_bytes()]);
        digest.first_chunk().copied().unwrap_or_default()
    }

    fn cookie_digest(&self, id: &[u8; 16], secret: &str) -> String {
        hex(&self.key.digest("login cookie", &[id.as_slice(), secret.as_bytes()]))
    }
}
