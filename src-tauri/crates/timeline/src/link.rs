//! Clips that belong together: pictures and their sound.
//!
//! They have the same link. A link says nothing about where clips lie, and keeps them from nothing: the
//! edits of a sequence that name clips take what is linked to them along.
//!
//! ```text
//! V1  AAAABBBB     A and a have one link,
//! A1  aaaabbbb     B and b another
//! ```
//!
//! When an edit of a sequence cuts linked clips in two, the second parts have a link of their own.

use crate::{Clip, EditError, Item, Placed, Ports, Sequence, Track};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use uuid::Uuid;

impl Sequence {
    /// Links clips with each other, and with nothing else. Answers their link.
    ///
    /// ```text
    /// before  A-a B
    /// link    a and B
    /// after   A a-B
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] for the first id that no clip has; [`EditError::TrackLocked`].
    pub fn link(&mut self, clips: &[Uuid], ports: &mut Ports<'_>) -> Result<Uuid, EditError> {
        let clips = self.expect_clips(clips)?;
        let link = (ports.new_id)();
        self.set_link(&clips, Some(link))?;
        Ok(link)
    }

    /// Takes clips out of their links. What else was linked to them stays linked.
    ///
    /// ```text
    /// before  A-a-α
    /// unlink  A
    /// after   A a-α
    /// ```
    ///
    /// # Errors
    /// [`EditError::ClipNotFound`] for the first id that no clip has; [`EditError::TrackLocked`].
    pub fn unlink(&mut self, clips: &[Uuid]) -> Result<(), EditError> {
        let clips = self.expect_clips(clips)?;
        self.set_link(&clips, None)
    }

    /// A clip and all that are linked to it, from the lowest track on. Nothing when there is no such clip.
    #[must_use]
    pub fn linked(&self, id: Uuid) -> Vec<Uuid> {
        let all = self.with_linked(&HashSet::from([id]));
        let clips = self.all_clips().map(|clip| clip.id);
        clips.filter(|id| all.contains(id)).collect()
    }

    pub(crate) fn all_clips(&self) -> impl Iterator<Item = &Arc<Clip>> {
        let items = self.tracks.iter().flat_map(Track::items);
        items.filter_map(Item::clip)
    }

    /// Clips, and those that are linked to them.
    pub(crate) fn with_linked(&self, clips: &HashSet<Uuid>) -> HashSet<Uuid> {
        let named = self.all_clips().filter(|clip| clips.contains(&clip.id));
        let links: HashSet<Uuid> = named.filter_map(|clip| clip.link).collect();
        let belongs = |clip: &&Arc<Clip>| {
            clips.contains(&clip.id) || clip.link.is_some_and(|link| links.contains(&link))
        };
        self.all_clips()
            .filter(belongs)
            .map(|clip| clip.id)
            .collect()
    }

    /// The ids as a set, when each is a clip's.
    pub(crate) fn expect_clips(&self, clips: &[Uuid]) -> Result<HashSet<Uuid>, EditError> {
        let there: HashSet<Uuid> = self.all_clips().map(|clip| clip.id).collect();
        match clips.iter().find(|id| !there.contains(id)) {
            Some(id) => Err(EditError::ClipNotFound { clip: *id }),
            None => Ok(clips.iter().copied().collect()),
        }
    }

    fn set_link(&mut self, clips: &HashSet<Uuid>, link: Option<Uuid>) -> Result<(), EditError> {
        let named = |placed: Placed<'_>| clips.contains(&placed.clip.id);
        for track in &self.tracks {
            if track.clips().any(named) {
                track.expect_unlocked()?;
            }
        }
        self.change_clips(|clip| clips.contains(&clip.id).then_some(link));
        Ok(())
    }

    /// Sets the links of those clips for which there is an answer.
    fn change_clips(&mut self, link: impl Fn(&Clip) -> Option<Option<Uuid>>) {
        for item in self.tracks.iter_mut().flat_map(|track| &mut track.items) {
            let Item::Clip(clip) = item else { continue };
            if let Some(link) = link(clip).filter(|link| *link != clip.link) {
                Arc::make_mut(clip).link = link;
            }
        }
    }

    /// Does an edit that cuts clips; second parts of linked clips are then linked with each other.
    pub(crate) fn attempt_cuts<T>(
        &mut self,
        ports: &mut Ports<'_>,
        edit: impl FnOnce(&mut Self, &mut Ports<'_>) -> Result<T, EditError>,
    ) -> Result<T, EditError> {
        let linked = self
            .all_clips()
            .filter_map(|clip| Some((clip.id, clip.link?)));
        let (ids, links): (HashSet<Uuid>, HashSet<Uuid>) = linked.unzip();
        self.attempt(|sequence| {
            let done = edit(sequence, ports)?;
            let mut parts: HashMap<Uuid, usize> = HashMap::new();
            for clip in sequence.all_clips().filter(|clip| !ids.contains(&clip.id)) {
                if let Some(link) = clip.link.filter(|link| links.contains(link)) {
                    *parts.entry(link).or_default() += 1;
                }
            }
            let mut new_links: HashMap<Uuid, Option<Uuid>> = HashMap::new();
            for clip in sequence.all_clips() {
                let Some(link) = clip.link else { continue };
                if let Some(count) = parts.remove(&link) {
                    // A part for itself is linked to nothing.
                    let new_link = (count > 1).then(|| (ports.new_id)());
                    new_links.insert(link, new_link);
                }
            }
            sequence.change_clips(|clip| {
                let link = clip.link.filter(|_| !ids.contains(&clip.id))?;
                new_links.get(&link).copied()
            });
            Ok(done)
        })
    }
}
