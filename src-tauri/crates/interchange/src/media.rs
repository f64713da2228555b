//! What a clip is cut from, its addresses and its REF.

/// What a clip is cut from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// A file: its path, absolute or from where the programme's file lies.
    File(String),
    /// A TAMS flow.
    Tams {
        /// The server, with its port when it has one; absent for the local node.
        host: Option<String>,
        /// The flow's id.
        flow: String,
    },
    /// A TAMS source: some flow of it is to be taken.
    Source {
        /// A server that has it, when one is known.
        host: Option<String>,
        /// The source's id.
        source: String,
    },
    /// Nothing is known of it but perhaps a name.
    Missing {
        /// What the file calls the medium.
        name: String,
    },
    /// Something that can't be cut: a generator, an image sequence, an address of another kind.
    Other {
        /// The schema of the reference, such as `GeneratorReference.1`.
        schema: String,
        /// What it names, when it says.
        url: String,
    },
}

impl Media {
    /// Reads an address: a `file:` URL, a path, a `tams://` or `tamss://` link.
    ///
    /// Paths are taken as most programs write them: an absolute path as it stands; in a relative one,
    /// which OTIO's library quotes, `%20` is a blank.
    pub fn from_url(url: &str) -> Self {
        let other = || Self::Other {
            schema: "ExternalReference.1".to_owned(),
            url: url.to_owned(),
        };
        if url.trim().is_empty() || url.contains('\0') {
            return Self::Missing {
                name: String::new(),
            };
        }
        let scheme = scheme_of(url).unwrap_or_default().to_ascii_lowercase();
        let rest = url.get(scheme.len()..).unwrap_or_default();
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        match scheme.as_str() {
            "file" => file_url(rest).map_or_else(other, Self::File),
            "tams" | "tamss" => tams_url(rest).unwrap_or_else(other),
            "" if url.starts_with(['/', '\\']) || drive(url) => Self::File(url.to_owned()),
            "" => Self::File(decoded(url)),
            _ => other(),
        }
        .without_nul(url)
    }

    /// No file system has a name with NUL in it.
    fn without_nul(self, url: &str) -> Self {
        match self {
            Self::File(path) if path.contains('\0') => Self::Other {
                schema: "ExternalReference.1".to_owned(),
                url: url.to_owned(),
            },
            media => media,
        }
    }

    /// The address for OTIO's `target_url`; `None` for media without one.
    pub fn to_url(&self) -> Option<String> {
        match self {
            Self::File(path) if drive(path) => {
                let path = path.replace('\\', "/");
                Some(format!("file:///{}", quoted(&path, "/:")))
            }
            Self::File(path) if path.starts_with("//") => {
                Some(format!("file:{}", quoted(path, "/:")))
            }
            Self::File(path) if path.starts_with('/') => {
                Some(format!("file://{}", quoted(path, "/:")))
            }
            Self::File(path) => Some(quoted(path, "/")),
            Self::Tams { host, flow } => Some(link(host.as_deref(), "flows", flow)),
            Self::Other { url, .. } if !url.is_empty() => Some(url.clone()),
            Self::Source { .. } | Self::Missing { .. } | Self::Other { .. } => None,
        }
    }

    /// Reads what a list has for people to read: an address with a scheme, else a path as it stands.
    pub(crate) fn from_plain(text: &str) -> Self {
        match scheme_of(text) {
            Some(_) => Self::from_url(text),
            None if text.trim().is_empty() || text.contains('\0') => Self::from_url(""),
            None => Self::File(text.to_owned()),
        }
    }

    /// What [`Media::from_plain`] reads; `None` for media without an address.
    pub(crate) fn to_plain(&self) -> Option<String> {
        match self {
            Self::File(path) if scheme_of(path).is_some() => Some(format!("./{path}")),
            Self::File(path) => Some(path.clone()),
            Self::Source { host, source } => Some(link(host.as_deref(), "sources", source)),
            media => media.to_url(),
        }
    }

