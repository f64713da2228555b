//! Printed codes: what hangs where, and what becomes of it.

use crate::{Code, Failure, Workspace};
use record::{Placement, PlacementState, ShortId};
use serde::Serialize;
use uuid::Uuid;

/// A printed code in lists.
#[derive(Clone, Debug, Serialize)]
pub struct PlacementLine {
    /// What is printed under it.
    pub id: ShortId,
    /// The exact payload.
    pub url: String,
    /// Where it leads.
    pub compilation_id: Uuid,
    /// What that is called.
    pub title: Option<String>,
    /// Where it hangs.
    pub placement: String,
    /// The template it was printed with.
    pub template: String,
    /// `live`, `expired` or `revoked`.
    pub state: &'static str,
    /// When it ends, RFC 3339.
    pub expires: Option<String>,
    /// When it was printed first, RFC 3339.
    pub printed: String,
}

impl Workspace {
    /// Every printed code, the latest first; only those of one compilation when it is named.
    ///
    /// # Errors
    /// The workspace can't be read.
    pub fn placements(&self, compilation: Option<Uuid>) -> Result<Vec<PlacementLine>, Failure> {
        let mut found = match compilation {
            Some(id) => self.work.placements_of(id)?,
            None => self.work.all_placements()?,
        };
        found.reverse();
        found
            .into_iter()
            .map(|placement| self.placement_line(placement))
            .collect()
    }

    /// Takes a printed code back: who scans it is told so. `live` lets it play again.
    ///
    /// # Errors
    /// There is no such code.
    pub fn set_placement(&self, id: &ShortId, live: bool) -> Result<PlacementLine, Failure> {
        let state = match live {
            true => PlacementState::Live,
            false => PlacementState::Revoked,
        };
        self.known_placement(id)?;
        self.work.set_placement_state(id, state)?;
        self.placement_line(self.known_placement(id)?)
    }

    /// Lets a printed code lead to another compilation; the paper stays.
    ///
    /// # Errors
    /// There is no such code, or no such compilation, or it has no file to play.
    pub fn retarget(&self, id: &ShortId, compilation: Uuid) -> Result<PlacementLine, Failure> {
        self.known_placement(id)?;
        let record = self.compilation(compilation)?;
        if record.object_id.is_empty() {
            return Err(Failure::bad_input(
                format!(
                    "compilation {compilation} is made of objects in place: a phone has no file of it to play"
                ),
                "Publish its edit without `--by-reference`.",
            ));
        }
        self.work.retarget_placement(id, compilation)?;
        self.placement_line(self.known_placement(id)?)
    }

    /// In the word that people know.
    pub(crate) fn state_of(&self, placement: &Placement) -> &'static str {
        let over = placement.expires.is_some_and(|end| end <= self.clock.now());
        match placement.state {
            PlacementState::Revoked => "revoked",
            PlacementState::Live if over => "expired",
            PlacementState::Live => "live",
        }
    }

    fn known_placement(&self, id: &ShortId) -> Result<Placement, Failure> {
        self.work.placement(id)?.ok_or_else(|| {
            Failure::new(
                Code::NotFound,
                format!("no code {} was printed from this workspace", id.grouped()),
                "`stringout placements` lists them.",
            )
        })
    }

    fn placement_line(&self, placement: Placement) -> Result<PlacementLine, Failure> {
        let record = self.work.compilation(placement.compilation_id)?;
        Ok(PlacementLine {
            url: placement.payload(),
            compilation_id: placement.compilation_id,
            title: record.map(|record| record.title),
            state: self.state_of(&placement),
            template: placement.template,
            expires: placement.expires.map(crate::records::date),
            printed: crate::records::date(placement.created),
            placement: placement.placement,
            id: placement.id,
        })
    }
}
