//! `node serve`, `play serve`.

use super::Place;
use crate::arguments::{NodeCommand, PlayCommand};
use crate::output::Output;
use serde_json::json;
use tokio_util::sync::CancellationToken;
use workstation::Failure;

pub(crate) async fn node(
    command: NodeCommand,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let NodeCommand::Serve { listen } = command;
    let workspace = place.open()?;
    let listener = workspace.bind_node(listen).await?;
    let url = listener.base_url();
    output.answer(&json!({ "url": url }), || {
        format!("TAMS node at {url} — Ctrl-C stops it")
    })?;
    workspace.serve_node(listener, cancel.clone()).await;
    Ok(())
}

pub(crate) async fn play(
    command: PlayCommand,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let PlayCommand::Serve { listen } = command;
    let workspace = place.open()?;
    let listener = workspace
        .bind_play(listen.unwrap_or_else(|| workspace.play_address()))
        .await?;
    let url = listener.base_url();
    output.answer(&json!({ "url": url }), || {
        format!("Play service at {url} — Ctrl-C stops it")
    })?;
    workspace.serve_play(listener, cancel.clone()).await
}
