//! The program `stringout-desktop`: the window of Stringout.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    stringout_desktop::run()
}