    /// The REF by which the workstation knows it; `None` when it can't be cut.
    pub fn reference(&self) -> Option<String> {
        match self {
            Self::File(path) => {
                let looks_like_another = ["flow:", "source:", "tams://"]
                    .iter()
                    .any(|prefix| path.starts_with(prefix));
                Some(match looks_like_another {
                    true => format!("./{path}"),
                    false => path.clone(),
                })
            }
            Self::Tams { host: None, flow } => Some(format!("flow:{flow}")),
            Self::Tams { host, flow } => Some(link(host.as_deref(), "flows", flow)),
            Self::Source { host: None, source } => Some(format!("source:{source}")),
            Self::Source { host, source } => Some(link(host.as_deref(), "sources", source)),
            Self::Missing { .. } | Self::Other { .. } => None,
        }
    }

    /// True for flows and sources, whose clock is TAMS'.
    pub fn is_tams(&self) -> bool {
        matches!(self, Self::Tams { .. } | Self::Source { .. })
    }
}

fn link(host: Option<&str>, kind: &str, id: &str) -> String {
    format!("tams://{}/{kind}/{id}", host.unwrap_or("local"))
}

/// The scheme of a URL; `None` for paths, also for those with a colon in a name or after a drive.
fn scheme_of(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once(':')?;
    let well_formed = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let bare = ["file", "data", "urn"]
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known));
    (well_formed && (bare || rest.starts_with("//"))).then_some(scheme)
}

/// `C:\…` or `C:/…`.
fn drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// The path of a `file:` URL without its scheme.
fn file_url(rest: &str) -> Option<String> {
    let Some(rest) = rest.strip_prefix("//") else {
        return (!rest.is_empty()).then(|| decoded(rest));
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = decoded(path);
    if path.is_empty() {
        return None;
    }
    let bare = path.strip_prefix('/').unwrap_or(&path);
    match host {
        "" if drive(bare) => Some(bare.to_owned()),
        host if host.is_empty() || host.eq_ignore_ascii_case("localhost") => match drive(bare) {
            true => Some(bare.to_owned()),
            false => Some(path),
        },
        host => Some(format!("//{}{path}", decoded(host))),
    }
}

/// `//HOST[/PATH]/flows/UUID` or `/sources/UUID`.
fn tams_url(rest: &str) -> Option<Media> {
    let rest = rest.strip_prefix("//")?;
    let (host, path) = rest.split_once('/')?;
    // A part of a flow (AppNote 0014) is not told by the address alone here.
    if path.contains(['?', '#']) {
        return None;
    }
    let (before, id) = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or(("", path.trim_end_matches('/')));
    let id = uuid(id)?;
    let host = host_of(host);
    match before.rsplit('/').next()? {
        "flows" => Some(Media::Tams { host, flow: id }),
        "sources" => Some(Media::Source { host, source: id }),
        _ => None,
    }
}

/// A host as REF knows it; `None` for the local node.
pub(crate) fn host_of(host: &str) -> Option<String> {
    (!host.is_empty() && host != "local").then(|| host.to_owned())
}

/// The host in the address of a server, of whatever scheme.
pub(crate) fn host_in(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    host_of(rest.split(['/', '?', '#']).next()?)
}

/// A UUID in lower case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    fits.then(|| text.to_ascii_lowercase())
}

/// Percent-decoding; a text that is not wholly well-formed was never encoded, and stays as it is.
fn decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let digit = |b: Option<u8>| char::from(b.unwrap_or(b'x')).to_digit(16);
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
            return text.to_owned();
        };
        out.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// Percent-encoding of everything but letters, digits, `-._~` and `also`.
fn quoted(text: &str, also: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if byte.is_ascii_alphanumeric() || "-._~".contains(c) || (c.is_ascii() && also.contains(c))
        {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests;
