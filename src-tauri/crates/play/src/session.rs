//! Sessions: who may fetch which media, for now.
//!
//! A session lives in memory only. Its id is random and stands in the address of the media, so the
//! file can't be fetched by who did not open a live link. It ends [`LEASE_MS`] after it was opened
//! or last renewed by a report of its viewer.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use loopback::Token;
use record::ShortId;
use uuid::Uuid;

/// A session ends this long after its last report, in milliseconds.
pub const LEASE_MS: i64 = 600_000;

/// Sessions at once; when there are more, those nearest their end go.
const SESSIONS: usize = 20_000;

/// What a session may fetch.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) compilation: Uuid,
    /// The printed code it was opened by.
    pub(crate) code: Option<ShortId>,
    pub(crate) media: PathBuf,
    pub(crate) content_type: String,
    pub(crate) captions: Vec<PathBuf>,
}

struct Session {
    grant: Arc<Grant>,
    sid: String,
    ends_ms: i64,
}

/// All open sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    by_id: HashMap<String, Session>,
    /// The viewer's CMCD session id, which reports carry, to our session.
    by_sid: HashMap<String, String>,
}

impl Sessions {
    /// Opens a session. Reports that carry `sid`, or the session's own id without one, renew it.
    pub(crate) fn open(&self, grant: Grant, sid: Option<String>, now_ms: i64) -> String {
        let id = Token::random().expose().to_owned();
        let sid = sid.unwrap_or_else(|| id.clone());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.by_id.len() >= SESSIONS {
            open.make_room(now_ms);
        }
        open.by_sid.insert(sid.clone(), id.clone());
        let session = Session {
            grant: Arc::new(grant),
            sid,
            ends_ms: now_ms.saturating_add(LEASE_MS),
        };
        open.by_id.insert(id.clone(), session);
        id
    }

    /// What the session may fetch; `None` when there is none or its lease has ended.
    pub(crate) fn grant(&self, id: &str, now_ms: i64) -> Option<Arc<Grant>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let session = open.by_id.get(id)?;
        (now_ms < session.ends_ms).then(|| Arc::clone(&session.grant))
    }

    /// A report of `sid` about `compilation` arrived. A lease that has ended stays ended.
    pub(crate) fn renew(&self, sid: &str, compilation: Uuid, now_ms: i64) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let Open { by_id, by_sid } = &mut *open;
        let session = by_sid.get(sid).and_then(|id| by_id.get_mut(id));
        if let Some(session) = session
            && session.grant.compilation == compilation
            && now_ms < session.ends_ms
        {
            session.ends_ms = session.ends_ms.max(now_ms.saturating_add(LEASE_MS));
        }
    }
}

impl Open {
    fn make_room(&mut self, now_ms: i64) {
        self.by_id.retain(|_, session| now_ms < session.ends_ms);
        if self.by_id.len() >= SESSIONS {
            let mut ends: Vec<i64> = self.by_id.values().map(|session| session.ends_ms).collect();
            let (_, middle, _) = ends.select_nth_unstable(SESSIONS / 10);
            let first_kept = *middle;
            self.by_id.retain(|_, session| session.ends_ms > first_kept);
        }
        let by_id = &self.by_id;
        self.by_sid
            .retain(|sid, id| by_id.get(id).is_some_and(|session| session.sid == *sid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant() -> Grant {
        Grant {
            compilation: Uuid::from_u128(7),
            code: None,
            media: "a.mp4".into(),
            content_type: "video/mp4".to_owned(),
            captions: Vec::new(),
        }
    }

    #[test]
    fn a_lease_ends_unless_reports_arrive() {
        let sessions = Sessions::default();
        let id = sessions.open(grant(), Some("viewer".to_owned()), 0);
        assert!(id.len() >= 32);
        assert!(sessions.grant(&id, LEASE_MS - 1).is_some());
        sessions.renew("viewer", Uuid::from_u128(7), LEASE_MS - 1);
        assert!(sessions.grant(&id, 2 * LEASE_MS - 2).is_some());
        sessions.renew("viewer", Uuid::from_u128(8), 2 * LEASE_MS - 2);
        sessions.renew("somebody", Uuid::from_u128(7), 2 * LEASE_MS - 2);
        assert!(sessions.grant(&id, 2 * LEASE_MS - 1).is_none());
        sessions.renew("viewer", Uuid::from_u128(7), 2 * LEASE_MS);
        assert!(
            sessions.grant(&id, 2 * LEASE_MS).is_none(),
            "what has ended stays ended"
        );
        assert!(sessions.grant("guess", 0).is_none());
    }

    #[test]
    fn a_viewer_that_names_no_id_reports_with_the_sessions_own() {
        let sessions = Sessions::default();
        let id = sessions.open(grant(), None, 0);
        sessions.renew(&id, Uuid::from_u128(7), LEASE_MS / 2);
        assert!(sessions.grant(&id, LEASE_MS).is_some());
    }

    #[test]
    fn memory_is_bounded_and_the_newest_stay() {
        let sessions = Sessions::default();
        let last = (0..=SESSIONS as i64 + 5)
            .map(|now| sessions.open(grant(), None, now))
            .last()
            .unwrap();
        assert!(sessions.grant(&last, SESSIONS as i64).is_some());
        let open = sessions.open.lock().unwrap();
        assert!(open.by_id.len() <= SESSIONS);
        assert_eq!(open.by_id.len(), open.by_sid.len());
    }
}
