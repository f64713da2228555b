//! From lanes to tracks.

use crate::issue::Issues;
use crate::{Clip, Gap, Item, Time, Track, TrackKind, Transition};
use mediatime::{FrameRate, RationalTime};
use std::collections::BTreeMap;

/// More tracks than these are not made of one lane.
const MOST: usize = 100;

/// Something that has a place on a lane.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A clip; whether its pictures are seen, and its sound is heard.
    Clip {
        clip: Box<Clip>,
        length: RationalTime,
        pictures: bool,
        sound: bool,
        /// It is there for one of both only, though its medium has both.
        by_choice: bool,
    },
    /// Nothing.
    Gap(RationalTime),
    /// A transition.
    Mix(Box<Transition>),
}

impl Piece {
    pub(super) fn length(&self) -> RationalTime {
        match self {
            Self::Clip { length, .. } | Self::Gap(length) => *length,
            Self::Mix(_) => RationalTime::ZERO,
        }
    }
}

/// Pieces without room between them.
#[derive(Clone, Debug)]
pub(super) struct Run {
    /// Seconds from the sequence's first frame.
    pub(super) begin: RationalTime,
    pub(super) pieces: Vec<Piece>,
    pub(super) place: String,
}

impl Run {
    fn end(&self) -> RationalTime {
        self.begin + self.pieces.iter().map(Piece::length).sum()
    }

    fn has(&self, what: impl Fn(bool, bool) -> bool) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Clip {
                pictures, sound, ..
            } => what(*pictures, *sound),
            Piece::Gap(_) | Piece::Mix(_) => false,
        })
    }
}

/// All runs, by lane; the spine is lane 0.
#[derive(Debug, Default)]
pub(super) struct Lanes(BTreeMap<i64, Vec<Run>>);

impl Lanes {
    pub(super) fn add(&mut self, lane: i64, run: Run) {
        self.0.entry(lane).or_default().push(run);
    }

    /// The tracks: those of pictures from the bottom up, then those of sound.
    pub(super) fn tracks(self, rate: FrameRate, issues: &mut Issues) -> Vec<Track> {
        // Where nothing is there for one of both only, the sound comes with the pictures.
        let apart =
            self.0
                .values()
                .flatten()
                .flat_map(|run| &run.pieces)
                .any(|piece| match piece {
                    Piece::Clip {
                        pictures,
                        by_choice,
                        ..
                    } => !pictures || *by_choice,
                    Piece::Gap(_) | Piece::Mix(_) => false,
                });
        let (mut pictures, mut mirrored, mut sounds) = (Vec::new(), Vec::new(), Vec::new());
        for (lane, runs) in self.0 {
            let (seen, heard): (Vec<Run>, Vec<Run>) = runs
                .into_iter()
                .partition(|run| run.has(|pictures, _| pictures) || !run.has(|_, sound| sound));
            for track in in_tracks(seen, issues) {
                if apart && track.iter().any(|run| run.has(|_, sound| sound)) {
                    mirrored.push(items(&track, rate, false));
                }
                if track.iter().any(|run| run.has(|pictures, _| pictures)) {
                    pictures.push(items(&track, rate, true));
                }
            }
            for track in in_tracks(heard, issues) {
                sounds.push((lane.unsigned_abs(), items(&track, rate, false)));
            }
        }
        let named = |kind: TrackKind, tracks: Vec<Vec<Item>>, letter: &'static str| {
            tracks.into_iter().enumerate().map(move |(index, items)| {
                Track::new(format!("{letter}{}", index + 1), kind.clone(), items)
            })
        };
        // Those next to the spine come first, below it as above.
        sounds.sort_by_key(|(lane, _)| *lane);
        mirrored.extend(sounds.into_iter().map(|(_, items)| items));
        named(TrackKind::Video, pictures, "V")
            .chain(named(TrackKind::Audio, mirrored, "A"))
            .collect()
    }
}

/// Runs of one lane on as few tracks as they need.
fn in_tracks(mut runs: Vec<Run>, issues: &mut Issues) -> Vec<Vec<Run>> {
    runs.sort_by_key(|run| run.begin);
    let mut tracks: Vec<(RationalTime, Vec<Run>)> = Vec::new();
    for run in runs {
        if run.begin < RationalTime::ZERO {
            issues.add(&run.place, "it begins before the sequence: left out");
            continue;
        }
        let end = run.end();
        let free = tracks.iter().position(|(free, _)| *free <= run.begin);
        let free = free.unwrap_or(tracks.len());
        if free == MOST {
            issues.add(&run.place, "too much lies on its lane at once: left out");
            continue;
        }
        if free == tracks.len() {
            tracks.push((end, Vec::new()));
        }
        if let Some((until, track)) = tracks.get_mut(free) {
            *until = end;
            track.push(run);
        }
    }
    tracks.into_iter().map(|(_, track)| track).collect()
}

fn items(runs: &[Run], rate: FrameRate, for_pictures: bool) -> Vec<Item> {
    let mut items = Vec::new();
    let gap = |items: &mut Vec<Item>, length: RationalTime| {
        if length <= RationalTime::ZERO {
            return;
        }
        match items.last_mut() {
            Some(Item::Gap(Gap {
                range: Some(range), ..
            })) => {
                range.duration = Time::new(range.duration.seconds() + length, rate);
            }
            _ => items.push(Item::Gap(Gap::new(Time::new(length, rate)))),
        }
    };
    let mut at = RationalTime::ZERO;
    for run in runs {
        gap(&mut items, run.begin - at);
        at = run.end();
        for piece in &run.pieces {
            match piece {
                Piece::Clip {
                    clip,
                    pictures,
                    sound,
                    ..
                } if (*pictures && for_pictures) || (*sound && !for_pictures) => {
                    items.push(Item::Clip(clip.clone()));
                }
                Piece::Clip { length, .. } | Piece::Gap(length) => gap(&mut items, *length),
                Piece::Mix(mix) => items.push(Item::Transition((**mix).clone())),
            }
        }
    }
    items
}
