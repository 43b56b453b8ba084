//! Callers that pass what must not be passed get an error or a "no".

use sclera::{Change, Choice, Instance, Properties};
use sclera_capi::*;
use std::ffi::{CString, c_char};
use std::path::Path;
use std::ptr::{null, null_mut};

const ARGUMENT: i32 = 1;

fn error() -> (i32, String) {
    let mut buffer = [0_u8; 300];
    // SAFETY: the buffer has this size.
    let length = unsafe { sclera_last_error(buffer.as_mut_ptr().cast(), buffer.len()) };
    (sclera_last_error_code(), String::from_utf8(buffer.get(..length).unwrap().to_vec()).unwrap())
}

fn attach(directory: &Path) -> *mut ScleraInstance {
    let directory = CString::new(directory.to_str().unwrap()).unwrap();
    let mut instance = null_mut();
    // SAFETY: both pointers are right.
    assert_eq!(unsafe { sclera_attach(VERSION, directory.as_ptr(), &raw mut instance) }, 0, "{:?}", error());
    assert!(!instance.is_null());
    instance
}

#[test]
fn nulls_and_lengths_are_looked_at() {
    let mut instance: *mut ScleraInstance = null_mut();
    let mut session: *mut ScleraSession = std::ptr::dangling_mut();
    let name = c"AppData".as_ptr();
    // SAFETY: what is passed is null, or right.
    unsafe {
        assert_eq!(sclera_attach(VERSION, null(), &raw mut instance), ARGUMENT);
        assert_eq!(error(), (ARGUMENT, "the path is null".to_owned()));
        assert_eq!(sclera_attach(VERSION, c"/".as_ptr(), null_mut()), ARGUMENT);
        let endless = CString::new(vec![b'/'; 5_000]).unwrap();
        assert_eq!(sclera_attach(VERSION, endless.as_ptr(), &raw mut instance), ARGUMENT);
        assert_eq!(sclera_attach(VERSION + 1, c"/".as_ptr(), &raw mut instance), 2);
        assert_eq!(error().1, "the program asks for version 2 of the interface, and this is 1");
        assert_eq!(sclera_attach(VERSION, c"/nowhere at all".as_ptr(), &raw mut instance), 3);
        assert!(error().1.starts_with("no settings are published for /nowhere at all"), "{:?}", error());
        assert!(instance.is_null());
        assert_eq!(sclera_session_from_ticket(null(), null(), 0, &raw mut session), ARGUMENT);
        assert!(session.is_null(), "what could not be made is null");
        assert_eq!(sclera_check(null(), name, 7, 1), 0);
        assert_eq!(error(), (ARGUMENT, "the handle is null".to_owned()));
        assert_eq!(sclera_prepare(null(), name, 7, 1), 0);
        assert_eq!(sclera_holds(null(), 1 << 48), 0);
        assert_eq!(sclera_held(null(), name, 7), 0);
        assert_eq!(sclera_session_refresh(null_mut()), ARGUMENT);
        assert_eq!(sclera_session_is_over(null()), 1);
        assert_eq!(sclera_session_user(null(), null_mut(), 0), 0);
        assert_eq!(sclera_session_roles(null(), null_mut(), 0), 0);
        assert_eq!(sclera_last_error(null_mut(), 0), "the handle is null".len());
        sclera_session_release(null_mut());
        sclera_instance_release(null_mut());
    }
}

#[test]
fn whatever_is_asked_wrongly_is_denied() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("clinic");
    Instance::create(&directory, Choice::default(), "owner").unwrap();
    let owned = Instance::open(&directory).unwrap();
    let owner = owned.admit_process().unwrap();
    let properties = Properties::new().with("Enabled", "1");
    let open = Change::ModifyService { name: "%Service_CallIn".to_owned(), properties };
    owned.submit(&owner, open).unwrap();
    let ticket = owned.ticket(&owner, 60).unwrap();
    let instance = attach(&directory);
    let mut session = null_mut();
    let begin = |ticket: &[u8], session: &mut *mut ScleraSession| {
        // SAFETY: the ticket has this length, and the instance was not released.
        unsafe { sclera_session_from_ticket(instance, ticket.as_ptr(), ticket.len(), session) }
    };
    assert_eq!((begin(b"", &mut session), error().0), (6, 6));
    assert_eq!((begin(&ticket[1..], &mut session), error().0), (6, 6));
    assert_eq!(begin(&vec![0; 100_000], &mut session), ARGUMENT);
    assert!(session.is_null());
    assert_eq!(begin(&ticket, &mut session), 0, "{:?}", error());
    let ask = |name: &[u8], length: usize, permissions: u32| {
        let name: *const c_char = name.as_ptr().cast();
        // SAFETY: no more bytes are read than the name has, or than the library looks at.
        unsafe {
            (
                sclera_check(session, name, length, permissions),
                sclera_prepare(session, name, length, permissions),
            )
        }
    };
    // The owner holds everything, so only what is wrong is denied.
    assert_eq!(ask(b"AppData", 7, 1).0, 1);
    assert_eq!(ask(b"NoSuch", 6, 7).0, 1);
    assert_eq!(ask(b"AppData", 7, 0).0, 1, "nothing at all is granted to %All");
    assert_eq!((ask(b"AppData", 7, 8), error().0), ((0, 0), ARGUMENT));
    assert_eq!((ask(b"AppData", 7, 257), error().0), ((0, 0), ARGUMENT));
    assert_eq!((ask(b"\xff\xfe", 2, 1), error().1), ((0, 0), "the text is not UTF-8".to_owned()));
    assert_eq!((ask(b"", usize::MAX, 1), error().1), ((0, 0), "there are too many bytes".to_owned()));
    let prepared = ask(b"AppData", 7, 3).1;
    // SAFETY: the session was not released, and the buffers have their sizes.
    unsafe {
        assert_eq!(sclera_holds(session, prepared), 1);
        assert_eq!((sclera_holds(session, 0), error().0), (0, ARGUMENT));
        assert_eq!(sclera_holds(session, 0xffff_ffff), 0, "no permission is asked for");
        assert_eq!(sclera_held(session, c"Any".as_ptr(), 3), 7);
        assert_eq!(sclera_session_is_over(session), 0);
        assert_eq!(sclera_session_refresh(session), 0);
        let mut short = [1_u8; 4];
        assert_eq!(sclera_session_user(session, short.as_mut_ptr().cast(), short.len()), 5);
        assert_eq!(short, *b"own\0");
        let mut roles = [1_u8; 16];
        assert_eq!(sclera_session_roles(session, roles.as_mut_ptr().cast(), roles.len()), 4);
        assert_eq!(&roles[..5], b"%All\0");
        owned.end_ticket(&owner, &ticket).unwrap();
        assert_eq!((sclera_holds(session, prepared), sclera_session_is_over(session)), (0, 1));
        let mut other = null_mut();
        assert_eq!(begin(&ticket, &mut other), 8);
        assert!(other.is_null());
        // In either order.
        sclera_instance_release(instance);
        assert_eq!(sclera_holds(session, prepared), 0);
        sclera_session_release(session);
    }
}
