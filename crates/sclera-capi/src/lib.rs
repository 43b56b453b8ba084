//! The C interface: what a process in any language needs to decide from published settings. Programs see
//! `include/sclera.h`; the contract stands there and is not repeated here.
//!
//! Every function looks at its pointers and lengths before anything else, lets no panic out, and answers "no" where it
//! cannot answer: a check that failed is denied, a handle that was not made is null, and both are denied everywhere.

#![expect(unsafe_code, reason = "callers in C pass pointers; each use says what was asked of them")]

mod fault;
mod given;

use fault::{Fault, guarded};
use given::{bytes, handle, handle_mut, path, put, text};
use sclera::{Attached, Instance, KernelSession, Permissions, Prepared};
use std::ffi::{c_char, c_int};

/// The version of the interface; it grows when a program that was compiled before could go wrong.
pub const VERSION: u32 = 1;
/// The longest name of a resource that is looked at, in bytes.
const LONGEST_NAME: usize = 4_096;
/// The longest ticket that is looked at, in bytes.
const LONGEST_TICKET: usize = 65_536;
/// Size of the buffer that is written to at most, in bytes.
const LARGEST_BUFFER: usize = 1 << 30;

/// An instance that a program attached to.
pub struct ScleraInstance(Attached);

/// A session of a ticket.
pub struct ScleraSession(KernelSession);

/// Tells the version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn sclera_version() -> u32 {
    VERSION
}

/// Attaches to the published settings of the instance in a directory.
///
/// # Safety
/// `directory` is null or ends with a zero byte; `instance` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_attach(
    version: u32,
    directory: *const c_char,
    instance: *mut *mut ScleraInstance,
) -> c_int {
    // SAFETY: the contract of this function.
    fault::status(|| unsafe {
        put(instance, std::ptr::null_mut())?;
        if version != VERSION {
            return Err(Fault::version(version));
        }
        let attached = Instance::attach(path(directory)?).map_err(|error| Fault::attach(&error))?;
        put(instance, Box::into_raw(Box::new(ScleraInstance(attached))))
    })
}

/// Begins the session of a ticket.
///
/// # Safety
/// `instance` is null or comes from `sclera_attach` and was not released; `ticket` is null or has `length` bytes;
/// `session` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_from_ticket(
    instance: *const ScleraInstance,
    ticket: *const u8,
    length: usize,
    session: *mut *mut ScleraSession,
) -> c_int {
    // SAFETY: the contract of this function.
    fault::status(|| unsafe {
        put(session, std::ptr::null_mut())?;
        let ticket = bytes(ticket, length, LONGEST_TICKET)?;
        let begun = handle(instance)?.0.session(ticket).map_err(|error| Fault::session(&error))?;
        put(session, Box::into_raw(Box::new(ScleraSession(begun))))
    })
}

/// Tells whether all permissions are held on the resource of a name.
///
/// # Safety
/// `session` is null or comes from `sclera_session_from_ticket` and was not released; `resource` is null or has `length`
/// bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_check(
    session: *const ScleraSession,
    resource: *const c_char,
    length: usize,
    permissions: u32,
) -> c_int {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe {
        let (session, resource) = (handle(session)?, text(resource, length, LONGEST_NAME)?);
        Ok(c_int::from(session.0.granted(resource, wanted(permissions)?).is_granted()))
    })
}

/// Looks a privilege up, to be asked for many times; 0, which is denied everywhere, where that fails.
///
/// # Safety
/// As for `sclera_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_prepare(
    session: *const ScleraSession,
    resource: *const c_char,
    length: usize,
    permissions: u32,
) -> u64 {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe {
        let (session, resource) = (handle(session)?, text(resource, length, LONGEST_NAME)?);
        Ok(session.0.prepare(resource, wanted(permissions)?).to_word())
    })
}

