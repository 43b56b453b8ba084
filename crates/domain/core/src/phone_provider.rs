//! Providers of telephones, which take letters and send them on as text messages (`authentication.md` 7.3).

use crate::id::PhoneProviderId;
use crate::name::PhoneProviderName;
use crate::property::{Access, Class, Field, Kind, field};
use alloc::string::String;

/// A provider; a user names it in `PhoneProvider`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each member is the property of its name in `FIELDS`")]
pub struct PhoneProvider {
    pub id: PhoneProviderId,
    pub name: PhoneProviderName,
    pub sms_gateway: String,
}

impl PhoneProvider {
    /// A provider without a gateway.
    pub const fn new(id: PhoneProviderId, name: PhoneProviderName) -> Self {
        Self { id, name, sms_gateway: String::new() }
    }
}

impl Class for PhoneProvider {
    const NAME: &'static str = "%SYS.PhoneProviders";
    const FIELDS: &'static [Field<Self>] = &[field!(Open "SMSGateway" text(128) sms_gateway)];
}
