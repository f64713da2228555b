//! A project and its history as they are kept.
//!
//! The project of now stands there whole. The states before and after it name its clips by their
//! number, so that two hundred states of a long sequence are hardly larger than one; only clips that
//! it has no more are written beside it.

use crate::track::Unchecked;
use crate::{Clip, EditError, Gap, History, Item, Project, Sequence, Track, TrackKind};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// The format this crate writes; it reads all up to this one.
pub const FORMAT: u32 = 1;

/// A project and its history in the form in which they are kept. Look at `format` before the rest is
/// read: it is the only field that every format has.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Document {
    /// [`FORMAT`] of the program that wrote it.
    format: u32,
    /// The state now.
    project: Project,
    history: SavedHistory,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedHistory {
    /// How many of the steps lie before the state now.
    done: usize,
    /// Clips that are in no sequence now; they are numbered on from those that are.
    clips: Vec<Arc<Clip>>,
    steps: Vec<SavedStep>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedStep {
    title: String,
    /// The other state of the step: the one before it, or after it when it was taken back.
    name: String,
    sequences: Vec<SavedSequence>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedSequence {
    id: Uuid,
    title: String,
    start_hour: u8,
    tracks: Vec<SavedTrack>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedTrack {
    kind: TrackKind,
    name: String,
    items: Vec<Run>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Run {
    /// Number of the first clip, and how many follow one another.
    Clips(usize, usize),
    /// Frames of a gap.
    Gap(u64),
}

impl Document {
    /// What is to be kept of a history.
    #[must_use]
    pub fn new(history: &History<Project>) -> Self {
        let project = history.present();
        let mut pool = Pool::of(project);
        let here = pool.clips.len();
        let states = history.titles().zip(history.others());
        let steps = states
            .map(|(title, state)| SavedStep {
                title: title.to_owned(),
                name: state.name.clone(),
                sequences: state.sequences.iter().map(|s| pool.saved(s)).collect(),
            })
            .collect();
        Self {
            format: FORMAT,
            project: project.clone(),
            history: SavedHistory {
                done: history.done(),
                clips: pool.clips.split_off(here),
                steps,
            },
        }
    }

    /// The history that was kept.
    ///
    /// # Errors
    /// [`EditError::Malformed`] when it is none, and as reading a track.
    pub fn open(self) -> Result<History<Project>, EditError> {
        let mut pool = Pool::of(&self.project);
        pool.clips.extend(self.history.clips);
        let id = self.project.id;
        let steps = self.history.steps.into_iter().map(|step| {
            let sequences = step.sequences.into_iter();
            let sequences = sequences
                .map(|sequence| pool.opened(sequence).map(Arc::new))
                .collect::<Result<_, _>>()?;
            let name = step.name;
            let state = Project {
                id,
                name,
                sequences,
            };
            Ok((step.title, state))
        });
        let steps = steps.collect::<Result<_, EditError>>()?;
        History::restore(self.project, steps, self.history.done)
            .ok_or_else(|| malformed("it has too many steps, or too few"))
    }
}

/// Clips by number.
#[derive(Default)]
struct Pool {
    clips: Vec<Arc<Clip>>,
    numbers: HashMap<*const Clip, usize>,
}

impl Pool {
    /// The clips of a project in reading order.
    fn of(project: &Project) -> Self {
        let mut pool = Self::default();
        let tracks = project.sequences.iter().flat_map(|s| &s.tracks);
        for clip in tracks.flat_map(Track::items).filter_map(Item::clip) {
            pool.number(clip);
        }
        pool
    }

    /// The number of a clip, which gets one when it has none.
    fn number(&mut self, clip: &Arc<Clip>) -> usize {
        let next = self.clips.len();
        let number = *self.numbers.entry(Arc::as_ptr(clip)).or_insert(next);
        if number == next {
            self.clips.push(Arc::clone(clip));
        }
        number
    }

    fn saved(&mut self, sequence: &Sequence) -> SavedSequence {
        let tracks = sequence.tracks.iter().map(|track| SavedTrack {
            kind: track.kind(),
            name: track.name().to_owned(),
            items: self.runs(track.items()),
        });
        SavedSequence {
            id: sequence.id,
            title: sequence.title.clone(),
            start_hour: sequence.start_hour,
            tracks: tracks.collect(),
        }
    }

    fn runs(&mut self, items: &[Item]) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        for item in items {
            let clip = match item {
                Item::Gap(gap) => {
                    runs.push(Run::Gap(gap.frames));
                    continue;
                }
                Item::Clip(clip) => clip,
            };
            let Some(Run::Clips(first, count)) = runs.last_mut() else {
                runs.push(Run::Clips(self.number(clip), 1));
                continue;
            };
            // Most clips follow the one that they followed before: no need to look them up.
            let expected = *first + *count;
            let known = self.clips.get(expected);
            let follows = known.is_some_and(|known| Arc::ptr_eq(known, clip));
            let number = if follows { expected } else { self.number(clip) };
            if number == expected {
                *count += 1;
            } else {
                runs.push(Run::Clips(number, 1));
            }
        }
        runs
    }

    fn opened(&self, saved: SavedSequence) -> Result<Sequence, EditError> {
        let tracks = saved.tracks.into_iter().map(|track| {
            Track::try_from(Unchecked {
                kind: track.kind,
                name: track.name,
                items: self.items(&track.items)?,
            })
        });
        Ok(Sequence {
            id: saved.id,
            title: saved.title,
            start_hour: saved.start_hour,
            tracks: tracks.collect::<Result<_, _>>()?,
        })
    }

    fn items(&self, runs: &[Run]) -> Result<Vec<Item>, EditError> {
        let mut items = Vec::new();
        let mut clips = 0_usize;
        for run in runs {
            let (first, count) = match *run {
                Run::Gap(frames) => {
                    items.push(Item::Gap(Gap { frames }));
                    continue;
                }
                Run::Clips(first, count) => (first, count),
            };
            clips = clips.saturating_add(count);
            let named = self.clips.get(first..first.saturating_add(count));
            // No clip is twice on a track, so a track has no more than there are.
            let Some(named) = named.filter(|_| clips <= self.clips.len()) else {
                return Err(malformed("a state names clips that are not there"));
            };
            items.extend(named.iter().map(|clip| Item::Clip(Arc::clone(clip))));
        }
        Ok(items)
    }
}

fn malformed(reason: &'static str) -> EditError {
    EditError::Malformed {
        place: "history".to_owned(),
        reason,
    }
}
