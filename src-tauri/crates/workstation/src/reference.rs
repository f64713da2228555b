//! What the user names: files, flows and sources.

use crate::Failure;
use crate::config::LOCAL;
use std::path::PathBuf;
use std::str::FromStr;
use tams_model::Id;

/// `file path`, `flow:[NAME/]UUID`, `source:[NAME/]UUID` or a `tams://` link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A plain file.
    File(PathBuf),
    /// A flow.
    Flow(At, Id),
    /// A source: its best flow is taken.
    Source(At, Id),
}

/// Where a flow or source is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// In the local node.
    Local,
    /// At the connection of this name.
    Named(String),
    /// At the connection to this host.
    Host(String),
}

impl FromStr for Reference {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(rest) = text.strip_prefix("flow:") {
            let (at, id) = place_and_id(text, rest)?;
            return Ok(Self::Flow(at, id));
        }
        if let Some(rest) = text.strip_prefix("source:") {
            let (at, id) = place_and_id(text, rest)?;
            return Ok(Self::Source(at, id));
        }
        if let Some(rest) = text.strip_prefix("tams://") {
            return link(text, rest);
        }
        if text.is_empty() {
            return Err(Failure::bad_input(
                "a clip has no reference",
                "Name a file, or `flow:UUID`.",
            ));
        }
        Ok(Self::File(PathBuf::from(text)))
    }
}

/// `[NAME/]UUID`: an id, and where it is.
///
/// # Errors
/// It is no id.
pub fn place_and_id(text: &str, rest: &str) -> Result<(At, Id), Failure> {
    match rest.rsplit_once('/') {
        Some((place, id)) => Ok((named(place), parse_id(text, id)?)),
        None => Ok((At::Local, parse_id(text, rest)?)),
    }
}

fn named(place: &str) -> At {
    match place {
        "" | LOCAL => At::Local,
        name => At::Named(name.to_owned()),
    }
}

fn parse_id(text: &str, id: &str) -> Result<Id, Failure> {
    id.to_ascii_lowercase().parse().map_err(|_| {
        Failure::bad_input(
            format!("{text}: `{id}` is no flow or source id"),
            "`stringout flows` lists them.",
        )
    })
}

/// `tams://HOST/flows/UUID` or `/sources/UUID`, with whatever path the API has before that; the host
/// of the local node is `local` or loopback without a port, that of a connection its name or its
/// server.
fn link(text: &str, rest: &str) -> Result<Reference, Failure> {
    let no_link = || {
        Failure::bad_input(
            format!("{text}: it names no flow or source"),
            "Write tams://local/flows/UUID.",
        )
    };
    let (host, path) = rest.split_once('/').ok_or_else(no_link)?;
    let at = match host {
        "" | LOCAL | "localhost" | "127.0.0.1" => At::Local,
        host => At::Host(host.to_owned()),
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let (before, id) = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .ok_or_else(no_link)?;
    match before.rsplit('/').next() {
        Some("flows") => Ok(Reference::Flow(at, parse_id(text, id)?)),
        Some("sources") => Ok(Reference::Source(at, parse_id(text, id)?)),
        _ => Err(no_link()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    const ID: &str = "4f2c1a9e-1111-4222-8333-444455556666";

    #[test]
    fn every_form_is_read() {
        let id: Id = ID.parse().unwrap();
        let studio = || At::Named("studio".to_owned());
        for (text, wanted) in [
            ("a b.mp4".to_owned(), Reference::File("a b.mp4".into())),
            (format!("flow:{ID}"), Reference::Flow(At::Local, id)),
            (
                format!("flow:local/{}", ID.to_uppercase()),
                Reference::Flow(At::Local, id),
            ),
            (format!("source:{ID}"), Reference::Source(At::Local, id)),
            (format!("flow:studio/{ID}"), Reference::Flow(studio(), id)),
            (
                format!("source:studio/{ID}"),
                Reference::Source(studio(), id),
            ),
            (
                format!("tams://local/flows/{ID}?x=1"),
                Reference::Flow(At::Local, id),
            ),
            (
                format!("tams://127.0.0.1:80/sources/{ID}"),
                Reference::Source(At::Host("127.0.0.1:80".to_owned()), id),
            ),
            (
                format!("tams://vast.example/api/tams/latest/flows/{ID}/"),
                Reference::Flow(At::Host("vast.example".to_owned()), id),
            ),
        ] {
            assert_eq!(text.parse::<Reference>().unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn wrong_ones_are_bad_input() {
        for text in [
            "",
            "flow:x",
            "flow:studio/x",
            "tams://a.example/flows/x",
            "tams://local/x",
            "tams://local",
            "tams://local/objects/4f2c1a9e-1111-4222-8333-444455556666",
        ] {
            assert_eq!(
                text.parse::<Reference>().unwrap_err().code,
                Code::BadInput,
                "{text}"
            );
        }
    }
}
