//! Query parameters. One that an endpoint does not know is an error: a misspelt filter must not
//! select, or delete, everything.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use mediatime::TimeRange;
use tams_model::Id;

use super::answer::Failure;
use crate::{NodeError, Page, PageKey, TagFilter};

/// The parameters of a request, taken out one by one.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::new(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    fn new(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes())
            .filter(|(name, _)| name != "access_token")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { pairs }
    }

    /// The parameter `name`, when it is there.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, NodeError> {
        let mut found = None;
        while let Some(at) = self.pairs.iter().position(|(other, _)| other == name) {
            let (_, value) = self.pairs.swap_remove(at);
            if found.replace(value).is_some() {
                return Err(NodeError::invalid(name, "is there twice"));
            }
        }
        Ok(found)
    }

    fn parsed<T: FromStr>(&mut self, name: &str, expected: &str) -> Result<Option<T>, NodeError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(NodeError::invalid(name, format!("must be {expected}"))),
            },
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, NodeError> {
        self.parsed(name, "true or false")
    }

    /// A whole number, 0 or more.
    pub(super) fn number(&mut self, name: &str) -> Result<Option<u32>, NodeError> {
        self.parsed(name, "a whole number")
    }

    /// A UUID.
    pub(super) fn id(&mut self, name: &str) -> Result<Option<Id>, NodeError> {
        self.parsed(name, "a UUID")
    }

    /// A timerange.
    pub(super) fn timerange(&mut self, name: &str) -> Result<Option<TimeRange>, NodeError> {
        self.parsed(name, "a timerange such as [0:0_10:0)")
    }

    /// Any value with a text form, described by `expected`.
    pub(super) fn value<T: FromStr>(
        &mut self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, NodeError> {
        self.parsed(name, expected)
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, NodeError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                Err(NodeError::invalid(
                    name,
                    format!("must be one of {}", known.join(", ")),
                ))
            }
        }
    }

    /// A list separated by commas; empty when the value is.
    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<String>>, NodeError> {
        Ok(self.text(name)?.map(|text| split(&text)))
    }

    /// A list of UUIDs separated by commas; empty when the value is.
    pub(super) fn ids(&mut self, name: &str) -> Result<Option<Vec<Id>>, NodeError> {
        let Some(texts) = self.list(name)? else {
            return Ok(None);
        };
        let ids: Result<Vec<Id>, _> = texts.iter().map(|text| text.parse()).collect();
        ids.map(Some)
            .map_err(|wrong| NodeError::invalid(name, wrong.to_string()))
    }

    /// The filters `{prefix}tag.NAME` and `{prefix}tag_exists.NAME`.
    pub(super) fn tags(&mut self, prefix: &str) -> Result<TagFilter, NodeError> {
        let (equal, exists) = (format!("{prefix}tag."), format!("{prefix}tag_exists."));
        let mut filter = TagFilter::default();
        let mut rest = Vec::with_capacity(self.pairs.len());
        for (name, value) in self.pairs.drain(..) {
            if let Some(tag) = name.strip_prefix(&equal) {
                filter.values.push((tag.to_owned(), split(&value)));
            } else if let Some(tag) = name.strip_prefix(&exists) {
                let exists = value
                    .parse()
                    .map_err(|_| NodeError::invalid(name.as_str(), "must be true or false"))?;
                filter.exists.push((tag.to_owned(), exists));
            } else {
                rest.push((name, value));
            }
        }
        self.pairs = rest;
        Ok(filter)
    }

    /// The parameters `limit` and `page`.
    pub(super) fn page(&mut self) -> Result<Page, NodeError> {
        let limit = match self.number("limit")? {
            Some(0) => return Err(NodeError::invalid("limit", "must be 1 or more")),
            Some(limit) => limit.min(Page::MAX_LIMIT),
            None => Page::DEFAULT_LIMIT,
        };
        Ok(Page {
            limit,
            key: self.text("page")?.map(PageKey::new),
        })
    }

    /// Everything was taken.
    pub(super) fn end(self) -> Result<(), NodeError> {
        match self.pairs.first() {
            None => Ok(()),
            Some((name, _)) => Err(NodeError::invalid(
                name.as_str(),
                "is no query parameter of this path",
            )),
        }
    }
}

fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_it_knows_and_refuses_the_rest() {
        let mut query = Query::new(
            "limit=5&tag.a%20b=x%2Cy&tag_exists.c=false&access_token=t&timerange=%5B0%3A0_",
        );
        assert_eq!(query.page().unwrap().limit, 5);
        let tags = query.tags("").unwrap();
        assert_eq!(
            tags.values,
            [("a b".to_owned(), vec!["x".to_owned(), "y".to_owned()])]
        );
        assert_eq!(tags.exists, [("c".to_owned(), false)]);
        assert_eq!(
            query.timerange("timerange").unwrap().unwrap().to_string(),
            "[0:0_"
        );
        assert!(query.end().is_ok());
        assert!(Query::new("timerang=_").end().is_err());
    }

    #[test]
    fn nonsense_is_named() {
        for (text, name) in [
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("limit=1&limit=2", "limit"),
        ] {
            match Query::new(text).page() {
                Err(NodeError::Invalid { field, .. }) => assert_eq!(field, name),
                other => panic!("{text}: {other:?}"),
            }
        }
        assert_eq!(
            Query::new("limit=99999").page().unwrap().limit,
            Page::MAX_LIMIT
        );
        assert!(Query::new("a=maybe").flag("a").is_err());
        assert_eq!(Query::new("a=").list("a").unwrap(), Some(vec![]));
        assert_eq!(Query::new("").list("a").unwrap(), None);
        assert!(Query::new("a=x").ids("a").is_err());
    }
}
