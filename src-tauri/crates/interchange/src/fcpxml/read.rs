//! From a file to a programme.

use super::clips::{Told, told};
use super::lanes::{Lanes, Piece, Run};
use super::number::{duration_at, time_at};
use super::resources::Resources;
use super::xml::{self, Element};
use crate::issue::{Issues, short};
use crate::{Issue, Programme, ReadError, Time, Transition};
use mediatime::{FrameRate, RationalTime};

/// What stands around projects.
const AROUND: [&str; 3] = ["fcpxml", "library", "event"];

/// Reads an `.fcpxml` file: the sequence of its first project. The issues tell what of it is not taken.
///
/// # Errors
/// The text is no FCPXML, holds no sequence, is past the limits, or a time in it can't be read: the line
/// and the attribute are named.
pub fn read_fcpxml(text: &str) -> Result<(Programme, Vec<Issue>), ReadError> {
    let root = xml::parse(text)?;
    if root.name != "fcpxml" {
        return Err(ReadError::NotFcpxml);
    }
    let mut issues = Issues::default();
    check_version(&root, &mut issues);
    let projects = root.all("project", &AROUND);
    let sequences: Vec<(&str, &Element)> = projects
        .iter()
        .flat_map(|project| {
            let name = project.get("name").unwrap_or_default();
            let found = project
                .children
                .iter()
                .filter(|child| child.name == "sequence");
            found.map(move |sequence| (name, sequence))
        })
        .collect();
    let (title, sequence) = sequences.first().copied().ok_or(ReadError::NoSequence)?;
    if sequences.len() > 1 {
        issues.add(
            "the file",
            format!(
                "it holds {} projects; only the first is read",
                sequences.len()
            ),
        );
    }
    let resources = Resources::read(&root)?;
    let format = sequence.get("format").unwrap_or_default();
    let Some(rate) = resources.rates.get(format).copied() else {
        return Err(ReadError::Line {
            line: sequence.line,
            why: format!(
                "the format `{}` of the sequence has no frameDuration",
                short(format)
            ),
        });
    };
    let start = time_at(sequence, "tcStart")?.unwrap_or(RationalTime::ZERO);
    let mut programme = Programme::new(title);
    programme.set_counting(rate, sequence.get("tcFormat") == Some("DF"));
    programme.start = (start != RationalTime::ZERO).then(|| Time::new(start, rate));
    let mut reader = Reader {
        resources,
        rate,
        lanes: Lanes::default(),
        issues,
    };
    if let Some(spine) = sequence.child("spine") {
        let first = spine.children.iter().find_map(|child| child.get("offset"));
        let first = first.and_then(super::number::seconds);
        // Some writers count from the first frame.
        let base = match first {
            Some(first) if first < start => {
                let what = "its first offset is in front of its tcStart: offsets are taken to count from its first frame";
                reader.issues.add(place(sequence, "the sequence"), what);
                RationalTime::ZERO
            }
            _ => start,
        };
        let pieces = reader.spine(spine, base, RationalTime::ZERO, 0)?;
        let run = Run {
            begin: RationalTime::ZERO,
            pieces,
            place: place(spine, "the spine"),
        };
        reader.lanes.add(0, run);
    }
    programme.tracks = reader.lanes.tracks(rate, &mut reader.issues);
    Ok((programme, reader.issues.into_vec()))
}

fn check_version(root: &Element, issues: &mut Issues) {
    let version = root.get("version").unwrap_or_default();
    let minor = version
        .strip_prefix("1.")
        .and_then(|minor| minor.parse::<u32>().ok());
    if !minor.is_some_and(|minor| (8..=13).contains(&minor)) {
        let what = format!(
            "its version is `{}`; it is read as 1.8 to 1.13 are",
            short(version)
        );
        issues.add("the file", what);
    }
}

/// `clip NAME (line 7)`.
pub(super) fn place(element: &Element, what: &str) -> String {
    match element.get("name").unwrap_or_default() {
        "" => format!("{what} (line {})", element.line),
        name => format!("{what} {} (line {})", short(name), element.line),
    }
}

pub(super) struct Reader {
    pub(super) resources: Resources,
    /// That of the sequence.
    pub(super) rate: FrameRate,
    pub(super) lanes: Lanes,
    pub(super) issues: Issues,
}

