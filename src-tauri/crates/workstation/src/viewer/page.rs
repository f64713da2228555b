//! One view in Chromium: open the link, tap play, watch, leave.

use super::browser::Browser;
use super::devtools::{ANSWER, DevTools, Event, NAVIGATED, REQUEST};
use super::{View, Watched, did_not_play};
use crate::Failure;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// A page is looked at this often.
const LOOK_AGAIN: Duration = Duration::from_millis(40);
/// For the page to offer its video, and for the video to begin, on a machine with much to do.
const READY: Duration = Duration::from_secs(30);
/// A video that plays at less than a third of its speed is not watched.
const SLOWEST: u32 = 3;
/// For the last report to be confirmed.
const LEAVE: Duration = Duration::from_secs(10);
/// A picture is taken once the video has played this long, so that it shows the player at rest.
const PICTURE_AFTER: Duration = Duration::from_secs(1);

const ELSEWHERE: &str = "about:blank";
/// Member of a report of a page that is left (CTA-5004-B, "State").
const QUIT: &str = "sta=q";

/// What a viewer sees, read from the page. The button counts only where a finger would hit it.
const SIGHT: &str = r#"(() => {
  const by = (id) => document.getElementById(id);
  const [button, video, notice] = [by("big"), by("video"), by("notice")];
  const box = button?.getBoundingClientRect();
  const [x, y] = box ? [box.x + box.width / 2, box.y + box.height / 2] : [0, 0];
  const free = box?.width > 0 && button.contains(document.elementFromPoint(x, y));
  return {
    phase: by("player")?.dataset.phase ?? "",
    title: by("title")?.textContent ?? "",
    notice: notice && !notice.hidden ? notice.querySelector("h1")?.textContent ?? "" : "",
    button: free ? { x, y } : null,
    at: video?.currentTime ?? 0,
    ended: video?.ended ?? false,
  };
})()"#;

#[derive(Debug, Deserialize)]
struct Sight {
    /// What the player does: `poster`, `loading`, `playing`, …
    phase: String,
    title: String,
    /// What the page says instead of a video.
    notice: String,
    button: Option<Point>,
    /// The video's position in seconds.
    at: f64,
    ended: bool,
}

/// CSS pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Point {
    x: f64,
    y: f64,
}

/// Makes one view.
///
/// # Errors
/// The page shows no video, it does not play in time, or its last report is not confirmed.
pub(super) async fn watch(browser: &Browser, view: &View) -> Result<Watched, Failure> {
    let time = view.watch_time()?;
    let (devtools, context) = browser.page().await?;
    let mut page = Page { devtools, view };
    page.disguise().await?;
    page.open().await?;
    let offered = page.until("offer its video", READY, offers).await?;
    page.press(&offered).await?;
    page.until("begin to play", READY, plays).await?;
    let picture_at = PICTURE_AFTER.min(time / 2).as_secs_f64();
    page.until("play", READY, |sight| sight.is_at(picture_at))
        .await?;
    let screenshot_png = page.picture().await?;
    let end = time.as_secs_f64();
    let patience = READY + time * SLOWEST;
    let last = page
        .until("play on", patience, |sight| sight.is_at(end))
        .await?;
    page.leave().await?;
    browser.forget(context).await?;
    Ok(Watched {
        url: view.url.clone(),
        seconds: last.at,
        title: last.title,
        screenshot_png: Some(screenshot_png),
    })
}

fn offers(sight: &Sight) -> bool {
    sight.phase == "poster" && sight.button.is_some()
}

fn plays(sight: &Sight) -> bool {
    (sight.phase == "playing" && sight.at > 0.0) || sight.ended
}

impl Sight {
    fn is_at(&self, seconds: f64) -> bool {
        self.at >= seconds || self.ended
    }
}

struct Page<'v> {
    devtools: DevTools,
    view: &'v View,
}

