//! The libraries of MIT Kerberos: what is called of them, by the headers `gssapi/gssapi.h` (RFC 2744) and `krb5.h`.
//!
//! Nothing is given back to them: the process ends with its answer.

#![expect(unsafe_code, reason = "a library in C has no safe face; each block says why it is sound")]

use super::said::Said;
use libloading::{Library, Symbol};
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::ptr::{null, null_mut};

const GSSAPI: &str = "libgssapi_krb5.so.2";
const KRB5: &str = "libkrb5.so.3";

/// 1.2.840.113554.1.2.2, the mechanism of Kerberos 5.
static KERBEROS: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];
/// 1.3.6.1.5.5.2, the negotiation of one.
static SPNEGO: [u8; 6] = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
/// 1.2.840.113554.1.2.1.4, the type of a name `service@host`.
static HOST_SERVICE: [u8; 10] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x01, 0x04];

const COMPLETE: u32 = 0;
/// More tokens are needed.
const CONTINUE: u32 = 1;
const INDEFINITE: u32 = 0xFFFF_FFFF;
const INITIATE: c_int = 1;
const ACCEPT: c_int = 2;
const MUTUAL: u32 = 2;
const REPLAY: u32 = 4;
const ANONYMOUS: u32 = 64;
/// The kinds of status.
const OF_GSSAPI: c_int = 1;
const OF_MECHANISM: c_int = 2;
/// Messages of one status are at most so many.
const MESSAGES: usize = 4;

#[repr(C)]
struct Buffer {
    length: usize,
    value: *mut c_void,
}

impl Buffer {
    const EMPTY: Self = Self { length: 0, value: null_mut() };

    const fn of(bytes: &[u8]) -> Self {
        Self { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
    }

    /// A copy of what the library put there.
    fn bytes(&self) -> Vec<u8> {
        if self.value.is_null() || self.length == 0 {
            return Vec::new();
        }
        // SAFETY: the library says that so many bytes are there, and nobody frees or changes them.
        unsafe { std::slice::from_raw_parts(self.value.cast::<u8>(), self.length) }.to_vec()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }
}

#[repr(C)]
struct Oid {
    length: u32,
    elements: *const c_void,
}

impl Oid {
    const fn of(bytes: &'static [u8]) -> Self {
        // None is longer than ten bytes.
        #[expect(clippy::cast_possible_truncation, reason = "none is longer than ten bytes")]
        Self { length: bytes.len() as u32, elements: bytes.as_ptr().cast() }
    }
}

#[repr(C)]
struct OidSet {
    count: usize,
    elements: *const Oid,
}

type Minor = *mut u32;
type Handle = *mut c_void;

type AcquireCredentials =
    unsafe extern "C" fn(Minor, Handle, u32, *const OidSet, c_int, *mut Handle, *mut Handle, *mut u32) -> u32;
type SetNegotiated = unsafe extern "C" fn(Minor, Handle, *const OidSet) -> u32;
type AcceptContext = unsafe extern "C" fn(
    Minor,
    *mut Handle,
    Handle,
    *const Buffer,
    *const c_void,
    *mut Handle,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
    *mut Handle,
) -> u32;
type InitiateContext = unsafe extern "C" fn(
    Minor,
    Handle,
    *mut Handle,
    Handle,
    *const Oid,
    u32,
    u32,
    *const c_void,
    *const Buffer,
    *mut *const Oid,
    *mut Buffer,
    *mut u32,
    *mut u32,
) -> u32;
type ImportName = unsafe extern "C" fn(Minor, *const Buffer, *const Oid, *mut Handle) -> u32;
type DisplayName = unsafe extern "C" fn(Minor, Handle, *mut Buffer, *mut *const Oid) -> u32;
type DisplayStatus = unsafe extern "C" fn(Minor, u32, c_int, *const Oid, *mut u32, *mut Buffer) -> u32;

/// What is called of GSSAPI.
struct Gss<'l> {
    acquire: Symbol<'l, AcquireCredentials>,
    set_negotiated: Symbol<'l, SetNegotiated>,
    accept: Symbol<'l, AcceptContext>,
    initiate: Symbol<'l, InitiateContext>,
    import: Symbol<'l, ImportName>,
    display: Symbol<'l, DisplayName>,
    status: Symbol<'l, DisplayStatus>,
}

