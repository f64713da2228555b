//! The main job from end to end, on real footage, with the same use cases as everything else.

use crate::compile::CompileSettings;
use crate::describe::in_words;
use crate::ingest::{IngestSettings, Ingested};
use crate::measure::Depth;
use crate::publish::{PublishSettings, Published};
use crate::sheet::{PrintedSheet, SheetRow, SheetSettings};
use crate::viewer::{self, Device, View};
use crate::{
    Code, Failure, Fetching, WantedClip, WantedEdit, Workspace, compile, open_edit, plan, verify,
    write_report,
};
use conform::SpanKind;
use loopback::Listener;
use mediatime::TimeRange;
use metrics::Summary;
use serde::Serialize;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// Recorded by Intel Corporation, CC BY 4.0; see `assets/footage/CREDITS.md`.
const FOOTAGE: &[u8] = include_bytes!("../../../../assets/footage/car-detection.mp4");
const FOOTAGE_NAME: &str = "car-detection.mp4";

/// The key frames of the footage are 60 frames apart, so the first clip begins with a whole GOP and is copied;
/// the second begins inside one, whose rest is encoded.
const CLIPS: [&str; 2] = ["60f..150f", "230f..302f"];

/// What the compilation is called.
const TITLE: &str = "Car park, the short cut";

/// Seconds each viewer watches.
const WATCH_SECONDS: f64 = 3.0;

/// What the demo did.
#[derive(Clone, Debug, Serialize)]
pub struct Demo {
    /// The steps in order.
    pub steps: Vec<DemoStep>,
    /// The compiled file.
    pub compiled: PathBuf,
    /// The printed sheet.
    pub sheet: PathBuf,
    /// The link people share.
    pub play_url: String,
    /// Where the play service listened.
    pub listened: SocketAddr,
    /// What viewers did.
    pub metrics: Summary,
}

/// One step of the demo.
#[derive(Clone, Debug, Serialize)]
pub struct DemoStep {
    /// What it does.
    pub name: &'static str,
    /// It did it.
    pub ok: bool,
    /// What came of it.
    pub detail: String,
}

/// Collects the steps and tells each as it ends.
struct Steps<'a> {
    done: Vec<DemoStep>,
    tell: &'a (dyn Fn(&DemoStep) + Sync),
}

impl Steps<'_> {
    fn done(&mut self, name: &'static str, detail: String) {
        let step = DemoStep {
            name,
            ok: true,
            detail,
        };
        (self.tell)(&step);
        self.done.push(step);
    }
}

/// Runs the demo in a workspace at `dir`: ingest, browse, cut, compile, verify, publish, print,
/// play, measure.
///
/// # Errors
/// The first step that fails.
pub async fn demo(
    dir: &Path,
    tell: &(dyn Fn(&DemoStep) + Sync),
    cancel: &CancellationToken,
) -> Result<Demo, Failure> {
    let mut steps = Steps {
        done: Vec::new(),
        tell,
    };
    let mut workspace = Workspace::open(dir)?;
    let ingested = ingest(&workspace, &mut steps, cancel)?;
    let compiled = cut(&workspace, &ingested, &mut steps, cancel)?;

    // The play service is up before anything is printed, so that the printed address is its own.
    let listener = bind(&workspace).await?;
    let listened = listener.local_addr();
    workspace.config.play.listen = Some(listened);
    // Its links are its own, whatever is configured.
    workspace.config.play.base_url = None;
    let published = publish(&workspace, &compiled, &mut steps, cancel).await?;
    let sheet = print(&workspace, &published, &mut steps, cancel)?;
    let stop = CancellationToken::new();
    let server = {
        let (workspace, stop) = (workspace.clone(), stop.clone());
        tokio::spawn(async move { workspace.serve_play(listener, stop).await })
    };
    let played = watch(&workspace, &sheet, &published, &mut steps, cancel).await;
    stop.cancel();
    server.await.map_err(Failure::internal)??;
    played?;

    let metrics = workspace
        .metrics(published.compilation_id, "24h", Depth::Numbers, cancel)
        .await?
        .overview
        .summary;
    let shown = |value: Option<String>| value.unwrap_or_else(|| "unknown".to_owned());
    steps.done(
        "metrics",
        format!(
            "{} session views, {} % mobile, {} QR scans, {} s watched",
            shown(metrics.session_views.map(|n| n.to_string())),
            shown(metrics.mobile_percent.map(|n| format!("{n:.0}"))),
            shown(metrics.qr_scans.map(|n| n.to_string())),
            shown(metrics.watch_seconds.map(|n| format!("{n:.1}"))),
        ),
    );
    Ok(Demo {
        steps: steps.done,
        compiled,
        sheet: sheet.out,
        play_url: published.play_url.unwrap_or_default(),
        listened,
        metrics,
    })
}

