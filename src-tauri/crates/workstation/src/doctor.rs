//! Doctor: what works on this machine, what does not, and what to do.

use crate::{Failure, Workspace, viewer};
use delivery::{Delivery, Verdict};
use serde::Serialize;
use std::path::Path;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// One line of the doctor's report.
#[derive(Clone, Debug, Serialize)]
pub struct DoctorLine {
    /// What was looked at.
    pub name: String,
    /// How it is.
    pub state: DoctorState,
    /// What was found.
    pub detail: String,
    /// What to do; empty when nothing has to be done.
    pub hint: String,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DoctorState {
    /// Works.
    Ok,
    /// Not there; something less works without it.
    Missing,
    /// Nothing works without it.
    Broken,
    /// Not configured.
    Off,
}

/// Looks at this machine and at the workspace's remotes.
///
/// # Errors
/// GStreamer does not start.
pub async fn doctor(dir: &Path, cancel: &CancellationToken) -> Result<Vec<DoctorLine>, Failure> {
    let mut lines: Vec<DoctorLine> = media::doctor_elements()?
        .into_iter()
        .map(|element| DoctorLine {
            name: format!("GStreamer {}", element.name),
            state: match (element.found, element.required) {
                (true, _) => DoctorState::Ok,
                (false, false) => DoctorState::Missing,
                (false, true) => DoctorState::Broken,
            },
            detail: element.purpose.to_owned(),
            hint: if element.found {
                String::new()
            } else {
                element.hint.to_owned()
            },
        })
        .collect();
    let env = |name: &str| std::env::var(name).ok();
    lines.push(match viewer::find_chromium(&env) {
        Some(path) => line("browser", DoctorState::Ok, path.display().to_string(), ""),
        None => line(
            "browser",
            DoctorState::Missing,
            "no Chromium",
            "The demo's views come from HTTP clients then.",
        ),
    });
    let display = ["WAYLAND_DISPLAY", "DISPLAY"]
        .into_iter()
        .find_map(|name| env(name).filter(|v| !v.is_empty()));
    lines.push(match display {
        Some(display) => line("display", DoctorState::Ok, display, ""),
        None => line(
            "display",
            DoctorState::Off,
            "none",
            "The command line needs none.",
        ),
    });
    match Workspace::open(dir) {
        Ok(workspace) => {
            lines.push(line(
                "workspace",
                DoctorState::Ok,
                workspace.dir().display().to_string(),
                "",
            ));
            remotes(&workspace, &mut lines, cancel).await;
        }
        Err(failure) => lines.push(line(
            "workspace",
            DoctorState::Broken,
            failure.detail,
            &failure.hint,
        )),
    }
    Ok(lines)
}

fn line(name: &str, state: DoctorState, detail: impl Into<String>, hint: &str) -> DoctorLine {
    DoctorLine {
        name: name.to_owned(),
        state,
        detail: detail.into(),
        hint: hint.to_owned(),
    }
}

async fn remotes(workspace: &Workspace, lines: &mut Vec<DoctorLine>, cancel: &CancellationToken) {
    if workspace.config.s3.is_empty() {
        lines.push(line(
            "S3",
            DoctorState::Off,
            "results stay in the local node",
            "Add [s3.NAME] to config.toml.",
        ));
    }
    for name in workspace.config.s3.keys() {
        let endpoint = workspace.store(name).await;
        let delivery = endpoint.and_then(|endpoint| Ok(Delivery::new(endpoint)?));
        let delivery = match delivery {
            Ok(delivery) => delivery,
            Err(failure) => {
                lines.push(line(
                    &format!("s3.{name}"),
                    DoctorState::Broken,
                    failure.detail,
                    &failure.hint,
                ));
                continue;
            }
        };
        let report = delivery.probe(Uuid::new_v4()).await;
        for found in report.lines {
            let state = match found.verdict {
                Verdict::Good => DoctorState::Ok,
                Verdict::Lacking => DoctorState::Missing,
                Verdict::Bad => DoctorState::Broken,
                Verdict::Untried => DoctorState::Off,
            };
            let name = format!("s3.{name}: {}", found.check.title());
            lines.push(line(&name, state, found.detail, &found.hint));
        }
    }
    match &workspace.config.play.base_url {
        Some(base) => lines.push(line("play", DoctorState::Ok, base.clone(), "")),
        None => lines.push(line(
            "play",
            DoctorState::Off,
            format!("local links only: {}", workspace.local_base()),
            "Set play.base_url to print codes that work everywhere.",
        )),
    }
    if workspace.config.tams.is_empty() {
        lines.push(line(
            "TAMS",
            DoctorState::Off,
            "the local node alone",
            "Add a server: `stringout config set tams.NAME.url https://…`.",
        ));
    }
    for name in workspace.remotes.names() {
        lines.extend(workspace.remotes.check(name, cancel).await);
    }
    vast(workspace, lines).await;
    hydrolix(workspace, lines, cancel).await;
}

async fn hydrolix(workspace: &Workspace, lines: &mut Vec<DoctorLine>, cancel: &CancellationToken) {
    const NAME: &str = "Hydrolix";
    if workspace.config.hydrolix.is_none() {
        lines.push(line(
            NAME,
            DoctorState::Off,
            "numbers come from this workspace's own collector",
            "Add [hydrolix] with url and table to config.toml.",
        ));
        return;
    }
    lines.push(match workspace.check_hydrolix(cancel).await {
        Ok(found) if found.missing.is_empty() => {
            let version = found.version.map_or_else(
                || "it does not tell its version".to_owned(),
                |version| format!("version {version}"),
            );
            line(NAME, DoctorState::Ok, version, "")
        }
        Ok(found) => line(
            NAME,
            DoctorState::Missing,
            format!("the table has no {}", found.missing.join(", ")),
            "What needs these columns is unknown; correct hydrolix.columns.",
        ),
        Err(failure) => line(NAME, DoctorState::Broken, failure.detail, &failure.hint),
    });
}

async fn vast(workspace: &Workspace, lines: &mut Vec<DoctorLine>) {
    if workspace.config.vastdb.is_none() {
        lines.push(line(
            "VAST DB",
            DoctorState::Off,
            "records stay in this workspace",
            "Add [vastdb] with endpoint and bucket to config.toml.",
        ));
        return;
    }
    match workspace.check_vast().await {
        Ok(steps) => lines.extend(steps.into_iter().map(|step| {
            let state = if step.ok {
                DoctorState::Ok
            } else {
                DoctorState::Broken
            };
            let hint = if step.ok {
                ""
            } else {
                "Correct [vastdb], or let the administrator allow it."
            };
            line(&format!("VAST DB: {}", step.name), state, step.detail, hint)
        })),
        Err(failure) => lines.push(line(
            "VAST DB",
            DoctorState::Broken,
            failure.detail,
            &failure.hint,
        )),
    }
}
