//! The commands of the page. Each decodes its arguments, calls one method of the desk and encodes
//! the answer; they are listed once, here.

mod arguments;
mod browse;
mod cut;
mod desk;
mod frames;
mod jobs;
mod make;
mod results;

use tauri::Runtime;
use tauri::ipc::Invoke;

/// The handler of the commands, and their names.
macro_rules! commands {
    ($($area:ident::$name:ident),* $(,)?) => {
        /// Answers the page's calls.
        pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($area::$name),*]
        }

        /// Names of all commands that are answered.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name)),*];
    };
}

commands![
    desk::desk_view,
    desk::layout_save,
    desk::lesson_dismiss,
    browse::flow_segments,
    browse::compilations,
    browse::sheet_templates,
    browse::metrics,
    cut::source_open,
    cut::monitor_transport,
    cut::sequence_edit,
    cut::plan_seen,
    make::ingest_choose,
    make::compile_start,
    make::publish_start,
    make::sheet_start,
    jobs::job_cancel,
    jobs::job_dismiss,
    jobs::sync_start,
    results::result_open,
    results::result_reveal,
    results::play_open,
    frames::frame_pull,
];

#[cfg(test)]
mod tests;
