//! The commands of the page. Each decodes its arguments, calls one method of the desk and encodes
//! the answer; they are listed once, here.

mod arguments;
mod browse;
mod cut;
mod desk;
mod frames;
mod in_turn;
mod jobs;
mod make;
mod results;
mod windows;

use in_turn::Turns;
use tauri::Runtime;
use tauri::ipc::Invoke;

/// Answers the page's calls.
pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    let (at_once, turns) = (at_once(), Turns::new());
    move |invoke| {
        if in_turn::NAMES.contains(&invoke.message.command()) {
            turns.put(invoke);
            return true;
        }
        at_once(invoke)
    }
}

/// The commands that are begun as soon as they come.
macro_rules! at_once {
    ($($area:ident::$name:ident),* $(,)?) => {
        fn at_once<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
            tauri::generate_handler![$($area::$name),*]
        }

        /// Their names.
        #[cfg(test)]
        const AT_ONCE: &[&str] = &[$(stringify!($name)),*];
    };
}

at_once![
    desk::desk_view,
    desk::layout_save,
    desk::lesson_dismiss,
    browse::flow_segments,
    browse::connection_refresh,
    browse::compilations,
    browse::sheet_templates,
    browse::metrics,
    browse::pins,
    cut::sequence_relink,
    cut::project_do,
    cut::plan_seen,
    make::ingest_choose,
    make::compile_start,
    make::publish_start,
    make::sheet_start,
    jobs::job_cancel,
    jobs::job_dismiss,
    jobs::sync_start,
    jobs::outbox_retry,
    jobs::outbox_cancel,
    jobs::pin_start,
    jobs::unpin,
    results::result_open,
    results::result_reveal,
    results::play_open,
    frames::frame_pull,
    windows::monitor_window,
];

#[cfg(test)]
mod tests;
