//! Deleting, which takes a value that says what and that it is meant.

use http::Method;
use http::header::LOCATION;
use mediatime::TimeRange;
use tams_model::{DeletionRequest, Id};

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::issue::Listed;
use crate::pages::Pages;
use crate::reading;
use crate::transport::Call;

/// A deletion somebody has confirmed. There is no way back from it, and servers delete objects that
/// other flows still use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmedDeletion {
    flow: Id,
    timerange: Option<TimeRange>,
}

impl ConfirmedDeletion {
    /// The user wants `flow` with all its segments gone.
    pub const fn of_flow(flow: Id) -> Self {
        Self {
            flow,
            timerange: None,
        }
    }

    /// The user wants the segments of `flow` gone that lie completely in `timerange`.
    pub const fn of_segments(flow: Id, timerange: TimeRange) -> Self {
        Self {
            flow,
            timerange: Some(timerange),
        }
    }
}

/// How a deletion went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// All is gone.
    Done,
    /// It is under way.
    Running {
        /// Its request, to follow it by [`Connection::deletion`]; absent when the server doesn't
        /// tell.
        request: Option<Id>,
    },
}

impl Connection {
    /// Deletes what `confirmed` says.
    ///
    /// Segments are always deleted by timerange, never by object: vasttams 8.0 takes an object's id
    /// alone for the whole flow.
    ///
    /// # Errors
    ///
    /// [`TamsError::Forbidden`] when the flow is read-only or the scope is missing, and what any
    /// call fails with.
    pub async fn delete(&self, confirmed: &ConfirmedDeletion) -> Result<Deletion, TamsError> {
        let flow = confirmed.flow.to_string();
        let call = match &confirmed.timerange {
            None => Call::new(Method::DELETE, self.url(&["flows", &flow])?),
            Some(range) if range.is_empty() => return Ok(Deletion::Done),
            // vasttams 8.0, quirk 9: object_id alone wipes the flow.
            Some(range) => Call::new(Method::DELETE, self.url(&["flows", &flow, "segments"])?)
                .query("timerange", &range.to_string()),
        };
        let answer = match self.write(&call).await {
            Ok(answer) => answer,
            // What a lost answer had deleted is not there the second time.
            Err(TamsError::NotFound { .. }) => return Ok(Deletion::Done),
            Err(error) => return Err(error),
        };
        if answer.status != http::StatusCode::ACCEPTED {
            return Ok(Deletion::Done);
        }
        // vasttams 8.0, quirk 9: the address lacks its prefix; the id at its end is enough.
        let located = answer
            .text(LOCATION.as_str())
            .and_then(|location| location.split(['?', '#']).next())
            .and_then(|path| path.trim_end_matches('/').rsplit('/').next())
            .and_then(|id| id.parse().ok());
        let told = || {
            reading::one::<DeletionRequest>(&answer, "a deletion")
                .ok()
                .map(|request| request.id)
        };
        Ok(Deletion::Running {
            request: located.or_else(told),
        })
    }

    /// A deletion under way.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`], [`TamsError::NotFound`] when the server has forgotten it, and what
    /// any call fails with.
    pub async fn deletion(&self, request: Id) -> Result<DeletionRequest, TamsError> {
        self.require(Capability::DeletionRequests)?;
        let id = request.to_string();
        self.get_one(&["flow-delete-requests", &id], "a deletion")
            .await
    }

    /// The deletions the server remembers.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`] and what any call fails with.
    pub async fn deletions(&self) -> Result<Listed<DeletionRequest>, TamsError> {
        self.require(Capability::DeletionRequests)?;
        let url = self.url(&["flow-delete-requests"])?;
        Pages::new(self.clone(), url, None).all().await
    }
}
