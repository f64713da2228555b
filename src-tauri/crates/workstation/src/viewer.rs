//! Views of a play page: phones and computers that open a link, tap play, watch, and leave.
//!
//! A Chromium on this machine opens the page as a viewer's browser does. Without one, HTTP clients
//! make the page's requests themselves, in real time, so that a view is never only claimed.

mod browser;
mod client;
mod devtools;
mod page;
mod report;

use crate::config::Environment;
use crate::{Code, Failure, SystemClock};
use browser::Browser;
use client::Client;
use futures_util::{StreamExt, TryStreamExt, stream};
use mediatime::Clock;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Names the Chromium to use; set but empty, none is used.
const VARIABLE: &str = "STRINGOUT_CHROMIUM";

/// Software decoders of several phones share this machine's processors.
const PAGES_AT_ONCE: usize = 3;
const CLIENTS_AT_ONCE: usize = 16;

/// Longer views are asked for by mistake.
const LONGEST: Duration = Duration::from_secs(3600);

/// One visit.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// The link, printed or shared.
    pub(crate) url: String,
    /// Seconds of moving pictures before the viewer leaves; the whole video when it is shorter.
    pub(crate) watch_seconds: f64,
    /// What the viewer holds.
    pub(crate) device: Device,
}

/// What a viewer watches with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    IPhone,
    Android,
    Desktop,
}

/// A visit that took place.
#[derive(Clone, Debug)]
pub(crate) struct Watched {
    /// The link that was opened.
    pub(crate) url: String,
    /// Seconds that really played.
    pub(crate) seconds: f64,
    /// What the page calls the video.
    pub(crate) title: String,
    /// The page while it played; none from HTTP clients.
    pub(crate) screenshot_png: Option<Vec<u8>>,
}

/// What the views were made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    /// A browser, with its version: `156.0.8078.79`.
    Chromium { version: String },
    /// Requests as the page makes them.
    Http,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Chromium { version } => {
                let major = version.split('.').next().unwrap_or_default();
                write!(f, "Chromium {major} with phone emulation")
            }
            Self::Http => write!(f, "HTTP clients"),
        }
    }
}

/// A device as a browser presents it.
struct Appearance {
    user_agent: &'static str,
    /// `navigator.platform`.
    platform: &'static str,
    /// CSS pixels.
    width: u32,
    height: u32,
    /// Device pixels in a CSS pixel.
    scale: f64,
    touch: bool,
}

impl Device {
    const fn appearance(self) -> Appearance {
        match self {
            Self::IPhone => Appearance {
                user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
                platform: "iPhone",
                width: 390,
                height: 844,
                scale: 3.0,
                touch: true,
            },
            Self::Android => Appearance {
                user_agent: "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Mobile Safari/537.36",
                platform: "Linux armv8l",
                width: 412,
                height: 915,
                scale: 2.625,
                touch: true,
            },
            Self::Desktop => Appearance {
                user_agent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36",
                platform: "Win32",
                width: 1280,
                height: 800,
                scale: 1.0,
                touch: false,
            },
        }
    }
}

impl View {
    fn watch_time(&self) -> Result<Duration, Failure> {
        let time = Duration::try_from_secs_f64(self.watch_seconds).ok();
        time.filter(|time| *time <= LONGEST).ok_or_else(|| {
            Failure::bad_input(
                format!("{} s can't be watched", self.watch_seconds),
                format!("Name 0 to {} seconds.", LONGEST.as_secs()),
            )
        })
    }

    /// Nothing but a web page is opened.
    fn check(&self) -> Result<(), Failure> {
        let url = Url::parse(&self.url).ok();
        if url.is_none_or(|url| !matches!(url.scheme(), "http" | "https")) {
            return Err(Failure::bad_input(
                format!("`{}` is no link to a page", self.url),
                "Write it like https://go.example/P/23456789ABC7.",
            ));
        }
        self.watch_time().map(|_| ())
    }
}

