//! Long lists, page by page.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use mediatime::TimeRange;
use serde::de::DeserializeOwned;
use url::Url;

use crate::connection::Connection;
use crate::dialect::Paging;
use crate::error::{Place, TamsError};
use crate::issue::{Issue, Listed};
use crate::link::parse_link;
use crate::reading::{self, ReadList};
use crate::transport::{Answer, Call};

/// Odd items of one list that are told; more of them say nothing more.
const ISSUES: usize = 1000;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items that could be read, in the server's order.
    pub items: Vec<T>,
    /// Why others could not.
    pub issues: Vec<Issue>,
    /// What the page covers, where the server tells (`X-Paging-Timerange`).
    pub timerange: Option<TimeRange>,
    /// The page size the server used, where it tells (`X-Paging-Limit`).
    pub limit: Option<u32>,
}

/// A list that is read as far as it is wanted. After an error the same page can be asked for again.
pub struct Pages<T> {
    connection: Connection,
    next: Option<Url>,
    seen: HashSet<u64>,
    /// Items before the next page, for servers that count them.
    offset: u64,
    /// The page size asked for.
    limit: Option<u32>,
    last: Option<u64>,
    keep: Keep<T>,
}

/// What of a page is wanted, mended where it must be: servers don't filter all they are asked to.
type Keep<T> = Option<Box<dyn Fn(&mut T) -> bool + Send + Sync>>;

impl<T: DeserializeOwned> Pages<T> {
    pub(crate) fn new(connection: Connection, mut first: Url, limit: Option<u32>) -> Self {
        let limit = limit.or_else(|| connection.adapter().page_limit());
        if let Some(limit) = limit {
            first
                .query_pairs_mut()
                .append_pair("limit", &limit.to_string());
        }
        Self {
            connection,
            next: Some(first),
            seen: HashSet::new(),
            offset: 0,
            limit,
            last: None,
            keep: None,
        }
    }

    /// A list without items, which asks no server.
    pub(crate) fn empty(connection: Connection) -> Self {
        Self {
            connection,
            next: None,
            seen: HashSet::new(),
            offset: 0,
            limit: None,
            last: None,
            keep: None,
        }
    }

    /// Drops items that `keep` refuses.
    pub(crate) fn keeping(self, keep: impl Fn(&T) -> bool + Send + Sync + 'static) -> Self {
        self.mending(move |item| keep(item))
    }

    /// Lets `keep` change items, and drops those that it refuses.
    pub(crate) fn mending(mut self, keep: impl Fn(&mut T) -> bool + Send + Sync + 'static) -> Self {
        self.keep = Some(Box::new(keep));
        self
    }

    /// The next page, or nothing after the last one. A page may be empty.
    ///
    /// A query whose filters the server does not know is filtered here.
    ///
    /// # Errors
    ///
    /// [`TamsError::PagingLoop`], [`TamsError::TooManyPages`] and [`TamsError::LinkRefused`] beside
    /// what any call fails with.
    pub async fn next(&mut self) -> Result<Option<Page<T>>, TamsError> {
        let Some(url) = self.next.clone() else {
            return Ok(None);
        };
        let most = self.connection.settings().limits.pages;
        if self.seen.len() >= most {
            return Err(TamsError::TooManyPages {
                at: Place::of(&url),
                limit: most,
            });
        }
        let key = hash(url.as_str());
        if self.seen.contains(&key) {
            return Err(TamsError::PagingLoop {
                at: Place::of(&url),
            });
        }
        let answer = self.connection.send(&Call::get(url)).await?;
        let ReadList {
            mut items,
            mut issues,
            sent,
        } = reading::list::<T>(&answer)?;
        let next = self.following(&answer, sent)?;
        if next.is_none() && announces_more(&answer) {
            issues.push(Issue::new(
                answer.url.path(),
                "its link to the next page can't be read, so that the list may be cut short",
            ));
        }
        self.seen.insert(key);
        self.next = next;
        self.offset = self
            .offset
            .saturating_add(u64::try_from(sent).unwrap_or(u64::MAX));
        self.last = Some(hash(&answer.body));
        if let Some(keep) = &self.keep {
            items.retain_mut(|item| keep(item));
        }
        Ok(Some(Page {
            items,
            issues,
            timerange: answer
                .text("x-paging-timerange")
                .and_then(|range| TimeRange::parse_tolerant(range).ok()),
            limit: answer
                .text("x-paging-limit")
                .and_then(|limit| limit.parse().ok()),
        }))
    }

