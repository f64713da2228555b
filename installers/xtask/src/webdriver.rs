//! The hands of a script in the window: the W3C WebDriver protocol, spoken with WebKitWebDriver.
//!
//! It knows what the screenshots need, no more. Answers are picked apart by key, which is enough for
//! the flat ones that come here.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::process;

/// How long anything in the window may take.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often it is asked again.
const PAUSE: Duration = Duration::from_millis(100);
/// One answer, however slow the machine.
const ANSWER: Duration = Duration::from_secs(30);

/// Keys without a character of their own, as the protocol has them.
const KEYS: [(&str, char); 11] = [
    ("Shift", '\u{e008}'),
    ("Control", '\u{e009}'),
    ("Enter", '\u{e007}'),
    ("Escape", '\u{e00c}'),
    ("End", '\u{e010}'),
    ("Home", '\u{e011}'),
    ("ArrowLeft", '\u{e012}'),
    ("ArrowUp", '\u{e013}'),
    ("ArrowRight", '\u{e014}'),
    ("ArrowDown", '\u{e015}'),
    ("F6", '\u{e036}'),
];

/// A window with a script in charge. Closed when it is dropped.
pub(crate) struct Window {
    driver: Child,
    port: u16,
    session: String,
}

impl Window {
    /// Starts `program` with `args` under a driver whose screen and environment `driver` has.
    pub(crate) fn open(mut driver: Command, program: &Path, args: &[&str]) -> Outcome<Self> {
        let port = free_port()?;
        let driver = driver
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null())
            .spawn()
            .map_err(|e| format!("cannot run the driver of the window: {e}"))?;
        let mut window = Self {
            driver,
            port,
            session: String::new(),
        };
        let args: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
        let wanted = format!(
            r#"{{"capabilities":{{"alwaysMatch":{{"webkitgtk:browserOptions":{{"binary":{},"args":[{}]}}}}}}}}"#,
            quoted(&program.to_string_lossy()),
            args.join(","),
        );
        window.wait_for_driver()?;
        let answer = window.post("/session", &wanted)?;
        window.session = text_of(&answer, "sessionId")
            .ok_or_else(|| format!("the driver opened no window: {answer}"))?;
        Ok(window)
    }

    /// Presses and releases keys held together: `a`, `F6`, `Shift+ArrowRight`.
    pub(crate) fn press(&self, keys: &str) -> Outcome<()> {
        let keys: Vec<String> = keys.split('+').map(|name| quoted(&key(name))).collect();
        let down = keys
            .iter()
            .map(|key| format!(r#"{{"type":"keyDown","value":{key}}}"#));
        let up = keys
            .iter()
            .rev()
            .map(|key| format!(r#"{{"type":"keyUp","value":{key}}}"#));
        let steps: Vec<String> = down.chain(up).collect();
        let actions = format!(
            r#"{{"actions":[{{"type":"key","id":"keys","actions":[{}]}}]}}"#,
            steps.join(",")
        );
        self.post(&self.path("actions"), &actions).map(drop)
    }

    /// Clicks the first element that an XPath finds, as soon as there is one that can be clicked.
    pub(crate) fn click(&self, path: &str) -> Outcome<()> {
        let id = self.element(path)?;
        self.post(&self.path(&format!("element/{id}/click")), "{}")
            .map(drop)
    }

    /// Types into the first element that an XPath finds.
    pub(crate) fn fill(&self, path: &str, text: &str) -> Outcome<()> {
        let id = self.element(path)?;
        let typed = quoted(&text.replace('\n', &key("Enter")));
        let text = format!(r#"{{"text":{typed}}}"#);
        self.post(&self.path(&format!("element/{id}/value")), &text)
            .map(drop)
    }

    fn element(&self, path: &str) -> Outcome<String> {
        self.wait(&format!(
            "const found = document.evaluate({}, document, null, 9, null).singleNodeValue; \
             return found !== null && !found.disabled;",
            quoted(path)
        ))?;
        let wanted = format!(r#"{{"using":"xpath","value":{}}}"#, quoted(path));
        let answer = self.post(&self.path("element"), &wanted)?;
        text_of(&answer, "element-6066-11e4-a52e-4f735466cecf")
            .ok_or_else(|| format!("`{path}` finds nothing: {answer}"))
    }

    /// Waits until a script answers `true`. It may return a promise.
    pub(crate) fn wait(&self, script: &str) -> Outcome<()> {
        let call = format!(r#"{{"script":{},"args":[]}}"#, quoted(script));
        let start = Instant::now();
        loop {
            let answer = self.post(&self.path("execute/sync"), &call)?;
            if answer.contains(r#""value":true"#) {
                return Ok(());
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("in vain: {script}\n{answer}"));
            }
            thread::sleep(PAUSE);
        }
    }

    /// A picture of the page as PNG, once what changed is painted.
    pub(crate) fn picture(&self) -> Outcome<Vec<u8>> {
        self.wait(
            "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => \
             setTimeout(() => done(true), 400))));",
        )?;
        let answer = self.get(&self.path("screenshot"))?;
        text_of(&answer, "value")
            .and_then(|text| decoded(&text))
            .ok_or_else(|| "the driver's picture is none".to_owned())
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}/{rest}", self.session)
    }

    fn wait_for_driver(&self) -> Outcome<()> {
        let start = Instant::now();
        loop {
            match self.get("/status") {
                Ok(_) => return Ok(()),
                Err(why) if start.elapsed() > PATIENCE => return Err(why),
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }

    fn get(&self, path: &str) -> Outcome<String> {
        self.exchange("GET", path, "")
    }

    fn post(&self, path: &str, body: &str) -> Outcome<String> {
        self.exchange("POST", path, body)
    }

    fn exchange(&self, method: &str, path: &str, body: &str) -> Outcome<String> {
        let answer = self
            .bytes(method, path, body)
            .map_err(|e| format!("the driver of the window does not answer: {e}"))?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        if head.split_whitespace().nth(1) == Some("200") {
            return Ok(body.to_owned());
        }
        Err(format!("{method} {path}: {body}"))
    }

    fn bytes(&self, method: &str, path: &str, body: &str) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(ANSWER))?;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len(),
        )?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The window goes with the driver when it does not go by itself.
            let path = format!("/session/{}", self.session);
            let _ = self.exchange("DELETE", &path, "");
        }
        process::kill_tree(&mut self.driver);
    }
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|e| format!("no free port: {e}"))
}

/// A key as the protocol has it.
fn key(name: &str) -> String {
    let named = KEYS.iter().find(|(known, _)| *known == name);
    named.map_or_else(|| name.to_owned(), |(_, code)| code.to_string())
}

/// A JSON string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The text under `key`, wherever it is. Of escapes only `\/` is known.
fn text_of(json: &str, key: &str) -> Option<String> {
    let (_, rest) = json.split_once(&format!("\"{key}\":"))?;
    let rest = rest.trim_start().strip_prefix('"')?;
    let (text, _) = rest.split_once('"')?;
    Some(text.replace("\\/", "/"))
}

/// What base64 stands for.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for c in text.bytes().filter(|c| *c != b'=') {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_quoted_and_answers_read() {
        assert_eq!(quoted("a\"b\\\n\u{e007}"), "\"a\\\"b\\\\\\u000a\u{e007}\"");
        let answer = r#"{"value":{"sessionId": "a\/b","capabilities":{}}}"#;
        assert_eq!(text_of(answer, "sessionId").as_deref(), Some("a/b"));
        assert_eq!(text_of(answer, "value"), None);
        assert_eq!(text_of("{}", "value"), None);
    }

    #[test]
    fn keys_have_their_codes() {
        assert_eq!(key("ArrowRight"), "\u{e014}");
        assert_eq!(key("a"), "a");
    }

    #[test]
    fn base64_is_decoded_as_rfc_4648_has_it() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decoded(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(decoded("+/+/").unwrap(), [0xfb, 0xff, 0xbf]);
        assert_eq!(decoded("a b"), None);
    }
}
