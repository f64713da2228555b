//! Pictures for a page that can't use the frames server's socket.

use super::arguments::Args;
use crate::refusal::Answer;
use crate::shell::Shell;
use ipc::MonitorName;
use serde::Deserialize;
use tauri::State;
use tauri::ipc::Response;
use workstation::{PictureBox, PixelFormat};

/// Which picture.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct PullArgs {
    monitor: MonitorName,
    /// `seq` of the picture the page has; 0 for none.
    after: u32,
    format: Format,
    /// Device pixels at most.
    width: u32,
    /// Device pixels at most.
    height: u32,
}

/// How a picture's pixels lie.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Rgba,
    I420,
    Jpeg,
}

/// The bytes of a picture newer than the page's, as the socket sends them; none when none comes in
/// time.
#[tauri::command]
pub(crate) async fn frame_pull(shell: State<'_, Shell>, args: Args<PullArgs>) -> Answer<Response> {
    let Args(args) = args;
    let wanted = PictureBox {
        format: match args.format {
            Format::Rgba => PixelFormat::Rgba,
            Format::I420 => PixelFormat::I420,
            Format::Jpeg => PixelFormat::Jpeg,
        },
        width: args.width,
        height: args.height,
    };
    let desk = shell.desk()?;
    let bytes = desk.frame_pull(args.monitor, args.after, wanted).await;
    Ok(Response::new(bytes))
}
