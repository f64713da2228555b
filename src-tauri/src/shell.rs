//! What the commands work on: the desk, and what only the system around it can do.

use crate::dialogs::Dialogs;
use crate::opener::Opener;
use crate::refusal::{Answer, Refusal};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use workstation::{Desk, DeskOptions, Failure, OpenedDesk};

/// The desk of the window, with the system around it. The window's state.
pub(crate) struct Shell {
    /// How the desk is opened.
    opening: Opening,
    desk: Mutex<Result<Desk, Failure>>,
    /// Held while the desk is opened again: a second one would find the lock of the first.
    opening_again: tokio::sync::Mutex<()>,
    /// Asks the user for files and places.
    pub(crate) dialogs: Arc<dyn Dialogs>,
    /// Opens results with other programs.
    pub(crate) opener: Arc<dyn Opener>,
}

/// How a desk is opened.
#[derive(Clone, Debug)]
pub(crate) struct Opening {
    /// The folder of the workspace, or why there is none.
    pub(crate) workspace: Result<PathBuf, Failure>,
    /// The rest.
    pub(crate) options: DeskOptions,
}

impl Opening {
    /// Opens it.
    ///
    /// # Errors
    /// The workspace can't be used.
    pub(crate) async fn open(&self) -> Result<OpenedDesk, Failure> {
        Desk::open(&self.workspace.clone()?, self.options.clone()).await
    }
}

impl Shell {
    /// A shell around a desk, or around why there is none: the page then shows that, and may try
    /// again.
    pub(crate) fn new(
        opening: Opening,
        desk: Result<Desk, Failure>,
        dialogs: Arc<dyn Dialogs>,
        opener: Arc<dyn Opener>,
    ) -> Self {
        Self {
            opening,
            desk: Mutex::new(desk),
            opening_again: tokio::sync::Mutex::default(),
            dialogs,
            opener,
        }
    }

    /// The desk.
    pub(crate) fn desk(&self) -> Answer<Desk> {
        let desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        desk.clone().map_err(Refusal::from)
    }

    /// Opens a desk that could not be opened before, and hands it to `opened` when it is this call
    /// that did. `None`: another window has it now.
    pub(crate) async fn open_again(&self, opened: impl FnOnce(&Desk)) -> Answer<Option<Desk>> {
        let _alone = self.opening_again.lock().await;
        if let Ok(desk) = self.desk() {
            return Ok(Some(desk));
        }
        let OpenedDesk::Desk(made) = self.opening.open().await? else {
            return Ok(None);
        };
        opened(&made);
        let mut desk = self.desk.lock().unwrap_or_else(PoisonError::into_inner);
        *desk = Ok(made.clone());
        Ok(Some(made))
    }
}
