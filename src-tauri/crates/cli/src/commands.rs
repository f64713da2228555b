//! Arguments → one use case → answer.

mod browse;
mod config;
mod deliver;
mod keep;
mod make;
mod print;
mod project;
mod serve;

use crate::arguments::{Arguments, Command};
use crate::output::Output;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;
use workstation::{DoctorState, Failure, Workspace};

/// Where the workspace is, opened when a command needs it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    dir: Option<PathBuf>,
}

impl Place {
    fn dir(&self) -> Result<PathBuf, Failure> {
        self.dir.clone().map_or_else(Workspace::default_dir, Ok)
    }

    /// Opens the workspace.
    pub(crate) fn open(&self) -> Result<Workspace, Failure> {
        Workspace::open(&self.dir()?)
    }

    /// Opens the workspace only when it was named or `needed`.
    pub(crate) fn open_if(&self, needed: bool) -> Result<Option<Workspace>, Failure> {
        if needed || self.dir.is_some() {
            return self.open().map(Some);
        }
        Ok(None)
    }
}

/// Runs the command.
pub(crate) async fn run(
    arguments: Arguments,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let place = Place {
        dir: arguments.workspace,
    };
    match arguments.command {
        Command::Demo { dir } => demo(dir, &place, output, cancel).await,
        Command::Doctor => doctor(&place, output, cancel).await,
        Command::Node(command) => serve::node(command, &place, output, cancel).await,
        Command::Ingest {
            files,
            label,
            segment_duration,
        } => browse::ingest(&files, label, &segment_duration, &place, output, cancel),
        Command::Sources { from } => browse::sources(from.as_deref(), &place, output, cancel).await,
        Command::Flows { source, from } => {
            let which = browse::Which {
                source: source.as_deref(),
                from: from.as_deref(),
            };
            browse::flows(&which, &place, output, cancel).await
        }
        Command::Segments { flow, timerange } => {
            browse::segments(&flow, &timerange, &place, output, cancel).await
        }
        Command::Pin { flow, timerange } => {
            keep::pin(flow.as_deref(), &timerange, &place, output, cancel).await
        }
        Command::Unpin { flow, timerange } => keep::unpin(&flow, &timerange, &place, output),
        Command::Plan { edit, making, out } => {
            make::plan(&edit, &making, out.as_deref(), &place, output, cancel)
        }
        Command::Compile {
            edit,
            making,
            out,
            format,
            report,
            overwrite,
            no_verify,
        } => {
            let target = make::Target {
                out,
                format,
                report,
                overwrite,
                no_verify,
            };
            make::compile(&edit, &making, &target, &place, output, cancel)
        }
        Command::Verify { file, report } => make::verify(&file, &report, output, cancel),
        Command::Convert {
            input,
            out,
            rate,
            overwrite,
        } => make::convert(&input, &out, rate, overwrite, output),
        Command::Publish {
            files,
            rate,
            clips,
            label,
            report,
            by_reference,
            wait,
        } => {
            let what = deliver::Publish {
                files,
                rate,
                clips,
                label,
                report,
                by_reference,
                wait,
            };
            deliver::publish(what, &place, output, cancel).await
        }
        Command::Project(command) => project::project(command, &place, output),
        Command::Compilations { shared: true, .. } => {
            deliver::shared_compilations(&place, output).await
        }
        Command::Compilations { id, .. } => deliver::compilations(id, &place, output),
        Command::WhereUsed { flow, timerange } => {
            deliver::where_used(&flow, timerange.as_deref(), &place, output)
        }
        Command::Outbox { command } => deliver::outbox(command, &place, output).await,
        Command::Sync => deliver::sync(&place, output, cancel).await,
        Command::Sheet { command, sheet } => print::sheet(command, sheet, &place, output, cancel),
        Command::Placements { command } => print::placements(command, &place, output),
        Command::Identify { photo } => print::identify(&photo, &place, output),
        Command::Play(command) => serve::play(command, &place, output, cancel).await,
        Command::Metrics { id, range, details } => {
            print::metrics(id, &range, details, &place, output, cancel).await
        }
        Command::Config(command) => config::config(command, &place, output, cancel).await,
    }
}

async fn demo(
    dir: Option<PathBuf>,
    place: &Place,
    output: &Output,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let dir = match dir {
        Some(dir) => dir,
        // A folder of its own: the demo is not to touch anybody's work.
        None => match place.dir.clone() {
            Some(named) => named,
            None => Workspace::default_dir()?.with_file_name("demo"),
        },
    };
    let tell = |step: &workstation::DemoStep| {
        if !output.is_json() {
            output.note(&format!("✓ {:<8} {}", step.name, step.detail));
        }
    };
    let demo = workstation::demo(&dir, &tell, cancel).await?;
    output.answer(&demo, || {
        format!(
            "\ncompiled  {}\nsheet     {}\nlink      {}\n\nServe the link again with `stringout -w {} play serve --listen {}`.",
            demo.compiled.display(),
            demo.sheet.display(),
            demo.play_url,
            dir.display(),
            demo.listened
        )
    })
}

async fn doctor(place: &Place, output: &Output, cancel: &CancellationToken) -> Result<(), Failure> {
    let lines = workstation::doctor(&place.dir()?, cancel).await?;
    let broken = lines
        .iter()
        .find(|line| line.state == DoctorState::Broken)
        .cloned();
    output.answer(&lines, || {
        let line = |line: &workstation::DoctorLine| {
            let mark = match line.state {
                DoctorState::Ok => "✓",
                DoctorState::Missing => "!",
                DoctorState::Broken => "✗",
                DoctorState::Off => "·",
            };
            let hint = if line.hint.is_empty() {
                String::new()
            } else {
                format!(" → {}", line.hint)
            };
            format!("{mark} {}: {}{hint}", line.name, line.detail)
        };
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    })?;
    match broken {
        None => Ok(()),
        Some(line) => Err(Failure::new(
            if line.name.starts_with("GStreamer") {
                workstation::Code::MissingElement
            } else {
                workstation::Code::Refused
            },
            format!("{}: {}", line.name, line.detail),
            line.hint,
        )),
    }
}
