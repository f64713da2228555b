//! A project and its history as they are kept.
//!
//! The project of now stands there whole. The states before and after it name its clips and markers by
//! their numbers, so that two hundred states of a long sequence are hardly larger than one; only those
//! that it has no more are written beside it.

use crate::pool::Pool;
use crate::track::{Counting, Unchecked};
use crate::{
    Clip, EditError, Gap, History, Item, Marker, Project, Sequence, Track, TrackKind,
    TrackSettings, marker,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// The format this crate writes; it reads all up to this one. The second has transitions, links,
/// markers and settings of tracks; of the first they are absent.
pub const FORMAT: u32 = 2;

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
    /// The same of markers.
    #[serde(default)]
    markers: Vec<Arc<Marker>>,
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
    /// Numbers of the first marker, and how many follow one another.
    #[serde(default)]
    markers: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SavedTrack {
    kind: TrackKind,
    name: String,
    #[serde(flatten)]
    settings: TrackSettings,
    #[serde(default, skip_serializing_if = "Counting::is_own")]
    counting: Counting,
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
        let mut shared = Shared::of(project);
        let here = (shared.clips.len(), shared.markers.len());
        let states = history.titles().zip(history.others());
        let steps = states
            .map(|(title, state)| SavedStep {
                title: title.to_owned(),
                name: state.name.clone(),
                sequences: state.sequences.iter().map(|s| shared.saved(s)).collect(),
            })
            .collect();
        Self {
            format: FORMAT,
            project: project.clone(),
            history: SavedHistory {
                done: history.done(),
                clips: shared.clips.into_rest(here.0),
                markers: shared.markers.into_rest(here.1),
                steps,
            },
        }
    }

    /// The history that was kept.
    ///
    /// # Errors
    /// [`EditError::Malformed`] when it is none, and as reading a track.
    pub fn open(self) -> Result<History<Project>, EditError> {
        let mut shared = Shared::of(&self.project);
        shared.clips.extend(self.history.clips);
        shared.markers.extend(self.history.markers);
        let id = self.project.id;
        let steps = self.history.steps.into_iter().map(|step| {
            let sequences = step.sequences.into_iter();
            let sequences = sequences
                .map(|sequence| shared.opened(sequence).map(Arc::new))
                .collect::<Result<_, _>>()?;
            let name = step.name;
            let state = Project {
                id,
                name,
                sequences,
            };
            // A state that undo brings back is saved as the present one is.
            let first = state.sequences.first();
            if first.and_then(|sequence| sequence.video()).is_none() {
                return Err(malformed("a state has no sequence with a video track"));
            }
            Ok((step.title, state))
        });
        let steps = steps.collect::<Result<_, EditError>>()?;
        History::restore(self.project, steps, self.history.done)
            .ok_or_else(|| malformed("it has too many steps, or too few"))
    }
}

/// What states share.
struct Shared {
    clips: Pool<Clip>,
    markers: Pool<Marker>,
}

impl Shared {
    /// What a project has, in reading order.
    fn of(project: &Project) -> Self {
        let sequences = || project.sequences.iter();
        Self {
            clips: Pool::of(sequences().flat_map(|sequence| sequence.all_clips())),
            markers: Pool::of(sequences().flat_map(|sequence| &sequence.markers)),
        }
    }

    fn saved(&mut self, sequence: &Sequence) -> SavedSequence {
        let tracks = sequence.tracks.iter().map(|track| SavedTrack {
            kind: track.kind(),
            name: track.name().to_owned(),
            settings: track.settings,
            counting: track.counting,
            items: self.runs(track.items()),
        });
        SavedSequence {
            id: sequence.id,
            title: sequence.title.clone(),
            start_hour: sequence.start_hour,
            tracks: tracks.collect(),
            markers: self.marker_runs(&sequence.markers),
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
                runs.push(Run::Clips(self.clips.number(clip), 1));
                continue;
            };
            let expected = *first + *count;
            let number = self.clips.number_near(clip, expected);
            if number == expected {
                *count += 1;
            } else {
                runs.push(Run::Clips(number, 1));
            }
        }
        runs
    }

    fn marker_runs(&mut self, markers: &[Arc<Marker>]) -> Vec<(usize, usize)> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for marker in markers {
            let expected = runs.last().map_or(0, |(first, count)| first + count);
            let number = self.markers.number_near(marker, expected);
            match runs.last_mut().filter(|_| number == expected) {
                Some((_, count)) => *count += 1,
                None => runs.push((number, 1)),
            }
        }
        runs
    }

    fn opened(&self, saved: SavedSequence) -> Result<Sequence, EditError> {
        let tracks = saved.tracks.into_iter().map(|track| {
            Track::try_from(Unchecked {
                kind: track.kind,
                name: track.name,
                settings: track.settings,
                counting: track.counting,
                items: self.items(&track.items)?,
            })
        });
        Ok(Sequence {
            id: saved.id,
            title: saved.title,
            start_hour: saved.start_hour,
            tracks: tracks.collect::<Result<_, _>>()?,
            markers: self.markers(&saved.markers)?,
        })
    }

    fn markers(&self, runs: &[(usize, usize)]) -> Result<Vec<Arc<Marker>>, EditError> {
        let mut markers = Vec::new();
        for &(first, count) in runs {
            let named = self.markers.get(first, count);
            // None is twice in a sequence, so it has no more than there are.
            let named = named.filter(|named| markers.len() + named.len() <= self.markers.len());
            let named =
                named.ok_or_else(|| malformed("a state names markers that are not there"))?;
            markers.extend(named.iter().map(Arc::clone));
        }
        marker::checked(markers)
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
            let named = self.clips.get(first, count);
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
