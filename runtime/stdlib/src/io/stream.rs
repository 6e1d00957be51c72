//! Buffered files with the semantics of C's `FILE`.
//!
//! One buffer serves reading or writing, whichever happened last; changing over flushes or gives unread bytes back, so mixed reading and
//! writing on one file happens at one logical position. Errors are C's error numbers.
//!
//! Invariant: `buf[pos..end]` is unread in state `Reading`, `buf[..end]` unwritten in state `Writing`; `pos == end == 0` in state `Idle`.
//! Absent: wide orientation, pushing back bytes.

use crate::sys;
use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Stdio};
use std::rc::Weak;
use std::sync::atomic::{AtomicBool, Ordering};

/// Size of a buffer in bytes.
pub const BUFFER: usize = 32768;
/// Size that a buffer has when the first bytes are written.
const FIRST: usize = 2 << 10;

/// What closing a stream means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A file of the program.
    File,
    /// One end of a pipe to a child process, which is waited for.
    Pipe,
    /// A standard file, which is not closed.
    Standard,
}

/// When written bytes leave the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Buffering {
    /// When it is full.
    Full,
    /// At the end of a line.
    Line,
    /// At once.
    No,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Idle,
    Reading,
    Writing,
}

enum Handle {
    Owned(File),
    Standard(ManuallyDrop<File>),
}

impl Deref for Handle {
    type Target = File;
    fn deref(&self) -> &File {
        match self {
            Handle::Owned(f) => f,
            Handle::Standard(f) => f,
        }
    }
}

/// A file, a pipe or a standard file.
pub struct Stream {
    file: Option<Handle>,
    child: Option<Child>,
    kind: Kind,
    can_read: bool,
    can_write: bool,
    buffering: Buffering,
    buf: Vec<u8>,
    pos: usize,
    end: usize,
    state: State,
    eof: bool,
    /// Nobody looked yet whether it is a terminal, which is line-buffered.
    maybe_terminal: bool,
    /// Closed by the iterator of `io.lines(name)` at its end.
    pub close_at_end: bool,
    /// Flushed before this stream waits for input, if it is line-buffered: the prompt before an answer.
    pub prompt: Option<Weak<RefCell<Stream>>>,
}

fn errno(e: &std::io::Error) -> i32 {
    e.raw_os_error().unwrap_or(libc::EIO)
}

/// The process is to end: what waits for input and is interrupted fails.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Has reads that a signal interrupts fail from now on. May be called in signal handlers.
pub fn stop_waiting() {
    ENDING.store(true, Ordering::Relaxed);
}

fn read_some(file: &File, buf: &mut [u8]) -> Result<usize, i32> {
    loop {
        let mut f = file;
        match f.read(buf) {
            Ok(n) => return Ok(n),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted && !ENDING.load(Ordering::Relaxed) => {}
            Err(e) => return Err(errno(&e)),
        }
    }
}

fn write_all(mut file: &File, bytes: &[u8]) -> Result<(), i32> {
    file.write_all(bytes).map_err(|e| errno(&e))
}

/// What the letters of an `fopen` mode ask for.
struct OpenMode {
    read: bool,
    write: bool,
    create: bool,
    truncate: bool,
    append: bool,
    exclusive: bool,
}

impl OpenMode {
    /// Reads a mode as glibc does: `r`, `w` or `a`, then up to six letters of which `+` and `x` matter.
    fn parse(mode: &[u8]) -> Option<OpenMode> {
        let (first, rest) = mode.split_first()?;
        let mut m = OpenMode {
            read: *first == b'r',
            write: *first != b'r',
            create: *first != b'r',
            truncate: *first == b'w',
            append: *first == b'a',
            exclusive: false,
        };
        if !matches!(first, b'r' | b'w' | b'a') {
            return None;
        }
        for letter in rest.iter().take(6) {
            match letter {
                b'+' => (m.read, m.write) = (true, true),
                b'x' => m.exclusive = true,
                b',' => break,
                _ => {}
            }
        }
        Some(m)
    }
}

