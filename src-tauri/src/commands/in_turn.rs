//! Commands whose order counts: a step and then another step, an append and then an undo. Tauri runs
//! commands side by side; these are done one after the other, as the page gave them. Edits may take
//! their time, so monitors don't wait for them.

use super::arguments::Args;
use crate::refusal::{Answer, Refusal};
use crate::shell::Shell;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tauri::async_runtime::spawn;
use tauri::ipc::{Invoke, InvokeError, InvokeMessage};
use tauri::{Manager, Runtime};
use tokio::sync::mpsc;
use workstation::{Code, Desk, Failure};

/// Calls that may wait. A person does not get so far ahead.
const ROOM: usize = 1024;

/// The commands that wait for their turn, each a method of the desk.
macro_rules! in_turn {
    ($($name:ident),* $(,)?) => {
        /// Their names.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        async fn answer<R: Runtime>(invoke: Invoke<R>) {
            let command = invoke.message.command().to_owned();
            $(
                if command == stringify!($name) {
                    return respond(invoke, |desk: Desk, args| async move {
                        desk.$name(args).await
                    })
                    .await;
                }
            )*
        }
    };
}

in_turn![source_open, monitor_transport, sequence_edit];

/// Where calls wait.
pub(super) struct Turns<R: Runtime> {
    monitors: mpsc::Sender<Invoke<R>>,
    edits: mpsc::Sender<Invoke<R>>,
}

impl<R: Runtime> Turns<R> {
    /// Empty queues, worked off as long as they are there.
    pub(super) fn new() -> Self {
        Self {
            monitors: Self::queue(),
            edits: Self::queue(),
        }
    }

    fn queue() -> mpsc::Sender<Invoke<R>> {
        let (sender, mut waiting) = mpsc::channel::<Invoke<R>>(ROOM);
        spawn(async move {
            while let Some(invoke) = waiting.recv().await {
                // In a task of its own: what ends one call must not end those behind it.
                if let Err(error) = spawn(answer(invoke)).await {
                    tracing::error!("a command was not answered: {error}");
                }
            }
        });
        sender
    }

    /// Puts a call at the end.
    pub(super) fn put(&self, invoke: Invoke<R>) {
        let queue = match invoke.message.command() {
            "sequence_edit" => &self.edits,
            _ => &self.monitors,
        };
        if let Err(full) = queue.try_send(invoke) {
            let busy = Failure::new(
                Code::Busy,
                format!("{ROOM} commands wait already"),
                "Wait a moment, then try again.",
            );
            full.into_inner().resolver.reject(Refusal::from(busy));
        }
    }
}

async fn respond<R, A, T, F>(invoke: Invoke<R>, act: impl FnOnce(Desk, A) -> F)
where
    R: Runtime,
    A: DeserializeOwned,
    T: Serialize,
    F: Future<Output = Result<T, Failure>>,
{
    let Invoke {
        message, resolver, ..
    } = invoke;
    let answer = match asked(&message) {
        Ok((desk, args)) => act(desk, args).await.map_err(Refusal::from),
        Err(refusal) => Err(refusal),
    };
    resolver.respond(answer.map_err(InvokeError::from));
}

/// What a call asks of which desk.
fn asked<R: Runtime, A: DeserializeOwned>(message: &InvokeMessage<R>) -> Answer<(Desk, A)> {
    let Args(args) = Args::read(message.command(), message.payload())?;
    let desk = message.webview_ref().state::<Shell>().desk()?;
    Ok((desk, args))
}