fn ingest(
    workspace: &Workspace,
    steps: &mut Steps<'_>,
    cancel: &CancellationToken,
) -> Result<Ingested, Failure> {
    let footage = workspace.folder("footage")?.join(FOOTAGE_NAME);
    crate::write_file(&footage, FOOTAGE)?;
    let settings = IngestSettings {
        label: Some("Car park".to_owned()),
        mirrored: false,
        ..IngestSettings::default()
    };
    let ingested = workspace.ingest(&footage, &settings, &|_, _| {}, cancel)?;
    let main = main_flow(&ingested)?;
    steps.done(
        "ingest",
        format!(
            "{} → {} segments of flow {main}, not re-encoded",
            footage.display(),
            segments(&ingested)
        ),
    );
    let sources = workspace.sources()?;
    let flows = workspace.flows(None)?;
    let segments = workspace.segments(main, TimeRange::ETERNITY)?;
    let covered = ingested
        .flows
        .first()
        .map_or(TimeRange::NEVER, |flow| flow.timerange);
    steps.done(
        "browse",
        format!(
            "{} sources, {} flows; {} segments cover {covered}",
            sources.len(),
            flows.len(),
            segments.len()
        ),
    );
    Ok(ingested)
}

fn main_flow(ingested: &Ingested) -> Result<tams_model::Id, Failure> {
    ingested
        .flows
        .first()
        .map(|flow| flow.id)
        .ok_or_else(|| Failure::internal("ingest made no flow"))
}

fn segments(ingested: &Ingested) -> usize {
    ingested.flows.first().map_or(0, |flow| flow.segments)
}

fn cut(
    workspace: &Workspace,
    ingested: &Ingested,
    steps: &mut Steps<'_>,
    cancel: &CancellationToken,
) -> Result<PathBuf, Failure> {
    let flow = main_flow(ingested)?;
    let wanted = CLIPS
        .iter()
        .map(|marks| WantedClip::parse(&format!("flow:{flow}@{marks}")))
        .collect::<Result<Vec<_>, _>>()?;
    let fetching = Fetching {
        progress: &|_, _, _| {},
        cancel,
    };
    let edit = open_edit(Some(workspace), &WantedEdit::of(wanted), &fetching)?;
    let settings = CompileSettings {
        plays_everywhere: true,
        overwrite: true,
        ..CompileSettings::default()
    };
    let (cut_plan, issues) = plan(&edit, &settings)?;
    let of = |kind| {
        cut_plan
            .video
            .iter()
            .filter(|span| span.kind == kind)
            .map(|span| span.frames)
            .sum::<u64>()
    };
    let (copied, encoded) = (of(SpanKind::Copy), cut_plan.frames - of(SpanKind::Copy));
    steps.done(
        "cut",
        format!(
            "{} → {} frames, {}: {copied} copied, {encoded} encoded{}; plan {}",
            edit.edit
                .clips()
                .map(|clip| clip.label.as_str())
                .collect::<Vec<_>>()
                .join(" + "),
            cut_plan.frames,
            in_words(cut_plan.duration),
            issues
                .iter()
                .map(|issue| format!("; {}", issue.what))
                .collect::<String>(),
            cut_plan.hash.get(..12).unwrap_or(""),
        ),
    );
    let folder = workspace.folder(crate::compile::COMPILED)?;
    let out = folder.join("car-park.mp4");
    let report_path = folder.join("car-park.report.json");
    let report = compile(
        Some(workspace),
        &edit.objects,
        &cut_plan,
        &out,
        &settings,
        &|_| {},
        cancel,
    )?;
    write_report(&report, &report_path)?;
    steps.done(
        "compile",
        format!(
            "{} ({} bytes, SHA-256 {})",
            out.display(),
            report.size,
            report.sha256.get(..12).unwrap_or("")
        ),
    );
    let verification = verify(&out, &report_path, cancel)?;
    if let Some(why) = verification.first_fault() {
        return Err(Failure::new(Code::Mismatch, why, ""));
    }
    steps.done(
        "verify",
        format!(
            "{} frames, {} joints: all as planned",
            verification.frames,
            verification.joints.len()
        ),
    );
    Ok(out)
}

