//! Trying a connection out: what works, what does not, and what to do.

use super::Remotes;
use crate::doctor::{DoctorLine, DoctorState};
use crate::{Code, Failure};
use mediatime::Timestamp;
use serde::de::DeserializeOwned;
use tams::{
    Capability, Connection, Covering, Entity, FlowQuery, Issue, ObjectLocation, Pages,
    SegmentQuery, SourceQuery, TamsError,
};
use tams_model::Flow;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A clock that is off by more makes signed addresses fail.
const CLOCK: i64 = 60;
/// Flows that are looked into for a segment to read.
const LOOKED_INTO: usize = 10;

impl Remotes {
    /// Tries a connection out; nothing is written there. One line for each thing.
    pub(crate) async fn check(&self, name: &str, cancel: &CancellationToken) -> Vec<DoctorLine> {
        let mut lines = Lines {
            remote: super::remote_name(name),
            lines: Vec::new(),
        };
        if let Err(failure) = self.try_out(name, &mut lines, cancel).await {
            let failure = self.advise(name, failure);
            let what = match failure.code {
                Code::Unreachable => "reachable",
                Code::CredentialsRefused => "credentials accepted",
                _ => "answers as a TAMS server",
            };
            lines.bad(what, &failure);
        }
        lines.lines
    }

    async fn try_out(
        &self,
        name: &str,
        lines: &mut Lines,
        cancel: &CancellationToken,
    ) -> Result<(), Failure> {
        self.close(name);
        let connection = self.connection(name, cancel).await?;
        // The server was asked for its time last; a sign-in before that may have taken long.
        let asked_at = self.inner.clock.now();
        lines.good("reachable", connection.address());
        lines.good("server", self.server_words(name).unwrap_or_default());
        for issue in connection.issues() {
            lines.lacking("settings", issue.what.clone(), "");
        }
        self.check_clock(&connection, asked_at, lines);
        let (sources, odd) = first(connection.source_pages(&SourceQuery::default())?).await?;
        lines.good("credentials accepted", self.config(name)?.auth.words());
        let (flows, odder) = first(connection.flow_pages(&FlowQuery::default())?).await?;
        lines.good(
            "lists",
            format!(
                "{} sources and {} flows on the first page",
                sources.len(),
                flows.len()
            ),
        );
        for issue in odd.iter().chain(&odder).take(LOOKED_INTO) {
            lines.lacking(
                "lists",
                issue.to_string(),
                "What makes no sense is left out.",
            );
        }
        self.check_media(&connection, &flows, lines).await;
        let store = self.config(name)?.store.as_deref();
        let needed = match store {
            Some(_) => Capability::UncontrolledObjects,
            None if connection.require(Capability::MediaWithSegment).is_ok() => {
                Capability::MediaWithSegment
            }
            None => Capability::StorageAllocation,
        };
        match connection.require(needed) {
            Ok(()) if self.config(name)?.default => check_writing(&connection, lines).await,
            Ok(()) => {
                let place = store.map_or_else(String::new, |store| format!("into s3.{store}; "));
                let detail = format!("{place}not tried: nothing is published there");
                lines.good("takes uploads", detail);
            }
            Err(error) => lines.lacking("takes uploads", error.to_string(), error.hint()),
        }
        Ok(())
    }

    /// Signed addresses and tokens end by the server's clock.
    fn check_clock(&self, connection: &Connection, asked_at: Timestamp, lines: &mut Lines) {
        let Some(theirs) = connection.server_time() else {
            lines.lacking("clock", "the server does not tell its time", "");
            return;
        };
        let off = theirs.saturating_sub(asked_at).nanos() / 1_000_000_000;
        let off = i64::try_from(off).unwrap_or(i64::MAX);
        if off.abs() <= CLOCK {
            lines.good("clock", "the same time within a minute");
        } else {
            let way = if off > 0 { "ahead" } else { "behind" };
            lines.lacking(
                "clock",
                format!(
                    "the server's clock is {} s {way} of this machine's",
                    off.abs()
                ),
                "Set both by a time server: signed addresses fail otherwise.",
            );
        }
    }

