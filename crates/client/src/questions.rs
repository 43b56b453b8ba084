//! Questions in one line.

use crate::client::{Call, Client};
use crate::error::Error;
use crate::operations::{Check, CheckOne, PostCheck, PostCheckOne};
use std::net::IpAddr;

/// Who was let through by `/gate/auth`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passage {
    /// The name of the user; what is not visible ASCII stands as percent escapes.
    pub user: String,
    /// A comma list of roles, written likewise.
    pub roles: String,
}

/// Somebody who asks an application, by the credentials that came along.
#[derive(Clone, Copy, Default)]
pub struct Caller<'a> {
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
    /// The header `Cookie`; that of `/gate/sign-in` counts.
    pub cookie: Option<&'a str>,
    /// Where the caller is. The server believes it from applications that its `trusted_proxies` names.
    pub address: Option<IpAddr>,
}

impl Client {
    /// Whether whoever asks holds all of some permissions on a resource, such as `RW`.
    pub fn holds(&self, resource: &str, permissions: &str) -> Result<bool, Error> {
        self.decided(question(None, resource, Some(permissions)))
    }

    /// Whether a user does. Asking about others takes `%Admin_Secure:U`.
    pub fn user_holds(&self, user: &str, resource: &str, permissions: &str) -> Result<bool, Error> {
        self.decided(question(Some(user), resource, Some(permissions)))
    }

    /// What whoever asks holds on a resource, such as `READ,WRITE`.
    pub fn held(&self, resource: &str) -> Result<String, Error> {
        let told = self.checked(question(None, resource, None))?.permissions;
        told.ok_or_else(|| Error::Unreadable("no permissions are told".to_owned()))
    }

    fn decided(&self, question: PostCheckOne) -> Result<bool, Error> {
        let told = self.checked(question)?.granted;
        told.ok_or_else(|| Error::Unreadable("no decision is told".to_owned()))
    }

    fn checked(&self, question: PostCheckOne) -> Result<CheckOne, Error> {
        match self.post_check(&PostCheck::One(question))? {
            Check::One(answer) => Ok(answer),
            Check::Many(_) => Err(Error::Unreadable("one was asked, and several are told".to_owned())),
        }
    }

    /// Whether whoever comes with an authorization may be let through, as a proxy asks: `privilege` as `Ward_Chart:R`, or
    /// empty for whoever signs in. Refusals are [`Error::Refused`] with 401 or 403.
    pub fn passage(&self, privilege: &str) -> Result<Passage, Error> {
        self.let_through(&Call::new("GET", "/gate/auth").with("privilege", privilege))
    }

    /// The same for a caller of an application, with the caller's credentials and none of this client.
    pub fn passage_of(&self, caller: &Caller<'_>, privilege: &str) -> Result<Passage, Error> {
        let address = caller.address.map(|address| address.to_string());
        let call = Call::new("GET", "/gate/auth").with("privilege", privilege).open();
        let call = call.header("Authorization", caller.authorization).header("Cookie", caller.cookie);
        self.let_through(&call.header("X-Forwarded-For", address.as_deref()))
    }

    fn let_through(&self, call: &Call) -> Result<Passage, Error> {
        let [user, roles] = self.headers(call, ["x-sclera-user", "x-sclera-roles"])?;
        Ok(Passage { user, roles })
    }
}

fn question(user: Option<&str>, resource: &str, permissions: Option<&str>) -> PostCheckOne {
    PostCheckOne {
        resource: resource.to_owned(),
        permissions: permissions.map(str::to_owned),
        user: user.map(str::to_owned),
    }
}
