//! Pending remote work and the state of uploads.

use mediatime::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One remote write that must happen, and happen once. Written in the same transaction as the
/// change it belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutboxEntry {
    /// Time-ordered (v7) UUID; local only.
    pub id: Uuid,
    /// What to do, for example `s3.upload`.
    pub kind: String,
    /// The thing it is about; entries of one entity run in order.
    pub entity_id: String,
    /// What the use case needs to do it; never a secret or a presigned URL.
    pub payload: serde_json::Value,
    /// Sent with the effect, so that a lost answer is recognised instead of repeated.
    pub idempotency_key: String,
    /// Where it stands.
    pub state: OutboxState,
    /// How often it was tried.
    pub attempts: u32,
    /// Not before this time (UTC since the Unix epoch).
    pub next_at: Timestamp,
    /// What went wrong last, in words for the user.
    pub last_error: Option<String>,
    /// What it waits for, in words for the user: `network`, `sign in`, `disk`.
    pub waiting_for: Option<String>,
    /// UTC since the Unix epoch.
    pub created: Timestamp,
}

/// State of an outbox entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutboxState {
    /// May run now.
    Ready,
    /// A worker holds a lease on it.
    Running,
    /// Waits for its time or for something outside.
    Waiting,
    /// The remote confirmed it.
    Done,
    /// Needs a person: it will not succeed by itself.
    Dead,
}

/// A multipart upload that was begun: the part size is frozen for its whole life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadState {
    /// Our id of the job.
    pub job_id: Uuid,
    /// The store's id of the multipart upload.
    pub upload_id: String,
    /// Bytes of every part but the last.
    pub part_size: u64,
    /// Parts the store confirmed.
    pub parts: Vec<UploadPart>,
}

/// One part the store confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadPart {
    /// 1-based.
    pub number: u32,
    /// Bytes.
    pub size: u64,
    /// MD5 of the part's bytes, hex.
    pub md5: String,
    /// As the store answered, without quotes.
    pub etag: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_entry_has_this_shape() {
        let entry = OutboxEntry {
            id: Uuid::from_u128(1),
            kind: "s3.upload".to_owned(),
            entity_id: "compilation-1".to_owned(),
            payload: json!({"key": "compilations/1/a.mp4"}),
            idempotency_key: "k".to_owned(),
            state: OutboxState::Waiting,
            attempts: 3,
            next_at: "1800000060:1".parse().unwrap(),
            last_error: Some("connection refused".to_owned()),
            waiting_for: Some("network".to_owned()),
            created: "1800000000:0".parse().unwrap(),
        };
        let mut value = json!({
            "id": "00000000-0000-0000-0000-000000000001",
            "kind": "s3.upload",
            "entity_id": "compilation-1",
            "payload": {"key": "compilations/1/a.mp4"},
            "idempotency_key": "k",
            "state": "waiting",
            "attempts": 3,
            "next_at": "1800000060:1",
            "last_error": "connection refused",
            "waiting_for": "network",
            "created": "1800000000:0",
        });
        assert_eq!(serde_json::to_value(&entry).unwrap(), value);
        assert_eq!(
            serde_json::from_value::<OutboxEntry>(value.clone()).unwrap(),
            entry
        );

        let plain = OutboxEntry {
            last_error: None,
            waiting_for: None,
            ..entry
        };
        value["last_error"] = json!(null);
        value["waiting_for"] = json!(null);
        assert_eq!(serde_json::to_value(&plain).unwrap(), value);
        assert_eq!(serde_json::from_value::<OutboxEntry>(value).unwrap(), plain);
    }

    #[test]
    fn states_are_lower_case_words() {
        let states = [
            (OutboxState::Ready, "ready"),
            (OutboxState::Running, "running"),
            (OutboxState::Waiting, "waiting"),
            (OutboxState::Done, "done"),
            (OutboxState::Dead, "dead"),
        ];
        for (state, word) in states {
            assert_eq!(serde_json::to_value(state).unwrap(), json!(word));
            assert_eq!(
                serde_json::from_value::<OutboxState>(json!(word)).unwrap(),
                state
            );
        }
        serde_json::from_value::<OutboxState>(json!("cancelled")).unwrap_err();
    }

    #[test]
    fn an_upload_has_this_shape() {
        let upload = UploadState {
            job_id: Uuid::from_u128(1),
            upload_id: "u-1".to_owned(),
            part_size: 16_777_216,
            parts: vec![UploadPart {
                number: 1,
                size: u64::MAX,
                md5: "0cc1".to_owned(),
                etag: "e".to_owned(),
            }],
        };
        let value = json!({
            "job_id": "00000000-0000-0000-0000-000000000001",
            "upload_id": "u-1",
            "part_size": 16_777_216,
            "parts": [{"number": 1, "size": 18_446_744_073_709_551_615_u64, "md5": "0cc1", "etag": "e"}],
        });
        assert_eq!(serde_json::to_value(&upload).unwrap(), value);
        assert_eq!(
            serde_json::from_value::<UploadState>(value).unwrap(),
            upload
        );
    }
}
