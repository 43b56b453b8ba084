//! Forwarding the audit trail: one thread an outlet, which delivers, waits and tries again until it is told to stop.

use crate::Instance;
use sclera_engine::deliver::Stuck;
pub use sclera_exchange::audit::Sender;
pub use sclera_forward::{Address, LineForm, NoAddress, Outlet, Target, Trust, TrustFault, Undelivered, Url};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The most records of one batch.
const BATCH: usize = 256;
/// How long an outlet that has nothing to do waits before it looks again.
const IDLE: Duration = Duration::from_millis(500);
/// How long it waits after a first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest it waits after a failure.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Tells outlets to stop.
#[derive(Debug, Default)]
pub struct Stop {
    told: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Tells them.
    pub fn tell(&self) {
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_all();
    }

    /// Waits, no longer than until it was told; tells whether it was.
    fn wait(&self, time: Duration) -> bool {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(told, time, |told| !*told);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Instance {
    /// Forwards the audit trail to an outlet until it is told to stop. `tell` gets a line when deliveries begin to fail,
    /// when they fail otherwise than before, and when they succeed again.
    pub fn forward(&self, name: &str, outlet: &Outlet, stop: &Stop, tell: &dyn Fn(&str)) {
        let (mut pause, mut trouble) = (FIRST_PAUSE, String::new());
        loop {
            let delivered = self.deliver(name, BATCH, &mut |entries| outlet.send(entries));
            let wait = match delivered {
                Ok(count) => {
                    if !trouble.is_empty() {
                        tell(&format!("outlet {name}: records arrive again"));
                        trouble.clear();
                    }
                    pause = FIRST_PAUSE;
                    if count == BATCH { Duration::ZERO } else { IDLE }
                }
                Err(stuck) => {
                    let why = match stuck {
                        Stuck::Store(error) => error.to_string(),
                        Stuck::Outlet(undelivered) => undelivered.to_string(),
                    };
                    if why != trouble {
                        tell(&format!("outlet {name}: records do not arrive, and wait: {why}"));
                        trouble = why;
                    }
                    let wait = pause;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    wait
                }
            };
            if stop.wait(wait) {
                return;
            }
        }
    }
}