impl<'l> Gss<'l> {
    fn of(library: &'l Library) -> Result<Self, libloading::Error> {
        // SAFETY: the types are those of the header.
        unsafe {
            Ok(Self {
                acquire: library.get("gss_acquire_cred")?,
                set_negotiated: library.get("gss_set_neg_mechs")?,
                accept: library.get("gss_accept_sec_context")?,
                initiate: library.get("gss_init_sec_context")?,
                import: library.get("gss_import_name")?,
                display: library.get("gss_display_name")?,
                status: library.get("gss_display_status")?,
            })
        }
    }

    /// Credentials for Kerberos alone, bare or negotiated: of the key table, or of the ticket cache.
    fn credentials(&self, usage: c_int) -> Result<Handle, String> {
        let kerberos = Oid::of(&KERBEROS);
        let both = [Oid::of(&KERBEROS), Oid::of(&SPNEGO)];
        let (mut minor, mut credentials) = (0, null_mut());
        let set = OidSet { count: both.len(), elements: both.as_ptr() };
        // SAFETY: the library reads the set and writes to the two, which are ours.
        let major = unsafe {
            (self.acquire)(
                &raw mut minor,
                null_mut(),
                INDEFINITE,
                &raw const set,
                usage,
                &raw mut credentials,
                null_mut(),
                null_mut(),
            )
        };
        self.complete(major, minor)?;
        let inner = OidSet { count: 1, elements: &raw const kerberos };
        // SAFETY: the handle came from the call before; the set is read.
        let major = unsafe { (self.set_negotiated)(&raw mut minor, credentials, &raw const inner) };
        self.complete(major, minor)?;
        Ok(credentials)
    }

    fn complete(&self, major: u32, minor: u32) -> Result<(), String> {
        if major == COMPLETE { Ok(()) } else { Err(self.told(major, minor)) }
    }

    /// What a status says, in words: what Kerberos says of it, or else GSSAPI.
    fn told(&self, major: u32, minor: u32) -> String {
        if minor == 0 { self.words(OF_GSSAPI, major) } else { self.words(OF_MECHANISM, minor) }
    }

    fn words(&self, kind: c_int, status: u32) -> String {
        let (kerberos, mut more) = (Oid::of(&KERBEROS), 0);
        let mut told = Vec::new();
        for _ in 0..MESSAGES {
            let (mut ignored, mut text) = (0, Buffer::EMPTY);
            // SAFETY: all that is pointed to is ours.
            let major = unsafe {
                (self.status)(
                    &raw mut ignored,
                    status,
                    kind,
                    &raw const kerberos,
                    &raw mut more,
                    &raw mut text,
                )
            };
            if major != COMPLETE {
                break;
            }
            told.push(text.text());
            if more == 0 {
                break;
            }
        }
        told.join("; ")
    }
}

/// Sees whether the libraries are there and the key table has a key.
pub(super) fn probe() -> Result<Said, Said> {
    let (gss, krb5) = (load(GSSAPI)?, load(KRB5)?);
    let gss = Gss::of(&gss).map_err(missing)?;
    Krb5::of(&krb5).map_err(missing)?;
    gss.credentials(ACCEPT).map_err(|why| Said::Unavailable(format!("the key table: {why}")))?;
    Ok(Said::Ready("the key table has keys".to_owned()))
}

