//! Ids: numbers that name an object for as long as the store lives, and are never given twice.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($number:ty);)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $number);
    )+};
}

ids! {
    /// The id of a role; roles are listed in the order of their ids, which is that of their creation.
    RoleId(u32);
    /// The id of a resource.
    ResourceId(u32);
    /// The id of a service.
    ServiceId(u32);
    /// The id of an application.
    ApplicationId(u32);
    /// The id of an audit event.
    EventId(u32);
    /// The id of a TLS configuration.
    SslConfigId(u32);
    /// The id of an LDAP configuration.
    LdapConfigId(u32);
    /// The id of a provider of telephones.
    PhoneProviderId(u32);
    /// The id of a document database.
    DocDbId(u32);
    /// The id of the user of a certificate.
    X509UserId(u32);
    /// The id of a superserver.
    SuperserverId(u32);
    /// The id of a user.
    UserId(u64);
}

/// Hands out ids. Roles, resources, services and applications share one sequence, users have their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ids {
    /// The next number for a role, resource, service or application.
    pub object: u32,
    /// The next number for a user.
    pub user: u64,
}

impl Ids {
    /// The ids of a new store.
    pub const fn first() -> Self {
        Self { object: 1, user: 1 }
    }

    /// Takes the next number of the shared sequence.
    pub fn next_object(&mut self) -> u32 {
        let id = self.object;
        self.object += 1;
        id
    }

    /// Takes the next number of a user.
    pub fn next_user(&mut self) -> UserId {
        let id = self.user;
        self.user += 1;
        UserId(id)
    }
}
