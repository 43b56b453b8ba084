//! The calls of Security.Users and of the roles they name once more, slow and obvious: everything is kept by name, and
//! nothing of the product has a part in what a call comes to (`security-users.md` section 5).

use std::collections::BTreeMap;

/// A call of the class, as a script makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are the arguments of the methods")]
pub enum Call {
    Create { name: String, given: Given },
    Copy { name: String, new_name: String },
    Modify { name: String, given: Given },
    Delete { name: String },
    AddRoles { name: String, roles: String },
    RemoveRoles { name: String, roles: String },
    AddEscalationRoles { name: String, roles: String },
    RemoveEscalationRoles { name: String, roles: String },
    ExpireUserPasswords { names: String },
    UnExpireUserPasswords { names: String },
    CreateRole { name: String, granted: String },
    ModifyRole { name: String, granted: String },
    DeleteRole { name: String },
}

/// Property names with values.
pub type Given = Vec<(&'static str, &'static str)>;

/// What is known of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are the properties of their names")]
pub struct SlowUser {
    pub name: String,
    pub full_name: String,
    pub comment: String,
    pub enabled: bool,
    pub change_password: bool,
    pub password_never_expires: bool,
    pub expiration: String,
    /// In lower case.
    pub roles: Vec<String>,
    /// In lower case.
    pub escalation_roles: Vec<String>,
    pub kind: u8,
    pub has_password: bool,
    pub never_has_one: bool,
}

/// What is known of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the members are the properties of their names")]
pub struct SlowRole {
    pub name: String,
    /// In lower case.
    pub grants: Vec<String>,
    pub made_by_hand: bool,
    pub editable: bool,
}

/// Users and roles, each under its name in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the members hold the objects of their names")]
pub struct SlowUsers {
    pub users: BTreeMap<String, SlowUser>,
    pub roles: BTreeMap<String, SlowRole>,
    /// The day of today, `YYYY-MM-DD`.
    pub today: String,
}

const UNDELETABLE: [&str; 4] = ["_ensemble", "_public", "_system", "unknownuser"];

fn lower(name: &str) -> String {
    name.trim().to_lowercase()
}

impl SlowUsers {
    /// Does what a call says; the number of the error where it is refused, and then nothing has changed. Gives how many
    /// users differ afterwards.
    pub fn call(&mut self, call: &Call) -> Result<usize, u16> {
        let mut after = self.clone();
        let last_holder = after.perform(call)?;
        if !after.someone_holds_everything() {
            return Err(last_holder);
        }
        let differs = |(name, user): &(&String, &SlowUser)| self.users.get(*name) != Some(*user);
        let changed = after.users.iter().filter(differs).count();
        *self = after;
        Ok(changed)
    }

    /// Gives the error to answer if nobody would be left who holds `%All`.
    fn perform(&mut self, call: &Call) -> Result<u16, u16> {
        match call {
            Call::Create { name, given } => self.create(name, given)?,
            Call::Copy { name, new_name } => self.copy(name, new_name)?,
            Call::Modify { name, given } => self.modify(name, given)?,
            Call::Delete { name } => {
                let key = self.user(name)?;
                if UNDELETABLE.contains(&key.as_str()) {
                    return Err(841);
                }
                self.users.remove(&key);
            }
            Call::AddRoles { name, roles } => self.edit(name, roles, true, false)?,
            Call::RemoveRoles { name, roles } => self.edit(name, roles, false, false)?,
            Call::AddEscalationRoles { name, roles } => self.edit(name, roles, true, true)?,
            Call::RemoveEscalationRoles { name, roles } => self.edit(name, roles, false, true)?,
            Call::ExpireUserPasswords { names } => self.mark(names, true),
            Call::UnExpireUserPasswords { names } => self.mark(names, false),
            Call::CreateRole { name, granted } => self.create_role(name, granted)?,
            Call::ModifyRole { name, granted } => return self.modify_role(name, granted).map(|()| 886),
            Call::DeleteRole { name } => return self.delete_role(name).map(|()| 880),
        }
        Ok(840)
    }

