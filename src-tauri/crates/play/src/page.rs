//! The player page, built from `ui/player`, and what the server fills into it.

use std::fmt::Write as _;

use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

use crate::PlayError;
use crate::card::Card;

const HTML: &str = include_str!(concat!(env!("OUT_DIR"), "/player.html"));
const HEAD: &str = "<!--head-->";
const CARD: &str = r#"<script type="application/json" id="card">{}</script>"#;

/// The page around its two slots.
pub(crate) struct Page {
    before_head: &'static str,
    before_card: &'static str,
    after_card: &'static str,
    /// Policies of a page that may stand in another site's frame, and of one that may not.
    framed: HeaderValue,
    unframed: HeaderValue,
    /// Absolute addresses are for link previews, which can't read others.
    base_url: Option<String>,
}

impl Page {
    pub(crate) fn new(base_url: Option<String>) -> Result<Self, PlayError> {
        let (before_head, rest) = HTML
            .split_once(HEAD)
            .ok_or(PlayError::Page { slot: HEAD })?;
        let (before_card, after_card) = rest
            .split_once(CARD)
            .ok_or(PlayError::Page { slot: CARD })?;
        let scripts = hashes(HTML, "<script type=\"module\">", "</script>");
        let styles = hashes(HTML, "<style>", "</style>");
        let policy = |ancestors: &str| {
            let text = format!(
                "default-src 'none'; script-src{scripts}; style-src{styles}; img-src 'self' data:; media-src 'self'; \
                 connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
            );
            HeaderValue::try_from(text).map_err(|_| PlayError::Page { slot: "<script>" })
        };
        Ok(Self {
            before_head,
            before_card,
            after_card,
            framed: policy("*")?,
            unframed: policy("'none'")?,
            base_url,
        })
    }

    /// The page of `card`. Only a live page of a shared link may stand in a frame: a printed code is
    /// opened by itself.
    pub(crate) fn answer(&self, status: StatusCode, card: &Card) -> Response {
        let may_be_framed = card.state == "live" && card.code.is_none();
        let policy = if may_be_framed {
            &self.framed
        } else {
            &self.unframed
        };
        let json = serde_json::to_string(card)
            .unwrap_or_default()
            .replace('<', "\\u003c");
        let head = self.head(card);
        let Self {
            before_head,
            before_card,
            after_card,
            ..
        } = self;
        let html = format!(
            "{before_head}{head}{before_card}<script type=\"application/json\" id=\"card\">{json}</script>{after_card}"
        );
        let headers = [
            (
                CONTENT_TYPE,
                HeaderValue::from_static("text/html; charset=utf-8"),
            ),
            (CONTENT_SECURITY_POLICY, policy.clone()),
            (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (status, headers, html).into_response()
    }

    /// The title, and what a link preview shows.
    fn head(&self, card: &Card) -> String {
        let title = match card.state {
            "live" => card.title.as_str(),
            "expired" => "This video has ended its run",
            "revoked" => "This code was taken back",
            _ => "There is no video here",
        };
        let publisher = &card.publisher.name;
        let mut head = format!("<title>{} · {}</title>", escaped(title), escaped(publisher));
        if card.state == "live" {
            let mut meta = |key: &str, name: &str, value: &str| {
                if !value.is_empty() {
                    // Writing to a string does not fail.
                    let _ = write!(
                        head,
                        "\n<meta {key}=\"{name}\" content=\"{}\">",
                        escaped(value)
                    );
                }
            };
            meta("name", "description", &card.description);
            meta("property", "og:type", "video.other");
            meta("property", "og:title", &card.title);
            meta("property", "og:description", &card.description);
            meta("property", "og:site_name", publisher);
            if let (Some(base), Some(poster)) = (&self.base_url, &card.poster) {
                meta("property", "og:image", &format!("{base}{poster}"));
            }
        }
        head
    }
}

/// ` 'sha256-…'` of every inline block between `open` and `close` (CSP level 2).
fn hashes(html: &str, open: &str, close: &str) -> String {
    html.split(open)
        .skip(1)
        .filter_map(|block| block.split_once(close))
        .map(|(block, _)| {
            format!(
                " 'sha256-{}'",
                BASE64_STANDARD.encode(Sha256::digest(block))
            )
        })
        .collect()
}

/// Text for HTML, inside and outside of attributes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn page(card: &Card) -> (Response, String) {
        let mut answer = Page::new(Some("https://play.example".to_owned()))
            .unwrap()
            .answer(StatusCode::OK, card);
        let body = to_bytes(std::mem::take(answer.body_mut()), usize::MAX)
            .await
            .unwrap();
        (answer, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn words_of_the_user_stay_words() {
        let card = Card {
            state: "live",
            title: "</script><script>alert(1)</script>\"&".to_owned(),
            poster: Some("/poster/x.jpg".to_owned()),
            ..Card::default()
        };
        let (_, html) = page(&card).await;
        assert!(!html.contains("<script>alert"));
        assert!(html.contains("<title>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp; · Stringout</title>"));
        assert!(html.contains("content=\"https://play.example/poster/x.jpg\""));
        let (_, rest) = html.split_once("id=\"card\">").unwrap();
        let (json, _) = rest.split_once("</script>").unwrap();
        let read: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(read["title"], card.title);
    }

    #[tokio::test]
    async fn the_policy_names_every_inline_block_and_nothing_else() {
        let (answer, html) = page(&Card {
            state: "live",
            ..Card::default()
        })
        .await;
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert_eq!(policy.matches("'sha256-").count(), 2);
        assert!(!policy.contains("unsafe"));
        let executable = html.matches("<script").count()
            - html.matches("<script type=\"application/json\"").count();
        assert_eq!(executable, 1);
        assert_eq!(html.matches("<style").count(), 1);
        for outside in [
            "src=\"http",
            "href=\"http",
            " style=\"",
            " onclick=",
            "@import",
            "url(http",
        ] {
            assert!(!html.contains(outside), "{outside}");
        }
        assert!(policy.ends_with("frame-ancestors *"));
    }

    #[tokio::test]
    async fn only_a_shared_link_may_be_framed() {
        let code = Some("2222-2222-2222".to_owned());
        for card in [
            Card {
                state: "live",
                code,
                ..Card::default()
            },
            Card {
                state: "notfound",
                ..Card::default()
            },
        ] {
            let (answer, _) = page(&card).await;
            let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
            assert!(policy.ends_with("frame-ancestors 'none'"), "{policy}");
        }
    }
}
