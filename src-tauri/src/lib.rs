//! The window of Stringout: a thin shell around one [`workstation::Desk`].
//!
//! It decodes what the page asks, calls one method of the desk and encodes the answer; it tells the
//! page what the desk tells; and it does what only a desktop program can: the window, dialogs, files
//! dropped on it, opening a result with the system's program for it.
//!
//! # Invariants
//! - Only this crate knows Tauri.
//! - A page may call what `capabilities/` lists for its window, and nothing else; it never names a path.
//! - Nothing blocks the main thread while the window is open.
//! - A workspace has one main window, which a second start raises, and one for each monitor at most.

#![deny(missing_docs)]

mod arguments;
mod closing;
mod commands;
mod dialogs;
mod drops;
mod events;
mod footage;
mod monitor_window;
mod opener;
mod place;
mod refusal;
mod rendering;
mod shell;
mod start;
mod window;

pub use start::run;
