//! Remote work that must happen, and happen once: a queue that survives crashes and weeks without a
//! network.
//!
//! A worker leases the next entry, does it, and tells the outcome. A worker that dies says nothing; its
//! lease runs out and another worker takes the entry, asking the remote first whether it had happened
//! (that is what the idempotency key is for). An entry is never dropped in silence: one that can't
//! succeed is `dead` until a person retries or cancels it.

mod lease;

use crate::column::{Json, Text, TimeColumns, time, unsigned};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use record::{OutboxEntry, OutboxState};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Params, Row, params};
use serde_json::Value;
use uuid::{NoContext, Uuid};

pub(crate) const TABLES: &str = "
-- seq is the order of the entries of one entity, and is never used twice.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    entity_id TEXT NOT NULL,
    payload TEXT NOT NULL,
    idempotency_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('ready', 'running', 'waiting', 'done', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at_s INTEGER NOT NULL,
    next_at_ns INTEGER NOT NULL CHECK (next_at_ns BETWEEN 0 AND 999999999),
    last_error TEXT,
    waiting_for TEXT,
    lease_worker TEXT,
    lease_until_s INTEGER,
    lease_until_ns INTEGER CHECK (lease_until_ns BETWEEN 0 AND 999999999),
    created_s INTEGER NOT NULL,
    created_ns INTEGER NOT NULL CHECK (created_ns BETWEEN 0 AND 999999999),
    CHECK ((state = 'running') = (lease_worker IS NOT NULL)),
    CHECK ((lease_worker IS NULL) = (lease_until_s IS NULL)),
    CHECK ((lease_worker IS NULL) = (lease_until_ns IS NULL))
) STRICT;

CREATE INDEX outbox_open ON outbox (entity_id, seq) WHERE state <> 'done';
";

/// What an entry waits for beside the earlier ones of its entity.
pub(crate) const NEEDS: &str = "
CREATE TABLE outbox_needs (
    entry_id TEXT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    needs_id TEXT NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
    PRIMARY KEY (entry_id, needs_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX outbox_needed ON outbox_needs (needs_id);
";

const COLUMNS: &str =
    "o.id, o.kind, o.entity_id, o.payload, o.idempotency_key, o.state, o.attempts,
    o.next_at_s, o.next_at_ns, o.last_error, o.waiting_for, o.created_s, o.created_ns";

/// Work to be queued.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewOutboxEntry {
    /// What to do, for example `s3.upload`.
    pub kind: String,
    /// The thing it is about; entries of one entity run in order.
    pub entity_id: String,
    /// What is needed to do it; never a secret or a presigned URL.
    pub payload: Value,
    /// Names the effect: two entries with one key would be the same work.
    pub idempotency_key: String,
    /// Idempotency keys of entries that have to be done before, whatever they are about. Those that are
    /// not queued hold nothing up.
    pub needs: Vec<String>,
}

/// Which entries to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutboxFilter {
    /// Only entries in one of these states; empty: in any.
    pub states: Vec<OutboxState>,
    /// Only entries of this kind.
    pub kind: Option<String>,
    /// Only entries about this entity.
    pub entity_id: Option<String>,
    /// At most this many, the oldest.
    pub limit: Option<u32>,
}

/// How many entries are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// May run now.
    pub ready: u64,
    /// Leased by a worker.
    pub running: u64,
    /// Wait for their time or for something outside.
    pub waiting: u64,
    /// Confirmed by the remote.
    pub done: u64,
    /// Need a person.
    pub dead: u64,
}

impl OutboxCounts {
    /// Entries that are still to happen without a person doing anything.
    #[must_use]
    pub fn pending(&self) -> u64 {
        self.ready + self.running + self.waiting
    }
}

