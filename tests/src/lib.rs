//! Test support of Stringout: media made for testing, an independent checker of what comes out, and
//! the servers and tools that the end-to-end tests run against.
//!
//! - [`media`] makes clips whose every frame carries its number and whose every sound sample tells
//!   the time; [`media::remux`] derives segments and damaged files from them.
//! - [`check`] reads any output back with ffmpeg and ffprobe and says which frames, when, and whether
//!   the sound belongs to them. It shares no code with the product.
//! - [`accuracy`] cuts such media with the program under test and judges the outcome by both.
//! - [`seaweed`] is a real S3 server, [`s3`] an independent client of it, [`fault_proxy`] breaks
//!   connections between the two on request.
//! - [`tams_server`] is the TAMS servers of the field, with their dialects and bugs, and with faults.
//! - [`hydrolix`] is a small Hydrolix over real ClickHouse.
//! - [`schemathesis`] and [`prism`] hold a TAMS server, and its clients, against the OpenAPI document.
//! - [`fuzz`] makes hostile inputs for the code that reads media files and what TAMS servers send.
//! - [`stringout`] runs the program under test, [`window`] opens its window on a screen of its own;
//!   [`http`] asks their servers, [`tams`] knows what those may say, [`qr`] and [`chromium`] read what
//!   is printed and shown.
//!
//! Everything here panics with a sentence that says what was expected and what was found, because a
//! panic is how a test fails. Nothing here is used by the product.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a panic in test support is a failed test"
)]

pub mod accuracy;
pub mod check;
pub mod chromium;
pub mod fault_proxy;
pub mod folders;
pub mod fuzz;
pub mod http;
mod http1;
pub mod hydrolix;
pub mod media;
#[cfg(target_os = "linux")]
pub mod memory;
pub mod prism;
pub mod qr;
pub mod s3;
pub mod schemathesis;
pub mod seaweed;
pub mod server_process;
pub mod stringout;
pub mod tams;
pub mod tams_server;
pub mod tool;
pub mod vast;
pub mod window;
