//! Sending the parts of a large file, and putting them together.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use futures_util::stream::{FuturesUnordered, StreamExt};
use record::UploadPart;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::body::{Meter, range_body};
use crate::error::DeliveryError;
use crate::etag::{Md5Sum, bare_etag, multipart_etag};
use crate::job::{CancelMode, Uploaded};
use crate::object::Delivery;
use crate::session::Session;
use crate::upload::{PROGRESS_EVERY, Run, journal_failed};

/// How long parts in flight may take to arrive after a cancel that keeps them.
const GRACE: Duration = Duration::from_secs(5);

/// A range of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Part {
    /// From 1 on.
    number: u32,
    offset: u64,
    len: u64,
}

fn parts(size: u64, part_size: u64) -> impl Iterator<Item = Part> {
    (1_u32..).map_while(move |number| {
        let offset = u64::from(number - 1) * part_size;
        (offset < size).then(|| Part {
            number,
            offset,
            len: part_size.min(size - offset),
        })
    })
}

/// A part the store has, and how it came there.
struct Settled {
    md5: Md5Sum,
    part: UploadPart,
    sent: bool,
}

type Sending<'a> = Pin<Box<dyn Future<Output = Result<Settled, DeliveryError>> + Send + 'a>>;

/// Parts in flight and done.
#[derive(Default)]
struct Tally {
    meters: HashMap<u32, Arc<Meter>>,
    done: BTreeMap<u32, Settled>,
    confirmed: u64,
    sent: u64,
}

impl Tally {
    fn tell(&self, run: &Run<'_>) {
        run.tell(
            self.confirmed,
            self.meters.values().map(|meter| meter.sent()).sum(),
        );
    }
}

impl Delivery {
    /// Uploads a file in parts, as far as the store lacks them.
    pub(crate) async fn put_parts(&self, run: &Run<'_>) -> Result<Uploaded, DeliveryError> {
        let result = Box::pin(self.put_parts_or_fail(run)).await;
        match &result {
            // What is there belongs to another state of the file.
            Err(DeliveryError::SourceChanged { .. }) => self.abort_if_possible(run).await?,
            Err(error) if error.server_code() == "NoSuchUpload" => run.clear_journal().await?,
            Err(error) if matches!(error.server_code(), "InvalidPart" | "InvalidPartOrder") => {
                self.abort_if_possible(run).await?
            }
            _ => {}
        }
        result
    }

    async fn put_parts_or_fail(&self, run: &Run<'_>) -> Result<Uploaded, DeliveryError> {
        run.source.check().await?;
        let session = tokio::select! {
            session = Box::pin(self.open(run)) => session?,
            () = run.cancel.cancelled() => return Err(self.cancelled(run).await),
        };
        let tally = Box::pin(self.send_parts(run, &session)).await?;
        run.source.check().await?;
        let expected = multipart_etag(tally.done.values().map(|settled| settled.md5));
        failpoint::reach("upload.parts-there");
        let etag = self.complete(run, &session, &tally).await?;
        failpoint::reach("upload.completed");
        let warnings = self.proven(run, etag.as_deref(), &expected).await?;
        failpoint::reach("upload.proven");
        run.clear_journal().await?;
        run.tell(run.source.size(), 0);
        Ok(Uploaded {
            warnings,
            ..self.uploaded(run, tally.sent, etag)
        })
    }