impl Stream {
    fn new(file: Handle, kind: Kind, can_read: bool, can_write: bool) -> Stream {
        Stream {
            file: Some(file),
            child: None,
            kind,
            can_read,
            can_write,
            buffering: Buffering::Full,
            buf: Vec::new(),
            pos: 0,
            end: 0,
            state: State::Idle,
            eof: false,
            maybe_terminal: false,
            close_at_end: false,
            prompt: None,
        }
    }

    /// Opens a file as C's `fopen` does.
    pub fn open(name: &[u8], mode: &[u8]) -> Result<Stream, i32> {
        let m = OpenMode::parse(mode).ok_or(libc::EINVAL)?;
        let mut options = OpenOptions::new();
        options.read(m.read).write(m.write && !m.append).append(m.append).create(m.create).truncate(m.truncate);
        if m.exclusive {
            options.custom_flags(libc::O_EXCL);
        }
        let file = options.open(std::ffi::OsStr::from_bytes(name)).map_err(|e| errno(&e))?;
        if m.append && !m.read {
            let mut at = &file;
            // Fails for what cannot seek, which has no position to report either.
            let _ = at.seek(SeekFrom::End(0));
        }
        let mut stream = Stream::new(Handle::Owned(file), Kind::File, m.read, m.write);
        stream.maybe_terminal = m.write;
        Ok(stream)
    }

    /// Wraps an open file that can be read and written.
    pub fn from_file(file: File) -> Stream {
        Stream::new(Handle::Owned(file), Kind::File, true, true)
    }

    /// Opens standard input (0), output (1) or error (2).
    pub fn standard(number: i32) -> Stream {
        let file = sys::standard_file(number);
        let terminal = sys::is_terminal(&file);
        let mut stream = Stream::new(Handle::Standard(file), Kind::Standard, number == 0, number != 0);
        stream.buffering = match number {
            2 => Buffering::No,
            _ if terminal => Buffering::Line,
            _ => Buffering::Full,
        };
        stream
    }

    /// Starts a shell command with a pipe from its output (`r`) or to its input (`w`).
    pub fn popen(command: &[u8], mode: &[u8]) -> Result<Stream, i32> {
        let reads = mode.contains(&b'r');
        if reads == mode.contains(&b'w') || !mode.iter().all(|c| b"rwe".contains(c)) {
            return Err(libc::EINVAL);
        }
        let mut shell = crate::system::shell(command);
        if reads {
            shell.stdout(Stdio::piped())
        } else {
            shell.stdin(Stdio::piped())
        };
        let mut child = shell.spawn().map_err(|e| errno(&e))?;
        let end = match (child.stdout.take(), child.stdin.take()) {
            (Some(out), _) => File::from(std::os::fd::OwnedFd::from(out)),
            (_, Some(input)) => File::from(std::os::fd::OwnedFd::from(input)),
            _ => return Err(libc::EIO),
        };
        let mut stream = Stream::new(Handle::Owned(end), Kind::Pipe, reads, !reads);
        stream.child = Some(child);
        Ok(stream)
    }