/// Tells whether a prepared privilege is held.
///
/// # Safety
/// `session` as for `sclera_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_holds(session: *const ScleraSession, privilege: u64) -> c_int {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe {
        let session = handle(session)?;
        let privilege =
            Prepared::from_word(privilege).ok_or(Fault::argument("the privilege was not prepared"))?;
        Ok(c_int::from(session.0.holds(&privilege).is_granted()))
    })
}

/// The permissions held on the resource of a name.
///
/// # Safety
/// As for `sclera_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_held(
    session: *const ScleraSession,
    resource: *const c_char,
    length: usize,
) -> u32 {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe {
        let (session, resource) = (handle(session)?, text(resource, length, LONGEST_NAME)?);
        Ok(u32::from(session.0.held(resource).bits()))
    })
}

/// Makes checks short again after something was deleted.
///
/// # Safety
/// `session` as for `sclera_check`, and nothing else uses it meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_refresh(session: *mut ScleraSession) -> c_int {
    // SAFETY: the contract of this function.
    fault::status(|| unsafe {
        handle_mut(session)?.0.refresh();
        Ok(())
    })
}

/// Tells whether a session was ended, is too old, or its ticket has expired; so it is where nobody can tell.
///
/// # Safety
/// `session` as for `sclera_check`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_is_over(session: *const ScleraSession) -> c_int {
    // SAFETY: the contract of this function.
    guarded(1, || unsafe {
        let session = handle(session)?;
        Ok(c_int::from(session.0.has_ended() || session.0.has_expired(sclera::now())))
    })
}

/// Copies the name of the user.
///
/// # Safety
/// `session` as for `sclera_check`; `buffer` is null or may be written for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_user(
    session: *const ScleraSession,
    buffer: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe { given::copy(handle(session)?.0.user(), buffer, size, LARGEST_BUFFER) })
}

/// Copies the roles, as a comma list.
///
/// # Safety
/// As for `sclera_session_user`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_roles(
    session: *const ScleraSession,
    buffer: *mut c_char,
    size: usize,
) -> usize {
    // SAFETY: the contract of this function.
    guarded(0, || unsafe { given::copy(&handle(session)?.0.roles(), buffer, size, LARGEST_BUFFER) })
}

/// Lets go of a session.
///
/// # Safety
/// `session` as for `sclera_check`; nothing uses it meanwhile or afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_session_release(session: *mut ScleraSession) {
    guarded((), || {
        if !session.is_null() {
            // SAFETY: it was made by `Box::into_raw`, and by the contract of this function is given back once.
            drop(unsafe { Box::from_raw(session) });
        }
        Ok(())
    });
}

/// Lets go of an instance; sessions that began there go on.
///
/// # Safety
/// `instance` is null or comes from `sclera_attach`; nothing uses it meanwhile or afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_instance_release(instance: *mut ScleraInstance) {
    guarded((), || {
        if !instance.is_null() {
            // SAFETY: it was made by `Box::into_raw`, and by the contract of this function is given back once.
            drop(unsafe { Box::from_raw(instance) });
        }
        Ok(())
    });
}

/// The code of what last failed in this thread; 0 where nothing did.
#[unsafe(no_mangle)]
pub extern "C" fn sclera_last_error_code() -> c_int {
    fault::last(|fault| fault.code)
}

/// Copies what last failed in this thread, in words.
///
/// # Safety
/// `buffer` is null or may be written for `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sclera_last_error(buffer: *mut c_char, size: usize) -> usize {
    // It tells of a failure and must not replace it by one of its own.
    fault::last(|fault| {
        // SAFETY: the contract of this function.
        unsafe { given::copy(&fault.text, buffer, size, LARGEST_BUFFER) }.unwrap_or_default()
    })
}

fn wanted(permissions: u32) -> Result<Permissions, Fault> {
    let bits = u8::try_from(permissions).ok().and_then(Permissions::from_bits);
    bits.ok_or(Fault::argument("the permissions are none: add SCLERA_READ, SCLERA_WRITE, SCLERA_USE"))
}
