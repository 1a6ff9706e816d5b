//! The bytes of a feed's file, decompressed when they are gzip, and never too many for one line.

use std::io::{self, Chain, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::error::LineTooLong;

/// No line is so long; only a quotation mark that is never closed makes one. Keeps memory flat.
const LONGEST_LINE: u64 = 4 << 20;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

type Whole<R> = Chain<Cursor<Vec<u8>>, Counted<R>>;

/// Bytes as text would have them.
pub(super) struct Source<R: Read> {
    bytes: Bytes<R>,
    line_bytes: u64,
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
    /// Looks at the first bytes to tell whether the rest is compressed.
    pub(super) fn new(inner: R) -> io::Result<Self> {
        let mut counted = Counted { inner, read: 0 };
        let mut first = Vec::with_capacity(GZIP_MAGIC.len());
        counted
            .by_ref()
            .take(GZIP_MAGIC.len() as u64)
            .read_to_end(&mut first)?;
        let gzip = first == GZIP_MAGIC;
        let whole = Cursor::new(first).chain(counted);
        let bytes = if gzip {
            Bytes::Gzip(Box::new(MultiGzDecoder::new(whole)))
        } else {
            Bytes::Plain(whole)
        };
        Ok(Self {
            bytes,
            line_bytes: 0,
        })
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
        let count = match &mut self.bytes {
            Bytes::Plain(whole) => whole.read(buffer)?,
            Bytes::Gzip(decoder) => decoder.read(buffer)?,
        };
        self.line_bytes += count as u64;
        Ok(count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}