    /// Returns what closing means.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Says whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.file.is_none()
    }

    /// Says whether it can be written.
    pub fn can_write(&self) -> bool {
        self.can_write
    }

    /// Says whether it is a terminal.
    pub fn is_terminal(&self) -> bool {
        self.file.as_deref().is_some_and(sys::is_terminal)
    }

    fn file(&self) -> Result<&File, i32> {
        self.file.as_deref().ok_or(libc::EBADF)
    }

    /// Flushes, closes, and waits for the child process of a pipe.
    pub fn close(&mut self) -> Result<(), i32> {
        let flushed = self.flush();
        self.file = None;
        (self.state, self.pos, self.end) = (State::Idle, 0, 0);
        self.buf = Vec::new();
        match self.child.take() {
            // A pipe's result is the child's: the stream was closed, whatever the child says.
            Some(mut child) => child.wait().map(|_| ()).map_err(|e| errno(&e)),
            None => flushed,
        }
    }

    // ---- writing ----

    fn start_writing(&mut self) -> Result<(), i32> {
        if !self.can_write {
            return Err(libc::EBADF);
        }
        if self.state == State::Reading {
            self.give_back();
        }
        if std::mem::take(&mut self.maybe_terminal) && self.is_terminal() {
            self.buffering = Buffering::Line;
        }
        (self.state, self.pos, self.end) = (State::Writing, 0, 0);
        Ok(())
    }

    /// Writes bytes through the buffer.
    #[inline]
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), i32> {
        if self.state == State::Writing
            && self.buffering == Buffering::Full
            && let Some(room) = self.buf.get_mut(self.end..self.end + bytes.len())
        {
            room.copy_from_slice(bytes);
            self.end += bytes.len();
            return Ok(());
        }
        self.write_slow(bytes)
    }

    fn write_slow(&mut self, bytes: &[u8]) -> Result<(), i32> {
        self.file()?;
        if self.state != State::Writing {
            self.start_writing()?;
        }
        let end = self.end + bytes.len();
        if end > self.buf.len() && self.buf.len() < BUFFER {
            // It grows to its size: who writes a line touches one page.
            self.buf.resize(end.next_power_of_two().clamp(FIRST, BUFFER), 0);
        }
        if end > self.buf.len() || self.buffering == Buffering::No {
            self.flush()?;
            if bytes.len() >= self.buf.len() || self.buffering == Buffering::No {
                return write_all(self.file()?, bytes);
            }
        }
        self.buf[self.end..self.end + bytes.len()].copy_from_slice(bytes);
        self.end += bytes.len();
        if self.buffering == Buffering::Line && bytes.contains(&b'\n') {
            return self.flush();
        }
        Ok(())
    }

    /// Writes what is in the buffer. What could not be written is dropped: the error is reported once, as by C's library.
    pub fn flush(&mut self) -> Result<(), i32> {
        if self.state != State::Writing || self.end == 0 {
            return Ok(());
        }
        let result = write_all(self.file()?, &self.buf[..self.end]);
        self.end = 0;
        result
    }

    // ---- reading ----

    /// Moves the file's position back over what was read but not used, and forgets it.
    fn give_back(&mut self) {
        let unread = (self.end - self.pos) as i64;
        if let (1.., Ok(mut file)) = (unread, self.file()) {
            // Fails for what cannot seek: there the bytes are lost, as in C.
            let _ = file.seek(SeekFrom::Current(-unread));
        }
        (self.state, self.pos, self.end) = (State::Idle, 0, 0);
    }

    /// Prepares for a new operation: forgets that the end was seen.
    pub fn clear_eof(&mut self) {
        self.eof = false;
    }

    /// Changes over to reading.
    fn start_reading(&mut self) -> Result<(), i32> {
        self.file()?;
        if !self.can_read {
            return Err(libc::EBADF);
        }
        self.flush()?;
        (self.state, self.pos, self.end) = (State::Reading, 0, 0);
        Ok(())
    }

    /// Flushes the stream whose text has to be seen before this one waits.
    fn show_prompt(&self) {
        let Some(prompt) = self.prompt.as_ref().and_then(Weak::upgrade) else { return };
        if let Ok(mut out) = prompt.try_borrow_mut()
            && out.buffering == Buffering::Line
        {
            // An error shows at the next write.
            let _ = out.flush();
        }
    }

    /// Refills the empty buffer; says whether there is anything.
    fn fill(&mut self) -> Result<bool, i32> {
        if self.state != State::Reading {
            self.start_reading()?;
        }
        if self.eof {
            return Ok(false);
        }
        // Whoever reads a whole file at once never needs the buffer.
        if self.buf.len() != BUFFER {
            self.buf = vec![0; BUFFER];
        }
        self.show_prompt();
        // An unbuffered stream must not take more than what was asked for, or a child process would miss it.
        let want = if self.buffering == Buffering::No { 1 } else { self.buf.len() };
        let file = self.file.as_deref().ok_or(libc::EBADF)?;
        let n = read_some(file, &mut self.buf[..want])?;
        (self.pos, self.end) = (0, n);
        self.eof = n == 0;
        Ok(n != 0)
    }

    /// Returns the next byte without taking it; `None` at the end.
    pub fn peek(&mut self) -> Result<Option<u8>, i32> {
        if (self.state != State::Reading || self.pos == self.end) && !self.fill()? {
            return Ok(None);
        }
        Ok(Some(self.buf[self.pos]))
    }

    /// Takes the byte that [`Stream::peek`] returned.
    pub fn skip(&mut self) {
        self.pos += 1;
    }

    /// Returns the next line with its newline (the last one may have none); `None` at the end. `spill` holds lines that the buffer
    /// does not hold as a whole.
    #[inline]
    pub fn line<'s>(&'s mut self, spill: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>, i32> {
        if self.state == State::Reading
            && let Some(n) = sys::memchr(b'\n', &self.buf[self.pos..self.end])
        {
            let start = self.pos;
            self.pos += n + 1;
            return Ok(Some(&self.buf[start..self.pos]));
        }
        self.line_slow(spill)
    }

    fn line_slow<'s>(&'s mut self, spill: &'s mut Vec<u8>) -> Result<Option<&'s [u8]>, i32> {
        spill.clear();
        if self.state == State::Reading {
            spill.extend_from_slice(&self.buf[self.pos..self.end]);
            self.pos = self.end;
        }
        while self.fill()? {
            let stop = sys::memchr(b'\n', &self.buf[..self.end]).map(|n| n + 1);
            let n = stop.unwrap_or(self.end);
            self.pos = n;
            if spill.is_empty() && stop.is_some() {
                return Ok(Some(&self.buf[..n]));
            }
            spill.extend_from_slice(&self.buf[..n]);
            if stop.is_some() {
                break;
            }
        }
        Ok(if spill.is_empty() { None } else { Some(spill) })
    }

    /// Takes the next `n` bytes, if the buffer holds them.
    #[inline]
    pub fn ready(&mut self, n: usize) -> Option<&[u8]> {
        if self.state != State::Reading {
            return None;
        }
        let bytes = self.buf[self.pos..self.end].get(..n)?;
        self.pos += n;
        Some(bytes)
    }

    /// Appends at most `limit` bytes to `out`; fewer only at the end or at an error.
    pub fn take(&mut self, limit: usize, out: &mut Vec<u8>) -> Result<(), i32> {
        if self.state != State::Reading {
            self.start_reading()?;
        }
        let mut left = limit;
        while left > 0 {
            let ready = (self.end - self.pos).min(left);
            if ready > 0 {
                out.extend_from_slice(&self.buf[self.pos..self.pos + ready]);
                self.pos += ready;
                left -= ready;
            } else if left >= BUFFER && self.buffering != Buffering::No && !self.eof {
                // More than the buffer holds: past it.
                self.show_prompt();
                let mut file = self.file()?;
                let got =
                    if limit == usize::MAX { file.read_to_end(out) } else { file.take(left as u64).read_to_end(out) };
                let n = got.map_err(|e| errno(&e))?;
                self.eof = n < left;
                left -= n;
            } else if !self.fill()? {
                break;
            }
        }
        Ok(())
    }

    // ---- position and buffering ----

    /// Moves the logical position; returns the new one.
    pub fn seek(&mut self, to: SeekFrom) -> Result<u64, i32> {
        self.flush()?;
        let mut file = self.file()?;
        let unread = if self.state == State::Reading { (self.end - self.pos) as i64 } else { 0 };
        if to == SeekFrom::Current(0) {
            let at = file.stream_position().map_err(|e| errno(&e))?;
            self.eof = false;
            return Ok(at.saturating_sub(unread as u64));
        }
        let to = match to {
            SeekFrom::Current(n) => SeekFrom::Current(n.saturating_sub(unread)),
            other => other,
        };
        let at = file.seek(to).map_err(|e| errno(&e))?;
        (self.state, self.pos, self.end, self.eof) = (State::Idle, 0, 0, false);
        Ok(at)
    }

    /// Changes the buffering. A stream that was unbuffered stays so, as in C's library with no buffer of the caller's own.
    pub fn set_buffering(&mut self, buffering: Buffering) -> Result<(), i32> {
        self.flush()?;
        self.maybe_terminal = false;
        if self.buffering != Buffering::No {
            self.buffering = buffering;
        }
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // Nobody is left to hear of an error.
        if self.kind == Kind::Standard {
            let _ = self.flush();
        } else if !self.is_closed() {
            let _ = self.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary() -> Stream {
        let (file, name) = sys::make_temp_file().expect("a temporary file");
        std::fs::remove_file(std::ffi::OsStr::from_bytes(&name)).expect("its name goes");
        Stream::from_file(file)
    }

    fn all(s: &mut Stream) -> Vec<u8> {
        let mut out = Vec::new();
        s.clear_eof();
        s.take(usize::MAX, &mut out).expect("reads");
        out
    }

    #[test]
    fn writes_and_reads_lines_of_any_length() {
        let mut s = temporary();
        let long = vec![b'x'; 3 * BUFFER + 17];
        for line in [&b"first\n"[..], b"\n", &long, b"\nlast"] {
            s.write(line).expect("writes");
        }
        assert_eq!(s.seek(SeekFrom::Start(0)), Ok(0));
        let mut spill = Vec::new();
        assert_eq!(s.line(&mut spill), Ok(Some(&b"first\n"[..])));
        assert_eq!(s.line(&mut spill), Ok(Some(&b"\n"[..])));
        assert_eq!(s.line(&mut spill).map(|l| l.map(<[u8]>::len)), Ok(Some(long.len() + 1)));
        assert_eq!(s.line(&mut spill), Ok(Some(&b"last"[..])));
        assert_eq!(s.line(&mut spill), Ok(None));
    }

    #[test]
    fn reading_and_writing_share_one_position() {
        let mut s = temporary();
        s.write(b"abcdefgh").expect("writes");
        s.seek(SeekFrom::Start(0)).expect("seeks");
        let mut out = Vec::new();
        s.take(3, &mut out).expect("reads");
        assert_eq!(s.seek(SeekFrom::Current(0)), Ok(3));
        s.write(b"XY").expect("writes in the middle");
        assert_eq!(s.seek(SeekFrom::Current(0)), Ok(5));
        s.take(1, &mut out).expect("reads behind it");
        assert_eq!(out, b"abcf");
        s.seek(SeekFrom::Start(0)).expect("seeks");
        assert_eq!(all(&mut s), b"abcXYfgh");
        assert_eq!(s.seek(SeekFrom::Current(-2)), Ok(6));
        assert_eq!(all(&mut s), b"gh");
    }

    #[test]
    fn modes_are_those_of_fopen() {
        for bad in [&b""[..], b"z", b"+r", b"b"] {
            assert!(OpenMode::parse(bad).is_none(), "{bad:?}");
        }
        let m = OpenMode::parse(b"rb+").expect("a mode");
        assert!(m.read && m.write && !m.create && !m.truncate);
        let m = OpenMode::parse(b"ab").expect("a mode");
        assert!(!m.read && m.write && m.create && m.append);
        assert_eq!(Stream::open(b"/no/such/file", b"r").err(), Some(libc::ENOENT));
        assert_eq!(Stream::open(b"/", b"w").err(), Some(libc::EISDIR));
    }

    #[test]
    fn wrong_direction_fails() {
        let mut s = Stream::open(b"/dev/null", b"r").expect("opens");
        assert_eq!(s.write(b"x"), Err(libc::EBADF));
        let mut s = Stream::open(b"/dev/null", b"w").expect("opens");
        assert_eq!(s.peek(), Err(libc::EBADF));
    }

    #[test]
    fn full_device_is_reported() {
        let mut s = Stream::open(b"/dev/full", b"w").expect("opens");
        assert_eq!(s.write(b"x"), Ok(()));
        assert_eq!(s.flush(), Err(libc::ENOSPC));
        assert_eq!(s.close(), Ok(()), "an error is reported once");
        let mut s = Stream::open(b"/dev/full", b"w").expect("opens");
        assert_eq!(s.write(b"x"), Ok(()));
        assert_eq!(s.close(), Err(libc::ENOSPC));
    }

    #[test]
    fn pipes_carry_both_ways() {
        let mut s = Stream::popen(b"printf 'a\\nb'", b"r").expect("starts");
        assert_eq!(all(&mut s), b"a\nb");
        assert_eq!(s.close(), Ok(()));
        let mut s = Stream::popen(b"exit 3", b"w").expect("starts");
        assert_eq!(s.close(), Ok(()));
        assert_eq!(Stream::popen(b"true", b"rw").err(), Some(libc::EINVAL));
    }
}
