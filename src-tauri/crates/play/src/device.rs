//! Families of devices, systems and browsers, read from a user agent that is then dropped.
//!
//! Only names that a producer acts on are told apart. A browser that hides (an iPad calls itself a
//! Macintosh) is recognised by its touch screen, which the page reports.

use record::DeviceType;

/// What a user agent tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Device {
    /// What kind of device.
    pub kind: DeviceType,
    /// Operating system family, lower case; empty when unknown.
    pub os: &'static str,
    /// Browser family, lower case; empty when unknown.
    pub browser: &'static str,
    /// A program that makes link previews or an index, not a person.
    pub robot: bool,
}

/// Parts of the user agents of link previews and crawlers, lower case.
const ROBOTS: [&str; 16] = [
    "bot/",
    "bot ",
    "bot;",
    "bot)",
    "crawler",
    "spider",
    "facebookexternalhit",
    "facebot",
    "whatsapp/",
    "skypeuripreview",
    "slack-imgproxy",
    "slackbot",
    "discordbot",
    "embedly",
    "bingpreview",
    "google-pagerenderer",
];

const TELEVISIONS: [&str; 12] = [
    "smart-tv",
    "smarttv",
    "appletv",
    "apple tv",
    "googletv",
    "google tv",
    "hbbtv",
    "web0s",
    "bravia",
    "roku",
    "aft",
    "crkey",
];

/// First match wins: systems and browsers name each other for compatibility.
const SYSTEMS: [(&str, &str); 13] = [
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("ipod", "ios"),
    ("appletv", "tvos"),
    ("tizen", "tizen"),
    ("web0s", "webos"),
    ("android", "android"),
    ("cros ", "chromeos"),
    ("windows", "windows"),
    ("macintosh", "macos"),
    ("mac os x", "macos"),
    ("linux", "linux"),
    ("x11", "linux"),
];

const BROWSERS: [(&str, &str); 14] = [
    ("samsungbrowser/", "samsung"),
    ("edg/", "edge"),
    ("edga/", "edge"),
    ("edgios/", "edge"),
    ("opr/", "opera"),
    ("opt/", "opera"),
    ("fxios/", "firefox"),
    ("firefox/", "firefox"),
    ("crios/", "chrome"),
    ("headlesschrome/", "chrome"),
    ("chrome/", "chrome"),
    ("chromium/", "chrome"),
    ("safari/", "safari"),
    ("applewebkit/", "safari"),
];

/// Reads a user agent. `touch` says that the page saw a touch screen.
#[must_use]
pub fn device(user_agent: &str, touch: bool) -> Device {
    let agent = user_agent.to_ascii_lowercase();
    let has = |part: &str| agent.contains(part);
    let first = |table: &[(&'static str, &'static str)]| {
        table
            .iter()
            .find(|(part, _)| has(part))
            .map_or("", |(_, family)| family)
    };
    let os = first(&SYSTEMS);
    let hidden_tablet = os == "macos" && touch;
    Device {
        kind: if hidden_tablet {
            DeviceType::Tablet
        } else {
            kind(&agent, os)
        },
        os: if hidden_tablet { "ios" } else { os },
        browser: first(&BROWSERS),
        robot: ROBOTS.iter().any(|part| has(part)),
    }
}

fn kind(agent: &str, os: &str) -> DeviceType {
    let has = |part: &str| agent.contains(part);
    if TELEVISIONS.iter().any(|part| has(part)) || (os == "tizen" && !has("mobile")) {
        return DeviceType::Tv;
    }
    match os {
        "ios" if has("ipad") => DeviceType::Tablet,
        "ios" => DeviceType::Mobile,
        "android" | "tizen" if has("mobile") => DeviceType::Mobile,
        "android" => DeviceType::Tablet,
        "windows" | "macos" | "linux" | "chromeos" => DeviceType::Desktop,
        _ => DeviceType::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families() {
        use DeviceType::{Desktop, Mobile, Tablet, Tv, Unknown};
        for (agent, kind, os, browser) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                Mobile,
                "ios",
                "safari",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/130.0 Mobile/15E148 Safari/604.1",
                Mobile,
                "ios",
                "chrome",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
                Mobile,
                "ios",
                "safari",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
                Tablet,
                "ios",
                "safari",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
                Mobile,
                "android",
                "chrome",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-X910) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Safari/537.36",
                Tablet,
                "android",
                "samsung",
            ),
            (
                "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
                Mobile,
                "android",
                "firefox",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                Desktop,
                "windows",
                "edge",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                Desktop,
                "macos",
                "safari",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
                Desktop,
                "linux",
                "chrome",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                Desktop,
                "chromeos",
                "chrome",
            ),
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) 120.0.6099.5/8.0 TV Safari/537.36",
                Tv,
                "tizen",
                "safari",
            ),
            (
                "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.211 Safari/537.36",
                Tv,
                "webos",
                "chrome",
            ),
            ("curl/8.5.0", Unknown, "", ""),
            ("", Unknown, "", ""),
        ] {
            let seen = device(agent, false);
            assert_eq!(
                (seen.kind, seen.os, seen.browser, seen.robot),
                (kind, os, browser, false),
                "{agent}"
            );
        }
    }

    #[test]
    fn an_ipad_in_disguise_is_a_tablet() {
        let agent = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15";
        assert_eq!(device(agent, true).kind, DeviceType::Tablet);
        assert_eq!(device(agent, true).os, "ios");
    }

    #[test]
    fn previews_are_no_people() {
        for agent in [
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            "WhatsApp/2.23.20.0",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "TelegramBot (like TwitterBot)",
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
        ] {
            assert!(device(agent, false).robot, "{agent}");
        }
    }
}
