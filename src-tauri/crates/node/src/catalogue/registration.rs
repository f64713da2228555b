//! Registration of segments and its rules (`POST /flows/{flowId}/segments`).

use mediatime::{TimeRange, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};
use tams_model::{FailedSegment, Id, SegmentPost, TamsErrorBody};

use super::flows::{self, FlowRow};
use super::objects::{self, ObjectRow, Use};
use super::storage::check_id;
use super::time_key::TimeSpan;
use super::{Catalogue, Now, date};
use crate::NodeError;

impl Catalogue {
    /// Puts segments on a flow's timeline, one after the other, and returns those that break a rule;
    /// all others are registered when this returns.
    ///
    /// A segment must be bounded, start inclusively, overlap no other one of the flow and lie in no
    /// timerange that is being deleted. Its object
    /// must have its bytes here, or elsewhere as its `get_urls` say. An object that was allocated for
    /// another flow can be used once that flow has used it; a segment can then show a part of it, and
    /// must not describe it anew.
    ///
    /// # Errors
    ///
    /// For all of them: [`NodeError::NotFound`] and [`NodeError::ReadOnly`] for the flow,
    /// [`NodeError::Invalid`] when it has no container.
    pub fn add_segments(
        &self,
        flow: Id,
        segments: Vec<SegmentPost>,
    ) -> Result<Vec<FailedSegment>, NodeError> {
        self.write(|tx, now| {
            let row = flows::writable(tx, flow)?;
            if row.container.is_none() {
                return Err(NodeError::invalid(
                    "container",
                    "the flow has no container; set it before adding segments",
                ));
            }
            let total = segments.len();
            let mut failed = Vec::new();
            for segment in segments {
                match register(tx, now, flow, &row, &segment) {
                    Ok(()) => {}
                    Err(
                        wrong @ (NodeError::Invalid { .. }
                        | NodeError::Conflict { .. }
                        | NodeError::NotFound { .. }),
                    ) => failed.push(failure(now, segment, &wrong)),
                    Err(broken) => return Err(broken),
                }
            }
            if failed.len() < total {
                tx.execute(
                    "UPDATE flow SET segments_updated = ?2 WHERE key = ?1",
                    params![row.key, now.0],
                )?;
            }
            Ok(failed)
        })
    }
}

fn failure(now: Now, segment: SegmentPost, wrong: &NodeError) -> FailedSegment {
    let mut error = TamsErrorBody::new(wrong.kind(), wrong.to_string(), date(now.0));
    if let NodeError::Invalid { field, .. } = wrong {
        error.pointer = Some(field.clone());
    }
    FailedSegment {
        object_id: segment.object_id,
        timerange: Some(segment.timerange),
        error: Some(error),
    }
}

/// Registers one segment. Everything is checked before anything is written, so that a failed one
/// leaves no trace in the transaction of the others.
fn register(
    tx: &Transaction<'_>,
    now: Now,
    flow: Id,
    row: &FlowRow,
    segment: &SegmentPost,
) -> Result<(), NodeError> {
    let span = check_timing(segment)?;
    check_free(tx, row.key, segment, span)?;
    check_not_going(tx, row.key, segment, span)?;
    let object = match objects::find(tx, &segment.object_id)? {
        Some(object) if object.used_as.is_some() => {
            check_reuse(tx, row, segment, &object)?;
            object.key
        }
        Some(object) => {
            check_first_use(row, segment, &object)?;
            let init = init_object(tx, row, segment)?;
            describe(tx, flow, object.key, init, segment)?
        }
        None => {
            check_external(segment)?;
            let init = init_object(tx, row, segment)?;
            tx.execute(
                "INSERT INTO object (id, managed, idle_since) VALUES (?1, 0, ?2)",
                params![segment.object_id, now.0],
            )?;
            describe(tx, flow, tx.last_insert_rowid(), init, segment)?
        }
    };
    tx.prepare_cached(
        "UPDATE object SET idle_since = NULL WHERE key = ?1 AND idle_since IS NOT NULL",
    )?
    .execute([object])?;
    tx.prepare_cached(
        "INSERT INTO segment (flow, starts, ends, end_inclusive, object, ts_offset, last_duration, \
         sample_offset, sample_count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        row.key,
        span.start,
        span.end,
        segment.timerange.bounds_inclusive().1,
        object,
        segment.ts_offset.map(|offset| offset.to_string()),
        segment.last_duration.map(|duration| duration.to_string()),
        segment.sample_offset,
        segment.sample_count,
    ])?;
    Ok(())
}

