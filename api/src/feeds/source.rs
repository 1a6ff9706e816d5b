//! The bytes of a feed's file, decompressed when they are gzip, and never too many for one line.

use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::error::{LineTooLong, TooDense};

/// No line is so long; only a quotation mark that is never closed makes one. Keeps memory flat.
const LONGEST_LINE: u64 = 4 << 20;
/// A log becomes five to twenty times as large when it is unpacked; what becomes more than this is made to fill the database.
const DENSEST: u64 = 100;
/// So much is unpacked whatever it was made of.
const ANY_DENSITY: u64 = 16 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

type Whole<R> = Chain<Cursor<Vec<u8>>, Counted<R>>;

/// Bytes as text would have them.
pub(super) struct Source<R: Read> {
    /// The first bytes, which were read to look for a byte-order mark.
    head: Cursor<Vec<u8>>,
    bytes: Bytes<R>,
    line_bytes: u64,
    unpacked: u64,
    last: u8,
}

enum Bytes<R: Read> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Source<R> {
    /// Looks at the first bytes to tell whether the rest is compressed, and drops a byte-order mark.
    pub(super) fn new(inner: R) -> io::Result<Self> {
        let mut counted = Counted { inner, read: 0 };
        let magic = first(&mut counted, GZIP_MAGIC.len())?;
        let gzip = magic == GZIP_MAGIC;
        let whole = Cursor::new(magic).chain(counted);
        let mut bytes =
            if gzip { Bytes::Gzip(Box::new(MultiGzDecoder::new(whole))) } else { Bytes::Plain(whole) };
        // Here and not in the parser, which would take a mark before a quoted name for part of the name.
        let mut head = first(&mut bytes, BYTE_ORDER_MARK.len())?;
        if head == BYTE_ORDER_MARK {
            head.clear();
        }
        Ok(Self { head: Cursor::new(head), bytes, line_bytes: 0, unpacked: 0, last: b'\n' })
    }

    /// A new line begins: it may take as many bytes as any.
    pub(super) fn begin_line(&mut self) {
        self.line_bytes = 0;
    }

    pub(super) fn bytes_read(&self) -> u64 {
        let whole = match &self.bytes {
            Bytes::Plain(whole) => whole,
            Bytes::Gzip(decoder) => decoder.get_ref(),
        };
        whole.get_ref().1.read
    }
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.line_bytes > LONGEST_LINE {
            return Err(io::Error::other(LineTooLong));
        }
        let mut count = self.head.read(buffer)?;
        if count == 0 {
            count = self.bytes.read(buffer)?;
            self.unpacked += count as u64;
            if self.unpacked > ANY_DENSITY + DENSEST * self.bytes_read() {
                return Err(io::Error::other(TooDense));
            }
        }
        if count == 0 && self.last != b'\n' && !buffer.is_empty() {
            // Every line ends, the last one too: lines are numbered by their ends.
            buffer[0] = b'\n';
            count = 1;
        }
        self.last = if count == 0 { self.last } else { buffer[count - 1] };
        self.line_bytes += count as u64;
        Ok(count)
    }
}

impl<R: Read> Read for Bytes<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(whole) => whole.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// The first bytes, or all there are.
fn first(from: &mut impl Read, count: usize) -> io::Result<Vec<u8>> {
    let mut first = Vec::with_capacity(count);
    from.take(count as u64).read_to_end(&mut first)?;
    Ok(first)
}
