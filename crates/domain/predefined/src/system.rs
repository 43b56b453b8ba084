//! The system-wide settings of a new instance.

use crate::data::{SYSTEM, Setting};
use crate::fault::Fault;
use crate::policy::{New, said};
use sclera_core::property::{Access, Class, Properties, assign, show};
use sclera_core::system::System;

impl New<'_> {
    pub(crate) fn system(&self) -> Result<System, Fault> {
        let mut system = System::default();
        for setting in &self.data.settings {
            self.set(&mut system, setting).map_err(|problem| Fault::new(SYSTEM, &setting.name, problem))?;
        }
        Ok(system)
    }

    fn set(&self, system: &mut System, setting: &Setting) -> Result<(), String> {
        let visible = |access| matches!(access, Access::Open | Access::System);
        let kept = System::FIELDS.iter().any(|field| field.name == setting.name && visible(field.access));
        match (setting.stored, kept) {
            (true, true) => {}
            (false, false) => return Ok(()),
            (true, false) => return Err("there is no such setting".to_owned()),
            (false, true) => return Err("the setting is stored".to_owned()),
        }
        let given = Properties::new().with(&setting.name, setting.value(self.choice));
        assign(system, &given, &self.policy).map_err(said)?;
        // What callers may not set is left as it is; then that must be what the file says.
        if show(system, &self.policy).get(&setting.name) == given.get(&setting.name) {
            Ok(())
        } else {
            Err("the setting does not take this value".to_owned())
        }
    }
}
