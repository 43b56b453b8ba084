//! Texts that are made by a test and committed, so that a change of data is a readable difference.

/// Compares a text with a committed file, whose path begins at this crate. With `SCLERA_BLESS=1` the file is written.
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "tests read and write committed files"
)]
pub(crate) fn compare(path: &str, text: &str) {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("SCLERA_BLESS").is_ok_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = committed.lines().zip(text.lines()).enumerate();
    if let Some((number, (old, new))) = lines.find(|(_, (old, new))| old != new) {
        panic!("{path}:{}: differs; SCLERA_BLESS=1 writes it\n  file: {old}\n  now:  {new}", number + 1);
    }
    assert!(committed == text, "{path} has another length; SCLERA_BLESS=1 writes it");
}