    /// All pages.
    pub(crate) async fn all(mut self) -> Result<Listed<T>, TamsError> {
        let mut listed = Listed::default();
        let most = self.connection.settings().limits.items;
        let list = self.next.as_ref().map(Place::of);
        while let Some(mut page) = self.next().await? {
            listed.items.append(&mut page.items);
            let room = ISSUES.saturating_sub(listed.issues.len());
            page.issues.truncate(room);
            listed.issues.append(&mut page.issues);
            if let Some(at) = list.clone().filter(|_| listed.items.len() > most) {
                return Err(TamsError::TooManyItems { at, limit: most });
            }
        }
        Ok(listed)
    }

    /// Where the page after `answer` is: by link, by key, or by counting.
    fn following(&self, answer: &Answer, sent: usize) -> Result<Option<Url>, TamsError> {
        for value in answer.headers.get_all(http::header::LINK) {
            let Some(link) = value
                .to_str()
                .ok()
                .and_then(|value| parse_link(value).into_iter().find(|link| link.is("next")))
            else {
                continue;
            };
            if !link.target.is_empty() {
                return self.linked(answer, &link.target).map(Some);
            }
            // OpenTAMS writes an empty target and the cursor beside it.
            if let Some(key) = link.param("key").filter(|key| !key.is_empty()) {
                return Ok(Some(with(&answer.url, "page", key)));
            }
        }
        if let Some(key) = answer
            .text("x-paging-nextkey")
            .filter(|key| !key.is_empty())
        {
            return Ok(Some(with(&answer.url, "page", key)));
        }
        if self.connection.adapter().paging() == Paging::Offset {
            let whole = self.limit.is_some_and(|limit| {
                u64::try_from(sent).is_ok_and(|sent| sent >= u64::from(limit))
            });
            // A list that takes no offset sends the same page again.
            let new = self.last != Some(hash(&answer.body));
            if whole && new {
                let sent = u64::try_from(sent).unwrap_or(u64::MAX);
                let offset = self.offset.saturating_add(sent).to_string();
                return Ok(Some(with(&answer.url, "offset", &offset)));
            }
        }
        Ok(None)
    }

    /// A link's target, resolved against the page it is on; credentials go to no other place.
    fn linked(&self, answer: &Answer, target: &str) -> Result<Url, TamsError> {
        let resolved = answer.url.join(target);
        let mut url = resolved.map_err(|wrong| TamsError::BadAnswer {
            at: answer.place(),
            what: "a link to the next page",
            detail: wrong.to_string(),
        })?;
        url.set_fragment(None);
        if !self.connection.base().contains(&url) {
            return Err(TamsError::LinkRefused {
                at: answer.place(),
                target: Place::of(&url),
            });
        }
        Ok(url)
    }
}

impl<T> std::fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages")
            .field("next", &self.next.as_ref().map(Place::of))
            .field("read", &self.seen.len())
            .finish_non_exhaustive()
    }
}

/// Whether there is a word of a next page, be it in no link that can be read.
fn announces_more(answer: &Answer) -> bool {
    let links = answer.headers.get_all(http::header::LINK).iter();
    links
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains("next"))
}

/// `url` with the query parameter `name` set to `value`.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let mut url = url.clone();
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(found, _)| found != name)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .append_pair(name, value);
    url
}

fn hash<H: Hash + ?Sized>(value: &H) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