impl Tx<'_> {
    /// Queues work. When an entry with this idempotency key exists, whatever its state, nothing is
    /// queued and that entry is the answer.
    ///
    /// # Errors
    ///
    /// [`StoreError::Conflict`] when the key belongs to another kind of work or another entity.
    pub fn enqueue(&self, entry: &NewOutboxEntry) -> Result<OutboxEntry, StoreError> {
        let by_key = self.one_entry("o.idempotency_key = ?1", [&entry.idempotency_key])?;
        if let Some(existing) = by_key {
            let fields = [
                ("kind", existing.kind == entry.kind),
                ("entity", existing.entity_id == entry.entity_id),
            ];
            return match fields.into_iter().find(|(_, same)| !same) {
                Some((field, _)) => Err(StoreError::conflict(
                    "outbox entry",
                    &entry.idempotency_key,
                    field,
                )),
                None => Ok(existing),
            };
        }
        let now = self.clock.now();
        let created = TimeColumns::from(now);
        let queued = OutboxEntry {
            id: time_ordered_id(now),
            kind: entry.kind.clone(),
            entity_id: entry.entity_id.clone(),
            payload: entry.payload.clone(),
            idempotency_key: entry.idempotency_key.clone(),
            state: OutboxState::Ready,
            attempts: 0,
            next_at: now,
            last_error: None,
            waiting_for: None,
            created: now,
        };
        self.conn
            .prepare_cached(
                "INSERT INTO outbox (id, kind, entity_id, payload, idempotency_key, state,
                    next_at_s, next_at_ns, created_s, created_ns)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7, ?8)",
            )?
            .execute(params![
                Text(queued.id),
                queued.kind,
                queued.entity_id,
                Json(&queued.payload),
                queued.idempotency_key,
                State(queued.state),
                created.secs,
                created.nanos,
            ])?;
        for key in &entry.needs {
            self.conn
                .prepare_cached(
                    "INSERT OR IGNORE INTO outbox_needs (entry_id, needs_id)
                     SELECT ?1, id FROM outbox
                     WHERE idempotency_key = ?2 AND state <> 'done' AND id <> ?1",
                )?
                .execute(params![Text(queued.id), key])?;
        }
        Ok(queued)
    }

    /// The entry with this id.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn outbox_entry(&self, id: Uuid) -> Result<Option<OutboxEntry>, StoreError> {
        self.one_entry("o.id = ?1", [Text(id)])
    }

    /// The entries that pass the filter, in the order they were queued.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn outbox(&self, filter: &OutboxFilter) -> Result<Vec<OutboxEntry>, StoreError> {
        let states: Vec<&str> = filter
            .states
            .iter()
            .map(|state| state_text(*state))
            .collect();
        // SQLite reads a negative limit as none.
        let limit = filter.limit.map_or(-1, i64::from);
        self.entries(
            "(?1 = '[]' OR o.state IN (SELECT value FROM json_each(?1)))
                AND (?2 IS NULL OR o.kind = ?2) AND (?3 IS NULL OR o.entity_id = ?3)
             ORDER BY o.seq LIMIT ?4",
            params![Json(states), filter.kind, filter.entity_id, limit],
        )
    }

    /// How many entries are in each state.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, StoreError> {
        let mut query = self
            .conn
            .prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
        let mut rows = query.query([])?;
        let mut counts = OutboxCounts::default();
        while let Some(row) = rows.next()? {
            let count = unsigned(row, 1)?;
            match row.get::<_, State>(0)?.0 {
                OutboxState::Ready => counts.ready = count,
                OutboxState::Running => counts.running = count,
                OutboxState::Waiting => counts.waiting = count,
                OutboxState::Done => counts.done = count,
                OutboxState::Dead => counts.dead = count,
            }
        }
        Ok(counts)
    }

    /// Makes a dead or waiting entry ready at once and forgets its attempts. An entry that is ready,
    /// running or done stays as it is. The answer is the entry afterwards.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub fn retry(&self, id: Uuid) -> Result<OutboxEntry, StoreError> {
        let now = TimeColumns::from(self.clock.now());
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'ready', attempts = 0, next_at_s = ?2, next_at_ns = ?3,
                    waiting_for = NULL
                 WHERE id = ?1 AND state IN ('dead', 'waiting')",
            )?
            .execute(params![Text(id), now.secs, now.nanos])?;
        self.outbox_entry(id)?
            .ok_or_else(|| StoreError::not_found("outbox entry", id))
    }

    /// Makes entries that wait ready at once: those waiting for the named thing, because it is back, or
    /// with `None` all of them. Answers how many. Their attempts are kept.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn wake(&self, waiting_for: Option<&str>) -> Result<usize, StoreError> {
        let now = TimeColumns::from(self.clock.now());
        let woken = self
            .conn
            .prepare_cached(
                "UPDATE outbox SET state = 'ready', next_at_s = ?2, next_at_ns = ?3, waiting_for = NULL
                 WHERE state = 'waiting' AND (?1 IS NULL OR waiting_for = ?1)",
            )?
            .execute(params![waiting_for, now.secs, now.nanos])?;
        Ok(woken)
    }

    /// Forgets the entries of a kind that are done. Their work may be queued again.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn forget_done(&self, kind: &str) -> Result<usize, StoreError> {
        let forgotten = self
            .conn
            .prepare_cached("DELETE FROM outbox WHERE kind = ?1 AND state = 'done'")?
            .execute([kind])?;
        Ok(forgotten)
    }

    /// The entry with this idempotency key.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn outbox_entry_by_key(&self, key: &str) -> Result<Option<OutboxEntry>, StoreError> {
        self.one_entry("o.idempotency_key = ?1", [key])
    }

    /// Gives up an entry that is not done, and those that build on it: the later ones of its entity, and
    /// all that need one of these. They are removed, so the same work may be queued again. Answers what was
    /// removed; nothing, when the entry is done.
    ///
    /// A worker that has the entry learns of it by [`StoreError::NotFound`]; what it did at the remote
    /// meanwhile stays done.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`].
    pub fn cancel(&self, id: Uuid) -> Result<Vec<OutboxEntry>, StoreError> {
        if self.outbox_entry(id)?.is_none() {
            return Err(StoreError::not_found("outbox entry", id));
        }
        // `UNION` takes each entry once, so a circle ends too.
        let cancelled = self.entries(
            "o.id IN (
                WITH RECURSIVE given_up (id, entity_id, seq) AS (
                    SELECT id, entity_id, seq FROM outbox WHERE id = ?1 AND state <> 'done'
                    UNION
                    SELECT later.id, later.entity_id, later.seq FROM outbox AS later, given_up
                    WHERE later.state <> 'done' AND (
                        (later.entity_id = given_up.entity_id AND later.seq > given_up.seq)
                        OR EXISTS (
                            SELECT 1 FROM outbox_needs AS n
                            WHERE n.entry_id = later.id AND n.needs_id = given_up.id
                        )
                    )
                )
                SELECT id FROM given_up
            ) ORDER BY o.seq",
            [Text(id)],
        )?;
        for entry in &cancelled {
            self.conn
                .prepare_cached("DELETE FROM outbox WHERE id = ?1")?
                .execute([Text(entry.id)])?;
        }
        Ok(cancelled)
    }

    fn one_entry(
        &self,
        condition: &str,
        params: impl Params,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        Ok(self.entries(condition, params)?.pop())
    }

    fn entries(
        &self,
        condition: &str,
        params: impl Params,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox AS o WHERE {condition}"
        ))?;
        let mut rows = query.query(params)?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(from_row(row)?);
        }
        Ok(found)
    }
}

