//! Sends events to the table.
//!
//! An event may arrive twice: when an answer is lost and the batch is sent again, and when a batch is
//! sent in parts after the cluster took only some of it. It never is counted twice: every query joins
//! events by session and sequence number. So whoever sends repeats a batch until it was taken, and only
//! then forgets it.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::Full;
use record::{DeviceType, ViewEvent};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::auth::unsendable;
use super::client::Hydrolix;
use super::fault::{Fault, classify, shown};

/// A batch has no more events.
pub const BATCH_EVENTS: usize = 5_000;
/// Nor more bytes, before packing.
pub const BATCH_BYTES: usize = 4 << 20;
/// So many requests at most are made to find out which events of a batch are refused.
const REQUESTS: u32 = 200;

/// What became of a batch that was sent once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ingested {
    /// All of it was taken.
    All,
    /// Some of it was taken, and it is not told which.
    Partly {
        /// What the cluster said.
        detail: String,
    },
}

/// What became of events that were sent until each was taken or refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// How many were taken.
    pub taken: usize,
    /// Those that are refused, and always will be.
    pub refused: Vec<Refused>,
    /// What came in the way, if anything did: then the first [`Self::settled`] events are done with,
    /// and of the others it is not known.
    pub stopped: Option<Fault>,
}

impl Delivered {
    /// So many events, the first ones, need not be sent again.
    #[must_use]
    pub fn settled(&self) -> usize {
        self.taken + self.refused.len()
    }
}

/// An event that the cluster refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which one of those that were given.
    pub index: usize,
    /// What the cluster said.
    pub detail: String,
}

/// Cuts events into batches that may be sent at once. An event alone that is too large is a batch of
/// its own.
pub fn batches(events: &[ViewEvent]) -> impl Iterator<Item = &[ViewEvent]> {
    let mut rest = events;
    std::iter::from_fn(move || {
        let mut bytes = 0;
        let fitting = rest
            .iter()
            .take(BATCH_EVENTS)
            .take_while(|event| {
                bytes += line(event).len();
                bytes <= BATCH_BYTES
            })
            .count();
        let length = fitting.max(1).min(rest.len());
        let (batch, behind) = rest.split_at(length);
        rest = behind;
        (!batch.is_empty()).then_some(batch)
    })
}

impl Hydrolix {
    /// Sends one batch, once: when to try again is up to the caller.
    ///
    /// # Errors
    ///
    /// Nothing was taken, or it is not known: send it again, unless the fault is one of
    /// [`Fault::Refused`], which stays.
    pub async fn ingest(
        &self,
        batch: &[ViewEvent],
        cancel: &CancellationToken,
    ) -> Result<Ingested, Fault> {
        let url = self.ingest_address();
        let body = packed(batch)?;
        let request = || {
            let mut request = Request::post(url.as_str())
                .header(CONTENT_TYPE, "application/json")
                .header(CONTENT_ENCODING, "gzip");
            if let Some(token) = &self.config.ingest.table_token {
                request = request.header("x-hdx-token", token.expose());
            }
            request.body(Full::new(body.clone())).map_err(unsendable)
        };
        let answer = self.send(&request, true, 1, cancel).await?;
        match answer.status {
            207 => Ok(Ingested::Partly {
                detail: shown(&String::from_utf8_lossy(&answer.body)),
            }),
            200..=299 => Ok(Ingested::All),
            status => {
                let table = self.config.table.to_string();
                Err(classify(status, &answer.body, &table, answer.after))
            }
        }
    }

    /// Sends a batch until each of its events was taken or refused, the first ones first: where only a
    /// part was taken it is sent again in halves. Stops at what comes in the way, and at
    /// [`Fault::Refused`] when nothing of it is taken, or so much is refused that something else must
    /// be wrong. What is not settled may be sent again.
    pub async fn deliver(&self, batch: &[ViewEvent], cancel: &CancellationToken) -> Delivered {
        let mut delivered = Delivered::default();
        let mut parts = vec![batch];
        let mut requests = 0;
        while let Some(part) = parts.pop() {
            if part.is_empty() {
                continue;
            }
            requests += 1;
            match self.try_part(part, part.len() == batch.len(), cancel).await {
                Ok(None) => delivered.taken += part.len(),
                Ok(Some(detail)) if part.len() == 1 => delivered.refused.push(Refused {
                    index: delivered.settled(),
                    detail,
                }),
                Ok(Some(detail)) if requests >= REQUESTS => {
                    delivered.stopped = Some(Fault::Refused { detail });
                    break;
                }
                Ok(Some(_)) => {
                    let (front, back) = part.split_at(part.len() / 2);
                    parts.extend([back, front]);
                }
                Err(fault) => {
                    delivered.stopped = Some(fault);
                    break;
                }
            }
        }
        delivered
    }