fn check_timing(segment: &SegmentPost) -> Result<TimeSpan, NodeError> {
    let range = segment.timerange;
    let wrong = |why: &str| Err(NodeError::invalid("/timerange", why));
    if range.is_empty() {
        return wrong("covers nothing");
    }
    if range.start().is_none() || range.end().is_none() {
        return wrong("must have a start and an end");
    }
    if !range.bounds_inclusive().0 {
        return wrong("the start of a segment is always inclusive, “[”");
    }
    if segment
        .last_duration
        .is_some_and(|duration| duration < Timestamp::ZERO)
    {
        return Err(NodeError::invalid("/last_duration", "can't be negative"));
    }
    if let Some(whole) = segment.object_timerange
        && !whole.covers(&on_object(segment))
    {
        return Err(NodeError::invalid(
            "/object_timerange",
            format!(
                "must cover what the segment uses of the object, {}",
                on_object(segment)
            ),
        ));
    }
    Ok(TimeSpan::from(range))
}

/// What a segment uses of its object, on the object's timeline.
fn on_object(segment: &SegmentPost) -> TimeRange {
    segment
        .timerange
        .shift(-segment.ts_offset.unwrap_or_default())
}

fn check_free(
    tx: &Transaction<'_>,
    flow: i64,
    segment: &SegmentPost,
    span: TimeSpan,
) -> Result<(), NodeError> {
    let there: Option<String> = tx
        .prepare_cached(
            "SELECT CASE WHEN s.ends > ?3 THEN o.id END FROM segment s JOIN object o ON o.key = s.object \
             WHERE s.flow = ?1 AND s.starts < ?2 ORDER BY s.starts DESC LIMIT 1",
        )?
        .query_row(params![flow, span.end, span.start], |row| row.get(0))
        .optional()?
        .flatten();
    match there {
        None => Ok(()),
        Some(object) => Err(NodeError::Conflict {
            why: format!(
                "{} overlaps the flow's segment of object “{object}”; delete that first",
                segment.timerange
            ),
        }),
    }
}

/// A deletion that is still under way would take the new segment too, although it was asked for
/// before.
fn check_not_going(
    tx: &Transaction<'_>,
    flow: i64,
    segment: &SegmentPost,
    span: TimeSpan,
) -> Result<(), NodeError> {
    let mut statement = tx.prepare_cached(
        "SELECT id, timerange FROM deletion WHERE flow = ?1 AND status IN ('created', 'started') \
         AND (object_id IS NULL OR object_id = ?2)",
    )?;
    let mut rows = statement.query(params![flow, segment.object_id])?;
    while let Some(row) = rows.next()? {
        let (id, timerange): (String, String) = (row.get(0)?, row.get(1)?);
        let going: TimeRange = timerange
            .parse()
            .map_err(|wrong| NodeError::damaged("a deletion request", wrong))?;
        if TimeSpan::from(going).covers(span) {
            return Err(NodeError::Conflict {
                why: format!(
                    "{} lies in {going}, which is being deleted; wait for deletion request {id}",
                    segment.timerange
                ),
            });
        }
    }
    Ok(())
}

fn check_container(row: &FlowRow, object: &ObjectRow) -> Result<(), NodeError> {
    match (&row.container, &object.content_type) {
        (Some(container), Some(content_type)) if !container.same_type(content_type) => {
            Err(NodeError::invalid(
                "/object_id",
                format!("the object is {content_type}, but the flow's container is {container}"),
            ))
        }
        _ => Ok(()),
    }
}

/// An object some segment has used before: nothing about it can change.
fn check_reuse(
    tx: &Transaction<'_>,
    row: &FlowRow,
    segment: &SegmentPost,
    object: &ObjectRow,
) -> Result<(), NodeError> {
    if object.used_as == Some(Use::Init) {
        return Err(NodeError::invalid(
            "/object_id",
            "is an initialisation segment and holds no media",
        ));
    }
    check_container(row, object)?;
    if row.init_segments != object.init.is_some() {
        return Err(NodeError::invalid(
            "/object_id",
            "the flow's init_segments and the object's need of an initialisation segment differ",
        ));
    }
    let known = objects::urls(tx, object)?.copies;
    if !segment
        .get_urls
        .iter()
        .flatten()
        .all(|copy| known.contains(copy))
    {
        return Err(NodeError::invalid(
            "/get_urls",
            "the object is registered already; add copies with POST /objects/{id}/instances",
        ));
    }
    if segment.key_frame_count.is_some() && segment.key_frame_count != object.key_frame_count {
        return Err(NodeError::invalid(
            "/key_frame_count",
            "differs from what the object was registered with",
        ));
    }
    if segment.object_timerange.is_some() && segment.object_timerange != object.timerange {
        return Err(NodeError::invalid(
            "/object_timerange",
            "differs from what the object was registered with",
        ));
    }
    if let Some(wanted) = &segment.init_object_id {
        let init = objects::find(tx, wanted)?.map(|init| init.key);
        if init.is_none() || init != object.init {
            return Err(NodeError::invalid(
                "/init_object_id",
                "differs from what the object was registered with",
            ));
        }
    }
    let used = on_object(segment);
    match object.timerange {
        Some(whole) if !whole.covers(&used) => Err(NodeError::invalid(
            "/timerange",
            format!("uses {used} of the object, which covers {whole}"),
        )),
        _ => Ok(()),
    }
}