    fn user(&self, name: &str) -> Result<String, u16> {
        let key = lower(name);
        if self.users.contains_key(&key) { Ok(key) } else { Err(838) }
    }

    fn free_name(&self, name: &str) -> Result<String, u16> {
        if lower(name) == "%system" {
            return Err(842);
        }
        if name.contains('@') {
            return Err(846);
        }
        if name.is_empty() || name.contains('*') || name.trim() != name {
            return Err(842);
        }
        let key = lower(name);
        match (self.users.contains_key(&key), self.roles.contains_key(&key)) {
            (true, _) => Err(837),
            (_, true) => Err(942),
            _ => Ok(key),
        }
    }

    fn create(&mut self, name: &str, given: &Given) -> Result<(), u16> {
        let key = self.free_name(name)?;
        let mut user = SlowUser {
            name: name.to_owned(),
            full_name: String::new(),
            comment: String::new(),
            enabled: true,
            change_password: false,
            password_never_expires: false,
            expiration: String::new(),
            roles: Vec::new(),
            escalation_roles: Vec::new(),
            kind: 1,
            has_password: false,
            never_has_one: false,
        };
        self.set(&mut user, given)?;
        self.users.insert(key, user);
        Ok(())
    }

    fn copy(&mut self, name: &str, new_name: &str) -> Result<(), u16> {
        let original = self.users[&self.user(name)?].clone();
        let key = self.free_name(new_name)?;
        if original.never_has_one {
            return Err(952);
        }
        self.users.insert(key, SlowUser { name: new_name.to_owned(), ..original });
        Ok(())
    }

    fn modifiable(&self, name: &str) -> Result<String, u16> {
        let key = self.user(name)?;
        match self.users[&key].kind {
            2 => Err(993),
            4 => Err(994),
            _ => Ok(key),
        }
    }

    fn modify(&mut self, name: &str, given: &Given) -> Result<(), u16> {
        let key = self.modifiable(name)?;
        let mut user = self.users[&key].clone();
        self.set(&mut user, given)?;
        if key == "_public" && user.enabled {
            return Err(5001);
        }
        self.users.insert(key, user);
        Ok(())
    }

