//! Segments of a flow: listed in pages, or whole, sorted by exact time.

use mediatime::{TimeRange, Timestamp};
use tams_model::{FlowSegment, Id};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::issue::{Issue, Listed};
use crate::pages::Pages;
use crate::query::{SegmentQuery, joined, word};

impl Connection {
    /// Segments of `flow`, page by page in the server's order. What overlaps the wanted timerange is
    /// decided here too, to the nanosecond.
    ///
    /// # Errors
    ///
    /// None of the network's before the first page is asked for.
    pub fn segment_pages(
        &self,
        flow: Id,
        query: &SegmentQuery,
    ) -> Result<Pages<FlowSegment>, TamsError> {
        // Some servers answer 400 to an empty range.
        if query.timerange.is_some_and(|range| range.is_empty()) {
            return Ok(Pages::empty(self.clone()));
        }
        let mut url = self.url(&["flows", &flow.to_string(), "segments"])?;
        {
            let mut pairs = url.query_pairs_mut();
            if let Some(range) = query.timerange.filter(|range| !range.is_eternity()) {
                pairs.append_pair("timerange", &range.to_string());
            }
            if let Some(object) = &query.object_id {
                pairs.append_pair("object_id", object);
            }
            if query.reverse {
                pairs.append_pair("reverse_order", "true");
            }
            if !query.storage_ids.is_empty() {
                pairs.append_pair("accept_storage_ids", &joined(&query.storage_ids));
            }
            if let Some(presigned) = query.presigned
                && self.has(Capability::PresignedFilter)
            {
                pairs.append_pair("presigned", word(presigned));
            }
            if query.verbose_storage {
                pairs.append_pair("verbose_storage", "true");
            }
            if query.object_timerange && self.has(Capability::ObjectTimerange) {
                pairs.append_pair("include_object_timerange", "true");
            }
        }
        query.urls.append(&mut url);
        if url.query() == Some("") {
            url.set_query(None);
        }
        let pages = Pages::new(self.clone(), url, query.limit);
        let (timerange, object) = (query.timerange, query.object_id.clone());
        Ok(pages.mending(move |segment: &mut FlowSegment| {
            forget_unset_samples(segment);
            timerange.is_none_or(|range| range.overlaps(&segment.timerange))
                && object
                    .as_ref()
                    .is_none_or(|object| *object == segment.object_id)
        }))
    }

    /// All segments of `query`, sorted by exact start and each of them once. Segments that overlap
    /// others, which no server should have, stay and are told.
    ///
    /// # Errors
    ///
    /// Those of [`Pages::next`].
    pub async fn segments(
        &self,
        flow: Id,
        query: &SegmentQuery,
    ) -> Result<Listed<FlowSegment>, TamsError> {
        let forward = SegmentQuery {
            reverse: false,
            ..query.clone()
        };
        let mut listed = self.segment_pages(flow, &forward)?.all().await?;
        if let Some(issue) = arrange(&mut listed.items) {
            listed
                .issues
                .push(Issue::new(format!("/flows/{flow}/segments"), issue));
        }
        Ok(listed)
    }
}

/// Sorts by exact start, drops repetitions of one object at one timerange, and says how many
/// segments overlap their predecessor.
pub(crate) fn arrange(segments: &mut Vec<FlowSegment>) -> Option<String> {
    // vasttams 8.0, quirk 3: its order is that of texts, `[10:0…` before `[2:0…`.
    if !segments.is_sorted_by_key(|segment| start_key(&segment.timerange)) {
        segments.sort_by_key(|segment| start_key(&segment.timerange));
    }
    drop_repetitions(segments);
    let overlapping = segments
        .iter()
        .scan(None::<TimeRange>, |reach, segment| {
            let overlaps = reach.is_some_and(|reach| reach.overlaps(&segment.timerange));
            *reach = Some(match *reach {
                Some(reach) if end_key(&reach) > end_key(&segment.timerange) => reach,
                _ => segment.timerange,
            });
            Some(overlaps)
        })
        .filter(|overlaps| *overlaps)
        .count();
    (overlapping > 0).then(|| {
        format!("{overlapping} segments overlap one before them; segments of a flow must not")
    })
}

