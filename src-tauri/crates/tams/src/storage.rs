//! Asking where new objects are to be uploaded.

use std::collections::HashSet;

use http::Method;
use tams_model::{Id, StorageRequest, StorageResponse};
use url::Url;

use crate::capability::Capability;
use crate::connection::Connection;
use crate::error::TamsError;
use crate::reading;
use crate::transport::Call;

impl Connection {
    /// Asks for places to upload objects of `flow` to. They are good for a short time
    /// (`min_presigned_url_timeout` of the service), so ask for few, just before uploading them.
    ///
    /// A request with names of one's own that was answered and lost can't be repeated: the server
    /// refuses names it has given out. Choose others then, unless [`Connection::object`] knows them.
    ///
    /// # Errors
    ///
    /// [`TamsError::Unsupported`], [`TamsError::Rejected`] when a name is taken,
    /// [`TamsError::Integrity`] when the answer is not what was asked for, and what any call fails
    /// with.
    pub async fn allocate(
        &self,
        flow: Id,
        request: &StorageRequest,
    ) -> Result<StorageResponse, TamsError> {
        self.require(Capability::StorageAllocation)?;
        if request.object_ids.is_some() {
            self.require(Capability::ChosenObjectIds)?;
        }
        let mut sent = request.clone();
        if !self.has(Capability::PresignedFilter) {
            sent.presigned = None;
        }
        let url = self.url(&["flows", &flow.to_string(), "storage"])?;
        let mut call = Call::new(Method::POST, url).json(&sent)?;
        // Places nobody uses are given up by themselves.
        call.repeatable = sent.object_ids.is_none();
        let answer = self.write(&call).await?;
        let response: StorageResponse = reading::one(&answer, "places to upload to")?;
        check(&sent, &response)?;
        Ok(response)
    }
}

fn check(request: &StorageRequest, response: &StorageResponse) -> Result<(), TamsError> {
    let wrong = |detail: String| {
        Err(TamsError::Integrity {
            what: "the places to upload to".to_owned(),
            detail,
        })
    };
    let given: HashSet<&str> = response
        .media_objects
        .iter()
        .map(|object| object.object_id.as_str())
        .collect();
    if given.len() != response.media_objects.len() {
        return wrong("two of them are of one object".to_owned());
    }
    if let Some(wanted) = &request.object_ids {
        if let Some(missing) = wanted.iter().find(|id| !given.contains(id.as_str())) {
            return wrong(format!("object {missing} is missing"));
        }
        if given.len() != wanted.len() {
            return wrong("there are more of them than were asked for".to_owned());
        }
    }
    if let Some(limit) = request.limit {
        let found = response.media_objects.len();
        if found == 0 || i64::try_from(found).is_ok_and(|found| found > limit) {
            return wrong(format!("there are {found} of them, asked for were {limit}"));
        }
    }
    for object in &response.media_objects {
        let usable = Url::parse(&object.put_url.url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if !usable {
            return wrong(format!("that of {} is no URL", object.object_id));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn response(ids: &[&str]) -> StorageResponse {
        let objects: Vec<_> = ids
            .iter()
            .map(|id| json!({"object_id": id, "put_url": {"url": "https://s3/a?x=1"}}))
            .collect();
        serde_json::from_value(json!({"media_objects": objects})).unwrap()
    }

    #[test]
    fn the_answer_must_be_what_was_asked_for() {
        let named = StorageRequest::object_ids(["a", "b"]);
        assert!(check(&named, &response(&["b", "a"])).is_ok());
        for ids in [&["a"][..], &["a", "c"], &["a", "b", "c"], &["a", "a"], &[]] {
            assert!(check(&named, &response(ids)).is_err(), "{ids:?}");
        }
        let counted = StorageRequest::limit(2);
        assert!(check(&counted, &response(&["x"])).is_ok());
        for ids in [&["a", "b", "c"][..], &[]] {
            assert!(check(&counted, &response(ids)).is_err(), "{ids:?}");
        }
        let mut odd = response(&["x"]);
        odd.media_objects[0].put_url.url = "file:///etc/passwd".to_owned();
        let error = check(&counted, &odd).unwrap_err().to_string();
        assert!(!error.contains("passwd"), "{error}");
    }
}