    /// First roles, then dates, then all else; of one property given twice the last value counts.
    fn set(&self, user: &mut SlowUser, given: &Given) -> Result<(), u16> {
        let value =
            |name: &str| given.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| *value);
        if let Some(roles) = value("Roles") {
            user.roles = self.named(roles)?;
        }
        if let Some(roles) = value("EscalationRoles") {
            user.escalation_roles = self.named(roles)?;
        }
        if let Some(day) = value("ExpirationDate") {
            user.expiration = match day {
                "" | "0" | "1840-12-31" => String::new(),
                "2017-02-29" | "abc" => return Err(944),
                day => day.to_owned(),
            };
        }
        for (name, text) in given {
            let flag = || match *text {
                "1" => Ok(true),
                "0" | "" => Ok(false),
                _ => Err(7206_u16),
            };
            match *name {
                "FullName" => (*text).clone_into(&mut user.full_name),
                "Comment" => (*text).clone_into(&mut user.comment),
                "Enabled" => user.enabled = flag()?,
                "ChangePassword" => user.change_password = flag()?,
                "PasswordNeverExpires" => user.password_never_expires = flag()?,
                _ => {}
            }
        }
        Ok(())
    }

    /// The roles of a comma list in lower case, each once.
    fn named(&self, roles: &str) -> Result<Vec<String>, u16> {
        let mut named = Vec::new();
        for role in roles.split(',').map(lower).filter(|role| !role.is_empty()) {
            if !self.roles.contains_key(&role) {
                return Err(883);
            }
            if !named.contains(&role) {
                named.push(role);
            }
        }
        Ok(named)
    }

    fn edit(&mut self, name: &str, roles: &str, add: bool, escalation: bool) -> Result<(), u16> {
        let key = self.modifiable(name)?;
        let named = self.named(roles)?;
        let mut user = self.users[&key].clone();
        let held = if escalation { &mut user.escalation_roles } else { &mut user.roles };
        for role in named {
            held.retain(|known| add || *known != role);
            if add && !held.contains(&role) {
                held.push(role);
            }
        }
        self.users.insert(key, user);
        Ok(())
    }

    fn mark(&mut self, names: &str, expired: bool) {
        let names: Vec<String> = names.split(',').map(lower).filter(|name| !name.is_empty()).collect();
        let all = names.is_empty() || names.iter().any(|name| name == "*");
        for (key, user) in &mut self.users {
            let left = user.kind != 1 || (expired && user.password_never_expires);
            if !left && (all || names.contains(key)) {
                user.change_password = expired;
            }
        }
    }

    fn create_role(&mut self, name: &str, granted: &str) -> Result<(), u16> {
        let key = lower(name);
        if name.is_empty() || name.contains([',', ':', '/']) || name.starts_with('%') || name.trim() != name {
            return Err(887);
        }
        if self.roles.contains_key(&key) {
            return Err(884);
        }
        if self.users.contains_key(&key) {
            return Err(942);
        }
        let grants = self.named(granted)?;
        self.roles
            .insert(key, SlowRole { name: name.to_owned(), grants, made_by_hand: true, editable: true });
        Ok(())
    }

    fn modify_role(&mut self, name: &str, granted: &str) -> Result<(), u16> {
        let key = lower(name);
        if !self.roles.contains_key(&key) {
            return Err(883);
        }
        let grants = self.named(granted)?;
        let role = self.roles.get_mut(&key).expect("it is there");
        if role.grants != grants && !role.editable {
            return Err(886);
        }
        role.grants = grants;
        // A role that leads back to itself.
        let mut reached = self.roles[&key].grants.clone();
        let mut next = 0;
        while let Some(role) = reached.get(next).cloned() {
            if role == key {
                return Err(886);
            }
            for grant in self.roles[&role].grants.clone() {
                if !reached.contains(&grant) {
                    reached.push(grant);
                }
            }
            next += 1;
        }
        Ok(())
    }

    fn delete_role(&mut self, name: &str) -> Result<(), u16> {
        let key = lower(name);
        let role = self.roles.get(&key).ok_or(883u16)?;
        if !role.made_by_hand {
            return Err(880);
        }
        self.roles.remove(&key);
        for role in self.roles.values_mut() {
            role.grants.retain(|known| *known != key);
        }
        for user in self.users.values_mut() {
            user.roles.retain(|known| *known != key);
            user.escalation_roles.retain(|known| *known != key);
        }
        Ok(())
    }

    /// Every role that some roles lead to, themselves included.
    fn closure(&self, roles: &[String]) -> Vec<String> {
        let mut found = roles.to_vec();
        let mut next = 0;
        while let Some(role) = found.get(next).cloned() {
            for grant in &self.roles[&role].grants {
                if !found.contains(grant) {
                    found.push(grant.clone());
                }
            }
            next += 1;
        }
        found
    }

    /// Whether a user holds `%All`, directly or through other roles.
    pub fn is_super(&self, user: &SlowUser) -> bool {
        self.closure(&user.roles).iter().any(|role| role == "%all")
    }

    fn someone_holds_everything(&self) -> bool {
        self.users.iter().any(|(key, user)| {
            let for_logins = key != "_public" && key != "unknownuser";
            let lasts = user.expiration.is_empty() || user.expiration >= self.today;
            let can_log_in = user.enabled && user.kind == 1 && user.has_password;
            for_logins && lasts && can_log_in && self.is_super(user)
        })
    }
}
