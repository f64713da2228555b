//! Flows: listed, read, created, replaced, changed.

use http::Method;
use mediatime::TimeRange;
use serde_json::{Value, json};
use tams_model::{Flow, FlowCollectionItem, FlowStatus, Id, TagValue};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::dialect::FlowWriting;
use crate::error::TamsError;
use crate::issue::Listed;
use crate::pages::Pages;
use crate::properties::Entity;
use crate::query::FlowQuery;
use crate::reading;
use crate::transport::Call;

/// Whether a flow is to tell what its segments cover.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Covering {
    /// No.
    #[default]
    Untold,
    /// All of it.
    Whole,
    /// As much of it as lies in this timerange.
    Within(TimeRange),
}

impl Connection {
    /// Flows, page by page.
    ///
    /// # Errors
    ///
    /// None of the network's before the first page is asked for.
    pub fn flow_pages(&self, query: &FlowQuery) -> Result<Pages<Flow>, TamsError> {
        let mut url = self.url(&["flows"])?;
        let mut sent = query.clone();
        if sent.timerange.is_some_and(|range| range.is_eternity()) {
            sent.timerange = None;
        }
        if !self.has(Capability::SortBy) {
            sent.sort_by = None;
        }
        if !self.has(Capability::CollectedByFilter) {
            sent.collected_by = None;
        }
        if !self.has(Capability::Profiles) && sent.profile_id.is_some() {
            return Err(self.unsupported(Capability::Profiles.lack()));
        }
        if !self.has(Capability::FlowStatus) {
            sent.status = None;
        }
        if !self.has(Capability::FlowFilters) {
            sent = FlowQuery {
                source_id: sent.source_id,
                limit: sent.limit,
                ..FlowQuery::default()
            };
        }
        sent.append(&mut url);
        let wanted = query.clone();
        let pages = Pages::new(self.clone(), url, query.limit);
        Ok(pages.keeping(move |flow: &Flow| wanted.admits(flow)))
    }

    /// All flows of `query`.
    ///
    /// # Errors
    ///
    /// Those of [`Pages::next`].
    pub async fn flows(&self, query: &FlowQuery) -> Result<Listed<Flow>, TamsError> {
        let mut listed = self.flow_pages(query)?.all().await?;
        if let Some(sort) = query.sort_by
            && !self.has(Capability::SortBy)
        {
            sort.sort_flows(&mut listed.items, query.reverse);
        }
        Ok(listed)
    }

    /// One flow. What it covers is absent when the server doesn't tell
    /// ([`Capability::FlowTimerange`]).
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn flow(&self, id: Id, covering: &Covering) -> Result<Flow, TamsError> {
        let mut call = Call::get(self.url(&["flows", &id.to_string()])?);
        if self.has(Capability::FlowTimerange) {
            if *covering != Covering::Untold {
                call = call.query("include_timerange", "true");
            }
            if let Covering::Within(range) = covering {
                call = call.query("timerange", &range.to_string());
            }
        }
        let answer = self.send(&call).await?;
        reading::one(&answer, "a flow")
    }

