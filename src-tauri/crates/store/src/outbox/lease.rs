//! Leases on outbox entries: who may do the work, for how long, and how it ended.

use crate::column::{Json, Text, TimeColumns, time};
use crate::{StoreError, Tx};
use mediatime::Timestamp;
use record::OutboxEntry;
use rusqlite::{OptionalExtension, Params, params};
use std::time::Duration;
use uuid::Uuid;

/// Not finished, of the kinds in ?1 (a JSON list; empty: every kind), first of its entity, and with
/// everything done that it needs.
const FIRST_OF_ENTITY: &str = "
    o.state <> 'done' AND o.state <> 'dead'
    AND (?1 = '[]' OR o.kind IN (SELECT value FROM json_each(?1)))
    AND NOT EXISTS (
        SELECT 1 FROM outbox AS earlier
        WHERE earlier.state <> 'done' AND earlier.entity_id = o.entity_id AND earlier.seq < o.seq
    )
    AND NOT EXISTS (
        SELECT 1 FROM outbox_needs AS n JOIN outbox AS needed ON needed.id = n.needs_id
        WHERE n.entry_id = o.id AND needed.state <> 'done'
    )";

impl Tx<'_> {
    /// Gives `worker` the oldest entry that is due and first of its entity, for the time `lease`. The
    /// entry is then `running` and counts one attempt more. An entry whose lease ran out is due again.
    ///
    /// `kinds` are those the worker can do; empty means any. Worker names must be unique among all
    /// workers of all processes: they tell whose lease it is.
    ///
    /// # Errors
    ///
    /// Errors of reading and writing.
    pub fn lease_next(
        &self,
        kinds: &[&str],
        worker: &str,
        lease: Duration,
    ) -> Result<Option<OutboxEntry>, StoreError> {
        let now = TimeColumns::from(self.clock.now());
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT o.seq FROM outbox AS o
             WHERE {FIRST_OF_ENTITY}
                AND CASE o.state WHEN 'running' THEN (o.lease_until_s, o.lease_until_ns) <= (?2, ?3)
                    ELSE (o.next_at_s, o.next_at_ns) <= (?2, ?3) END
             ORDER BY o.seq LIMIT 1"
        ))?;
        let due: Option<i64> = query
            .query_row(params![Json(kinds), now.secs, now.nanos], |row| row.get(0))
            .optional()?;
        let Some(seq) = due else {
            return Ok(None);
        };
        let until = self.lease_end(lease);
        self.conn
            .prepare_cached(
                "UPDATE outbox SET state = 'running', attempts = attempts + 1, waiting_for = NULL,
                    lease_worker = ?2, lease_until_s = ?3, lease_until_ns = ?4
                 WHERE seq = ?1",
            )?
            .execute(params![seq, worker, until.secs, until.nanos])?;
        self.one_entry("o.seq = ?1", [seq])
    }

    /// Prolongs the lease of `worker` to `lease` from now. Long work calls this well before its lease
    /// runs out.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`]: stop the work, another worker may be at it. [`StoreError::NotFound`]
    /// when it was cancelled.
    pub fn renew_lease(&self, id: Uuid, worker: &str, lease: Duration) -> Result<(), StoreError> {
        let until = self.lease_end(lease);
        self.change_leased(
            id,
            worker,
            "lease_until_s = ?3, lease_until_ns = ?4",
            params![Text(id), worker, until.secs, until.nanos],
        )
    }

    /// The workers that have an entry.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn leasing_workers(&self) -> Result<Vec<String>, StoreError> {
        let mut query = self.conn.prepare_cached(
            "SELECT DISTINCT lease_worker FROM outbox WHERE state = 'running' ORDER BY lease_worker",
        )?;
        let workers = query.query_map([], |row| row.get(0))?;
        Ok(workers.collect::<Result<_, _>>()?)
    }

    /// Ends the leases of a worker that is known to be dead: its entries are due now.
    ///
    /// # Errors
    ///
    /// Errors of writing.
    pub fn end_leases(&self, worker: &str) -> Result<usize, StoreError> {
        let now = TimeColumns::from(self.clock.now());
        let ended = self
            .conn
            .prepare_cached(
                "UPDATE outbox SET lease_until_s = ?2, lease_until_ns = ?3
                 WHERE state = 'running' AND lease_worker = ?1",
            )?
            .execute(params![worker, now.secs, now.nanos])?;
        Ok(ended)
    }

    /// When the next entry of these kinds (empty: any) becomes due or its lease runs out; a time in the
    /// past means now. `None`: nothing happens until something is queued, or a person does something.
    ///
    /// # Errors
    ///
    /// Errors of reading.
    pub fn next_due(&self, kinds: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT iif(o.state = 'running', o.lease_until_s, o.next_at_s) AS due_s,
                iif(o.state = 'running', o.lease_until_ns, o.next_at_ns) AS due_ns
             FROM outbox AS o WHERE {FIRST_OF_ENTITY}
             ORDER BY due_s, due_ns LIMIT 1"
        ))?;
        query
            .query_row([Json(kinds)], |row| Ok(time(row, 0)))
            .optional()?
            .transpose()
    }

    /// The remote confirmed the effect: the entry is `done`. This counts whoever says it, also a worker
    /// that lost its lease meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotFound`] when it was cancelled.
    pub fn complete(&self, id: Uuid) -> Result<(), StoreError> {
        let changed = self
            .conn
            .prepare_cached(
                "UPDATE outbox SET state = 'done', last_error = NULL, waiting_for = NULL,
                    lease_worker = NULL, lease_until_s = NULL, lease_until_ns = NULL
                 WHERE id = ?1",
            )?
            .execute([Text(id)])?;
        if changed == 0 {
            return Err(StoreError::not_found("outbox entry", id));
        }
        Ok(())
    }

    /// It did not work now: the entry is `waiting` and due again at `next_at`. `error` and
    /// `waiting_for` (`network`, `sign in`, `disk`) are words for the user.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when `worker` no longer has it; [`StoreError::NotFound`] when it was
    /// cancelled.
    pub fn defer(
        &self,
        id: Uuid,
        worker: &str,
        next_at: Timestamp,
        error: &str,
        waiting_for: Option<&str>,
    ) -> Result<(), StoreError> {
        let next_at = TimeColumns::from(next_at);
        self.change_leased(
            id,
            worker,
            "state = 'waiting', next_at_s = ?3, next_at_ns = ?4, last_error = ?5, waiting_for = ?6,
             lease_worker = NULL, lease_until_s = NULL, lease_until_ns = NULL",
            params![
                Text(id),
                worker,
                next_at.secs,
                next_at.nanos,
                error,
                waiting_for
            ],
        )
    }

    /// It can't succeed by itself: the entry is `dead`, and the later entries of its entity wait behind
    /// it, until a person retries or cancels it. `error` is for the user.
    ///
    /// # Errors
    ///
    /// [`StoreError::LeaseLost`] when `worker` no longer has it; [`StoreError::NotFound`] when it was
    /// cancelled.
    pub fn fail(&self, id: Uuid, worker: &str, error: &str) -> Result<(), StoreError> {
        self.change_leased(
            id,
            worker,
            "state = 'dead', last_error = ?3,
             lease_worker = NULL, lease_until_s = NULL, lease_until_ns = NULL",
            params![Text(id), worker, error],
        )
    }

    /// Changes the entry while `worker` has it; the parameters begin with its id and the worker.
    fn change_leased(
        &self,
        id: Uuid,
        worker: &str,
        assignments: &str,
        params: impl Params,
    ) -> Result<(), StoreError> {
        let changed = self
            .conn
            .prepare_cached(&format!(
                "UPDATE outbox SET {assignments}
                 WHERE id = ?1 AND state = 'running' AND lease_worker = ?2"
            ))?
            .execute(params)?;
        if changed > 0 {
            return Ok(());
        }
        Err(match self.outbox_entry(id)? {
            Some(_) => StoreError::LeaseLost {
                id,
                worker: worker.to_owned(),
            },
            None => StoreError::not_found("outbox entry", id),
        })
    }

    fn lease_end(&self, lease: Duration) -> TimeColumns {
        let lease = i128::try_from(lease.as_nanos())
            .ok()
            .and_then(Timestamp::from_nanos);
        self.clock
            .now()
            .saturating_add(lease.unwrap_or(Timestamp::MAX))
            .into()
    }
}
