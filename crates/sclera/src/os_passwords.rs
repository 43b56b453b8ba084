//! Passwords of the operating system: joins the helper that asks PAM with the port of the engine.

use crate::errands::Errands;
use crate::instance::OpenError;
use sclera_authn::admission::{Answer, Identity};
use sclera_authn::secret::Secret;
use sclera_core::status::{Code, Status};
use sclera_engine::outside::OsPasswords;
use sclera_helper::pair;
use sclera_helper::pam::{self, HELPER, Verdict};
use sclera_os::programs::{self, Bounds};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Who compares passwords of the operating system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OsPasswordsBy {
    /// A program that begins with [`helper`](crate::helper).
    pub helper: PathBuf,
    /// The service of PAM that is asked.
    pub service: String,
    /// Where its configuration is, if not where the system has it.
    pub directory: Option<PathBuf>,
    /// How long a login waits for an answer.
    pub patience: Duration,
}

pub use sclera_helper::pam::SERVICE as PAM_SERVICE;

/// Where the system has the configuration of PAM.
const PLACES: [&str; 2] = ["/etc/pam.d", "/usr/lib/pam.d"];
/// The most bytes of an answer.
const LOUDEST: u64 = 1_024;
/// What a bounded errand may take beyond its bound.
const SLACK: Duration = Duration::from_millis(100);
/// The characters of the name of a service beside letters and digits.
const IN_NAMES: &str = "-_.";

impl OsPasswordsBy {
    pub(crate) fn open(&self) -> Box<dyn OsPasswords> {
        Box::new(Pam { helper: Arc::new(Helper { by: self.clone() }), errands: Errands::default() })
    }

    /// Sees whether PAM is there and knows the service.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        self.find_service().map_err(OpenError::Files)?;
        match (Helper { by: self.clone() }).ask(&[]) {
            Verdict::Ready => Ok(()),
            Verdict::Unavailable(why) => Err(OpenError::Files(format!("PAM cannot be asked: {why}"))),
            _ => Err(OpenError::Files("PAM cannot be asked: the helper is another program".to_owned())),
        }
    }

    /// PAM goes by the service `other` where one has no configuration, and what that allows nobody chose for this.
    fn find_service(&self) -> Result<(), String> {
        let service = &self.service;
        let fits = |c: char| c.is_ascii_alphanumeric() || IN_NAMES.contains(c);
        if service.is_empty() || service.starts_with('.') || !service.chars().all(fits) {
            return Err(format!(
                "os.pam_service: `{}` is not the name of a service",
                sclera_core::name::one_line(service)
            ));
        }
        let own = self.directory.as_deref().map(|own| vec![own]);
        let places = own.unwrap_or_else(|| PLACES.iter().map(Path::new).collect());
        if places.iter().any(|place| place.join(service).is_file()) {
            return Ok(());
        }
        let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        Err(format!("os.pam_service: there is no file {service} in {}", places.join(" or ")))
    }
}

/// The program that asks PAM and ends.
struct Helper {
    by: OsPasswordsBy,
}

impl Helper {
    fn ask(&self, question: &[u8]) -> Verdict {
        let OsPasswordsBy { helper, service, directory, patience } = &self.by;
        let directory = match directory.as_deref().map(Path::to_str) {
            Some(None) => return Verdict::Unavailable("the directory has no name in UTF-8".to_owned()),
            directory => directory.flatten(),
        };
        let arguments: Vec<&str> = [HELPER, service].into_iter().chain(directory).collect();
        let bounds = Bounds { patience: *patience, loudest: LOUDEST };
        match programs::ask(helper, &arguments, question, bounds) {
            Ok(said) => pam::answer(said.status.success(), &said.stdout),
            Err(why) => Verdict::Unavailable(format!("the helper {why}")),
        }
    }
}

/// Passwords that PAM compares, each in a process of its own.
struct Pam {
    helper: Arc<Helper>,
    errands: Errands,
}

impl OsPasswords for Pam {
    fn compare(&self, name: &str, password: &Secret) -> Answer {
        // What PAM would go by may have changed since the start.
        if let Err(why) = self.helper.by.find_service() {
            return Answer::Failed(Status::general(format!("PAM: {why}")));
        }
        let Some(question) = pair(name, password) else {
            return Answer::Failed(Status::plain(Code::InvalidPassword).because("PAM cannot be asked that"));
        };
        let helper = Arc::clone(&self.helper);
        let limit = helper.by.patience + SLACK;
        let asked = self.errands.run(limit, move || helper.ask(&question));
        match asked.unwrap_or_else(|why| Verdict::Unavailable(why.word().to_owned())) {
            Verdict::Granted => Answer::Granted(Box::new(Identity::named(name.to_owned()))),
            Verdict::Expired => Answer::Stop(Status::plain(Code::PasswordExpired)),
            Verdict::Refused(why) => Answer::Failed(Status::plain(Code::InvalidPassword).because(&why)),
            Verdict::Unavailable(why) => Answer::Failed(Status::general(format!("PAM: {why}"))),
            Verdict::Ready => Answer::Failed(Status::general("PAM: it did not say anything of the password")),
        }
    }
}