/// Accepts the token of a client. One that needs an answer before it says who it is, as where a client guessed another
/// mechanism first, is refused: what is asked over HTTP keeps nothing between two requests.
pub(super) fn accept(token: &[u8]) -> Result<Said, Said> {
    let library = load(GSSAPI)?;
    let gss = Gss::of(&library).map_err(missing)?;
    let credentials =
        gss.credentials(ACCEPT).map_err(|why| Said::Unavailable(format!("the key table: {why}")))?;
    let (mut minor, mut context, mut source) = (0, null_mut(), null_mut());
    let (mut mechanism, mut answer, mut flags) = (null(), Buffer::EMPTY, 0);
    let given = Buffer::of(token);
    // SAFETY: the token is read, and all that is written to is ours; what is null the header lets be null.
    let major = unsafe {
        (gss.accept)(
            &raw mut minor,
            &raw mut context,
            credentials,
            &raw const given,
            null(),
            &raw mut source,
            &raw mut mechanism,
            &raw mut answer,
            &raw mut flags,
            null_mut(),
            null_mut(),
        )
    };
    if major == CONTINUE {
        return Err(Said::Refused("the client wants to negotiate before it says who it is".to_owned()));
    }
    gss.complete(major, minor).map_err(Said::Refused)?;
    // SAFETY: where the call was complete, it is null or an object of the library.
    if flags & ANONYMOUS != 0 || source.is_null() || !unsafe { is_kerberos(mechanism) } {
        return Err(Said::Refused("it is nobody whom Kerberos names".to_owned()));
    }
    let (mut name, mut kind) = (Buffer::EMPTY, null());
    // SAFETY: the name is that of the call before.
    let major = unsafe { (gss.display)(&raw mut minor, source, &raw mut name, &raw mut kind) };
    gss.complete(major, minor).map_err(Said::Refused)?;
    Ok(Said::Granted { principal: name.text(), token: answer.bytes() })
}

/// # Safety
/// It is null, or points to an object identifier.
unsafe fn is_kerberos(mechanism: *const Oid) -> bool {
    if mechanism.is_null() {
        return false;
    }
    // SAFETY: the caller says so.
    let Oid { length, elements } = unsafe { &*mechanism };
    if *length as usize != KERBEROS.len() || elements.is_null() {
        return false;
    }
    // SAFETY: so many bytes are there.
    unsafe { std::slice::from_raw_parts(elements.cast::<u8>(), KERBEROS.len()) == KERBEROS }
}

/// Makes the first token for a server, such as `iris@host.example.org`.
pub(super) fn initiate(target: &[u8]) -> Result<Said, Said> {
    let library = load(GSSAPI)?;
    let gss = Gss::of(&library).map_err(missing)?;
    let credentials = gss.credentials(INITIATE).map_err(Said::Refused)?;
    let (mut minor, mut name) = (0, null_mut());
    let (given, kind) = (Buffer::of(target), Oid::of(&HOST_SERVICE));
    // SAFETY: the two are read, and the name is ours to be written to.
    let major = unsafe { (gss.import)(&raw mut minor, &raw const given, &raw const kind, &raw mut name) };
    gss.complete(major, minor).map_err(Said::Refused)?;
    let (spnego, mut context, mut token) = (Oid::of(&SPNEGO), null_mut(), Buffer::EMPTY);
    // SAFETY: handles and name came from the library; what is null the header lets be null.
    let major = unsafe {
        (gss.initiate)(
            &raw mut minor,
            credentials,
            &raw mut context,
            name,
            &raw const spnego,
            MUTUAL | REPLAY,
            INDEFINITE,
            null(),
            null(),
            null_mut(),
            &raw mut token,
            null_mut(),
            null_mut(),
        )
    };
    if major != CONTINUE {
        gss.complete(major, minor).map_err(Said::Refused)?;
    }
    match token.bytes() {
        token if token.is_empty() => Err(Said::Refused("it gave no token".to_owned())),
        token => Ok(Said::Token(token)),
    }
}

type Context = *mut c_void;
type Principal = *mut c_void;

/// Room for `krb5_creds`, which has 120 bytes on machines of 64 bits. It begins with a number and whose they are.
#[repr(C)]
struct Credentials {
    magic: i32,
    client: Principal,
    rest: [u64; 62],
}