/// The address that is printed, or a free port beside it when somebody else is there.
async fn bind(workspace: &Workspace) -> Result<Listener, Failure> {
    let wanted = workspace.play_address();
    match workspace.bind_play(wanted).await {
        Ok(listener) => Ok(listener),
        Err(_) => workspace.bind_play(SocketAddr::new(wanted.ip(), 0)).await,
    }
}

async fn publish(
    workspace: &Workspace,
    compiled: &Path,
    steps: &mut Steps<'_>,
    cancel: &CancellationToken,
) -> Result<Published, Failure> {
    let settings = PublishSettings {
        label: Some(TITLE.to_owned()),
        report: None,
    };
    let published = workspace.publish(compiled, &settings, cancel)?;
    workspace
        .wait_for(&published.queued, &|_, _| {}, cancel)
        .await?;
    steps.done(
        "publish",
        format!(
            "compilation {} → {}, TAMS source {} flow {}",
            published.compilation_id, published.object_url, published.source_id, published.flow_id
        ),
    );
    Ok(published)
}

fn print(
    workspace: &Workspace,
    published: &Published,
    steps: &mut Steps<'_>,
    cancel: &CancellationToken,
) -> Result<PrintedSheet, Failure> {
    let settings = SheetSettings {
        template: "poster-a4".to_owned(),
        local: true,
        rows: vec![SheetRow {
            origin: "demo".to_owned(),
            compilation_id: published.compilation_id,
            copies: 1,
            ..SheetRow::default()
        }],
        ..SheetSettings::default()
    };
    let out = workspace.folder("sheets")?.join("car-park-poster.pdf");
    let sheet = workspace.print_sheet(&settings, &out, cancel)?;
    let code = sheet.codes.first().map_or("", |code| code.url.as_str());
    steps.done(
        "sheet",
        format!(
            "{}: {code} (works on this network only), read back at 150 and 300 dpi",
            sheet.out.display()
        ),
    );
    Ok(sheet)
}

/// Two phones scan the printed code and a computer opens the shared link.
async fn watch(
    workspace: &Workspace,
    sheet: &PrintedSheet,
    published: &Published,
    steps: &mut Steps<'_>,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let printed = sheet
        .codes
        .first()
        .map(|code| code.url.clone())
        .ok_or_else(|| Failure::internal("the sheet has no code"))?;
    let view = |url: &str, device| View {
        url: url.to_owned(),
        watch_seconds: WATCH_SECONDS,
        device,
    };
    let shared = published.play_url.as_deref().unwrap_or_default();
    let views = [
        view(&printed, Device::IPhone),
        view(&printed, Device::Android),
        view(shared, Device::Desktop),
    ];
    let (watched, how) = viewer::watch(&views, workspace.env.as_ref(), cancel).await?;
    let folder = workspace.folder("views")?;
    let mut pictures = 0;
    for (number, (view, watched)) in views.iter().zip(&watched).enumerate() {
        if watched.title != TITLE {
            return Err(Failure::new(
                Code::Mismatch,
                format!("{} shows “{}”", watched.url, watched.title),
                "Another play service answers there: stop it, or set play.listen.",
            ));
        }
        if let Some(picture) = &watched.screenshot_png {
            let name = format!("{}-{:?}.png", number + 1, view.device).to_lowercase();
            crate::write_file(&folder.join(name), picture)?;
            pictures += 1;
        }
    }
    let seconds: f64 = watched.iter().map(|watched| watched.seconds).sum();
    let seen = match pictures {
        0 => String::new(),
        _ => format!("; {pictures} screenshots in {}", folder.display()),
    };
    steps.done(
        "play",
        format!(
            "{} views of {} by {how}, {seconds:.1} s played{seen}",
            watched.len(),
            shared
        ),
    );
    Ok(())
}