    /// Sends a part of a batch; why not all of it was taken.
    async fn try_part(
        &self,
        part: &[ViewEvent],
        whole: bool,
        cancel: &CancellationToken,
    ) -> Result<Option<String>, Fault> {
        match self.ingest(part, cancel).await {
            Ok(Ingested::All) => Ok(None),
            Ok(Ingested::Partly { detail }) => Ok(Some(detail)),
            Err(Fault::TooLarge) => Ok(Some(Fault::TooLarge.to_string())),
            Err(Fault::Refused { detail }) => {
                // What refuses the first and the last alone refuses all: the transform is wrong.
                if whole && self.refuses_ends(part, cancel).await? {
                    return Err(Fault::Refused { detail });
                }
                Ok(Some(detail))
            }
            Err(fault) => Err(fault),
        }
    }

    async fn refuses_ends(
        &self,
        batch: &[ViewEvent],
        cancel: &CancellationToken,
    ) -> Result<bool, Fault> {
        if batch.len() < 2 {
            return Ok(false);
        }
        for end in [batch.first(), batch.last()].into_iter().flatten() {
            match self.ingest(std::slice::from_ref(end), cancel).await {
                Err(Fault::Refused { .. }) => {}
                Ok(_) => return Ok(false),
                Err(fault) => return Err(fault),
            }
        }
        Ok(true)
    }

    fn ingest_address(&self) -> Url {
        let mut url = self.config.base.at("ingest/event");
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("table", &self.config.table.to_string());
        if let Some(transform) = &self.config.ingest.transform {
            pairs.append_pair("transform", transform);
        }
        drop(pairs);
        url
    }
}

/// A row of the table, as its transform takes it: what is yes or no is 1 or 0.
#[derive(Serialize)]
struct Row<'e> {
    #[serde(flatten)]
    event: &'e ViewEvent,
}

/// An event as one line.
fn line(event: &ViewEvent) -> Vec<u8> {
    let Ok(serde_json::Value::Object(mut row)) = serde_json::to_value(Row { event }) else {
        return Vec::new();
    };
    row.insert("qr_scan".to_owned(), u8::from(event.qr_scan).into());
    row.insert("bg".to_owned(), u8::from(event.bg).into());
    if event.device_type == DeviceType::Unknown {
        row.remove("device_type");
    }
    let mut line = serde_json::Value::Object(row).to_string().into_bytes();
    line.push(b'\n');
    line
}

fn packed(batch: &[ViewEvent]) -> Result<Bytes, Fault> {
    let wrong = |error: std::io::Error| Fault::Refused {
        detail: error.to_string(),
    };
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    for event in batch {
        packer.write_all(&line(event)).map_err(wrong)?;
    }
    Ok(packer.finish().map_err(wrong)?.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(seq: u64) -> ViewEvent {
        ViewEvent {
            ts: 1_800_000_000_000,
            session_id: "session-1".to_owned(),
            seq,
            ..ViewEvent::default()
        }
    }

    #[test]
    fn a_row_has_numbers_where_an_event_has_yes_and_no() {
        let scan = ViewEvent {
            qr_scan: true,
            pos_ms: Some(0),
            placement: "Lobby\nleft".to_owned(),
            ..event(3)
        };
        let line = line(&scan);
        let (last, row) = line.split_last().unwrap();
        assert_eq!(*last, b'\n');
        assert!(!row.contains(&b'\n'));
        let row: Value = serde_json::from_slice(row).unwrap();
        assert_eq!(
            (&row["qr_scan"], &row["bg"], &row["pos_ms"]),
            (&json!(1), &json!(0), &json!(0))
        );
        assert_eq!(row.get("device_type"), None, "unknown is null in the table");
    }

    #[test]
    fn batches_are_whole_and_small() {
        let events: Vec<_> = (0..BATCH_EVENTS as u64 * 2 + 1).map(event).collect();
        let sizes: Vec<_> = batches(&events).map(<[_]>::len).collect();
        assert_eq!(sizes, [BATCH_EVENTS, BATCH_EVENTS, 1]);
        let large = ViewEvent {
            placement: "x".repeat(BATCH_BYTES),
            ..event(0)
        };
        let events = [event(1), large, event(2)];
        let sizes: Vec<_> = batches(&events).map(<[_]>::len).collect();
        assert_eq!(sizes, [1, 1, 1]);
        assert_eq!(batches(&[]).count(), 0);
    }
}