/// A UUID v7 for this time; before the Unix epoch v7 has none, and the epoch is taken.
fn time_ordered_id(now: Timestamp) -> Uuid {
    let nanos = u128::try_from(now.nanos()).unwrap_or(0);
    let (secs, nanos) = (
        (nanos / 1_000_000_000) as u64,
        (nanos % 1_000_000_000) as u32,
    );
    Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, secs, nanos))
}

fn from_row(row: &Row<'_>) -> Result<OutboxEntry, StoreError> {
    Ok(OutboxEntry {
        id: row.get::<_, Text<_>>(0)?.0,
        kind: row.get(1)?,
        entity_id: row.get(2)?,
        payload: row.get::<_, Json<_>>(3)?.0,
        idempotency_key: row.get(4)?,
        state: row.get::<_, State>(5)?.0,
        attempts: row.get(6)?,
        next_at: time(row, 7)?,
        last_error: row.get(9)?,
        waiting_for: row.get(10)?,
        created: time(row, 11)?,
    })
}

fn state_text(state: OutboxState) -> &'static str {
    match state {
        OutboxState::Ready => "ready",
        OutboxState::Running => "running",
        OutboxState::Waiting => "waiting",
        OutboxState::Done => "done",
        OutboxState::Dead => "dead",
    }
}

struct State(OutboxState);

impl ToSql for State {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(state_text(self.0).into())
    }
}

impl FromSql for State {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Self(match value.as_str()? {
            "ready" => OutboxState::Ready,
            "running" => OutboxState::Running,
            "waiting" => OutboxState::Waiting,
            "done" => OutboxState::Done,
            "dead" => OutboxState::Dead,
            _ => return Err(FromSqlError::InvalidType),
        }))
    }
}