/// An object that was allocated and has no segment yet.
fn check_first_use(
    row: &FlowRow,
    segment: &SegmentPost,
    object: &ObjectRow,
) -> Result<(), NodeError> {
    check_arrived(row, object).map_err(|why| NodeError::invalid("/object_id", why))?;
    check_container(row, object)?;
    check_copies(segment)
}

fn check_arrived(row: &FlowRow, object: &ObjectRow) -> Result<(), &'static str> {
    if object.reserved_for != Some(row.key) {
        return Err("was allocated for another flow, which has not used it yet");
    }
    if object.managed && object.size.is_none() {
        return Err("has no bytes yet; upload them to its put_url first");
    }
    Ok(())
}

/// An object we have never heard of: it must be readable elsewhere.
fn check_external(segment: &SegmentPost) -> Result<(), NodeError> {
    check_id(&segment.object_id).map_err(|why| NodeError::invalid("/object_id", why))?;
    if segment.get_urls.as_ref().is_none_or(Vec::is_empty) {
        return Err(NodeError::invalid(
            "/object_id",
            "is unknown; allocate it with POST /flows/{id}/storage, or give get_urls where it can be read",
        ));
    }
    check_copies(segment)
}

fn check_copies(segment: &SegmentPost) -> Result<(), NodeError> {
    let copies = segment.get_urls.as_deref().unwrap_or_default();
    for (place, copy) in copies.iter().enumerate() {
        let prefix = format!("/get_urls/{place}");
        objects::check_copy(copy, &prefix)?;
        if copies
            .iter()
            .take(place)
            .any(|earlier| earlier.label == copy.label)
        {
            return Err(NodeError::invalid(
                format!("{prefix}/label"),
                "is there twice",
            ));
        }
    }
    Ok(())
}

/// The initialisation segment of a new object: there exactly when the flow uses them.
fn init_object(
    tx: &Transaction<'_>,
    row: &FlowRow,
    segment: &SegmentPost,
) -> Result<Option<i64>, NodeError> {
    let wrong = |why: &str| Err(NodeError::invalid("/init_object_id", why));
    let Some(id) = &segment.init_object_id else {
        return if row.init_segments {
            wrong("must be given: the flow's init_segments is true")
        } else {
            Ok(None)
        };
    };
    if !row.init_segments {
        return wrong("may be given only when the flow's init_segments is true");
    }
    if *id == segment.object_id {
        return wrong("must be another object than the media");
    }
    match objects::find(tx, id)? {
        None => wrong("is unknown; allocate it with POST /flows/{id}/storage"),
        Some(init) if init.used_as == Some(Use::Media) => wrong("is a media object"),
        Some(init) if init.used_as.is_none() => match check_arrived(row, &init) {
            Ok(()) => Ok(Some(init.key)),
            Err(why) => wrong(why),
        },
        Some(init) => Ok(Some(init.key)),
    }
}

/// Enters what the first segment says of its object and returns the object's key.
fn describe(
    tx: &Transaction<'_>,
    flow: Id,
    object: i64,
    init: Option<i64>,
    segment: &SegmentPost,
) -> Result<i64, NodeError> {
    let whole = segment
        .object_timerange
        .unwrap_or_else(|| on_object(segment));
    tx.prepare_cached(
        "UPDATE object SET use = 'media', reserved_for = NULL, first_flow = ?2, timerange = ?3, \
         key_frame_count = ?4, init = ?5 WHERE key = ?1",
    )?
    .execute(params![
        object,
        flow.to_string(),
        whole.to_string(),
        segment.key_frame_count,
        init
    ])?;
    if let Some(init) = init {
        tx.prepare_cached(
            "UPDATE object SET use = 'init', reserved_for = NULL, idle_since = NULL, \
             first_flow = COALESCE(first_flow, ?2) WHERE key = ?1",
        )?
        .execute(params![init, flow.to_string()])?;
    }
    for copy in segment.get_urls.as_deref().unwrap_or_default() {
        objects::insert_copy(tx, object, copy)?;
    }
    Ok(object)
}
