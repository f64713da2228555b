//! The numbers of a compilation, from the collector's own store.

use crate::serve::SPOOL;
use crate::{Code, Failure, Workspace};
use metrics::{Summary, Views, ViewsError};
use record::ViewEvent;
use std::path::PathBuf;
use uuid::Uuid;

impl Workspace {
    /// The numbers of a compilation over a range that ends now, such as `24h`.
    ///
    /// # Errors
    /// The range is none, the compilation is not known, or the events can't be read.
    pub fn metrics(&self, id: Uuid, range: &str) -> Result<Summary, Failure> {
        let range = metrics::parse_range(range).map_err(|error| {
            Failure::bad_input(error.to_string(), "Write a range like `24h` or `7d`.")
        })?;
        if self.work.compilation(id)?.is_none() {
            return Err(Failure::new(
                Code::NotFound,
                format!("there is no compilation {id}"),
                "`stringout compilations` lists them.",
            ));
        }
        let views = SpooledViews {
            dir: self.dir().join(SPOOL),
        };
        metrics::query(&views, id, range, self.clock.as_ref()).map_err(Failure::internal)
    }
}

/// View events in the play service's spool.
struct SpooledViews {
    dir: PathBuf,
}

impl Views for SpooledViews {
    fn events(&self, id: Uuid, from_ms: i64, to_ms: i64) -> Result<Vec<ViewEvent>, ViewsError> {
        let wanted = id.to_string();
        let mut found = Vec::new();
        for event in play::read_events(&self.dir, from_ms, to_ms)? {
            let event = event?;
            if event.video_id == wanted {
                found.push(event);
            }
        }
        Ok(found)
    }
}
