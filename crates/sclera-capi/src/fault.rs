//! What failed, told by thread.

use sclera::{AttachError, NoSession, TicketError};
use std::borrow::Cow;
use std::cell::RefCell;
use std::error::Error;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Nothing failed.
pub(crate) const OK: c_int = 0;
pub(crate) const ARGUMENT: c_int = 1;
pub(crate) const VERSION: c_int = 2;
pub(crate) const MISSING: c_int = 3;
pub(crate) const FILES: c_int = 4;
pub(crate) const IMAGE: c_int = 5;
pub(crate) const TICKET: c_int = 6;
pub(crate) const EXPIRED: c_int = 7;
pub(crate) const ENDED: c_int = 8;
pub(crate) const AGAIN: c_int = 9;
pub(crate) const INTERNAL: c_int = 10;

/// Why something failed.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) code: c_int,
    pub(crate) text: Cow<'static, str>,
}

impl Fault {
    pub(crate) const fn argument(text: &'static str) -> Self {
        Self { code: ARGUMENT, text: Cow::Borrowed(text) }
    }

    pub(crate) fn version(asked: u32) -> Self {
        let text =
            format!("the program asks for version {asked} of the interface, and this is {}", crate::VERSION);
        Self { code: VERSION, text: text.into() }
    }

    pub(crate) fn attach(error: &AttachError) -> Self {
        let code = match error {
            AttachError::Missing(..) => MISSING,
            AttachError::Files(_) => FILES,
            AttachError::Image(_) => IMAGE,
        };
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Self { code, text: format!("{error}{cause}").into() }
    }

    pub(crate) fn session(error: &NoSession) -> Self {
        let code = match error {
            NoSession::Settings(_) => FILES,
            NoSession::Ticket(TicketError::Invalid) => TICKET,
            NoSession::Ticket(TicketError::Expired) => EXPIRED,
            NoSession::Ticket(TicketError::Ended) => ENDED,
            NoSession::Ticket(TicketError::Generation) => AGAIN,
        };
        Self { code, text: error.to_string().into() }
    }
}

thread_local! {
    static LAST: RefCell<Fault> = const { RefCell::new(Fault { code: OK, text: Cow::Borrowed("") }) };
}

/// Looks at what last failed in this thread. Where the thread is ending, nothing is known any longer.
pub(crate) fn last<R: Default>(look: impl FnOnce(&Fault) -> R) -> R {
    LAST.try_with(|last| last.try_borrow().map(|fault| look(&fault)).unwrap_or_default()).unwrap_or_default()
}

fn note(fault: Fault) {
    let _ = LAST.try_with(|last| last.try_borrow_mut().map(|mut known| *known = fault));
}

/// Does something and answers `otherwise` where it failed or panicked.
pub(crate) fn guarded<R>(otherwise: R, act: impl FnOnce() -> Result<R, Fault>) -> R {
    match catch_unwind(AssertUnwindSafe(act)) {
        Ok(Ok(done)) => done,
        Ok(Err(fault)) => {
            note(fault);
            otherwise
        }
        Err(_) => {
            note(Fault {
                code: INTERNAL,
                text: Cow::Borrowed("the library has a fault; nothing was decided"),
            });
            otherwise
        }
    }
}

/// Does something and tells by code how it went.
pub(crate) fn status(act: impl FnOnce() -> Result<(), Fault>) -> c_int {
    guarded(None, || act().map(Some)).map_or_else(|| last(|fault| fault.code.max(ARGUMENT)), |()| OK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_stays_inside_and_decides_no() {
        assert_eq!(guarded(0, || -> Result<i32, Fault> { panic!("out of order") }), 0);
        assert_eq!(last(|fault| fault.code), INTERNAL);
        assert_eq!(status(|| panic!("out of order")), INTERNAL);
        assert_eq!(status(|| Err(Fault::argument("bad"))), ARGUMENT);
        assert_eq!(last(|fault| fault.text.to_string()), "bad");
        assert_eq!(
            (status(|| Ok(())), last(|fault| fault.code)),
            (OK, ARGUMENT),
            "a success forgets nothing"
        );
        std::thread::spawn(|| assert_eq!(last(|fault| fault.code), OK)).join().unwrap();
    }
}
