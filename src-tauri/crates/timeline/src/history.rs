//! Undo and redo by snapshots.

use std::collections::VecDeque;

/// Steps a history holds at most; the oldest go first.
pub const MAX_STEPS: usize = 200;

/// A state, the states before it that can be had back, and those after it that were taken back.
///
/// Snapshots are whole; give it a type whose clones share what they have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<T> {
    /// Oldest first; each with the state before it.
    done: VecDeque<Step<T>>,
    present: T,
    /// The next to be done again last; each with the state after it.
    undone: Vec<Step<T>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Step<T> {
    title: String,
    state: T,
}

impl<T> History<T> {
    /// A history that begins with `present`.
    pub fn new(present: T) -> Self {
        Self {
            done: VecDeque::new(),
            present,
            undone: Vec::new(),
        }
    }

    /// The state now.
    pub fn present(&self) -> &T {
        &self.present
    }

    /// Goes on to another state. What was taken back before is gone then.
    pub fn push(&mut self, title: impl Into<String>, state: T) {
        self.undone.clear();
        let before = std::mem::replace(&mut self.present, state);
        self.done.push_back(Step {
            title: title.into(),
            state: before,
        });
        if self.done.len() > MAX_STEPS {
            self.done.pop_front();
        }
    }

    /// Takes the last step back. `false` when there is none.
    pub fn undo(&mut self) -> bool {
        let Some(Step { title, state }) = self.done.pop_back() else {
            return false;
        };
        let state = std::mem::replace(&mut self.present, state);
        self.undone.push(Step { title, state });
        true
    }

    /// Does the step again that was taken back last. `false` when there is none.
    pub fn redo(&mut self) -> bool {
        let Some(Step { title, state }) = self.undone.pop() else {
            return false;
        };
        let state = std::mem::replace(&mut self.present, state);
        self.done.push_back(Step { title, state });
        true
    }

    /// Names of all steps, oldest first: those that are done, then those that were taken back.
    pub fn titles(&self) -> impl Iterator<Item = &str> {
        let undone = self.undone.iter().rev();
        self.done
            .iter()
            .chain(undone)
            .map(|step| step.title.as_str())
    }

    /// How many of the steps are done.
    #[must_use]
    pub fn done(&self) -> usize {
        self.done.len()
    }

    /// All states but the present one, oldest first; [`done`](Self::done) of them lie before it.
    pub(crate) fn others(&self) -> impl Iterator<Item = &T> {
        let undone = self.undone.iter().rev();
        self.done.iter().chain(undone).map(|step| &step.state)
    }

    /// Puts together what [`titles`](Self::titles), [`others`](Self::others) and
    /// [`done`](Self::done) took apart. `None` when there are more than [`MAX_STEPS`] or fewer than
    /// `done`.
    pub(crate) fn restore(present: T, steps: Vec<(String, T)>, done: usize) -> Option<Self> {
        if steps.len() > MAX_STEPS || done > steps.len() {
            return None;
        }
        let mut before: VecDeque<Step<T>> = steps
            .into_iter()
            .map(|(title, state)| Step { title, state })
            .collect();
        let undone = before.split_off(done);
        Some(Self {
            done: before,
            present,
            undone: undone.into_iter().rev().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn titles(history: &History<u32>) -> Vec<&str> {
        history.titles().collect()
    }

    #[test]
    fn steps_are_taken_back_and_done_again_in_order() {
        let mut history = History::new(0);
        for n in 1..=3 {
            history.push(format!("step {n}"), n);
        }
        assert!(history.undo() && history.undo());
        assert_eq!((*history.present(), history.done()), (1, 1));
        assert_eq!(titles(&history), ["step 1", "step 2", "step 3"]);
        assert!(history.redo());
        assert_eq!((*history.present(), history.done()), (2, 2));
        assert_eq!(titles(&history), ["step 1", "step 2", "step 3"]);
        assert!(history.redo() && !history.redo());
        assert_eq!(*history.present(), 3);
    }

    #[test]
    fn another_step_after_undo_drops_what_was_taken_back() {
        let mut history = History::new(0);
        history.push("a", 1);
        history.push("b", 2);
        history.undo();
        history.push("c", 3);
        assert_eq!(titles(&history), ["a", "c"]);
        assert!(!history.redo());
        assert!(history.undo() && history.undo() && !history.undo());
        assert_eq!(*history.present(), 0);
    }

    #[test]
    fn the_oldest_steps_go_first() {
        let mut history = History::new(0);
        for n in 1..=MAX_STEPS + 5 {
            history.push(n.to_string(), n);
        }
        assert_eq!(history.titles().count(), MAX_STEPS);
        assert_eq!(history.titles().next(), Some("6"));
        while history.undo() {}
        assert_eq!(*history.present(), 5);
    }

    #[test]
    fn it_is_restored_as_it_was() {
        let mut history = History::new(0);
        for n in 1..=4 {
            history.push(format!("step {n}"), n);
        }
        history.undo();
        history.undo();
        let steps = history.titles().map(str::to_owned);
        let steps = steps.zip(history.others().copied()).collect();
        let again = History::restore(*history.present(), steps, history.done());
        assert_eq!(again, Some(history));
        assert_eq!(History::restore(0, vec![("a".into(), 1)], 2), None);
    }
}
