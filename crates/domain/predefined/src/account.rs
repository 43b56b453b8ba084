//! The accounts of a new instance.

use crate::choice::Choice;
use crate::data::{ACCOUNTS, AccountEntry, Data, LoginKind};
use crate::fault::Fault;
use sclera_core::id::{Ids, UserId};
use sclera_core::name::{Folded, UserName};
use sclera_core::policy::Policy;
use sclera_core::user::{Credential, User};
use std::collections::BTreeSet;

/// An account, and how it is logged in to.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account, without a password.
    pub user: User,
    /// How it is logged in to.
    pub login: Login,
}

/// How an account is logged in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Login {
    /// By a password, which it gets when the instance is made.
    Password,
    /// Not at all, and it never has a password.
    None,
    /// Not at all, and no password can be set.
    Unchangeable,
}

/// Makes the accounts of a product; a role that an account needs must be there.
pub(crate) fn make(
    data: &Data,
    choice: Choice,
    policy: &Policy,
    ids: &mut Ids,
) -> Result<Vec<Account>, Fault> {
    let mut seen = BTreeSet::new();
    let made = data.accounts.iter().filter(|entry| entry.products.contains(&choice.product));
    made.map(|entry| {
        let fault = |problem| Fault::new(ACCOUNTS, &entry.name, problem);
        if !seen.insert(Folded::of(&entry.name)) {
            return Err(fault("it stands twice".to_owned()));
        }
        account(entry, choice, policy, ids.next_user()).map_err(fault)
    })
    .collect()
}

fn account(entry: &AccountEntry, choice: Choice, policy: &Policy, id: UserId) -> Result<Account, String> {
    let name = UserName::new(&entry.name).map_err(|fault| fault.to_string())?;
    let roles = entry.roles.at(choice.level).iter();
    let id_of = |name: &String| policy.roles.named(name).map(|role| role.id);
    let login = match entry.login {
        LoginKind::Password => Login::Password,
        LoginKind::None => Login::None,
        LoginKind::Unchangeable => Login::Unchangeable,
    };
    let credential = match login {
        Login::Unchangeable => Credential::unchangeable(),
        Login::Password | Login::None => Credential::none(),
    };
    let user = User {
        enabled: *entry.enabled.at(choice.level),
        roles: roles
            .map(|name| id_of(name).ok_or(format!("there is no role `{name}`")))
            .collect::<Result<_, _>>()?,
        credential,
        full_name: entry.full_name.clone(),
        comment: entry.description.clone(),
        change_password: entry.change_password,
        account_never_expires: entry.account_never_expires,
        password_never_expires: entry.password_never_expires,
        ..User::new(id, name)
    };
    Ok(Account { user, login })
}
