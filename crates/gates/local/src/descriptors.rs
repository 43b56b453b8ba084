//! Open files, handed from one process to the other.

use crate::frame::{Fault, Opened};
use rustix::cmsg_space;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

/// The most files that are handed over with one command.
pub const MOST_OPENED: usize = 64;

/// The file systems, by the numbers of statfs(2), where reading and writing is not judged anew: ext2 to ext4, XFS, Btrfs,
/// tmpfs, overlayfs, ZFS, F2FS.
const DISKS: [u64; 7] =
    [0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1, 0xF2F5_2010];

/// Tells whether a server can use a file by itself: it must be one of a disk of this machine. What is a pipe, or served by
/// a program of the caller, could keep the server waiting; what the kernel makes up, such as files of `/proc`, may be
/// judged by who reads and not by who opened it.
pub fn can_be_handed_over(file: &File) -> bool {
    file.metadata().is_ok_and(|about| about.is_file())
        && rustix::fs::fstatfs(file)
            // The type of the number differs between machines; its 32 bits are what counts.
            .is_ok_and(|system| DISKS.contains(&(system.f_type.cast_unsigned() & 0xFFFF_FFFF)))
}

/// Hands files over, in the order of their names.
pub(crate) fn send(stream: &UnixStream, files: &Opened) -> Result<(), Fault> {
    if files.is_empty() {
        return Ok(());
    }
    let descriptors: Vec<_> = files.values().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_OPENED))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if files.len() > MOST_OPENED || !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(Fault::TooLarge);
    }
    sendmsg(stream, &[IoSlice::new(&[0])], &mut control, SendFlags::NOSIGNAL)
        .map_err(std::io::Error::from)?;
    Ok(())
}

/// Takes files over; as many as there are names, and only such as [`can_be_handed_over`].
pub(crate) fn receive(stream: &UnixStream, mut names: Vec<String>) -> Result<Opened, Fault> {
    if names.is_empty() {
        return Ok(Opened::new());
    }
    names.sort_unstable();
    names.dedup();
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MOST_OPENED))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [1];
    let got = recvmsg(stream, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::CMSG_CLOEXEC)
        .map_err(std::io::Error::from)?;
    let files: Vec<File> = (control.drain())
        .filter_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => Some(descriptors),
            _ => None,
        })
        .flatten()
        .map(File::from)
        .collect();
    let is_whole = got.bytes == 1 && byte == [0] && !got.flags.contains(ReturnFlags::CTRUNC);
    if !is_whole || files.len() != names.len() || !files.iter().all(can_be_handed_over) {
        return Err(Fault::Malformed);
    }
    Ok(names.into_iter().zip(files).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    fn file(content: &str) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file.rewind().unwrap();
        file
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn files_arrive_under_their_names() {
        let (here, there) = UnixStream::pair().unwrap();
        let files: Opened = [("b".to_owned(), file("of b")), ("a".to_owned(), file("of a"))].into();
        send(&here, &files).unwrap();
        let arrived = receive(&there, names(&["b", "a"])).unwrap();
        let read = |name: &str| {
            let mut text = String::new();
            (&arrived[name]).read_to_string(&mut text).unwrap();
            text
        };
        assert_eq!((read("a"), read("b")), ("of a".to_owned(), "of b".to_owned()));
    }

    #[test]
    fn more_or_fewer_or_others_are_refused() {
        let try_with = |given: Opened, wanted: &[&str]| {
            let (here, there) = UnixStream::pair().unwrap();
            send(&here, &given).unwrap();
            drop(here);
            receive(&there, names(wanted)).map(|files| files.len())
        };
        let two = || Opened::from([("a".to_owned(), file("")), ("b".to_owned(), file(""))]);
        assert!(matches!(try_with(two(), &["a", "b"]), Ok(2)));
        assert!(matches!(try_with(two(), &["a"]), Err(Fault::Malformed)));
        assert!(matches!(try_with(two(), &["a", "b", "c"]), Err(Fault::Malformed)));
        assert!(matches!(try_with(Opened::new(), &["a"]), Err(Fault::Malformed)));
        let device = Opened::from([("a".to_owned(), File::open("/dev/zero").unwrap())]);
        assert!(matches!(try_with(device, &["a"]), Err(Fault::Malformed)));
        for made_up in ["/proc/self/maps", "/sys/kernel/notes"] {
            let Ok(file) = File::open(made_up) else { continue };
            assert!(file.metadata().unwrap().is_file() && !can_be_handed_over(&file), "{made_up}");
        }
        let many = (0..=MOST_OPENED).map(|n| (n.to_string(), file(""))).collect();
        assert!(matches!(send(&UnixStream::pair().unwrap().0, &many), Err(Fault::TooLarge)));
    }
}