/// Room for `krb5_keytab_entry`, which has 48 bytes on machines of 64 bits and begins with a number and whose it is.
#[repr(C)]
struct Key {
    magic: i32,
    principal: Principal,
    rest: [u64; 30],
}

/// The most principals of a key table that are tried.
const MOST_TRIED: usize = 16;

/// `krb5_verify_init_creds_opt`: the flag says that the number counts, and the number that what cannot be verified is refused.
#[repr(C)]
struct Verification {
    flags: i32,
    must_verify: c_int,
}

type InitContext = unsafe extern "C" fn(*mut Context) -> i32;
type ParseName = unsafe extern "C" fn(Context, *const c_char, *mut Principal) -> i32;
type UnparseName = unsafe extern "C" fn(Context, Principal, *mut *mut c_char) -> i32;
type Compare = unsafe extern "C" fn(Context, Principal, Principal) -> c_uint;
type ByPassword = unsafe extern "C" fn(
    Context,
    *mut Credentials,
    Principal,
    *const c_char,
    *const c_void,
    *mut c_void,
    i32,
    *const c_char,
    *mut c_void,
) -> i32;
type Verify = unsafe extern "C" fn(
    Context,
    *mut Credentials,
    Principal,
    *mut c_void,
    *mut c_void,
    *mut Verification,
) -> i32;
type DefaultTable = unsafe extern "C" fn(Context, *mut Handle) -> i32;
type FirstKey = unsafe extern "C" fn(Context, Handle, *mut Handle) -> i32;
type NextKey = unsafe extern "C" fn(Context, Handle, *mut Key, *mut Handle) -> i32;
type ErrorMessage = unsafe extern "C" fn(Context, i32) -> *const c_char;

/// What is called of Kerberos itself.
struct Krb5<'l> {
    init: Symbol<'l, InitContext>,
    parse: Symbol<'l, ParseName>,
    unparse: Symbol<'l, UnparseName>,
    compare: Symbol<'l, Compare>,
    by_password: Symbol<'l, ByPassword>,
    verify: Symbol<'l, Verify>,
    default_table: Symbol<'l, DefaultTable>,
    first_key: Symbol<'l, FirstKey>,
    next_key: Symbol<'l, NextKey>,
    message: Symbol<'l, ErrorMessage>,
}

impl<'l> Krb5<'l> {
    fn of(library: &'l Library) -> Result<Self, libloading::Error> {
        // SAFETY: the types are those of the header.
        unsafe {
            Ok(Self {
                init: library.get("krb5_init_context")?,
                parse: library.get("krb5_parse_name")?,
                unparse: library.get("krb5_unparse_name")?,
                compare: library.get("krb5_principal_compare")?,
                by_password: library.get("krb5_get_init_creds_password")?,
                verify: library.get("krb5_verify_init_creds")?,
                default_table: library.get("krb5_kt_default")?,
                first_key: library.get("krb5_kt_start_seq_get")?,
                next_key: library.get("krb5_kt_next_entry")?,
                message: library.get("krb5_get_error_message")?,
            })
        }
    }

