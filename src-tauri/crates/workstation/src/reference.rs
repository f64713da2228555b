//! What the user names: files, flows and sources.

use crate::Failure;
use std::path::PathBuf;
use std::str::FromStr;
use tams_model::Id;

/// `file path`, `flow:[NAME/]UUID`, `source:[NAME/]UUID` or a `tams://` link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// A plain file.
    File(PathBuf),
    /// A flow of the local node.
    Flow(Id),
    /// A source of the local node: its best flow is taken.
    Source(Id),
}

impl FromStr for Reference {
    type Err = Failure;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(rest) = text.strip_prefix("flow:") {
            return local_id(text, rest).map(Self::Flow);
        }
        if let Some(rest) = text.strip_prefix("source:") {
            return local_id(text, rest).map(Self::Source);
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

fn local_id(text: &str, rest: &str) -> Result<Id, Failure> {
    match rest.rsplit_once('/') {
        Some(("" | "local", id)) => parse_id(text, id),
        Some((name, _)) => Err(Failure::bad_input(
            format!("{text}: there is no [tams.{name}]"),
            "Leave the name out for the local node.",
        )),
        None => parse_id(text, rest),
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

/// `tams://HOST/flows/UUID` or `/sources/UUID`; the host of the local node is `local` or loopback.
fn link(text: &str, rest: &str) -> Result<Reference, Failure> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if !matches!(name, "" | "local" | "localhost" | "127.0.0.1") {
        return Err(Failure::bad_input(
            format!("{text}: no TAMS server at {host} is configured"),
            "Only the local node can be named so far.",
        ));
    }
    let path = path.split(['?', '#']).next().unwrap_or_default();
    match path.trim_end_matches('/').split_once('/') {
        Some(("flows", id)) => parse_id(text, id).map(Reference::Flow),
        Some(("sources", id)) => parse_id(text, id).map(Reference::Source),
        _ => Err(Failure::bad_input(
            format!("{text}: it names no flow or source"),
            "Write tams://local/flows/UUID.",
        )),
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
        for (text, wanted) in [
            ("a b.mp4".to_owned(), Reference::File("a b.mp4".into())),
            (format!("flow:{ID}"), Reference::Flow(id)),
            (
                format!("flow:local/{}", ID.to_uppercase()),
                Reference::Flow(id),
            ),
            (format!("source:{ID}"), Reference::Source(id)),
            (format!("tams://local/flows/{ID}?x=1"), Reference::Flow(id)),
            (
                format!("tams://127.0.0.1:80/sources/{ID}"),
                Reference::Source(id),
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
            "flow:studio/4f2c1a9e-1111-4222-8333-444455556666",
            "tams://a.example/flows/x",
            "tams://local/x",
        ] {
            assert_eq!(
                text.parse::<Reference>().unwrap_err().code,
                Code::BadInput,
                "{text:?}"
            );
        }
    }
}
