//! What goes beside a compilation in a store: its poster, its record as JSON, and its edit as
//! OpenTimelineIO, for whoever finds the video there without this program.

use crate::outbox::{Sending, ToStore, UPLOAD};
use crate::{Failure, Workspace};
use conform::{CutPlan, SourcePiece, SpanKind};
use delivery::SourceIdentity;
use interchange::{Clip, Gap, Item, Media, Programme, Range, Time, Track, TrackKind, write_otio};
use mediatime::{RationalTime, TimeRange, Timestamp};
use record::CompilationRecord;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of a workspace with files that are on their way to a store.
const OUTGOING: &str = "outgoing";

/// Where in which store.
pub(super) struct Folder<'a> {
    /// The `[s3.NAME]`.
    pub(super) store: &'a str,
    /// The folder of the compilation, with a slash at its end.
    pub(super) folder: String,
}

impl Workspace {
    /// What goes with a compilation's video, in the order in which it is sent.
    pub(super) fn companions(
        &self,
        record: &CompilationRecord,
        offsets: &BTreeMap<String, Timestamp>,
        to: &Folder<'_>,
    ) -> Result<Vec<ToStore>, Failure> {
        let name = record.sha256.get(..16).unwrap_or(&record.sha256);
        let mut entries = Vec::new();
        let poster = self.poster_path(record.id)?;
        if let Ok(bytes) = std::fs::read(&poster) {
            entries.push(self.companion(to, "poster.jpg", "image/jpeg", &bytes)?);
        }
        let json = serde_json::to_vec_pretty(record).map_err(Failure::internal)?;
        let json_name = format!("{name}.json");
        entries.push(self.companion(to, &json_name, "application/json", &json)?);
        let plan = record.plan.clone();
        let plan = plan.and_then(|plan| serde_json::from_value::<CutPlan>(plan).ok());
        if let Some(plan) = plan {
            let mut programme = programme_of(&plan, &record.title, offsets);
            programme.rendered_source = Some(record.source_id.to_string());
            let text = write_otio(&programme);
            let otio_name = format!("{name}.otio");
            let mime = "application/vnd.pixar.opentimelineio+json";
            entries.push(self.companion(to, &otio_name, mime, text.as_bytes())?);
        }
        Ok(entries)
    }

    /// Keeps a file until it is there, and says where it goes.
    fn companion(
        &self,
        to: &Folder<'_>,
        name: &str,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<ToStore, Failure> {
        let digest = Sha256::digest(bytes);
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let path = self.folder(OUTGOING)?.join(&sha256);
        if !path.exists() {
            crate::write_file(&path, bytes)?;
        }
        let seen =
            SourceIdentity::of(&path).map_err(|error| Failure::io(path.display(), &error))?;
        Ok(ToStore {
            store: to.store.to_owned(),
            key: format!("{}{name}", to.folder),
            object_id: String::new(),
            file: Some(Path::new(OUTGOING).join(&sha256)),
            sha256,
            content_type: content_type.to_owned(),
            seen: Some(seen),
        })
    }

    /// Removes what was kept for a companion that is there now, unless another entry needs it.
    pub(crate) fn forget_companion(&self, file: &Path) -> Result<(), Failure> {
        let lines = self.work.outbox(&store::OutboxFilter {
            states: vec![
                record::OutboxState::Ready,
                record::OutboxState::Running,
                record::OutboxState::Waiting,
                record::OutboxState::Dead,
            ],
            kind: Some(UPLOAD.to_owned()),
            ..store::OutboxFilter::default()
        })?;
        let named: PathBuf = file.to_owned();
        let needed = lines.iter().any(|entry| {
            let sending = serde_json::from_value::<Sending>(entry.payload.clone());
            sending.is_ok_and(|sending| {
                let mut beside = sending.beside.iter();
                beside.any(|companion| companion.file.as_ref() == Some(&named))
            })
        });
        if !needed {
            // It is a copy; what can't be removed now costs a few kilobytes.
            let _ = std::fs::remove_file(self.dir.join(file));
        }
        Ok(())
    }
}

/// A plan as a timeline of other programs: one track of pictures with their sound. Of a mixture only the
/// lower layer is there: the record beside it has all of the plan.
fn programme_of(plan: &CutPlan, title: &str, offsets: &BTreeMap<String, Timestamp>) -> Programme {
    let mut items: Vec<Item> = Vec::new();
    let mut last: Option<(SourcePiece, TimeRange)> = None;
    let mut ends = plan.video.iter().skip(1).map(|span| span.at);
    for span in &plan.video {
        let end = ends.next().unwrap_or(plan.duration);
        if span.kind == SpanKind::Fill || span.sources.is_empty() {
            items.extend(last.take().map(clip));
            let length = (end.to_rational() - span.at.to_rational()).max(RationalTime::ZERO);
            items.push(Item::Gap(Gap::new(Time::nanos(length.to_timestamp()))));
            continue;
        }
        for piece in &span.sources {
            if piece.preroll || piece.layer != 0 {
                continue;
            }
            let offset = offsets.get(&piece.object_id).copied().unwrap_or_default();
            let range = TimeRange::new(piece.mark_in, piece.mark_out).shift(offset);
            match &mut last {
                Some((before, shown))
                    if (
                        &before.flow_id,
                        before.flow_id.is_some() || before.object_id == piece.object_id,
                    ) == (&piece.flow_id, true)
                        && shown.end() == range.start() =>
                {
                    *shown = shown.extend_to_encompass(&range);
                }
                _ => {
                    items.extend(last.take().map(clip));
                    last = Some((piece.clone(), range));
                }
            }
        }
    }
    items.extend(last.map(clip));
    let mut programme = Programme::new(title);
    programme.tracks = vec![Track::new("V1", TrackKind::Video, items)];
    programme
}

fn clip((piece, timerange): (SourcePiece, TimeRange)) -> Item {
    let name = super::shown_id(&piece.object_id);
    let range = Range::of_flow(&timerange);
    match piece.flow_id {
        Some(flow) => {
            let mut clip = Clip::new(name, Media::Tams { host: None, flow }, range);
            clip.timerange = Some(timerange);
            clip.into()
        }
        // Where a plain file lay is nobody's business.
        None => Clip::new(name.clone(), Media::Missing { name }, range).into(),
    }
}
