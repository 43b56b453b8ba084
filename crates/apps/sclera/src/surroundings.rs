//! What a command has around it: files, and somebody who types passwords. Of a command that was called here that is
//! this machine's terminal and disk; of one that a server works on, what the caller sent along.

use crate::failure::Failure;
use crate::progress::{Watcher, draw};
use crate::site::THIS_PROGRAM;
use crate::{dialogue, secrets};
use sclera::gate::{Question, Reply};
use sclera::{Input, KerberosBy, Secret, unhex};
use sclera_local::{Files, LARGEST_FILES, Opened, Request, Secrets};
use sclera_os::draft::NewFile;
use std::cell::RefCell;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{BufWriter, IsTerminal, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

/// What a password is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To log in with.
    Login,
    /// To be set.
    New,
    /// To ask a gate with, as somebody else would.
    Attempt,
    /// A code of a second factor, to ask a gate with.
    Code,
    /// A code of a second factor, to log in with.
    LoginCode,
}

impl Purpose {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::New => "new",
            Self::Attempt => "attempt",
            Self::Code => "code",
            Self::LoginCode => "login-code",
        }
    }
}

/// The secret of a request that is a token of Kerberos, in hexadecimal digits.
pub(crate) const TOKEN: &str = "token";
/// The option of a request that says that somebody can be asked.
pub(crate) const DIALOGUE: &str = "dialogue";
/// The option of a request that says that somebody looks on.
pub(crate) const WATCHED: &str = "watched";

/// Files and passwords for a command.
pub(crate) trait Surroundings {
    /// The contents of a file of at most `limit` bytes; `-` is stdin.
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Failure>;
    /// A file that can be read more than once; one that is none of a disk is taken in at most `limit` bytes.
    fn open(&self, path: &Path, limit: u64) -> Result<Input, Failure>;
    /// Whoever looks on while it is worked, if somebody does.
    fn watcher(&self) -> Option<Watcher<'_>>;
    /// Begins a file that only its owner can read; `-` is stdout. It is there once it is finished, and whole.
    fn create<'a>(&'a self, path: &'a Path) -> Result<Box<dyn Sink + 'a>, Failure>;
    /// Writes a file that only its owner can read, little by little; it appears whole or not at all.
    fn fill(&self, path: &Path, fill: &mut Fill<'_>) -> Result<(), Failure>;
    /// A password, if one was given or typed.
    fn password(&self, purpose: Purpose, prompt: &str) -> Result<Option<Secret>, Failure>;
    /// Whether a new password is given without being asked for.
    fn offers_new_password(&self) -> bool;
    /// A secret that was given without being asked for.
    fn given(&self, purpose: Purpose) -> Result<Option<Secret>, Failure>;
    /// A token of Kerberos, if the command is to log in with one.
    fn token(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure>;
    /// Whether somebody can be asked what a gate asks.
    fn can_ask(&self) -> bool;
    /// Asks it.
    fn ask(&self, question: &Question) -> Reply;
}

/// What writes the contents of a file.
pub(crate) type Fill<'a> = dyn FnMut(&mut dyn Write) -> Result<(), Failure> + 'a;

/// A file that is being written. Dropped before it is finished, it leaves what was there before.
pub(crate) trait Sink {
    /// Writes on.
    fn write(&mut self, text: &str) -> std::io::Result<()>;
    /// Puts the file in its place.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// This machine: its disk, its terminal, and the password file that was named.
pub(crate) struct Here {
    /// The password file, and what it is for.
    pub(crate) password_file: Option<(Purpose, PathBuf)>,
    /// The principal that a ticket is shown to.
    pub(crate) server: Option<String>,
}

impl Here {
    fn file_for(&self, purpose: Purpose) -> Option<&Path> {
        self.password_file.as_ref().filter(|(given, _)| *given == purpose).map(|(_, path)| path.as_path())
    }
}

/// The first token for a server, made with the ticket of this process.
fn token_for(server: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let by = KerberosBy {
        helper: PathBuf::from(THIS_PROGRAM),
        key_table: None,
        configuration: path("KRB5_CONFIG"),
        realm: None,
        patience: TICKET,
    };
    let refused = |why: String| Failure::Environment(format!("--kerberos {server}: {why}"));
    by.token_for(server, path("KRB5CCNAME").as_deref()).map(Zeroizing::new).map_err(refused)
}

/// How long a token may take; a KDC is asked for it.
const TICKET: Duration = Duration::from_secs(10);

impl Surroundings for Here {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
        let failed = |error: std::io::Error| Failure::file(path, &error);
        let mut bytes = Vec::new();
        if path == Path::new("-") {
            std::io::stdin().lock().take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        } else {
            File::open(path).map_err(failed)?.take(limit + 1).read_to_end(&mut bytes).map_err(failed)?;
        }
        within(bytes, path, limit)
    }

    fn open(&self, path: &Path, limit: u64) -> Result<Input, Failure> {
        if path == Path::new("-") {
            return self.read(path, limit).map(Input::Bytes);
        }
        let failed = |error: std::io::Error| Failure::file(path, &error);
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_file() {
            return Ok(Input::File(file));
        }
        self.read(path, limit).map(Input::Bytes)
    }

    fn watcher(&self) -> Option<Watcher<'_>> {
        let is_watched = std::io::stderr().is_terminal() && std::io::stdout().is_terminal();
        is_watched.then(|| Box::new(draw) as Watcher<'_>)
    }

    fn create<'a>(&'a self, path: &'a Path) -> Result<Box<dyn Sink + 'a>, Failure> {
        let failed = |error: std::io::Error| Failure::file(path, &error);
        if path == Path::new("-") {
            return Ok(Box::new(Direct { path, out: std::io::stdout() }));
        }
        if let Some(draft) = Draft::of(path)? {
            return Ok(Box::new(draft));
        }
        let out = OpenOptions::new().write(true).open(path).map_err(failed)?;
        Ok(Box::new(Direct { path, out }))
    }

    fn fill(&self, path: &Path, fill: &mut Fill<'_>) -> Result<(), Failure> {
        let failed = |error: sclera_os::files::FileError| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            Failure::Environment(format!("{error}{}", cause.unwrap_or_default()))
        };
        let mut file = NewFile::create(path).map_err(failed)?;
        fill(&mut file)?;
        file.finish().map_err(failed)
    }

    fn password(&self, purpose: Purpose, prompt: &str) -> Result<Option<Secret>, Failure> {
        let file = self.file_for(purpose);
        match purpose {
            Purpose::Login => secrets::password(file, "SCLERA_PASSWORD", prompt),
            Purpose::New => secrets::new_password(file, prompt),
            Purpose::Attempt => secrets::password(None, "SCLERA_LOGIN_PASSWORD", prompt),
            Purpose::Code | Purpose::LoginCode => self.given(purpose),
        }
    }

    fn given(&self, purpose: Purpose) -> Result<Option<Secret>, Failure> {
        secrets::from_environment(match purpose {
            Purpose::Login => "SCLERA_PASSWORD",
            Purpose::New => secrets::NEW_PASSWORD,
            Purpose::Attempt => "SCLERA_LOGIN_PASSWORD",
            Purpose::Code => "SCLERA_LOGIN_TOTP",
            Purpose::LoginCode => "SCLERA_TOTP",
        })
    }

    fn token(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        self.server.as_deref().map(token_for).transpose()
    }

    fn can_ask(&self) -> bool {
        dialogue::is_possible()
    }

    fn ask(&self, question: &Question) -> Reply {
        dialogue::here(question)
    }

    fn offers_new_password(&self) -> bool {
        self.file_for(Purpose::New).is_some() || std::env::var_os(secrets::NEW_PASSWORD).is_some()
    }
}

/// What takes text as it comes.
struct Direct<'a, W> {
    path: &'a Path,
    out: W,
}

