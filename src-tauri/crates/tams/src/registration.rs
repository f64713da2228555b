//! Registering segments: in bulk, and never twice.

use std::collections::HashSet;

use http::Method;
use mediatime::{TimeRange, Timestamp};
use serde_json::Value;
use tams_model::{FailedSegment, FailedSegments, FlowSegment, Id, SegmentPost};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::query::SegmentQuery;
use crate::reading;
use crate::transport::{Answer, Call, shown};

/// Times one batch is sent: the second only after a read has shown what the first left out.
const ROUNDS: usize = 3;

/// What became of segments that were to be registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Registered by this call, as the server confirmed.
    pub done: usize,
    /// There already, exactly so.
    pub already: usize,
    /// Refused, with the server's reasons.
    pub failed: Vec<FailedSegment>,
}

impl Connection {
    /// Registers segments of `flow`, as many a call as the server takes.
    ///
    /// A call whose answer got lost is not repeated: what it registered is read back, and only what
    /// is missing is sent again. When it fails half-way, calling it again with the same segments
    /// goes on where it stopped.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] before anything is sent, when the server would lose a time offset;
    /// [`TamsError::Integrity`] when it lost one; what any call fails with.
    pub async fn add_segments(
        &self,
        flow: Id,
        posts: &[SegmentPost],
    ) -> Result<Registered, TamsError> {
        let posts = posts
            .iter()
            .map(|post| self.fitting(post))
            .collect::<Result<Vec<_>, _>>()?;
        let mut registered = Registered::default();
        for batch in posts.chunks(self.adapter().segments_per_call().max(1)) {
            self.add_batch(flow, batch, &mut registered).await?;
        }
        if let Some(shifted) = posts.iter().find(|post| {
            offset(post.ts_offset) != Timestamp::default()
                && !registered.failed.iter().any(|failed| is_of(failed, post))
        }) {
            self.check_offset(flow, shifted).await?;
        }
        Ok(registered)
    }

