//! The footage a new workspace begins with, so that the first cut can be made at once.

use super::Desk;
use crate::{Failure, IngestSettings};
use std::path::Path;

/// Setting that says that the footage was offered once.
const OFFERED: &str = "desk.footage";

/// File and what it is called. Credits are in `assets/footage/CREDITS.md`.
const FOOTAGE: [(&str, &str); 3] = [
    ("bigbuckbunny.mp4", "Meadow · opening film"),
    ("car-detection.mp4", "Forecourt · overhead"),
    ("one-by-one-person-detection.mp4", "Gallery · visitors"),
];

/// Shown as long as the footage is in the workspace.
const CREDITS: &str = "Footage: Blender Foundation, Intel, CC BY";

impl Desk {
    /// Ingests the footage into a workspace that has nothing, once.
    pub(super) fn begin_with_footage(&self) -> Result<(), Failure> {
        let Some(folder) = self.inner.options.footage.clone() else {
            return Ok(());
        };
        let work = &self.inner.workspace.work;
        if work.setting(OFFERED)?.is_some() {
            return Ok(());
        }
        if !self.inner.workspace.sources()?.is_empty() {
            work.set_setting(OFFERED, "not needed")?;
            return Ok(());
        }
        for (name, title) in FOOTAGE {
            let path = folder.join(name);
            if path.is_file() {
                self.ingest_as(&path, Some(title.to_owned()));
            }
        }
        // An ingest that is interrupted here is not begun again by itself; it can be dropped again.
        work.set_setting(OFFERED, "ingested")?;
        Ok(())
    }

    pub(super) fn credits(&self) -> Option<String> {
        let offered = self.inner.workspace.work.setting(OFFERED).ok().flatten();
        (offered.as_deref() == Some("ingested")).then(|| CREDITS.to_owned())
    }

    pub(super) fn ingest_settings(path: &Path, label: Option<String>) -> IngestSettings {
        let name = path
            .file_stem()
            .map(|name| name.to_string_lossy().into_owned());
        IngestSettings {
            label: label.or(name),
            ..IngestSettings::default()
        }
    }
}