impl Reader {
    /// What stands in a spine whose clock shows `base` at its first frame, which is `begin` seconds behind
    /// the sequence's. What is connected to it goes to lanes around `lane`.
    fn spine(
        &mut self,
        spine: &Element,
        base: RationalTime,
        begin: RationalTime,
        lane: i64,
    ) -> Result<Vec<Piece>, ReadError> {
        let mut pieces = Vec::new();
        let mut at = RationalTime::ZERO;
        let mut mix: Option<(&Element, RationalTime, RationalTime)> = None;
        for child in &spine.children {
            if child.name == "transition" {
                let from = time_at(child, "offset")?.map_or(at, |offset| offset - base);
                let length = duration_at(child)?.unwrap_or(RationalTime::ZERO);
                if mix.replace((child, from, length)).is_some() {
                    self.issues.add(
                        place(child, "transition"),
                        "another one stands in front of it, which is left out",
                    );
                }
                continue;
            }
            let Some(told) = told(self, child)? else {
                continue;
            };
            let offset = time_at(child, "offset")?.map_or(at, |offset| offset - base);
            if let Some((element, from, length)) = mix.take() {
                self.mix(element, from, length, at, &mut pieces);
            }
            if offset > at {
                pieces.push(Piece::Gap(offset - at));
                at = offset;
            } else if offset < at {
                let what = "it begins before what is in front of it has ended: it follows that";
                self.issues.add(place(child, &child.name), what);
            }
            self.connected(child, told.start, begin + at, lane)?;
            at += told.piece.length();
            pieces.push(told.piece);
        }
        if let Some((element, from, length)) = mix {
            self.mix(element, from, length, at, &mut pieces);
        }
        Ok(pieces)
    }

    /// A transition over the cut at `cut`.
    fn mix(
        &mut self,
        element: &Element,
        from: RationalTime,
        length: RationalTime,
        cut: RationalTime,
        pieces: &mut Vec<Piece>,
    ) {
        let (before, behind) = (cut - from, from + length - cut);
        if before < RationalTime::ZERO || behind < RationalTime::ZERO {
            let what = "it does not lie over a cut: left out";
            self.issues.add(place(element, "transition"), what);
            return;
        }
        let filter = element
            .child("filter-video")
            .and_then(|filter| filter.get("name"));
        let kind = filter.or_else(|| element.get("name")).unwrap_or_default();
        let name = element.get("name").unwrap_or_default();
        let dissolve = ["", "Cross Dissolve", "SMPTE_Dissolve"].contains(&kind);
        pieces.push(Piece::Mix(Box::new(Transition {
            name: if name == "Cross Dissolve" {
                String::new()
            } else {
                name.to_owned()
            },
            kind: if dissolve {
                "SMPTE_Dissolve".to_owned()
            } else {
                kind.to_owned()
            },
            in_offset: Some(Time::new(before, self.rate)),
            out_offset: Some(Time::new(behind, self.rate)),
            kept: crate::Kept::default(),
        })));
    }

    /// What is connected to an element whose clock shows `start` at `begin` seconds.
    fn connected(
        &mut self,
        parent: &Element,
        start: RationalTime,
        begin: RationalTime,
        lane: i64,
    ) -> Result<(), ReadError> {
        for child in &parent.children {
            let Some(text) = child.get("lane") else {
                continue;
            };
            let Ok(own) = text.parse::<i64>() else {
                return Err(ReadError::Line {
                    line: child.line,
                    why: format!("the lane `{}` is no whole number", short(text)),
                });
            };
            let lane = lane.saturating_add(own);
            let at = begin + (time_at(child, "offset")?.unwrap_or(start) - start);
            let what = place(child, &child.name);
            if child.name == "spine" {
                let pieces = self.spine(child, RationalTime::ZERO, at, lane)?;
                self.lanes.add(
                    lane,
                    Run {
                        begin: at,
                        pieces,
                        place: what,
                    },
                );
                continue;
            }
            if child.name == "title" {
                self.issues.add(what, "a title is left out");
                continue;
            }
            let Some(Told { piece, start }) = told(self, child)? else {
                continue;
            };
            self.connected(child, start, at, lane)?;
            self.lanes.add(
                lane,
                Run {
                    begin: at,
                    pieces: vec![piece],
                    place: what,
                },
            );
        }
        Ok(())
    }
}
