//! Services, as the HTTP interface changes them: what is dropped is told, and a service that is on keeps a way in
//! (`admin-api.md` D-10).

use crate::administer::{Asked, Mode, Receipt, Request};
use crate::engine::Engine;
use crate::{Refusal, Session};
use sclera_authn::mechanism::usable;
use sclera_core::change::Change;
use sclera_core::policy::Policy;
use sclera_core::property::{Properties, Value};
use sclera_core::service::Service;
use sclera_core::status::{Code, Status};
use sclera_store::port::{Activity, Store};

/// What came of a change of a service.
#[derive(Debug)]
pub struct ServiceChanged {
    /// The receipt.
    pub receipt: Receipt,
    /// The bits of mechanisms that the service cannot have, and that were not stored.
    pub dropped: i64,
}

impl<S: Store, A: Activity> Engine<S, A> {
    /// Changes a service. Where the change names mechanisms, at least one that the service can use must be left if it is
    /// on.
    pub fn modify_service(
        &self,
        session: &Session,
        name: &str,
        properties: &Properties,
    ) -> Result<ServiceChanged, Refusal> {
        self.require_secure(session, "change of a service")?;
        let wanted = properties.get("AutheEnabled").and_then(|value| match value {
            Value::Integer(bits) => Some(*bits),
            _ => None,
        });
        let gate = |policy: &Policy, _: &S::Writing<'_>| -> Result<(), Refusal> {
            let found = policy.services.named(name);
            let (Some(wanted), Some(service)) = (wanted, found) else { return Ok(()) };
            let stays_on = properties.get("Enabled").map_or(service.enabled, |value| value.text() == "1");
            if stays_on && !service.is_basic() && !leaves_a_way(wanted, service) {
                return Err(Status::new(Code::InvalidOptionForService, [&wanted.to_string(), name]).into());
            }
            Ok(())
        };
        let change = Change::ModifyService { name: name.to_owned(), properties: properties.clone() };
        let asked = [Asked { request: Request::Change(change), place: String::new() }];
        let receipt = self.carry_out(session, asked, Mode::Perform, &gate)?;
        let settings = self.settings()?;
        let storable = settings.policy.services.named(name).map_or(0, |service| service.storable_mechanisms);
        Ok(ServiceChanged { receipt, dropped: wanted.unwrap_or_default() & !storable })
    }
}

/// A service that the table of mechanisms does not know can use whatever it can store.
fn leaves_a_way(wanted: i64, service: &Service) -> bool {
    let usable = usable(service.name.as_str()).mechanisms();
    let usable = if usable.is_empty() { i64::MAX } else { usable.0 };
    wanted & service.storable_mechanisms & usable != 0
}
