//! The arguments of a command, all in one.

use crate::refusal::{Answer, Refusal};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tauri::Runtime;
use tauri::ipc::{CommandArg, CommandItem, InvokeBody, InvokeError};

/// Name under which the page passes them.
const NAME: &str = "args";

/// What the page passed, as one of the shapes of `ipc`. What does not fit is refused as any other
/// failure is.
pub(super) struct Args<T>(pub(super) T);

impl<T: DeserializeOwned> Args<T> {
    /// Reads the arguments of `command`.
    pub(super) fn read(command: &str, body: &InvokeBody) -> Answer<Self> {
        let passed = match body {
            InvokeBody::Json(value) => value.get(NAME),
            InvokeBody::Raw(_) => None,
        };
        T::deserialize(passed.unwrap_or(&Value::Null))
            .map(Self)
            .map_err(|why| Refusal::arguments(command, &why))
    }
}

impl<'de, T: DeserializeOwned, R: Runtime> CommandArg<'de, R> for Args<T> {
    fn from_command(command: CommandItem<'de, R>) -> Result<Self, InvokeError> {
        Self::read(command.name, command.message.payload()).map_err(InvokeError::from)
    }
}