impl<W: Write> Sink for Direct<'_, W> {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::file(self.path, &error))
    }
}

/// A file beside the one it is to become.
pub(crate) struct Draft<'a> {
    path: &'a Path,
    folder: &'a Path,
    file: BufWriter<NamedTempFile>,
}

impl<'a> Draft<'a> {
    /// Begins one; none in place of a device or a pipe, which takes what is written to it and cannot be replaced.
    pub(crate) fn of(path: &'a Path) -> Result<Option<Self>, Failure> {
        if path == Path::new("-") || std::fs::metadata(path).is_ok_and(|about| !about.is_file()) {
            return Ok(None);
        }
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let draft = tempfile::Builder::new()
            .prefix(".sclera-export-")
            .permissions(Permissions::from_mode(0o600))
            .tempfile_in(folder)
            .map_err(|error| Failure::file(path, &error))?;
        Ok(Some(Self { path, folder, file: BufWriter::new(draft) }))
    }

    /// The same open file, for another process to write to.
    pub(crate) fn opened(&self) -> Result<File, Failure> {
        self.file.get_ref().as_file().try_clone().map_err(|error| Failure::file(self.path, &error))
    }

    /// Puts it in its place.
    pub(crate) fn place(self) -> Result<(), Failure> {
        let Self { path, folder, file } = self;
        let failed = |error: std::io::Error| Failure::file(path, &error);
        let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }
}

impl Sink for Draft<'_> {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        self.file.write_all(text.as_bytes())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.place()
    }
}

