//! What callers pass: pointers and lengths, looked at before they are used.

use crate::fault::Fault;
use std::ffi::{OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// The longest path of Linux.
const LONGEST_PATH: usize = 4_096;

/// What a handle stands for.
///
/// # Safety
/// It is null or points to a value that lives while the result is used, and is not changed.
pub(crate) unsafe fn handle<'a, T>(handle: *const T) -> Result<&'a T, Fault> {
    // SAFETY: the contract of this function.
    unsafe { handle.as_ref() }.ok_or(Fault::argument("the handle is null"))
}

/// What a handle stands for, to be changed.
///
/// # Safety
/// As for [`handle`], and nothing else uses it meanwhile.
pub(crate) unsafe fn handle_mut<'a, T>(handle: *mut T) -> Result<&'a mut T, Fault> {
    // SAFETY: the contract of this function.
    unsafe { handle.as_mut() }.ok_or(Fault::argument("the handle is null"))
}

/// Puts a value where the caller wants it.
///
/// # Safety
/// `place` is null or may be written.
pub(crate) unsafe fn put<T>(place: *mut T, value: T) -> Result<(), Fault> {
    if place.is_null() {
        return Err(Fault::argument("there is no place for the result"));
    }
    // SAFETY: the contract of this function.
    unsafe { place.write(value) };
    Ok(())
}

/// Bytes of a length; none at all may come as null.
///
/// # Safety
/// `start` is null or points to so many bytes, which stay as they are while the result is used.
pub(crate) unsafe fn bytes<'a>(start: *const u8, length: usize, longest: usize) -> Result<&'a [u8], Fault> {
    match (start.is_null(), length) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Fault::argument("the bytes are null")),
        _ if length > longest => Err(Fault::argument("there are too many bytes")),
        // SAFETY: the contract of this function; the length is far below what a slice may have.
        _ => Ok(unsafe { std::slice::from_raw_parts(start, length) }),
    }
}

/// A text of a length.
///
/// # Safety
/// As for [`bytes`].
pub(crate) unsafe fn text<'a>(start: *const c_char, length: usize, longest: usize) -> Result<&'a str, Fault> {
    // SAFETY: the contract of this function.
    let bytes = unsafe { bytes(start.cast(), length, longest)? };
    std::str::from_utf8(bytes).map_err(|_| Fault::argument("the text is not UTF-8"))
}

/// A path that ends with a zero byte.
///
/// # Safety
/// `start` is null or points to bytes up to a zero one, which stay as they are while the result is used.
pub(crate) unsafe fn path<'a>(start: *const c_char) -> Result<&'a Path, Fault> {
    if start.is_null() {
        return Err(Fault::argument("the path is null"));
    }
    // SAFETY: no byte is looked at behind the first that is zero.
    let length = (0..LONGEST_PATH).find(|at| unsafe { *start.add(*at) } == 0);
    let length = length.ok_or(Fault::argument("the path is too long"))?;
    // SAFETY: so many bytes were just read.
    let bytes = unsafe { std::slice::from_raw_parts(start.cast::<u8>(), length) };
    Ok(Path::new(OsStr::from_bytes(bytes)))
}

/// Copies a text and a zero byte, as far as there is room, and tells the length of all of it.
///
/// # Safety
/// `buffer` is null or may be written for `size` bytes.
pub(crate) unsafe fn copy(
    text: &str,
    buffer: *mut c_char,
    size: usize,
    largest: usize,
) -> Result<usize, Fault> {
    if size > largest {
        return Err(Fault::argument("the buffer is too large"));
    }
    if !buffer.is_null() && size > 0 {
        let room = text.len().min(size - 1);
        let count = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        // SAFETY: the contract of this function; the text and its zero byte have at most `size` bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), buffer.cast::<u8>(), count);
            buffer.add(count).write(0);
        }
    }
    Ok(text.len())
}
