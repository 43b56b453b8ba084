//! The configuration file. Its parser is part of the command; what it names beside itself stands here in outline.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[expect(dead_code, reason = "of the parser only the reading of a text is called")]
#[path = "../../crates/apps/sclera/src/configuration.rs"]
mod configuration;

/// Failures of the command, as far as the parser names them.
mod failure {
    #[derive(Debug)]
    pub(crate) struct Failure;

    impl Failure {
        pub(crate) fn bad_value(_: impl Into<String>) -> Self {
            Self
        }

        pub(crate) fn file(_: &std::path::Path, _: &std::io::Error) -> Self {
            Self
        }
    }
}

/// The receivers of the audit trail, of which only the section is read here.
mod outlets {
    #[derive(Debug, serde::Deserialize)]
    pub(crate) struct Written {}

    #[derive(Debug)]
    pub(crate) struct Settings;

    impl Settings {
        pub(crate) fn of(written: Vec<Written>, _: &std::path::Path) -> Result<Vec<Self>, String> {
            Ok(written.into_iter().map(|_| Self).collect())
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        match configuration::Configuration::parse(text, std::path::Path::new("/data")) {
            Ok(means) => assert_eq!(means.listen.to_string().parse(), Ok(means.listen)),
            Err(told) => assert!(!told.is_empty() && !told.contains('\n') && told.len() < 2_000, "{told}"),
        }
    }
});
