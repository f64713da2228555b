//! Software rendering, for machines whose graphics driver shows a blank window.
//!
//! With `STRINGOUT_SOFTWARE_RENDERING=1` the page is drawn without the graphics driver. WebKitGTK
//! takes that from its environment when it is loaded, so the program starts itself again with it.

/// Starts this program again with software rendering when that is asked for and not yet so. Returns
/// when there is nothing to do, or when it can't be done.
#[cfg(target_os = "linux")]
pub(crate) fn apply() {
    use std::os::unix::process::CommandExt;

    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let asked = std::env::var_os(SWITCH).is_some_and(|value| value == "1");
    if !asked || set(WEBKIT) {
        return;
    }
    let Ok(program) = std::env::current_exe() else {
        return;
    };
    let error = std::process::Command::new(program)
        .args(std::env::args_os().skip(1))
        .env(WEBKIT, "1")
        .exec();
    // Nothing is logged yet this early.
    eprintln!("software rendering can't be had: {error}");
}

/// Elsewhere the system's web view falls back by itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn apply() {}

#[cfg(target_os = "linux")]
const SWITCH: &str = "STRINGOUT_SOFTWARE_RENDERING";
#[cfg(target_os = "linux")]
const WEBKIT: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