    /// Brings every part to the store, several at a time.
    async fn send_parts(&self, run: &Run<'_>, session: &Session) -> Result<Tally, DeliveryError> {
        let mut waiting = parts(run.source.size(), session.part_size);
        let mut flying: FuturesUnordered<Sending<'_>> = FuturesUnordered::new();
        let mut tally = Tally::default();
        let mut ticks = interval(PROGRESS_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut give_up_at = None;
        loop {
            while give_up_at.is_none() && flying.len() < self.endpoint.concurrency.get() {
                let Some(part) = waiting.next() else { break };
                let meter = Meter::new();
                tally.meters.insert(part.number, meter.clone());
                flying.push(Box::pin(self.settle(run, session, part, meter)));
            }
            if flying.is_empty() {
                break;
            }
            tokio::select! {
                Some(settled) = flying.next() => self.note(run, session, &mut tally, settled?).await?,
                () = run.cancel.cancelled(), if give_up_at.is_none() => {
                    if run.job.on_cancel == CancelMode::Abort {
                        break;
                    }
                    give_up_at = Some(Instant::now() + GRACE);
                }
                () = sleep_until(give_up_at.unwrap_or_else(Instant::now)), if give_up_at.is_some() => break,
                _ = ticks.tick() => tally.tell(run),
            }
        }
        drop(flying);
        if run.cancel.is_cancelled() {
            return Err(self.cancelled(run).await);
        }
        Ok(tally)
    }

    /// Writes a settled part down.
    async fn note(
        &self,
        run: &Run<'_>,
        session: &Session,
        tally: &mut Tally,
        settled: Settled,
    ) -> Result<(), DeliveryError> {
        let part = &settled.part;
        failpoint::reach("upload.part-sent");
        if session.local.get(&part.number) != Some(part) {
            run.journal
                .part_done(run.job.id, part)
                .await
                .map_err(journal_failed)?;
            failpoint::reach("upload.part-kept");
        }
        tally.meters.remove(&part.number);
        tally.confirmed += part.size;
        tally.sent += if settled.sent { part.size } else { 0 };
        tally.done.insert(part.number, settled);
        tally.tell(run);
        Ok(())
    }

    /// Makes sure that the store has a part: by its own list, where number, size and MD5 agree, or
    /// by sending it.
    async fn settle(
        &self,
        run: &Run<'_>,
        session: &Session,
        part: Part,
        meter: Arc<Meter>,
    ) -> Result<Settled, DeliveryError> {
        let known = session
            .local
            .get(&part.number)
            .filter(|local| local.size == part.len);
        let md5 = match known.and_then(|local| Md5Sum::from_hex(&local.md5)) {
            Some(md5) => md5,
            None => run.source.md5(part.offset, part.len).await?,
        };
        let record = |etag: &str| UploadPart {
            number: part.number,
            size: part.len,
            md5: md5.to_string(),
            etag: bare_etag(etag).to_owned(),
        };
        let remote = session.remote.get(&part.number);
        if let Some(remote) =
            remote.filter(|remote| remote.size == part.len && md5.is_etag(&remote.etag))
        {
            return Ok(Settled {
                md5,
                part: record(&remote.etag),
                sent: false,
            });
        }
        run.source.check().await?;
        let etag = self.send_part(run, session, part, md5, &meter).await?;
        run.source.check().await?;
        Ok(Settled {
            md5,
            part: record(&etag),
            sent: true,
        })
    }

    async fn send_part(
        &self,
        run: &Run<'_>,
        session: &Session,
        part: Part,
        md5: Md5Sum,
        meter: &Arc<Meter>,
    ) -> Result<String, DeliveryError> {
        const OPERATION: &str = "UploadPart";
        let body = range_body(
            run.source.path(),
            part.offset,
            part.len,
            meter.clone(),
            self.throttle.clone(),
        );
        let request = self
            .clients
            .transfer
            .upload_part()
            .bucket(&self.endpoint.bucket)
            .key(&run.key)
            .upload_id(&session.upload_id)
            .part_number(part.number.cast_signed())
            .content_length(part.len.cast_signed())
            .content_md5(md5.to_base64())
            .body(body);
        let answer = self.watched(Box::pin(request.send()), meter).await;
        match answer.and_then(|sent| sent.map_err(|e| self.endpoint.classify(OPERATION, e))) {
            Ok(sent) => sent.e_tag.ok_or_else(|| DeliveryError::UnreadableAnswer {
                operation: OPERATION,
                status: 200,
                detail: "it has no ETag".into(),
            }),
            Err(error) => Err(run.blame(error, meter).await),
        }
    }

    /// Puts the parts together. From here on the call can't be cancelled: whether the object comes
    /// into being is the store's decision.
    async fn complete(
        &self,
        run: &Run<'_>,
        session: &Session,
        tally: &Tally,
    ) -> Result<Option<String>, DeliveryError> {
        let parts = tally.done.values().map(|settled| {
            CompletedPart::builder()
                .part_number(settled.part.number.cast_signed())
                .e_tag(&settled.part.etag)
                .build()
        });
        let request = self
            .clients
            .complete
            .complete_multipart_upload()
            .bucket(&self.endpoint.bucket)
            .key(&run.key)
            .upload_id(&session.upload_id)
            .multipart_upload(
                CompletedMultipartUpload::builder()
                    .set_parts(Some(parts.collect()))
                    .build(),
            );
        match Box::pin(request.send()).await {
            Ok(done) => Ok(done.e_tag().map(|etag| bare_etag(etag).to_owned())),
            Err(error) => {
                self.confirmed(
                    run,
                    self.endpoint.classify("CompleteMultipartUpload", error),
                )
                .await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_tile_the_file() {
        for (size, part_size) in [(1, 16), (16, 16), (17, 16), (48, 16), (50, 16)] {
            let tiles: Vec<Part> = parts(size, part_size).collect();
            let mut at = 0;
            for (index, part) in tiles.iter().enumerate() {
                assert_eq!((part.number as usize, part.offset), (index + 1, at));
                at += part.len;
            }
            assert_eq!(at, size);
            assert_eq!(tiles.len() as u64, size.div_ceil(part_size));
        }
    }
}
