//! LDAP configurations: one a domain (`security-classes.md` section 7, `authentication.md` section 10).

use crate::id::LdapConfigId;
use crate::name::LdapConfigName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// An LDAP configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
pub struct LdapConfig {
    pub id: LdapConfigId,
    pub name: LdapConfigName,
    pub description: String,
    pub attributes: String,
    pub attribute_comment: String,
    pub attribute_full_name: String,
    pub attribute_mail: String,
    pub attribute_mobile: String,
    pub attribute_mobile_provider: String,
    pub attribute_namespace: String,
    pub attribute_routine: String,
    pub attribute_roles: String,
    pub attribute_escalation_roles: String,
    pub base_dn: String,
    pub base_dn_groups: String,
    pub ca_file: String,
    pub client_timeout: i64,
    pub flags: i64,
    pub group_id: String,
    pub host_names: String,
    pub instance_id: String,
    pub organization: String,
    pub group_word: String,
    pub instance_word: String,
    pub role_word: String,
    pub escalation_role_word: String,
    pub routine_word: String,
    pub namespace_word: String,
    pub delimiter: String,
    pub search_user: String,
    /// Sealed outside this crate; empty where there is none.
    pub search_password: Vec<u8>,
    pub server_timeout: i64,
    pub unique_dn: String,
}

impl LdapConfig {
    /// A configuration that is not enabled, with the attribute names that the product proposes.
    pub fn new(id: LdapConfigId, name: LdapConfigName) -> Self {
        Self {
            id,
            name,
            description: String::new(),
            attributes: String::new(),
            attribute_comment: "description".to_owned(),
            attribute_full_name: "displayName".to_owned(),
            attribute_mail: "mail".to_owned(),
            attribute_mobile: "mobile".to_owned(),
            attribute_mobile_provider: String::new(),
            attribute_namespace: "intersystems-Namespace".to_owned(),
            attribute_routine: "intersystems-Routine".to_owned(),
            attribute_roles: "intersystems-Roles".to_owned(),
            attribute_escalation_roles: "intersystems-EscalationRoles".to_owned(),
            base_dn: String::new(),
            base_dn_groups: String::new(),
            ca_file: String::new(),
            client_timeout: 180,
            flags: 0,
            group_id: String::new(),
            host_names: String::new(),
            instance_id: String::new(),
            organization: "intersystems".to_owned(),
            group_word: "Group".to_owned(),
            instance_word: "Instance".to_owned(),
            role_word: "Role".to_owned(),
            escalation_role_word: "EscalationRole".to_owned(),
            routine_word: "Routine".to_owned(),
            namespace_word: "Namespace".to_owned(),
            delimiter: "-".to_owned(),
            search_user: String::new(),
            search_password: Vec::new(),
            server_timeout: 60,
            unique_dn: "sAMAccountName".to_owned(),
        }
    }
}

impl LdapConfig {
    /// The bit of `LDAPFlags` of a configuration that is in use.
    const ENABLED: i64 = 1 << 6;

    /// Tells whether anybody is looked for there.
    pub const fn is_enabled(&self) -> bool {
        self.flags & Self::ENABLED != 0
    }
}

impl Class for LdapConfig {
    const NAME: &'static str = "Security.LDAPConfigs";
    const FIELDS: &'static [Field<Self>] = &[
        field!(Open "Description" text(256) description),
        field!(Open "LDAPAttributes" text(32767) attributes),
        field!(Open "LDAPAttributeComment" text(256) attribute_comment),
        field!(Open "LDAPAttributeFullName" text(256) attribute_full_name),
        field!(Open "LDAPAttributeMail" text(256) attribute_mail),
        field!(Open "LDAPAttributeMobile" text(256) attribute_mobile),
        field!(Open "LDAPAttributeMobileProvider" text(256) attribute_mobile_provider),
        field!(Open "LDAPAttributeNameSpace" text(256) attribute_namespace),
        field!(Open "LDAPAttributeRoutine" text(256) attribute_routine),
        field!(Open "LDAPAttributeRoles" text(256) attribute_roles),
        field!(Open "LDAPAttributeEscalationRoles" text(256) attribute_escalation_roles),
        field!(Open "LDAPBaseDN" text(1024) base_dn),
        field!(Open "LDAPBaseDNForGroups" text(1024) base_dn_groups),
        field!(Open "LDAPCACertFile" text(255) ca_file),
        field!(Open "LDAPClientTimeout" integer(0, 86400) client_timeout),
        field!(Open "LDAPFlags" integer(0, 255) flags),
        field!(Open "LDAPGroupId" text(256) group_id),
        field!(Open "LDAPHostNames" text(4096) host_names),
        field!(Open "LDAPInstanceId" text(256) instance_id),
        field!(Open "OrganizationId" text(64) organization),
        field!(Open "GroupId" text(64) group_word),
        field!(Open "InstanceId" text(64) instance_word),
        field!(Open "RoleId" text(64) role_word),
        field!(Open "EscalationRoleId" text(64) escalation_role_word),
        field!(Open "RoutineId" text(64) routine_word),
        field!(Open "NamespaceId" text(64) namespace_word),
        field!(Open "DelimiterId" text(1) delimiter),
        field!(Open "LDAPSearchUsername" text(1024) search_user),
        field!(Secret "LDAPSearchPassword" binary search_password),
        field!(Open "LDAPServerTimeout" integer(0, 86400) server_timeout),
        field!(Open "LDAPUniqueDNIdentifier" text(256) unique_dn),
    ];
}