impl Page<'_> {
    /// Looks like the view's device.
    async fn disguise(&mut self) -> Result<(), Failure> {
        let look = self.view.device.appearance();
        let commands = [
            ("Page.enable", json!({})),
            ("Network.enable", json!({})),
            (
                "Emulation.setUserAgentOverride",
                json!({ "userAgent": look.user_agent, "platform": look.platform }),
            ),
            (
                "Emulation.setDeviceMetricsOverride",
                json!({
                    "width": look.width, "height": look.height,
                    "deviceScaleFactor": look.scale, "mobile": look.touch,
                }),
            ),
            (
                "Emulation.setTouchEmulationEnabled",
                json!({ "enabled": look.touch, "maxTouchPoints": if look.touch { 5 } else { 1 } }),
            ),
            // Several pages are looked at at once; each is in front of its viewer.
            (
                "Emulation.setFocusEmulationEnabled",
                json!({ "enabled": true }),
            ),
        ];
        for (method, params) in commands {
            self.devtools.call(method, params).await?;
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), Failure> {
        let params = json!({ "url": self.view.url });
        let opened = self.devtools.call("Page.navigate", params).await?;
        match opened["errorText"].as_str() {
            Some(why) => Err(self.failed(why)),
            None => Ok(()),
        }
    }

    /// Looks at the page until `seen`; `what` is what it should do.
    async fn until(
        &mut self,
        what: &str,
        patience: Duration,
        seen: impl Fn(&Sight) -> bool,
    ) -> Result<Sight, Failure> {
        let deadline = Instant::now() + patience;
        loop {
            let value = self.devtools.evaluate(SIGHT).await?;
            let sight: Sight = serde_json::from_value(value).map_err(Failure::internal)?;
            if !sight.notice.is_empty() {
                return Err(self.failed(format!("it says “{}”", sight.notice)));
            }
            if seen(&sight) {
                return Ok(sight);
            }
            if Instant::now() >= deadline {
                let Sight { phase, at, .. } = sight;
                return Err(self.failed(format!(
                    "it did not {what} within {} s (phase “{phase}”, at {at:.1} s)",
                    patience.as_secs()
                )));
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Taps the play button, or clicks it where there is no touch screen.
    async fn press(&mut self, sight: &Sight) -> Result<(), Failure> {
        let Some(Point { x, y }) = sight.button else {
            return Err(self.failed("its play button is not there"));
        };
        let commands = if self.view.device.appearance().touch {
            let touch = |kind, points| {
                (
                    "Input.dispatchTouchEvent",
                    json!({ "type": kind, "touchPoints": points }),
                )
            };
            [
                touch("touchStart", json!([{ "x": x, "y": y }])),
                touch("touchEnd", json!([])),
            ]
        } else {
            let click = |kind| {
                let params =
                    json!({ "type": kind, "x": x, "y": y, "button": "left", "clickCount": 1 });
                ("Input.dispatchMouseEvent", params)
            };
            [click("mousePressed"), click("mouseReleased")]
        };
        for (method, params) in commands {
            self.devtools.call(method, params).await?;
        }
        Ok(())
    }

    async fn picture(&mut self) -> Result<Vec<u8>, Failure> {
        let params = json!({ "format": "png", "optimizeForSpeed": true });
        let answer = self.devtools.call("Page.captureScreenshot", params).await?;
        let text = answer["data"].as_str().unwrap_or_default();
        BASE64_STANDARD.decode(text).map_err(Failure::internal)
    }

    /// Goes to another page, as a viewer does, and waits until the collector has confirmed what
    /// the page reported last.
    async fn leave(&mut self) -> Result<(), Failure> {
        let params = json!({ "url": ELSEWHERE });
        self.devtools.call("Page.navigate", params).await?;
        match timeout(LEAVE, self.last_words()).await {
            Ok(status) => match status? {
                204 => Ok(()),
                status => Err(self.failed(format!("the collector answers {status}"))),
            },
            // A browser that shows no requests of a page that was left; they had their time.
            Err(_) => {
                tracing::warn!(url = %self.view.url, "the last report was not seen");
                Ok(())
            }
        }
    }

    /// How the collector answers the reports that the page makes when it is left.
    async fn last_words(&mut self) -> Result<u64, Failure> {
        let mut words = LastWords::default();
        loop {
            let event = self.devtools.event().await?;
            words.note(&event);
            if let Some(status) = words.status() {
                return Ok(status);
            }
        }
    }

    fn failed(&self, why: impl std::fmt::Display) -> Failure {
        did_not_play(&self.view.url, why)
    }
}

/// The reports of a page that is left, and their answers, which may be told in any order.
#[derive(Default)]
struct LastWords {
    /// Requests of the reports.
    reports: Vec<String>,
    /// HTTP status by request.
    answers: HashMap<String, u64>,
    /// There will be no more of them.
    is_left: bool,
}

impl LastWords {
    fn note(&mut self, event: &Event) {
        let params = &event.params;
        let id = || params["requestId"].as_str().unwrap_or_default().to_owned();
        match event.method.as_str() {
            REQUEST => {
                let body = params["request"]["postData"].as_str().unwrap_or_default();
                if body.split([',', '\n']).any(|member| member == QUIT) {
                    self.reports.push(id());
                }
            }
            ANSWER => {
                let status = params["statusCode"].as_u64().unwrap_or_default();
                self.answers.insert(id(), status);
            }
            NAVIGATED if params["frame"]["url"] == ELSEWHERE => {
                self.is_left = !self.reports.is_empty();
            }
            _ => {}
        }
    }

    /// 204 when all were taken, else the status of one that was not; `None` while answers lack.
    fn status(&self) -> Option<u64> {
        if !self.is_left {
            return None;
        }
        let statuses: Option<Vec<u64>> = self
            .reports
            .iter()
            .map(|id| self.answers.get(id).copied())
            .collect();
        let refused = statuses?.into_iter().find(|status| *status != 204);
        Some(refused.unwrap_or(204))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn event(method: &str, params: Value) -> Event {
        serde_json::from_value(json!({ "method": method, "params": params })).unwrap()
    }

    fn report(id: &str, body: &str) -> Event {
        event(
            REQUEST,
            json!({ "requestId": id, "request": { "postData": body } }),
        )
    }

    fn answer(id: &str, status: u64) -> Event {
        event(ANSWER, json!({ "requestId": id, "statusCode": status }))
    }

    fn statuses(events: &[Event]) -> Vec<Option<u64>> {
        let mut words = LastWords::default();
        let told = events.iter().map(|event| {
            words.note(event);
            words.status()
        });
        told.collect()
    }

    #[test]
    fn a_view_ends_when_every_last_report_was_answered() {
        let left = || event(NAVIGATED, json!({ "frame": { "url": ELSEWHERE } }));
        let events = [
            left(),
            report("1", "e=ps,sta=p,v=2"),
            answer("3", 204),
            report("2", "e=t,sta=p\ne=ps,sn=4,sta=q,v=2"),
            report("3", "bg,e=b,sta=q"),
            left(),
            answer("2", 204),
        ];
        let expected = [None, None, None, None, None, None, Some(204)];
        assert_eq!(statuses(&events), expected);
        let events = [report("2", "sta=q"), answer("2", 410), left()];
        assert_eq!(statuses(&events), [None, None, Some(410)]);
    }
}
