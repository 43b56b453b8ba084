//! Archives in the format of POSIX (`ustar`), the same for the same content: no names of users, and no times.

use anyhow::{Context, Result, ensure};

/// Something in an archive, owned by the user and the group of one number.
pub(crate) struct Entry<'a> {
    pub(crate) path: String,
    pub(crate) content: Content<'a>,
    pub(crate) mode: u32,
    pub(crate) owner: u32,
}

pub(crate) enum Content<'a> {
    Directory,
    File(&'a [u8]),
}

const BLOCK: usize = 512;

/// The archive of some entries, in their order.
pub(crate) fn archive(entries: &[Entry<'_>]) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    for entry in entries {
        let bytes = match entry.content {
            Content::Directory => &[],
            Content::File(bytes) => bytes,
        };
        archive.extend(header(entry, bytes.len()).with_context(|| entry.path.clone())?);
        archive.extend(bytes);
        archive.resize(archive.len().next_multiple_of(BLOCK), 0);
    }
    // Two empty blocks are the end.
    archive.resize(archive.len() + 2 * BLOCK, 0);
    Ok(archive)
}

fn header(entry: &Entry<'_>, size: usize) -> Result<Vec<u8>> {
    // The sum is that of a header with spaces in its place.
    let sum: u32 = with_sum(entry, size, "        ")?.iter().copied().map(u32::from).sum();
    with_sum(entry, size, &format!("{sum:06o}\0 "))
}

fn with_sum(entry: &Entry<'_>, size: usize, sum: &str) -> Result<Vec<u8>> {
    let (kind, slash) = match entry.content {
        Content::Directory => ("5", "/"),
        Content::File(_) => ("0", ""),
    };
    let octal = |value: usize, digits: usize| format!("{value:0digits$o}\0");
    let (mode, owner) = (usize::try_from(entry.mode)?, usize::try_from(entry.owner)?);
    let mut header = Vec::with_capacity(BLOCK);
    for (text, width) in [
        (format!("{}{slash}", entry.path), 100),
        (octal(mode, 7), 8),
        (octal(owner, 7), 8),
        (octal(owner, 7), 8),
        (octal(size, 11), 12),
        (octal(0, 11), 12),
        (sum.to_owned(), 8),
        (kind.to_owned(), 1),
        (String::new(), 100),
        ("ustar\0".to_owned(), 6),
        ("00".to_owned(), 2),
        (String::new(), 64),
        (octal(0, 7), 8),
        (octal(0, 7), 8),
    ] {
        ensure!(text.len() <= width, "`{text}` is longer than {width} bytes, which an archive does not hold");
        let end = header.len() + width;
        header.extend(text.bytes());
        header.resize(end, 0);
    }
    header.resize(BLOCK, 0);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn tar_reads_what_is_written() {
        let folder = std::env::temp_dir().join(format!("sclera-tar-{}", std::process::id()));
        let of = |path: &str, content, mode, owner| Entry { path: path.to_owned(), content, mode, owner };
        let long = vec![7; 1_000_000];
        let entries = [
            of("a", Content::Directory, 0o711, 65_532),
            of("a/b", Content::File(b"text"), 0o644, 0),
            of("a/c", Content::File(&long), 0o755, 0o7_777_777),
            of("a/d", Content::File(b""), 0o600, 0),
        ];
        std::fs::write(&folder, archive(&entries).unwrap()).unwrap();
        let mut tar = Command::new("tar");
        tar.env("TZ", "UTC").args(["--numeric-owner", "--full-time", "-tvf"]).arg(&folder);
        let listed = crate::process::output(&mut tar).unwrap();
        let rows: Vec<String> =
            listed.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(
            rows,
            [
                "drwx--x--x 65532/65532 0 1970-01-01 00:00:00 a/",
                "-rw-r--r-- 0/0 4 1970-01-01 00:00:00 a/b",
                "-rwxr-xr-x 2097151/2097151 1000000 1970-01-01 00:00:00 a/c",
                "-rw------- 0/0 0 1970-01-01 00:00:00 a/d",
            ]
        );
        let one = crate::process::output(Command::new("tar").arg("-xOf").arg(&folder).arg("a/b")).unwrap();
        assert_eq!(one, "text");
        std::fs::remove_file(&folder).unwrap();
    }

    #[test]
    fn what_an_archive_does_not_hold_is_refused() {
        let of = |path: String, owner| Entry { path, content: Content::File(b""), mode: 0o600, owner };
        assert!(archive(&[of("x".repeat(100), 0)]).is_ok());
        assert!(archive(&[of("x".repeat(101), 0)]).is_err());
        assert!(archive(&[of("x".to_owned(), 0o10_000_000)]).is_err());
    }
}