    /// Reads the first bytes of some object.
    async fn check_media(&self, connection: &Connection, flows: &[Flow], lines: &mut Lines) {
        const WHAT: &str = "gives media out";
        let with_media = flows
            .iter()
            .filter(|flow| flow.technical.container.is_some());
        for flow in with_media.take(LOOKED_INTO) {
            let told = connection.flow(flow.id, &Covering::Whole).await;
            let range = told.ok().and_then(|flow| flow.timerange);
            if range.is_some_and(|range| range.is_empty()) {
                continue;
            }
            let query = SegmentQuery {
                limit: Some(1),
                timerange: range,
                ..SegmentQuery::default()
            };
            let segment = match connection.segment_pages(flow.id, &query) {
                Ok(mut pages) => match pages.next().await {
                    Ok(page) => page.and_then(|page| page.items.into_iter().next()),
                    Err(error) => return lines.bad(WHAT, &error.into()),
                },
                Err(error) => return lines.bad(WHAT, &error.into()),
            };
            let Some(segment) = segment else { continue };
            let location = ObjectLocation {
                object_id: segment.object_id,
                flow: Some(flow.id),
                timerange: Some(segment.timerange),
            };
            let read = async { connection.open_object(&location).await?.read(0, 1024).await };
            return match read.await {
                Ok(piece) => lines.good(
                    WHAT,
                    match piece.total {
                        Some(total) => {
                            format!("by range; object {} has {total} bytes", location.object_id)
                        }
                        None => format!("object {}", location.object_id),
                    },
                ),
                Err(error) => lines.bad(WHAT, &error.into()),
            };
        }
        lines.lacking(WHAT, "no flow there has a segment to try", "");
    }
}

/// Whether we may write, without writing: what is changed is a flow that is nowhere. A server that
/// lets us would says so; one that does not refuses before it looks.
async fn check_writing(connection: &Connection, lines: &mut Lines) {
    const WHAT: &str = "lets us write";
    let Ok(nowhere) = Uuid::new_v4().to_string().parse() else {
        return;
    };
    let tried = connection.set_label(Entity::Flow(nowhere), Some("stringout"));
    match tried.await {
        Err(TamsError::NotFound { .. }) => lines.good(WHAT, "tried on a flow that does not exist"),
        Ok(()) => lines.lacking(
            WHAT,
            format!("it takes the label of flow {nowhere}, which does not exist"),
            "It checks little of what is written; look twice at what is published there.",
        ),
        Err(error) => lines.bad(WHAT, &error.into()),
    }
}

/// The first page: a server may have more than one wants to read for a look.
async fn first<T: DeserializeOwned>(mut pages: Pages<T>) -> Result<(Vec<T>, Vec<Issue>), Failure> {
    let page = pages.next().await?;
    Ok(page
        .map(|page| (page.items, page.issues))
        .unwrap_or_default())
}

struct Lines {
    remote: String,
    lines: Vec<DoctorLine>,
}

impl Lines {
    fn add(&mut self, what: &str, state: DoctorState, detail: String, hint: &str) {
        self.lines.push(DoctorLine {
            name: format!("{}: {what}", self.remote),
            state,
            detail,
            hint: hint.to_owned(),
        });
    }

    fn good(&mut self, what: &str, detail: impl Into<String>) {
        self.add(what, DoctorState::Ok, detail.into(), "");
    }

    fn lacking(&mut self, what: &str, detail: impl Into<String>, hint: &str) {
        self.add(what, DoctorState::Missing, detail.into(), hint);
    }

    fn bad(&mut self, what: &str, failure: &Failure) {
        self.add(
            what,
            DoctorState::Broken,
            failure.detail.clone(),
            &failure.hint,
        );
    }
}
