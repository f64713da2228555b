//! The first cut: which of its steps have been done in this workspace.

use super::{Desk, blocking, lock};
use crate::{Failure, Workspace};
use ipc::{DeskEvent, Lesson};
use std::sync::Mutex;

/// Setting that holds the steps that are done, or that the lesson was put away.
const LESSON: &str = "desk.lesson";
const PUT_AWAY: &str = "put away";

/// A step of the first cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Opened,
    Marked,
    Appended,
    Planned,
    Compiled,
    Printed,
}

const STEPS: [(Step, &str); 6] = [
    (Step::Opened, "opened"),
    (Step::Marked, "marked"),
    (Step::Appended, "appended"),
    (Step::Planned, "planned"),
    (Step::Compiled, "compiled"),
    (Step::Printed, "printed"),
];

/// The steps that are done; `None` when the lesson was put away.
#[derive(Debug)]
pub(super) struct Lessons(Mutex<Option<Lesson>>);

impl Lessons {
    pub(super) fn open(workspace: &Workspace) -> Result<Self, Failure> {
        let text = workspace.work.setting(LESSON)?.unwrap_or_default();
        let lesson = (text != PUT_AWAY).then(|| {
            let mut lesson = Lesson::default();
            for (step, name) in STEPS {
                if text.split(' ').any(|word| word == name) {
                    *field(&mut lesson, step) = true;
                }
            }
            lesson
        });
        Ok(Self(Mutex::new(lesson)))
    }

    pub(super) fn view(&self) -> Option<Lesson> {
        *lock(&self.0)
    }
}

fn field(lesson: &mut Lesson, step: Step) -> &mut bool {
    match step {
        Step::Opened => &mut lesson.opened,
        Step::Marked => &mut lesson.marked,
        Step::Appended => &mut lesson.appended,
        Step::Planned => &mut lesson.planned,
        Step::Compiled => &mut lesson.compiled,
        Step::Printed => &mut lesson.printed,
    }
}

impl Desk {
    /// A step was done. That it could not be noted down spoils nothing. Blocks.
    pub(super) fn step_done(&self, step: Step) {
        // Held until the step is on the disk, so that steps are noted in order.
        let mut held = lock(&self.inner.lessons.0);
        let Some(lesson) = held.as_mut() else { return };
        let done = field(lesson, step);
        if *done {
            return;
        }
        *done = true;
        let lesson = *lesson;
        let mut copy = lesson;
        let words: Vec<&str> = STEPS
            .into_iter()
            .filter(|(step, _)| *field(&mut copy, *step))
            .map(|(_, name)| name)
            .collect();
        let work = &self.inner.workspace.work;
        if let Err(error) = work.set_setting(LESSON, &words.join(" ")) {
            tracing::warn!("the first cut's step is not kept: {error}");
        }
        self.tell(DeskEvent::Lesson {
            lesson: Some(lesson),
        });
    }

    /// The plan was looked at.
    ///
    /// # Errors
    /// None yet.
    pub async fn plan_seen(&self, _: ipc::NoArgs) -> Result<(), Failure> {
        let desk = self.clone();
        blocking(move || {
            desk.step_done(Step::Planned);
            Ok(())
        })
        .await
    }

    /// Puts the first cut away for good.
    ///
    /// # Errors
    /// The workspace can't be written.
    pub async fn lesson_dismiss(&self, _: ipc::NoArgs) -> Result<(), Failure> {
        let desk = self.clone();
        blocking(move || {
            let mut held = lock(&desk.inner.lessons.0);
            desk.inner.workspace.work.set_setting(LESSON, PUT_AWAY)?;
            *held = None;
            desk.tell(DeskEvent::Lesson { lesson: None });
            Ok(())
        })
        .await
    }
}
