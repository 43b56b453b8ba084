//! The configuration file `DIR/sclera.toml`: what was written, and what it means.

use crate::failure::Failure;
use serde::Deserialize;
use std::path::Path;

/// The most bytes that the file may have.
const LARGEST: u64 = 1024 * 1024;

/// What the configuration means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Configuration {
    /// Who may connect to the local socket.
    pub(crate) socket_access: Access,
}

/// Who may connect to the local socket; what they may do there is for their privileges to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    /// Only the owner of the files.
    Owner,
    /// The group of the files as well.
    Group,
    /// Every user of the machine.
    #[default]
    Everyone,
}

impl Access {
    /// The mode of the socket.
    pub(crate) const fn mode(self) -> u32 {
        match self {
            Self::Owner => 0o600,
            Self::Group => 0o660,
            Self::Everyone => 0o666,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Group => "group",
            Self::Everyone => "everyone",
        }
    }
}

/// The file as written; a key that is not known is refused.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    socket: WrittenSocket,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenSocket {
    access: Access,
}

impl Configuration {
    /// Reads the file of an instance; without one everything has its default.
    pub(crate) fn read(directory: &Path) -> Result<Self, Failure> {
        let path = Self::path(directory);
        let text = match std::fs::metadata(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::file(&path, &error)),
            Ok(about) if about.len() > LARGEST => {
                return Err(Failure::bad_value(format!(
                    "{}: it has more than {LARGEST} bytes",
                    path.display()
                )));
            }
            Ok(_) => std::fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?,
        };
        Self::parse(&text).map_err(|what| Failure::bad_value(format!("{}: {what}", path.display())))
    }

    /// Where the file is.
    pub(crate) fn path(directory: &Path) -> std::path::PathBuf {
        directory.join("sclera.toml")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| told(text, &error))?;
        Ok(Self { socket_access: written.socket.access })
    }
}

/// What is wrong and in which line, in one line.
fn told(text: &str, error: &toml::de::Error) -> String {
    let line = error
        .span()
        .and_then(|span| text.get(..span.start))
        .map_or(1, |before| before.matches('\n').count() + 1);
    format!("line {line}: {}", error.message().replace('\n', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_everything_has_its_default() {
        assert_eq!(Configuration::parse("").unwrap().socket_access, Access::Everyone);
        assert_eq!(Configuration::parse("[socket]\naccess = \"owner\"").unwrap().socket_access.mode(), 0o600);
    }

    #[test]
    fn what_is_not_known_is_refused_with_its_line() {
        for (text, line) in [
            ("x = 1", 1),
            ("[socket]\nacess = \"owner\"", 2),
            ("[socket]\n\naccess = \"all\"", 3),
            ("[socket\n", 1),
        ] {
            let told = Configuration::parse(text).unwrap_err();
            assert!(told.starts_with(&format!("line {line}: ")) && !told.contains('\n'), "{told}");
        }
    }
}
