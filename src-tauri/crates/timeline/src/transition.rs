//! Dissolves and fades.
//!
//! A transition lies at a cut: `before` frames of the track in front of it, `behind` frames behind it.
//! Nothing moves for it. Between two clips it is a dissolve; where a gap or nothing is on one side it is
//! a fade.
//!
//! ```text
//! track     AAAAAAAABBBBBBBB
//! dissolve       xxxxx         before 3, behind 2: the head of B
//!
//! track     AAAAAAAA....BBBB
//! fades          xxx   xxx     before 3, behind 0: the tail of A
//!                              before 1, behind 2: the head of B
//! ```
//!
//! Each item, clip or gap, has two edges, and what the transitions there take of it is no more than it
//! has. In front of the first frame of the track there is nothing to take; behind the last there is as
//! much as a track can have.
//!
//! Only [`Track::set_transition`] refuses one that does not fit. After any other edit they are fitted
//! from the beginning of the track to its end: one becomes as short as it must, and goes when nothing is
//! left of it. A tail goes when a clip comes to lie behind it.
//!
//! ```text
//! before  AAAABBBB   the head of B takes 3 frames of A
//! trim    A to 2 frames
//! after   AABBBB     it takes 2
//! ```

use crate::{Clip, Edge, EditError, Item, MAX_FRAMES, Track};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// A dissolve, or a fade where there is nothing on one side. In frames of the track.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transition {
    /// From its beginning to the cut (OTIO's `in_offset`).
    pub before: u64,
    /// From the cut to its end (OTIO's `out_offset`).
    pub behind: u64,
}

impl Transition {
    /// Frames of it on both sides of the cut.
    #[must_use]
    pub fn length(self) -> u64 {
        self.before.saturating_add(self.behind)
    }
}

impl Track {
    /// Sets the transition at an edge of a clip, or takes it out. One without a frame is none.
    ///
    /// ```text
    /// track  AAAABBBB
    /// set    B in, or A out, to before 1, behind 2
    /// shows  AAAxxxBB
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`]; [`EditError::NoRoom`] when one side takes more than its item has
    /// beside the transition at its other edge.
    pub fn set_transition(
        &mut self,
        id: Uuid,
        edge: Edge,
        transition: Option<Transition>,
    ) -> Result<(), EditError> {
        let item = self.item_of(id)?;
        let cut = cut_at(item, edge);
        let transition = transition.filter(|asked| asked.length() > 0);
        if let Some(asked) = transition {
            let room = self.room_at(cut);
            if asked.before > room.before || asked.behind > room.behind {
                let clip = self.items.get(item).and_then(Item::clip);
                return Err(EditError::NoRoom {
                    title: clip.map_or_else(String::new, |clip| clip.title.clone()),
                    before: room.before,
                    behind: room.behind,
                });
            }
        }
        self.attempt(|track| {
            track.put_transition(cut, transition);
            Ok(())
        })
    }

    /// The transition at an edge of a clip, whichever of the two clips there it belongs to.
    #[must_use]
    pub fn transition_at(&self, id: Uuid, edge: Edge) -> Option<Transition> {
        let item = self.item_of(id).ok()?;
        self.transition_of(cut_at(item, edge))
    }

    /// Shortens transitions to what fits.
    pub(crate) fn fit_transitions(&mut self) {
        if !self.has_transitions() {
            return;
        }
        let rate = self.frame_rate();
        let lengths: Vec<u64> = self.items.iter().map(|item| item.length(rate)).collect();
        let end = MAX_FRAMES.saturating_sub(self.length());
        let clip_follows = self.items.iter().skip(1).map(|item| item.clip().is_some());
        let clip_follows: Vec<bool> = clip_follows.chain([false]).collect();
        for (item, follows) in self.items.iter_mut().zip(clip_follows) {
            if let Item::Clip(clip) = item
                && follows
                && clip.tail.is_some()
            {
                Arc::make_mut(clip).tail = None;
            }
        }
        let mut room_before = 0;
        for cut in 0..=lengths.len() {
            let length = lengths.get(cut).copied();
            let mut taken = 0;
            if let Some(now) = self.transition_of(cut) {
                let fitting = Transition {
                    before: now.before.min(room_before),
                    behind: now.behind.min(length.unwrap_or(end)),
                };
                taken = fitting.behind;
                if fitting != now || fitting.length() == 0 {
                    let left = Some(fitting).filter(|left| left.length() > 0);
                    self.put_transition(cut, left);
                }
            }
            room_before = length.unwrap_or(end).saturating_sub(taken);
        }
    }

    /// The first clip with a transition that does not fit, or that is none.
    pub(crate) fn with_unfit_transition(&self) -> Option<&Clip> {
        if !self.has_transitions() {
            return None;
        }
        let mut fitted = self.clone();
        fitted.fit_transitions();
        let mut pairs = self.items.iter().zip(&fitted.items);
        let (item, _) = pairs.find(|(item, fitted)| item != fitted)?;
        item.clip().map(Arc::as_ref)
    }

    fn has_transitions(&self) -> bool {
        let mut clips = self.items.iter().filter_map(Item::clip);
        clips.any(|clip| clip.head.is_some() || clip.tail.is_some())
    }

    /// What a transition in front of an item can take beside those at the next cuts.
    fn room_at(&self, cut: usize) -> Transition {
        let rate = self.frame_rate();
        let before = cut.checked_sub(1).and_then(|before| {
            let taken = self.transition_of(before).map_or(0, |one| one.behind);
            let length = self.items.get(before)?.length(rate);
            Some(length.saturating_sub(taken))
        });
        let behind = self.items.get(cut).map(|item| {
            let taken = self.transition_of(cut + 1).map_or(0, |one| one.before);
            item.length(rate).saturating_sub(taken)
        });
        Transition {
            before: before.unwrap_or(0),
            behind: behind.unwrap_or_else(|| MAX_FRAMES.saturating_sub(self.length())),
        }
    }

    /// The transition in front of an item, or behind the last one.
    fn transition_of(&self, cut: usize) -> Option<Transition> {
        match self.items.get(cut).and_then(Item::clip) {
            Some(clip) => clip.head,
            None => self.items.get(cut.checked_sub(1)?)?.clip()?.tail,
        }
    }

    fn put_transition(&mut self, cut: usize, transition: Option<Transition>) {
        if let Some(Item::Clip(clip)) = self.items.get_mut(cut) {
            Arc::make_mut(clip).head = transition;
            return;
        }
        let before = cut.checked_sub(1);
        if let Some(Item::Clip(clip)) = before.and_then(|item| self.items.get_mut(item)) {
            Arc::make_mut(clip).tail = transition;
        }
    }
}

/// A cut has the number of the item behind it.
fn cut_at(item: usize, edge: Edge) -> usize {
    match edge {
        Edge::In => item,
        Edge::Out => item + 1,
    }
}