    /// Verifies that credentials are of the KDC that also gave the keys of the default table: by any principal of it. Zero
    /// stands for yes, else the error of the last one.
    fn verified(&self, context: Context, got: &mut Credentials) -> i32 {
        let (mut table, mut cursor) = (null_mut(), null_mut());
        // SAFETY: the table is ours to be written to.
        let mut last = unsafe { (self.default_table)(context, &raw mut table) };
        if last == 0 {
            // SAFETY: the table was made, and the cursor is ours to be written to.
            last = unsafe { (self.first_key)(context, table, &raw mut cursor) };
        }
        let mut tried: Vec<Principal> = Vec::new();
        while last == 0 || !tried.is_empty() {
            let mut entry = Key { magic: 0, principal: null_mut(), rest: [0; 30] };
            // SAFETY: there is room for more than it writes; the cursor was made with the table.
            let code = unsafe { (self.next_key)(context, table, &raw mut entry, &raw mut cursor) };
            if code != 0 || entry.principal.is_null() || tried.len() == MOST_TRIED {
                return if last == 0 { code.max(1) } else { last };
            }
            // SAFETY: all are principals of the library, which nobody frees.
            if tried.iter().any(|known| unsafe { (self.compare)(context, *known, entry.principal) } != 0) {
                continue;
            }
            tried.push(entry.principal);
            let mut strictly = Verification { flags: 1, must_verify: 1 };
            // SAFETY: the credentials are those that were got.
            last =
                unsafe { (self.verify)(context, got, entry.principal, table, null_mut(), &raw mut strictly) };
            if last == 0 {
                return 0;
            }
        }
        last
    }

    /// What an error is: of the way to a KDC, or of what was asked.
    fn fault(&self, context: Context, code: i32) -> Said {
        // SAFETY: the context is null or was made; what comes back ends with a zero.
        let text = unsafe { (self.message)(context, code) };
        // SAFETY: as above.
        let text = if text.is_null() { c"" } else { unsafe { CStr::from_ptr(text) } };
        let why = format!("{} ({code})", text.to_string_lossy());
        if UNREACHABLE.contains(&code) { Said::Unreachable(why) } else { Said::Refused(why) }
    }
}

/// `KRB5_KDC_UNREACH`, `KRB5_REALM_CANT_RESOLVE`.
const UNREACHABLE: [i32; 2] = [-1_765_328_228, -1_765_328_164];

/// Gets a ticket for a principal with its password, and one for a principal of the key table with that, which shows that
/// the KDC is not a forged one.
pub(super) fn prompt(principal: &CStr, password: &CStr) -> Result<Said, Said> {
    if password.is_empty() {
        return Err(Said::Refused("an empty password is nobody's".to_owned()));
    }
    let library = load(KRB5)?;
    let krb5 = Krb5::of(&library).map_err(missing)?;
    let mut context = null_mut();
    // SAFETY: the context is ours to be written to.
    let code = unsafe { (krb5.init)(&raw mut context) };
    let fault = |code: i32| match code {
        0 => Ok(()),
        code => Err(krb5.fault(context, code)),
    };
    if code != 0 {
        return Err(Said::Unavailable(format!("its configuration cannot be read ({code})")));
    }
    let mut asked = null_mut();
    // SAFETY: the name ends with a zero.
    fault(unsafe { (krb5.parse)(context, principal.as_ptr(), &raw mut asked) })?;
    let mut got = Credentials { magic: 0, client: null_mut(), rest: [0; 62] };
    // SAFETY: there is room for more than it writes, all zeros; the texts end with zeros; without a prompter it asks nobody.
    fault(unsafe {
        (krb5.by_password)(
            context,
            &raw mut got,
            asked,
            password.as_ptr(),
            null(),
            null_mut(),
            0,
            null(),
            null_mut(),
        )
    })?;
    fault(krb5.verified(context, &mut got))?;
    // SAFETY: both are principals of the library.
    if got.client.is_null() || unsafe { (krb5.compare)(context, got.client, asked) } == 0 {
        return Err(Said::Refused("the ticket is for somebody else".to_owned()));
    }
    let mut name = null_mut();
    // SAFETY: the principal was made above.
    fault(unsafe { (krb5.unparse)(context, asked, &raw mut name) })?;
    // SAFETY: what comes back ends with a zero.
    let principal = unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned();
    Ok(Said::Granted { principal, token: Vec::new() })
}

fn load(name: &str) -> Result<Library, Said> {
    // SAFETY: loading runs what the library does first, which is made to be loaded by any program.
    unsafe { Library::new(name) }.map_err(missing)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn missing(error: libloading::Error) -> Said {
    Said::Unavailable(error.to_string())
}
