//! The commands as the page reaches them: through the capability, on the mock runtime.

mod calls;
mod capability;