    /// Creates a flow, or replaces all of its metadata: what `flow` leaves out is gone afterwards,
    /// tags included. Answers the flow as the server keeps it.
    ///
    /// # Errors
    ///
    /// [`TamsError::Forbidden`] when it is read-only, [`TamsError::Integrity`] when the server keeps
    /// another format, codec or container than it was sent, and what any call fails with.
    pub async fn put_flow(&self, flow: &Flow) -> Result<Flow, TamsError> {
        if flow.profile_id.is_some() {
            self.require(Capability::Profiles)?;
        }
        if flow.technical.init_segments() {
            self.require(Capability::InitSegments)?;
        }
        let body = self.adapter().flow_body(flow)?;
        let id = flow.id.to_string();
        match self.adapter().flow_writing() {
            FlowWriting::Put => self.replace_flow(&id, &body).await?,
            FlowWriting::PostThenPut { source_first } => {
                match self.flow(flow.id, &Covering::Untold).await {
                    Ok(_) => self.replace_flow(&id, &body).await?,
                    Err(TamsError::NotFound { .. }) => {
                        if source_first {
                            self.make_source(flow).await?;
                        }
                        self.post_flow(flow.id, &body).await?;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        let kept = self.flow(flow.id, &Covering::Untold).await?;
        self.same_flow(flow, &kept)?;
        Ok(kept)
    }

    async fn replace_flow(&self, id: &str, body: &Value) -> Result<(), TamsError> {
        let url = self.url(&["flows", id])?;
        self.write(&Call::new(Method::PUT, url).json(body)?)
            .await
            .map(drop)
    }

    /// Creates by `POST`; whether a lost answer took effect is asked, not guessed.
    async fn post_flow(&self, id: Id, body: &Value) -> Result<(), TamsError> {
        let call = Call::new(Method::POST, self.url(&["flows"])?).json(body)?;
        match self.write(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_ambiguous() => match self.flow(id, &Covering::Untold).await {
                Ok(_) => Ok(()),
                Err(_) => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// vasttams 6.0, quirk 4: a flow needs its source to be there.
    async fn make_source(&self, flow: &Flow) -> Result<(), TamsError> {
        match self.source(flow.source_id).await {
            Ok(_) => return Ok(()),
            Err(TamsError::NotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut body = json!({"id": flow.source_id, "format": flow.technical.format});
        if let Some(label) = &flow.label {
            body["label"] = json!(label);
        }
        let call = Call::new(Method::POST, self.url(&["sources"])?).json(&body)?;
        match self.write(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_ambiguous() => match self.source(flow.source_id).await {
                Ok(_) => Ok(()),
                Err(_) => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    fn same_flow(&self, sent: &Flow, kept: &Flow) -> Result<(), TamsError> {
        let differs = |detail: &str| {
            Err(TamsError::Integrity {
                what: format!("flow {}", sent.id),
                detail: format!("the server keeps another {detail} than it was sent"),
            })
        };
        if kept.id != sent.id || kept.source_id != sent.source_id {
            return differs("id or source");
        }
        let (sent, kept) = (&sent.technical, &kept.technical);
        if sent.format.is_some() && sent.format != kept.format {
            return differs("format");
        }
        for (name, sent, kept) in [
            ("codec", &sent.codec, &kept.codec),
            ("container", &sent.container, &kept.container),
        ] {
            if let Some(sent) = sent
                && !kept.as_ref().is_some_and(|kept| kept.same_type(sent))
            {
                return differs(name);
            }
        }
        Ok(())
    }

    /// Sets where the ingest of a flow stands: its status, or before 8.2 the tag `flow_status`.
    ///
    /// # Errors
    ///
    /// [`TamsError::NotFound`] and what any call fails with.
    pub async fn set_status(&self, id: Id, status: FlowStatus) -> Result<(), TamsError> {
        if !self.has(Capability::FlowStatus) {
            let value = TagValue::from(status.as_str());
            return self.set_tag(Entity::Flow(id), "flow_status", &value).await;
        }
        // 8.2 has no call for the status alone.
        let mut flow = self.flow(id, &Covering::Untold).await?;
        if flow.status == Some(status) {
            return Ok(());
        }
        flow.status = Some(status);
        let body = self.adapter().flow_body(&flow)?;
        self.replace_flow(&id.to_string(), &body).await
    }

    /// Whether the flow refuses changes.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn read_only(&self, id: Id) -> Result<bool, TamsError> {
        let flow = self.flow(id, &Covering::Untold).await?;
        Ok(flow.read_only.unwrap_or(false))
    }

    /// Locks a flow, or unlocks it.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn set_read_only(&self, id: Id, read_only: bool) -> Result<(), TamsError> {
        self.set_property(Entity::Flow(id), "read_only", Some(Value::Bool(read_only)))
            .await
    }

    /// The flows that a flow collects, in order.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn flow_collection(&self, id: Id) -> Result<Vec<FlowCollectionItem>, TamsError> {
        let flow = self.flow(id, &Covering::Untold).await?;
        Ok(flow.flow_collection.unwrap_or_default())
    }

    /// Sets the flows that a flow collects, or takes the collection away.
    ///
    /// # Errors
    ///
    /// What any call fails with.
    pub async fn set_flow_collection(
        &self,
        id: Id,
        items: Option<&[FlowCollectionItem]>,
    ) -> Result<(), TamsError> {
        self.set_property(
            Entity::Flow(id),
            "flow_collection",
            items.map(|items| json!(items)),
        )
        .await
    }

    /// Sets the highest bit rate of a flow's segments in 1000 bits per second, or takes it away.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn set_max_bit_rate(&self, id: Id, rate: Option<u64>) -> Result<(), TamsError> {
        self.require(Capability::BitRates)?;
        self.set_property(Entity::Flow(id), "max_bit_rate", rate.map(Value::from))
            .await
    }

    /// Sets the average bit rate of a flow's segments in 1000 bits per second, or takes it away.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn set_avg_bit_rate(&self, id: Id, rate: Option<u64>) -> Result<(), TamsError> {
        self.require(Capability::BitRates)?;
        self.set_property(Entity::Flow(id), "avg_bit_rate", rate.map(Value::from))
            .await
    }
}
