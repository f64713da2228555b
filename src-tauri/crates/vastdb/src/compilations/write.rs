//! Writing a record exactly once.
//!
//! Every try is a transaction of its own that begins by asking for the record. That makes a try that
//! follows a lost answer, a clash or a killed program harmless. Before a try that follows a lost
//! answer, the transaction in doubt is ended, so that it can't be committed behind our back.

use record::CompilationRecord;

use super::columns::{
    CHANGEABLE, Reader, compilation_names, compilation_row, input_names, input_rows,
};
use super::{CompilationTables, Effect, Note, Revision, Written};
use crate::error::VastError;
use crate::predicate::{Predicate, Value};
use crate::query::Query;
use crate::transaction::Transaction;

/// Tries of one write that clashes with others, or whose answers are lost.
const TRIES: u32 = 6;

impl CompilationTables {
    /// Writes `record` as `revision` says, exactly once however often it is called with the same
    /// operation id.
    ///
    /// A record that is not there is inserted with its inputs. One that this operation wrote is left
    /// as it is. One of the version that `revision` changes is updated: its title, addresses, plan,
    /// status; what a finished file is made of never changes. Anything else is a conflict, and the
    /// answer holds what is there.
    ///
    /// A plan that fits in no request is left out; the answer says so.
    ///
    /// # Errors
    /// When [`VastError::may_have_happened`], ask again with the same operation id.
    pub async fn write(
        &self,
        record: &CompilationRecord,
        revision: &Revision,
    ) -> Result<Written, VastError> {
        check(record, revision)?;
        let mut notes = Vec::new();
        let mut lost: Option<(Effect, Vec<Note>)> = None;
        let mut retried = 0;
        for tries in 1..=TRIES {
            let tx = self.db.begin().await?;
            let id = tx.id();
            let mut tried = Vec::new();
            let error = match self.attempt(&tx, record, revision, &mut tried).await {
                Ok(Effect::AlreadyThere) => {
                    tx.give_up().await;
                    // It was this call whose answer was lost, unless another one was first.
                    let (effect, told) = lost.unwrap_or((Effect::AlreadyThere, Vec::new()));
                    notes.extend(told);
                    return Ok(written(effect, notes, retried));
                }
                Ok(effect @ Effect::Conflict(_)) => {
                    tx.give_up().await;
                    return Ok(written(effect, notes, retried));
                }
                Ok(effect) => match tx.commit().await {
                    Ok(()) => {
                        notes.extend(tried);
                        return Ok(written(effect, notes, retried));
                    }
                    Err(error) if error.may_have_happened() => {
                        // Without this an answer that is only late could commit after the next try
                        // has asked.
                        if self.db.settle(id).await.is_err() {
                            return Err(error);
                        }
                        if lost.is_none() {
                            notes.push(Note::AnswerLost);
                        }
                        lost = Some((effect, tried));
                        continue;
                    }
                    Err(error) => error,
                },
                Err(error) => {
                    tx.give_up().await;
                    error
                }
            };
            // Nothing of these was committed, and nothing will be.
            let again = match &error {
                VastError::Conflict { .. } | VastError::TransactionOver { .. } => true,
                VastError::Unreachable { .. } => error.may_have_happened(),
                _ => false,
            };
            if !again || tries == TRIES {
                return Err(error);
            }
            retried += 1;
            tokio::time::sleep(self.db.transport().pause_after(tries)).await;
        }
        Err(VastError::Conflict {
            what: format!("record {}", record.id),
            message: format!("{TRIES} tries ended without a certain answer"),
        })
    }