    /// Which of `posts` the flow has, exactly so, in their order.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn registered(
        &self,
        flow: Id,
        posts: &[SegmentPost],
    ) -> Result<Vec<bool>, TamsError> {
        let Some(first) = posts.first() else {
            return Ok(Vec::new());
        };
        let span = posts.iter().fold(first.timerange, |span, post| {
            span.extend_to_encompass(&post.timerange)
        });
        let one_object = posts.iter().all(|post| post.object_id == first.object_id);
        let query = SegmentQuery {
            timerange: Some(span),
            object_id: one_object.then(|| first.object_id.clone()),
            ..SegmentQuery::default()
        };
        let kept = match self.segments(flow, &query).await {
            Ok(kept) => kept.items,
            // Some servers answer 404 for a flow without segments.
            Err(TamsError::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        let kept: HashSet<(&str, String)> = kept.iter().map(key_of_segment).collect();
        Ok(posts
            .iter()
            .map(|post| kept.contains(&(post.object_id.as_str(), post.timerange.to_string())))
            .collect())
    }

    /// `post` without what this server doesn't know and can do without.
    pub(crate) fn fitting(&self, post: &SegmentPost) -> Result<SegmentPost, TamsError> {
        let mut sent = post.clone();
        if offset(sent.ts_offset) == Timestamp::default() {
            sent.ts_offset = None;
        } else {
            self.require(Capability::TimestampOffset)?;
        }
        if sent.init_object_id.is_some() {
            self.require(Capability::InitSegments)?;
        }
        if !self.has(Capability::ObjectTimerange) {
            sent.object_timerange = None;
        }
        Ok(sent)
    }

    async fn add_batch(
        &self,
        flow: Id,
        batch: &[SegmentPost],
        registered: &mut Registered,
    ) -> Result<(), TamsError> {
        let url = self.url(&["flows", &flow.to_string(), "segments"])?;
        let mut missing = batch.to_vec();
        // After a lost answer it can't be told whose work a segment is: ours, most likely.
        let mut unsure = false;
        let mut round = 0;
        while !missing.is_empty() {
            round += 1;
            let call = Call::new(Method::POST, url.clone());
            let call = self.adapter().segments_call(call, &missing)?;
            let error = match self.send(&call).await {
                Ok(answer) => match self.outcome(flow, &missing, &answer).await {
                    Ok(failed) => {
                        registered.done += missing.len().saturating_sub(failed.len());
                        let failed = self
                            .truly_failed(flow, &missing, failed, registered)
                            .await?;
                        registered.failed.extend(failed);
                        return Ok(());
                    }
                    Err(error) => error,
                },
                Err(error) => error,
            };
            let refused = matches!(
                error,
                TamsError::Rejected {
                    status: 400 | 409 | 422,
                    ..
                }
            );
            if !error.is_ambiguous() && !refused {
                return Err(error);
            }
            // Lost, or refused because it is there from a time before: the server knows.
            let there = self.registered(flow, &missing).await?;
            let before = missing.len();
            let mut there = there.into_iter();
            missing.retain(|_| !there.next().unwrap_or(false));
            let found = before - missing.len();
            unsure |= error.is_ambiguous();
            if unsure {
                registered.done += found;
            } else {
                registered.already += found;
            }
            let stuck = refused && found == 0;
            if !missing.is_empty() && (stuck || round >= ROUNDS) {
                return Err(error);
            }
        }
        Ok(())
    }

    /// Those of `failed` that the flow does not have: one that is there from a time before is refused,
    /// too, because it overlaps itself.
    async fn truly_failed(
        &self,
        flow: Id,
        sent: &[SegmentPost],
        failed: Vec<FailedSegment>,
        registered: &mut Registered,
    ) -> Result<Vec<FailedSegment>, TamsError> {
        if failed.is_empty() {
            return Ok(failed);
        }
        let refused = sent
            .iter()
            .filter(|post| failed.iter().any(|failed| is_of(failed, post)));
        let refused: Vec<SegmentPost> = refused.cloned().collect();
        let there = self.registered(flow, &refused).await?;
        let here: Vec<&SegmentPost> = refused
            .iter()
            .zip(there)
            .filter_map(|(post, there)| there.then_some(post))
            .collect();
        let (already, failed): (Vec<_>, Vec<_>) = failed
            .into_iter()
            .partition(|failed| here.iter().any(|post| is_of(failed, post)));
        registered.already += already.len();
        Ok(failed)
    }

    /// What an answer of status 2xx says of `sent`: the ones that failed.
    async fn outcome(
        &self,
        flow: Id,
        sent: &[SegmentPost],
        answer: &Answer,
    ) -> Result<Vec<FailedSegment>, TamsError> {
        reading::refuse_hidden_error(answer)?;
        if answer.status == http::StatusCode::CREATED {
            return Ok(Vec::new());
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            // Nothing, or a text: the status stands.
            return Ok(Vec::new());
        };
        let told = match &body {
            Value::Object(members) if members.contains_key("failed_segments") => true,
            // AWS lists the failed ones bare; each says why.
            Value::Array(items) => items
                .iter()
                .any(|item| item.get("error").is_some_and(|error| !error.is_null())),
            _ => false,
        };
        if told {
            let failed: FailedSegments =
                serde_json::from_value(body).map_err(|wrong| TamsError::BadAnswer {
                    at: answer.place(),
                    what: "the segments that failed",
                    detail: shown(&wrong.to_string()),
                })?;
            return Ok(failed.failed_segments);
        }
        if !matches!(&body, Value::Array(items) if !items.is_empty()) {
            // vasttams answers the segment itself.
            return Ok(Vec::new());
        }
        // A list that doesn't say what it is of.
        let there = self.registered(flow, sent).await?;
        let failed = sent.iter().zip(there).filter(|(_, there)| !there);
        Ok(failed
            .map(|(post, _)| FailedSegment {
                object_id: post.object_id.clone(),
                timerange: Some(post.timerange),
                error: None,
            })
            .collect())
    }

    /// Reads one shifted segment back: a server that drops its offset would play it at a wrong time.
    pub(crate) async fn check_offset(&self, flow: Id, post: &SegmentPost) -> Result<(), TamsError> {
        let query = SegmentQuery {
            timerange: Some(post.timerange),
            object_id: Some(post.object_id.clone()),
            ..SegmentQuery::default()
        };
        let kept = self.segments(flow, &query).await?;
        let wanted = offset(post.ts_offset);
        let lost = kept
            .items
            .iter()
            .filter(|kept| kept.timerange == post.timerange)
            .find(|kept| offset(kept.ts_offset) != wanted);
        match lost {
            None => Ok(()),
            Some(kept) => Err(TamsError::Integrity {
                what: format!("segment {} of object {}", post.timerange, post.object_id),
                detail: format!(
                    "it was sent with the time offset {wanted} and is kept with {}",
                    offset(kept.ts_offset)
                ),
            }),
        }
    }
}

fn offset(of: Option<Timestamp>) -> Timestamp {
    of.unwrap_or_default()
}

fn key_of_segment(segment: &FlowSegment) -> (&str, String) {
    (segment.object_id.as_str(), segment.timerange.to_string())
}

fn is_of(failed: &FailedSegment, post: &SegmentPost) -> bool {
    failed.object_id == post.object_id
        && failed
            .timerange
            .is_none_or(|range: TimeRange| range == post.timerange)
}