/// What came with a command over the local socket.
pub(crate) struct Carried<'a> {
    files: Files,
    opened: Opened,
    secrets: Secrets,
    written: RefCell<Files>,
    /// Where the caller is, if it can be asked something.
    dialogue: Option<&'a UnixStream>,
    /// Where the caller is, if somebody looks on.
    watched: Option<&'a UnixStream>,
}

impl<'a> Carried<'a> {
    /// Takes the files and passwords out of a request.
    pub(crate) fn from(request: Request, stream: &'a UnixStream) -> Self {
        let there_with = |option| request.option(option).map(|_| stream);
        let (dialogue, watched) = (there_with(DIALOGUE), there_with(WATCHED));
        let Request { files, opened, secrets, .. } = request;
        Self { files, opened, secrets, written: RefCell::default(), dialogue, watched }
    }

    /// The files that the command wrote, for the caller to put down.
    pub(crate) fn written(self) -> Files {
        self.written.into_inner()
    }
}

impl Surroundings for Carried<'_> {
    fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
        let missing = || Failure::Environment(format!("{} was not sent along", path.display()));
        if let Some(file) = self.opened.get(&path.display().to_string()) {
            let mut bytes = Vec::new();
            let read = file.take(limit + 1).read_to_end(&mut bytes);
            read.map_err(|error| Failure::file(path, &error))?;
            return within(bytes, path, limit);
        }
        within(self.files.get(&path.display().to_string()).cloned().ok_or_else(missing)?, path, limit)
    }

    fn open(&self, path: &Path, limit: u64) -> Result<Input, Failure> {
        match self.opened.get(&path.display().to_string()) {
            Some(file) => file.try_clone().map(Input::File).map_err(|error| Failure::file(path, &error)),
            None => self.read(path, limit).map(Input::Bytes),
        }
    }

    fn watcher(&self) -> Option<Watcher<'_>> {
        let stream = self.watched?;
        Some(Box::new(|line: &str| sclera_local::tell(stream, line)))
    }

    fn create<'a>(&'a self, path: &'a Path) -> Result<Box<dyn Sink + 'a>, Failure> {
        if let Some(file) = self.opened.get(&path.display().to_string()) {
            return Ok(Box::new(Direct { path, out: BufWriter::new(file) }));
        }
        Ok(Box::new(Kept { path, bytes: Vec::new(), written: &self.written }))
    }

    fn fill(&self, path: &Path, fill: &mut Fill<'_>) -> Result<(), Failure> {
        let mut bytes = Bounded(Vec::new());
        fill(&mut bytes)?;
        self.written.borrow_mut().insert(path.display().to_string(), bytes.0);
        Ok(())
    }

    fn password(&self, purpose: Purpose, _: &str) -> Result<Option<Secret>, Failure> {
        let too_long = |_| Failure::bad_value("the password is too long");
        self.secrets
            .get(purpose.word())
            .map(|text| Secret::new(text.to_owned()).map_err(too_long))
            .transpose()
    }

    fn offers_new_password(&self) -> bool {
        self.secrets.get(Purpose::New.word()).is_some()
    }

    fn given(&self, purpose: Purpose) -> Result<Option<Secret>, Failure> {
        self.password(purpose, "")
    }

    fn token(&self) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
        let Some(token) = self.secrets.get(TOKEN) else { return Ok(None) };
        let malformed = || Failure::Usage("the ticket did not come whole".to_owned());
        unhex(token).map(Zeroizing::new).map(Some).ok_or_else(malformed)
    }

    fn can_ask(&self) -> bool {
        self.dialogue.is_some()
    }

    fn ask(&self, question: &Question) -> Reply {
        self.dialogue.map_or(Reply::Aborted, |stream| dialogue::over(stream, question))
    }
}

/// As much as can be carried back over the socket.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > LARGEST_FILES {
            return Err(std::io::Error::other(format!(
                "it has more than the {LARGEST_FILES} bytes that are carried over the local socket; whoever owns the \
                 files makes it without the socket"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A file that the caller puts down.
struct Kept<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
    written: &'a RefCell<Files>,
}

impl Sink for Kept<'_> {
    fn write(&mut self, text: &str) -> std::io::Result<()> {
        if (self.bytes.len() + text.len()) as u64 > LARGEST_FILES {
            let what = format!(
                "more than {} MiB do not go over the local socket; export to a file of a disk",
                LARGEST_FILES >> 20
            );
            return Err(std::io::Error::other(what));
        }
        self.bytes.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.written.borrow_mut().insert(self.path.display().to_string(), self.bytes);
        Ok(())
    }
}

fn within(bytes: Vec<u8>, path: &Path, limit: u64) -> Result<Vec<u8>, Failure> {
    if bytes.len() as u64 > limit {
        return Err(Failure::bad_value(format!("{}: it has more than {limit} bytes", path.display())));
    }
    Ok(bytes)
}