/// vasttams 6.0, quirk 7: no samples at all means that nothing was said of samples.
fn forget_unset_samples(segment: &mut FlowSegment) {
    if segment.sample_count == Some(0) {
        segment.sample_count = None;
        segment.sample_offset = segment.sample_offset.filter(|offset| *offset != 0);
    }
}

/// Repetitions lie among segments of the same start, which follow one another.
fn drop_repetitions(segments: &mut Vec<FlowSegment>) {
    let mut group = 0;
    let mut kept = 0;
    for at in 0..segments.len() {
        let (before, rest) = segments.split_at(at);
        let Some(segment) = rest.first() else {
            continue;
        };
        let start = start_key(&segment.timerange);
        if before
            .get(group)
            .is_none_or(|first| kept == group || start_key(&first.timerange) != start)
        {
            group = kept;
        }
        let repeated = before.get(group..kept).is_some_and(|group| {
            group.iter().any(|other| {
                other.timerange == segment.timerange && other.object_id == segment.object_id
            })
        });
        if !repeated {
            segments.swap(kept, at);
            kept += 1;
        }
    }
    segments.truncate(kept);
}

/// Orders timeranges by where they begin; one without start begins first.
fn start_key(range: &TimeRange) -> (Option<Timestamp>, bool) {
    (range.start(), !range.bounds_inclusive().0)
}

/// Orders timeranges by where they end; one without end ends last.
fn end_key(range: &TimeRange) -> (bool, Option<Timestamp>, bool) {
    (
        range.end().is_none(),
        range.end(),
        range.bounds_inclusive().1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn segments(list: &[(&str, &str)]) -> Vec<FlowSegment> {
        list.iter()
            .map(|(object, range)| {
                serde_json::from_value(json!({"object_id": object, "timerange": range})).unwrap()
            })
            .collect()
    }

    fn shown(segments: &[FlowSegment]) -> Vec<(String, String)> {
        segments
            .iter()
            .map(|segment| (segment.object_id.clone(), segment.timerange.to_string()))
            .collect()
    }

    fn owned(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(object, range)| ((*object).to_owned(), (*range).to_owned()))
            .collect()
    }

    #[test]
    fn order_is_that_of_time() {
        let mut list = segments(&[
            ("c", "[10:0_12:0)"),
            ("b", "[2:0_4:0)"),
            ("a", "[-0:800000000_0:0)"),
            ("n", "[-3:0_-1:0)"),
        ]);
        assert_eq!(arrange(&mut list), None);
        assert_eq!(
            shown(&list),
            owned(&[
                ("n", "[-3:0_-1:0)"),
                ("a", "[-0:800000000_0:0)"),
                ("b", "[2:0_4:0)"),
                ("c", "[10:0_12:0)"),
            ])
        );
    }

    #[test]
    fn the_same_segment_counts_once() {
        let mut list = segments(&[
            ("b", "[2:0_4:0)"),
            ("a", "[0:0_2:0)"),
            ("b", "[2:0_4:0)"),
            ("a", "[0:0_2:0)"),
            ("b", "[2:0_4:0)"),
            ("a", "[4:0_6:0)"),
        ]);
        assert_eq!(arrange(&mut list), None);
        assert_eq!(
            shown(&list),
            owned(&[("a", "[0:0_2:0)"), ("b", "[2:0_4:0)"), ("a", "[4:0_6:0)")])
        );
        // The same object at two places, or two objects at one place, are two segments.
        let mut list = segments(&[("b", "[0:0_2:0)"), ("a", "[0:0_2:0)"), ("b", "[0:0_2:0)")]);
        assert!(arrange(&mut list).is_some());
        assert_eq!(list.len(), 2);
        let mut none = Vec::new();
        assert_eq!(arrange(&mut none), None);
    }

    #[test]
    fn overlaps_are_told_and_kept() {
        let mut list = segments(&[
            ("long", "[0:0_10:0)"),
            ("in", "[2:0_3:0)"),
            ("also", "[4:0_5:0)"),
            ("open", "[12:0_"),
            ("last", "[20:0_21:0)"),
        ]);
        assert!(arrange(&mut list).unwrap().starts_with("3 segments"));
        assert_eq!(list.len(), 5);
    }
}