/// Makes the views, with the Chromium of this machine or as HTTP clients, and says how.
///
/// # Errors
/// A page is not what it should be, does not play or takes too long; or the Chromium that the
/// environment names does not start.
pub(crate) async fn watch(
    views: &[View],
    env: &Environment,
    cancel: &CancellationToken,
) -> Result<(Vec<Watched>, Method), Failure> {
    views.iter().try_for_each(View::check)?;
    let watching = async {
        let Some(browser) = open_browser(env).await? else {
            let watched = watch_over_http(views, &SystemClock).await?;
            return Ok((watched, Method::Http));
        };
        let watched = watch_in_chromium(&browser, views).await;
        let version = browser.version().to_owned();
        browser.close().await;
        Ok((watched?, Method::Chromium { version }))
    };
    // What is dropped half way ends its browser and removes what it wrote.
    let made = cancel.run_until_cancelled(watching).await;
    made.unwrap_or_else(|| {
        Err(Failure::new(
            Code::Cancelled,
            "the views were not finished",
            "",
        ))
    })
}

async fn watch_in_chromium(browser: &Browser, views: &[View]) -> Result<Vec<Watched>, Failure> {
    stream::iter(views.iter().map(|view| page::watch(browser, view)))
        .buffered(PAGES_AT_ONCE)
        .try_collect()
        .await
}

async fn watch_over_http(views: &[View], clock: &dyn Clock) -> Result<Vec<Watched>, Failure> {
    let client = Client::new(clock)?;
    stream::iter(views.iter().map(|view| client.watch(view)))
        .buffered(CLIENTS_AT_ONCE)
        .try_collect()
        .await
}

/// The browser, started; `None` when there is none that works.
async fn open_browser(env: &Environment) -> Result<Option<Browser>, Failure> {
    let Some(path) = find_chromium(env) else {
        return Ok(None);
    };
    match Browser::start(&path).await {
        Ok(browser) => Ok(Some(browser)),
        Err(failure) if named(env).is_some() => Err(failure),
        Err(failure) => {
            tracing::warn!(%failure, "views come from HTTP clients instead");
            Ok(None)
        }
    }
}

/// The Chromium to use: the one that `STRINGOUT_CHROMIUM` names, else one on the `PATH`, else one
/// where the system's installers put it.
pub(crate) fn find_chromium(env: &Environment) -> Option<PathBuf> {
    if let Some(named) = named(env) {
        return Some(named).filter(|path| !path.as_os_str().is_empty());
    }
    // The last one is a stub on some systems, which asks to install the real one.
    let names = [
        "chromium",
        "google-chrome",
        "google-chrome-stable",
        "chromium-browser",
    ];
    let path = env("PATH").unwrap_or_default();
    let on_path = names
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |dir| dir.join(name)))
        .map(|path| path.with_extension(std::env::consts::EXE_EXTENSION));
    on_path
        .chain(usual_places(env))
        .find(|path| is_program(path))
}

fn named(env: &Environment) -> Option<PathBuf> {
    env(VARIABLE).map(PathBuf::from)
}

/// Where installers put browsers of this family that are not on the `PATH`.
fn usual_places(env: &Environment) -> Vec<PathBuf> {
    if cfg!(target_os = "macos") {
        let home = env("HOME").map(PathBuf::from);
        let roots = [Some(PathBuf::from("/")), home].into_iter().flatten();
        let apps = ["Chromium", "Google Chrome", "Microsoft Edge"];
        return roots
            .flat_map(|root| {
                apps.map(|app| root.join(format!("Applications/{app}.app/Contents/MacOS/{app}")))
            })
            .collect();
    }
    if cfg!(windows) {
        let roots = ["ProgramFiles", "ProgramFiles(x86)", "LocalAppData"];
        let apps = [
            "Chromium/Application/chrome.exe",
            "Google/Chrome/Application/chrome.exe",
            "Microsoft/Edge/Application/msedge.exe",
        ];
        return roots
            .iter()
            .filter_map(|root| env(root))
            .flat_map(|root| apps.map(|app| Path::new(&root).join(app)))
            .collect();
    }
    Vec::new()
}

fn is_program(path: &Path) -> bool {
    let Ok(facts) = std::fs::metadata(path) else {
        return false;
    };
    facts.is_file() && may_be_run(&facts)
}

#[cfg(unix)]
fn may_be_run(facts: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    facts.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn may_be_run(_facts: &std::fs::Metadata) -> bool {
    true
}

/// The page of `url` did not do what a viewer expects.
fn did_not_play(url: &str, why: impl fmt::Display) -> Failure {
    Failure {
        title: "The page did not play".to_owned(),
        ..Failure::new(
            Code::Internal,
            format!("{url}: {why}"),
            "Open the address in a browser to see what it says, then try again.",
        )
    }
}

#[cfg(test)]
mod tests;
