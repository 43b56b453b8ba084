//! The library of PAM: what is called of it, by the header `security/pam_appl.h` of Linux-PAM.

#![expect(unsafe_code, reason = "a library in C has no safe face; each block says why it is sound")]

use super::verdict::Verdict;
use libloading::{Library, Symbol};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{null, null_mut};

const NAME: &str = "libpam.so.0";

const SUCCESS: c_int = 0;
const BUFFER_ERROR: c_int = 5;
const NEW_PASSWORD_REQUIRED: c_int = 12;
const CONVERSATION_ERROR: c_int = 19;
/// Modules are to say nothing, and no empty password is right.
const FLAGS: c_int = 0x8000 | 0x1;
const ITEM_USER: c_int = 2;
const ITEM_TTY: c_int = 3;
const ITEM_FAIL_DELAY: c_int = 10;
const PROMPT_HIDDEN: c_int = 1;
const SAID: [c_int; 2] = [3, 4];
/// The most messages of one call, by the header.
const MOST_MESSAGES: c_int = 32;

/// What modules say is the terminal: there is none, and some want a name.
const TTY: &CStr = c"sclera";

enum Handle {}

#[repr(C)]
struct Message {
    style: c_int,
    text: *const c_char,
}

#[repr(C)]
struct Response {
    text: *mut c_char,
    code: c_int,
}

type Talk = unsafe extern "C" fn(c_int, *const *const Message, *mut *mut Response, *mut c_void) -> c_int;

#[repr(C)]
struct Conversation {
    talk: Talk,
    about: *mut c_void,
}

type Start =
    unsafe extern "C" fn(*const c_char, *const c_char, *const Conversation, *mut *mut Handle) -> c_int;
type StartAt = unsafe extern "C" fn(
    *const c_char,
    *const c_char,
    *const Conversation,
    *const c_char,
    *mut *mut Handle,
) -> c_int;
type Step = unsafe extern "C" fn(*mut Handle, c_int) -> c_int;
type SetItem = unsafe extern "C" fn(*mut Handle, c_int, *const c_void) -> c_int;
type GetItem = unsafe extern "C" fn(*const Handle, c_int, *mut *const c_void) -> c_int;
type Delay = unsafe extern "C" fn(c_int, c_uint, *mut c_void);
type Words = unsafe extern "C" fn(*mut Handle, c_int) -> *const c_char;

unsafe extern "C" {
    fn calloc(count: usize, size: usize) -> *mut c_void;
    fn free(start: *mut c_void);
    fn strdup(text: *const c_char) -> *mut c_char;
}

/// What the conversation knows.
struct Typed<'a> {
    password: &'a CStr,
    /// It was handed out: a second question is for something else, such as a new password or a code.
    given: bool,
}

/// Answers the questions of modules: the first hidden one with the password, and no other.
///
/// # Safety
/// The library calls it by its contract: there are `count` messages, and `about` is the [`Typed`] of the call.
unsafe extern "C" fn talk(
    count: c_int,
    messages: *const *const Message,
    responses: *mut *mut Response,
    about: *mut c_void,
) -> c_int {
    if !(1..=MOST_MESSAGES).contains(&count) || messages.is_null() || responses.is_null() || about.is_null() {
        return CONVERSATION_ERROR;
    }
    let count = count.unsigned_abs() as usize;
    // SAFETY: it is what `compare` gave, which lives as long as the conversation, and nobody else uses it meanwhile.
    let typed = unsafe { &mut *about.cast::<Typed<'_>>() };
    // SAFETY: any sizes are right; the module frees what is given to it.
    let given = unsafe { calloc(count, size_of::<Response>()) }.cast::<Response>();
    if given.is_null() {
        return BUFFER_ERROR;
    }
    for at in 0..count {
        // SAFETY: there are so many messages, and so many responses, which are zeros.
        let (message, response) = unsafe { (*messages.add(at), &mut *given.add(at)) };
        // SAFETY: a message that is there is one.
        let style = if message.is_null() { 0 } else { unsafe { (*message).style } };
        if style == PROMPT_HIDDEN && !typed.given {
            typed.given = true;
            // SAFETY: the password ends with a zero.
            response.text = unsafe { strdup(typed.password.as_ptr()) };
        } else if !SAID.contains(&style) {
            for response in 0..at {
                // SAFETY: as above; nothing was given out yet, and `free` takes null.
                unsafe { free((*given.add(response)).text.cast()) };
            }
            // SAFETY: it came from `calloc` and is given to nobody.
            unsafe { free(given.cast()) };
            return CONVERSATION_ERROR;
        }
    }
    // SAFETY: the caller has room for one pointer there.
    unsafe { *responses = given };
    SUCCESS
}

/// Waits for nobody after a failure: who is refused is answered at the next tick of the grid anyway.
unsafe extern "C" fn no_delay(_: c_int, _: c_uint, _: *mut c_void) {}

/// No code of PAM: a module mapped the name to another, and who would be let in is not who asked.
const OTHER_NAME: c_int = -1;

/// A conversation with PAM.
struct Pam<'l> {
    handle: *mut Handle,
    last: c_int,
    calls: &'l Calls<'l>,
    is_proven: bool,
}

impl Drop for Pam<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle was started and is not used afterwards.
        unsafe { (self.calls.end)(self.handle, self.last) };
    }
}