    /// Asks, and writes what has to be written, without committing.
    async fn attempt(
        &self,
        tx: &Transaction,
        record: &CompilationRecord,
        revision: &Revision,
        notes: &mut Vec<Note>,
    ) -> Result<Effect, VastError> {
        let query = Query::columns(["id", "op_id", "version"])
            .matching(Predicate::equal("id", record.id.to_string()))
            .with_row_ids();
        let rows = tx.query(&self.compilations, &query).await?;
        let mut newest: Option<(i64, u64)> = None;
        for row in 0..rows.len() {
            let reader = Reader::compilation(&rows, row);
            if reader.text("op_id")? == revision.op_id {
                return Ok(Effect::AlreadyThere);
            }
            newest = newest.max(Some((reader.int("version")?, reader.row_id()?)));
        }
        match (newest, revision.base_version) {
            (None, _) => {
                self.insert(tx, record, revision, notes).await?;
                Ok(Effect::Inserted)
            }
            (Some((version, row)), Some(base)) if version == base => {
                self.update(tx, row, record, revision, notes).await?;
                Ok(Effect::Updated)
            }
            _ => match self.read_in(tx, record.id).await? {
                Some(remote) => Ok(Effect::Conflict(Box::new(remote))),
                None => Err(VastError::protocol(
                    format!("record {}", record.id),
                    "it is there and is not",
                )),
            },
        }
    }

    async fn insert(
        &self,
        tx: &Transaction,
        record: &CompilationRecord,
        revision: &Revision,
        notes: &mut Vec<Note>,
    ) -> Result<(), VastError> {
        let plan = plan_of(record)?;
        let names = compilation_names();
        let row = compilation_row(record, revision, plan.as_deref())?;
        match (tx.insert(&self.compilations, &names, &[row]).await, plan) {
            (Ok(_), _) => {}
            // Nothing was sent.
            (Err(VastError::TooLarge { .. }), Some(plan)) => {
                let row = compilation_row(record, revision, None)?;
                tx.insert(&self.compilations, &names, &[row]).await?;
                notes.push(Note::PlanLeftOut { bytes: plan.len() });
            }
            (Err(error), _) => return Err(error),
        }
        let inputs = input_rows(record);
        tx.insert(&self.inputs, &input_names(), &inputs).await?;
        Ok(())
    }

    async fn update(
        &self,
        tx: &Transaction,
        row_id: u64,
        record: &CompilationRecord,
        revision: &Revision,
        notes: &mut Vec<Note>,
    ) -> Result<(), VastError> {
        let plan = plan_of(record)?;
        let values = compilation_row(record, revision, plan.as_deref())?;
        let pick = |names: &[&str]| -> Vec<Option<Value>> {
            compilation_names()
                .iter()
                .zip(&values)
                .filter(|(name, _)| names.contains(name))
                .map(|(_, value)| value.clone())
                .collect()
        };
        let in_order = |names: &[&str]| -> Vec<&'static str> {
            let mut all = compilation_names();
            all.retain(|name| names.contains(name));
            all
        };
        let table = &self.compilations;
        if let Some(plan) = &plan {
            // A plan that was not known before may be now; one that is known is not forgotten.
            let names = &["plan_hash", "plan"];
            let change = [(row_id, pick(names))];
            match tx.update(table, &in_order(names), &change).await {
                Ok(()) => {}
                Err(VastError::TooLarge { .. }) => {
                    notes.push(Note::PlanLeftOut { bytes: plan.len() });
                }
                Err(error) => return Err(error),
            }
        }
        let change = [(row_id, pick(CHANGEABLE))];
        tx.update(table, &in_order(CHANGEABLE), &change).await
    }
}

fn written(effect: Effect, mut notes: Vec<Note>, retried: u32) -> Written {
    if retried > 0 {
        notes.push(Note::Retried(retried));
    }
    Written { effect, notes }
}

fn plan_of(record: &CompilationRecord) -> Result<Option<String>, VastError> {
    let plan = record.plan.as_ref();
    plan.map(serde_json::to_string)
        .transpose()
        .map_err(|wrong| VastError::input("the plan", wrong.to_string()))
}

fn check(record: &CompilationRecord, revision: &Revision) -> Result<(), VastError> {
    let refuse = |reason: &str| Err(VastError::input(format!("record {}", record.id), reason));
    if revision.op_id.is_empty() {
        return refuse("its operation has no id");
    }
    if revision
        .base_version
        .is_some_and(|base| base >= revision.version)
    {
        return refuse("its version is not greater than the one it changes");
    }
    Ok(())
}
