//! Paging headers, and the URL of this server as the client sees it.

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::header::{HOST, LINK};
use http::request::Parts;
use http::uri::Authority;
use http::{HeaderName, StatusCode};

use super::answer::{Failure, header};
use super::query::is_named;
use crate::{Page, PageKey};

/// Where a request was sent to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// `http://` and the host, without a slash at the end.
    pub(super) base: String,
    path: String,
    query: String,
}

impl<S: Send + Sync> FromRequestParts<S> for Target {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let host: Option<Authority> = parts
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .and_then(|host| host.parse().ok());
        let Some(host) = host else {
            return Err(Failure::new(
                StatusCode::BAD_REQUEST,
                "invalid",
                "the request must name its host",
            ));
        };
        Ok(Self {
            base: format!("http://{host}"),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
        })
    }
}

impl Target {
    /// The same request for another page.
    fn page(&self, key: &PageKey) -> String {
        let kept = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty() && !is_named(pair, "page"));
        let mut query: Vec<&str> = kept.collect();
        let page = format!("page={}", key.as_str());
        query.push(&page);
        format!("{}{}?{}", self.base, self.path, query.join("&"))
    }
}

/// What the paging headers tell.
pub(super) struct Paging<'a> {
    pub(super) page: &'a Page,
    pub(super) next: Option<&'a PageKey>,
    pub(super) count: Option<usize>,
    pub(super) reverse: Option<bool>,
    pub(super) timerange: Option<String>,
}

impl Paging<'_> {
    /// Adds `Link` and the `X-Paging-` headers to an answer.
    pub(super) fn on(self, mut response: Response, target: &Target) -> Response {
        let mut set = |name: &'static str, value: Option<String>| {
            if let Some(value) = value.as_deref().and_then(header) {
                response
                    .headers_mut()
                    .insert(HeaderName::from_static(name), value);
            }
        };
        set("x-paging-limit", Some(self.page.limit.to_string()));
        set(
            "x-paging-nextkey",
            self.next.map(|key| key.as_str().to_owned()),
        );
        set("x-paging-count", self.count.map(|count| count.to_string()));
        set(
            "x-paging-reverse-order",
            self.reverse.map(|reverse| reverse.to_string()),
        );
        set("x-paging-timerange", self.timerange);
        if let Some(key) = self.next
            && let Some(link) = header(&format!("<{}>; rel=\"next\"", target.page(key)))
        {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_keeps_everything_but_the_page() {
        let target = |query: &str| Target {
            base: "http://h:1".to_owned(),
            path: "/flows/a%2Fb".to_owned(),
            query: query.to_owned(),
        };
        let key = PageKey::new("ab12");
        assert_eq!(target("").page(&key), "http://h:1/flows/a%2Fb?page=ab12");
        assert_eq!(
            target("limit=2&p%61ge=00&access_token=x").page(&key),
            "http://h:1/flows/a%2Fb?limit=2&access_token=x&page=ab12"
        );
    }
}