impl Pam<'_> {
    /// Has the password compared, as that of a name.
    fn proves(&mut self, name: &CStr) -> Result<(), c_int> {
        self.set(ITEM_TTY, TTY.as_ptr().cast())?;
        self.set(ITEM_FAIL_DELAY, no_delay as Delay as *const c_void)?;
        let calls = self.calls;
        self.step(&calls.authenticate)?;
        if !self.is_user(name) {
            return Err(OTHER_NAME);
        }
        self.is_proven = true;
        Ok(())
    }

    fn set(&mut self, item: c_int, value: *const c_void) -> Result<(), c_int> {
        // SAFETY: the handle was started, and the item is of the type that the header says.
        self.told_of(unsafe { (self.calls.set)(self.handle, item, value) })
    }

    fn step(&mut self, step: &Symbol<'_, Step>) -> Result<(), c_int> {
        // SAFETY: the handle was started.
        self.told_of(unsafe { step(self.handle, FLAGS) })
    }

    const fn told_of(&mut self, code: c_int) -> Result<(), c_int> {
        self.last = code;
        if code == SUCCESS { Ok(()) } else { Err(code) }
    }

    /// Tells whether whoever is to be let in is who asked.
    fn is_user(&self, name: &CStr) -> bool {
        let mut user: *const c_void = null();
        // SAFETY: the handle was started.
        let code = unsafe { (self.calls.get)(self.handle, ITEM_USER, &raw mut user) };
        // SAFETY: the item is a text that ends with a zero, or null.
        code == SUCCESS && !user.is_null() && unsafe { CStr::from_ptr(user.cast()) } == name
    }

    fn told(&self, code: c_int) -> String {
        // SAFETY: the handle was started.
        let text = unsafe { (self.calls.words)(self.handle, code) };
        // SAFETY: what comes back, if anything, ends with a zero and is not changed.
        let text = if text.is_null() { c"" } else { unsafe { CStr::from_ptr(text) } };
        format!("{} (PAM {code})", text.to_string_lossy())
    }
}

/// What is called of the library.
struct Calls<'l> {
    start: Symbol<'l, Start>,
    start_at: Option<Symbol<'l, StartAt>>,
    authenticate: Symbol<'l, Step>,
    account: Symbol<'l, Step>,
    set: Symbol<'l, SetItem>,
    get: Symbol<'l, GetItem>,
    end: Symbol<'l, Step>,
    words: Symbol<'l, Words>,
}

impl<'l> Calls<'l> {
    fn of(library: &'l Library) -> Result<Self, libloading::Error> {
        // SAFETY: the types are those of the header.
        unsafe {
            Ok(Self {
                start: library.get("pam_start")?,
                start_at: library.get("pam_start_confdir").ok(),
                authenticate: library.get("pam_authenticate")?,
                account: library.get("pam_acct_mgmt")?,
                set: library.get("pam_set_item")?,
                get: library.get("pam_get_item")?,
                end: library.get("pam_end")?,
                words: library.get("pam_strerror")?,
            })
        }
    }
}

fn load() -> Result<Library, libloading::Error> {
    // SAFETY: loading runs what the library does first, which is made to be loaded by any program.
    unsafe { Library::new(NAME) }
}

fn missing(error: &libloading::Error) -> Verdict {
    Verdict::Unavailable(error.to_string())
}

/// Sees whether PAM is there, and can be told where its configuration is.
pub(crate) fn probe(directory: Option<&CStr>) -> Verdict {
    let library = match load() {
        Ok(library) => library,
        Err(error) => return missing(&error),
    };
    match Calls::of(&library) {
        Ok(calls) if directory.is_none() || calls.start_at.is_some() => Verdict::Ready,
        Ok(_) => Verdict::Unavailable(TOO_OLD.to_owned()),
        Err(error) => missing(&error),
    }
}

const TOO_OLD: &str = "it is older than 1.4 and knows no other directory than that of the system";

/// Has PAM compare a password, and see whether the account may be used.
pub(crate) fn compare(service: &CStr, directory: Option<&CStr>, name: &CStr, password: &CStr) -> Verdict {
    let library = match load() {
        Ok(library) => library,
        Err(error) => return missing(&error),
    };
    match Calls::of(&library) {
        Ok(calls) => asked(&calls, service, directory, name, password),
        Err(error) => missing(&error),
    }
}

fn asked(
    calls: &Calls<'_>,
    service: &CStr,
    directory: Option<&CStr>,
    name: &CStr,
    password: &CStr,
) -> Verdict {
    let mut typed = Typed { password, given: false };
    let conversation = Conversation { talk, about: (&raw mut typed).cast() };
    let mut handle = null_mut();
    let (service, user, conversation) = (service.as_ptr(), name.as_ptr(), &raw const conversation);
    let started = match (directory, &calls.start_at) {
        // SAFETY: the texts end with zeros, and all that is pointed to outlives the handle.
        (None, _) => unsafe { (calls.start)(service, user, conversation, &raw mut handle) },
        (Some(directory), Some(start)) => {
            // SAFETY: as above.
            unsafe { start(service, user, conversation, directory.as_ptr(), &raw mut handle) }
        }
        (Some(_), None) => return Verdict::Unavailable(TOO_OLD.to_owned()),
    };
    if started != SUCCESS || handle.is_null() {
        return Verdict::Unavailable(format!("it does not start (PAM {started})"));
    }
    let mut pam = Pam { handle, last: SUCCESS, calls, is_proven: false };
    match pam.proves(name).and_then(|()| pam.step(&calls.account)) {
        Ok(()) if pam.is_user(name) => Verdict::Granted,
        Ok(()) | Err(OTHER_NAME) => Verdict::Refused("PAM put another name in place of it".to_owned()),
        Err(NEW_PASSWORD_REQUIRED) if pam.is_proven => Verdict::Expired,
        Err(code) => Verdict::Refused(pam.told(code)),
    }
}
