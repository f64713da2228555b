//! HTTP/1.1 messages on the wire, as far as a proxy and a simple client must understand them
//! (RFC 9112). Bytes are kept as they came.

use std::io::{self, BufRead, Read, Write};

/// The largest head accepted.
const MOST: u64 = 64 * 1024;

/// The start line and header fields of a message.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Every byte of it, with the empty line.
    pub(crate) bytes: Vec<u8>,
    /// The start line without its end.
    pub(crate) start: String,
    fields: Vec<(String, String)>,
}

/// How the length of a body is told (RFC 9112 §6).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    Length(u64),
    Chunked,
    UntilClose,
}

impl Head {
    /// Reads a head; nothing if the peer closed before its first byte.
    pub(crate) fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let mut from = from.take(MOST);
        loop {
            let start = bytes.len();
            if from.read_until(b'\n', &mut bytes)? == 0 {
                if start == 0 {
                    return Ok(None);
                }
                return Err(io::Error::other(
                    "the peer closed within a head, or it is too long",
                ));
            }
            if matches!(&bytes[start..], b"\r\n" | b"\n") {
                break;
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.lines();
        let start = lines.next().unwrap_or_default().to_owned();
        let fields = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Ok(Some(Self {
            start,
            fields,
            bytes,
        }))
    }

    /// A header field's value, by its lower-case name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// All header fields, names in lower case.
    pub(crate) fn fields(&self) -> &[(String, String)] {
        &self.fields
    }

    /// The status of a response.
    pub(crate) fn status(&self) -> io::Result<u16> {
        self.start
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status in {:?}", self.start)))
    }

    /// Whether the sender closes the connection after this message.
    pub(crate) fn closes(&self) -> bool {
        self.field("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// The framing of a request's body.
    pub(crate) fn request_framing(&self) -> Framing {
        self.told_framing().unwrap_or(Framing::Length(0))
    }

    /// The framing of the body of a response to `method`.
    pub(crate) fn response_framing(&self, method: &str) -> io::Result<Framing> {
        let status = self.status()?;
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            return Ok(Framing::Length(0));
        }
        Ok(self.told_framing().unwrap_or(Framing::UntilClose))
    }

    fn told_framing(&self) -> Option<Framing> {
        if self
            .field("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            return Some(Framing::Chunked);
        }
        Some(Framing::Length(self.field("content-length")?.parse().ok()?))
    }
}

/// Copies a body as it is on the wire. `to` may refuse, which ends the copy.
pub(crate) fn copy_raw(
    from: &mut impl BufRead,
    framing: Framing,
    to: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    match framing {
        Framing::Length(length) => copy_length(from, length, to),
        Framing::UntilClose => loop {
            let piece = from.fill_buf()?;
            if piece.is_empty() {
                return Ok(());
            }
            to(piece)?;
            let length = piece.len();
            from.consume(length);
        },
        Framing::Chunked => loop {
            let line = read_line(from)?;
            let size = chunk_size(&line)?;
            to(&line)?;
            if size > 0 {
                copy_length(from, size + 2, to)?;
                continue;
            }
            // Trailers, up to the empty line.
            loop {
                let line = read_line(from)?;
                to(&line)?;
                if matches!(&line[..], b"\r\n" | b"\n") {
                    return Ok(());
                }
            }
        },
    }
}

/// Reads a body's content, without its framing.
pub(crate) fn read_content(from: &mut impl BufRead, framing: Framing) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    if framing != Framing::Chunked {
        copy_raw(from, framing, &mut |piece| content.write_all(piece))?;
        return Ok(content);
    }
    loop {
        let size = chunk_size(&read_line(from)?)?;
        copy_length(from, size, &mut |piece| content.write_all(piece))?;
        read_line(from)?;
        if size == 0 {
            return Ok(content);
        }
    }
}

fn copy_length(
    from: &mut impl BufRead,
    mut left: u64,
    to: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    while left > 0 {
        let piece = from.fill_buf()?;
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        to(&piece[..length])?;
        from.consume(length);
        left -= length as u64;
    }
    Ok(())
}

fn read_line(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    from.take(MOST).read_until(b'\n', &mut line)?;
    if line.last() != Some(&b'\n') {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line)
}

fn chunk_size(line: &[u8]) -> io::Result<u64> {
    let text = String::from_utf8_lossy(line);
    let digits = text.split(';').next().unwrap_or_default().trim();
    u64::from_str_radix(digits, 16)
        .map_err(|_| io::Error::other(format!("no chunk size in {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nX-A: 1: 2\r\n\r\n\
        5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n";

    #[test]
    fn a_chunked_message_ends_where_it_ends() {
        let mut from = CHUNKED;
        let head = Head::read(&mut from).unwrap().unwrap();
        assert_eq!(
            (head.status().unwrap(), head.field("x-a")),
            (200, Some("1: 2"))
        );
        let framing = head.response_framing("GET").unwrap();
        let mut raw = Vec::new();
        copy_raw(&mut from, framing, &mut |piece| raw.write_all(piece)).unwrap();
        assert!(raw.ends_with(b"0\r\nTrailer: x\r\n\r\n"));
        let next = Head::read(&mut from).unwrap().unwrap();
        assert_eq!(next.status().unwrap(), 204);
        assert_eq!(next.response_framing("GET").unwrap(), Framing::Length(0));
        assert!(Head::read(&mut from).unwrap().is_none());
    }

    #[test]
    fn bodies_that_end_early_are_errors() {
        let mut from = &b"abc"[..];
        let mut to = |_: &[u8]| Ok(());
        let error = copy_raw(&mut from, Framing::Length(4), &mut to).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert!(copy_raw(&mut &b"zz\r\n"[..], Framing::Chunked, &mut to).is_err());
        assert!(Head::read(&mut &b"GET / HTTP/1.1\r\nHos"[..]).is_err());
    }

    #[test]
    fn content_is_read_without_framing() {
        let mut from = &b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"[..];
        assert_eq!(read_content(&mut from, Framing::Chunked).unwrap(), b"abcde");
        assert_eq!(
            read_content(&mut &b"xyz"[..], Framing::UntilClose).unwrap(),
            b"xyz"
        );
    }
}
