//! The footage a new workspace begins with, so that the first cut can be made at once.

use super::Desk;
use super::making::INGESTS;
use crate::{Code, Failure, IngestSettings};
use ipc::{JobKind, JobResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Setting that says that the footage was offered once.
const OFFERED: &str = "desk.footage";
const BEGUN: &str = "begun";
const INGESTED: &str = "ingested";

/// File and what it is called. Credits are in `assets/footage/CREDITS.md`.
const FOOTAGE: [(&str, &str); 3] = [
    ("bigbuckbunny.mp4", "Meadow · opening film"),
    ("car-detection.mp4", "Forecourt · overhead"),
    ("one-by-one-person-detection.mp4", "Gallery · visitors"),
];

/// Shown as long as the footage is in the workspace.
const CREDITS: &str = "Footage: Blender Foundation, Intel, CC BY";

impl Desk {
    /// Ingests the footage into a workspace that has nothing, once. What was interrupted is begun
    /// again at the next start.
    pub(super) fn begin_with_footage(&self) -> Result<(), Failure> {
        let Some(folder) = self.inner.options.footage.clone() else {
            return Ok(());
        };
        let work = &self.inner.workspace.work;
        match work.setting(OFFERED)?.as_deref() {
            None if !self.inner.workspace.sources()?.is_empty() => {
                return Ok(work.set_setting(OFFERED, "not needed")?);
            }
            None => work.set_setting(OFFERED, BEGUN)?,
            Some(BEGUN) => {}
            Some(_) => return Ok(()),
        }
        let files: Vec<_> = FOOTAGE
            .into_iter()
            .map(|(name, title)| (folder.join(name), title))
            .filter(|(path, _)| path.is_file())
            .collect();
        let left = Arc::new(AtomicUsize::new(files.len()));
        for (path, title) in files {
            let (desk, left) = (self.clone(), Arc::clone(&left));
            self.inner.jobs.start(
                JobKind::Ingest,
                format!("Ingest {title}"),
                Some(INGESTS.to_owned()),
                move |job| {
                    // It is on every machine: no server needs it.
                    let settings = IngestSettings {
                        label: Some(title.to_owned()),
                        mirrored: false,
                        ..IngestSettings::default()
                    };
                    let result = desk.run_ingest(&path, &settings, job);
                    desk.note_footage(&result, &left);
                    result
                },
            );
        }
        Ok(())
    }

    /// The last recording is there, or the user does not want them.
    fn note_footage(&self, result: &Result<JobResult, Failure>, left: &AtomicUsize) {
        let word = match result {
            Ok(_) if left.fetch_sub(1, Ordering::Relaxed) == 1 => INGESTED,
            Err(failure) if failure.code == Code::Cancelled && !self.inner.stop.is_cancelled() => {
                "not wanted"
            }
            _ => return,
        };
        if let Err(error) = self.inner.workspace.work.set_setting(OFFERED, word) {
            tracing::warn!("what became of the footage is not kept: {error}");
        }
    }

    pub(super) fn credits(&self) -> Option<String> {
        let offered = self.inner.workspace.work.setting(OFFERED).ok().flatten();
        matches!(offered.as_deref(), Some(INGESTED | BEGUN)).then(|| CREDITS.to_owned())
    }
}
