//! The audit events of a new instance.

use crate::data::EVENTS;
use crate::fault::Fault;
use crate::policy::{New, put, said};
use sclera_core::event::{Event, SYSTEM};
use sclera_core::id::EventId;
use sclera_core::name::EventName;

impl New<'_> {
    pub(crate) fn put_events(&mut self) -> Result<(), Fault> {
        for entry in &self.data.events {
            let fault = |problem| Fault::new(EVENTS, &entry.name, problem);
            let name = EventName::predefined(&entry.name).map_err(|problem| fault(said(problem)))?;
            let event = Event {
                description: entry.description.clone(),
                enabled: entry.enabled(self.choice),
                flags: SYSTEM,
                ..Event::new(EventId(self.ids.next_object()), name)
            };
            put(&mut self.policy.events, event).map_err(fault)?;
        }
        Ok(())
    }
}
