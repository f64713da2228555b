//! Query parameters. One that an endpoint does not know is an error: a misspelt filter must not
//! select, or delete, everything. Values that have a schema of their own must follow it.

use std::borrow::Cow;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use http::request::Parts;
use mediatime::TimeRange;
use percent_encoding::percent_decode;
use serde_json::Value;
use tams_model::{Id, MimeType};

use super::answer::Failure;
use crate::schema::{Schema, check};
use crate::{NodeError, Page, PageKey, TagFilter};

/// The most tag filters of one request; the database refuses conditions that nest too deep.
const MOST_TAG_FILTERS: usize = 64;

/// The parameters of a request, taken out one by one.
pub(super) struct Query {
    pairs: Vec<(String, String)>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        Ok(Self::new(parts.uri.query().unwrap_or_default())?)
    }
}

/// A request that takes no parameters, and has none.
pub(super) struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        Query::from_request_parts(parts, state).await?.end()?;
        Ok(Self)
    }
}

impl Query {
    fn new(text: &str) -> Result<Self, NodeError> {
        let mut pairs = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
                return Err(NodeError::invalid(name, "is not percent-encoded UTF-8"));
            };
            if name != "access_token" {
                pairs.push((name, value));
            }
        }
        Ok(Self { pairs })
    }

    /// The parameter `name`, when it is there.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, NodeError> {
        let mut found = None;
        while let Some(at) = self.pairs.iter().position(|(other, _)| other == name) {
            let (_, value) = self.pairs.remove(at);
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

    /// The parameter `name`, when it is there, as `schema` has it.
    fn shaped(
        &mut self,
        name: &str,
        schema: Schema,
        expected: &str,
    ) -> Result<Option<String>, NodeError> {
        let text = self.text(name)?;
        if let Some(text) = &text {
            check_shape(name, text, schema, expected)?;
        }
        Ok(text)
    }

    fn shaped_and_parsed<T: FromStr>(
        &mut self,
        name: &str,
        schema: Schema,
        expected: &str,
    ) -> Result<Option<T>, NodeError> {
        let wrong = |_| NodeError::invalid(name, format!("must be {expected}"));
        self.shaped(name, schema, expected)?
            .map(|text| text.parse().map_err(wrong))
            .transpose()
    }

    /// A whole number; the nearest we can hold, when it is huge.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, NodeError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let digits = text.strip_prefix('-').unwrap_or(&text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NodeError::invalid(name, "must be a whole number"));
        }
        let nearest = if digits.len() < text.len() {
            i64::MIN
        } else {
            i64::MAX
        };
        Ok(Some(text.parse().unwrap_or(nearest)))
    }

    /// A UUID.
    pub(super) fn id(&mut self, name: &str) -> Result<Option<Id>, NodeError> {
        self.shaped_and_parsed(name, Schema::Uuid, "a UUID of version 1 to 5 in lower case")
    }

    /// A timerange.
    pub(super) fn timerange(&mut self, name: &str) -> Result<Option<TimeRange>, NodeError> {
        self.shaped_and_parsed(name, Schema::Timerange, "a timerange such as [0:0_10:0)")
    }

    /// A MIME type.
    pub(super) fn mime(&mut self, name: &str) -> Result<Option<MimeType>, NodeError> {
        self.shaped_and_parsed(name, Schema::MimeType, "a MIME type without parameters")
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

    /// A list of labels separated by commas; empty when the value is.
    pub(super) fn labels(&mut self, name: &str) -> Result<Option<Vec<String>>, NodeError> {
        let text = self.shaped(name, Schema::LabelList, "labels separated by commas")?;
        Ok(text.map(|text| split(&text)))
    }

    /// A list of UUIDs separated by commas; empty when the value is.
    pub(super) fn ids(&mut self, name: &str) -> Result<Option<Vec<Id>>, NodeError> {
        let expected = "UUIDs separated by commas";
        let Some(texts) = self.shaped(name, Schema::UuidList, expected)? else {
            return Ok(None);
        };
        let texts = split(&texts);
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
                check_shape(&name, &value, Schema::TagList, "values separated by commas")?;
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
        if filter.values.len() + filter.exists.len() > MOST_TAG_FILTERS {
            return Err(NodeError::invalid(
                equal,
                format!("at most {MOST_TAG_FILTERS} tag filters at a time"),
            ));
        }
        Ok(filter)
    }

    /// The parameters `limit` and `page`.
    pub(super) fn page(&mut self) -> Result<Page, NodeError> {
        let limit = match self.integer("limit")? {
            Some(..=0) => return Err(NodeError::invalid("limit", "must be 1 or more")),
            Some(limit) => u32::try_from(limit)
                .unwrap_or(u32::MAX)
                .min(Page::MAX_LIMIT),
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

fn check_shape(name: &str, text: &str, schema: Schema, expected: &str) -> Result<(), NodeError> {
    check(schema, &Value::from(text)).map_err(|wrong| match wrong {
        NodeError::Invalid { .. } => NodeError::invalid(name, format!("must be {expected}")),
        broken => broken,
    })
}

/// Text of a URL's query (WHATWG URL §5.1), when it is UTF-8.
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode(spaced.as_bytes())
        .decode_utf8()
        .ok()
        .map(Cow::into_owned)
}

/// Whether `NAME=VALUE`, as it is in a URL, has this name.
pub(super) fn is_named(pair: &str, name: &str) -> bool {
    decoded(pair.split('=').next().unwrap_or_default()).is_some_and(|decoded| decoded == name)
}

fn split(text: &str) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    text.split(',').map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn query(text: &str) -> Query {
        Query::new(text).unwrap()
    }

    #[test]
    fn takes_what_it_knows_and_refuses_the_rest() {
        let mut query =
            query("limit=5&tag.a%20b=x%2Cy&tag_exists.c=false&access_token=t&timerange=%5B0%3A0_");
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
        assert!(Query::new("timerang=_").unwrap().end().is_err());
    }

    #[test]
    fn nonsense_is_named() {
        for (text, name) in [
            ("limit=0", "limit"),
            ("limit=-1", "limit"),
            ("limit=-99999999999999999999", "limit"),
            ("limit=%2B1", "limit"),
            ("limit=1.0", "limit"),
            ("limit=", "limit"),
            ("limit=1&limit=2", "limit"),
        ] {
            match query(text).page() {
                Err(NodeError::Invalid { field, .. }) => assert_eq!(field, name),
                other => panic!("{text}: {other:?}"),
            }
        }
        for huge in ["limit=99999", "limit=99999999999999999999"] {
            assert_eq!(query(huge).page().unwrap().limit, Page::MAX_LIMIT);
        }
        assert!(query("a=maybe").flag("a").is_err());
        assert_eq!(query("a=").labels("a").unwrap(), Some(vec![]));
        assert_eq!(query("").labels("a").unwrap(), None);
        assert!(query("a=x,,y").labels("a").is_err());
        assert!(query("tag.a=x,").tags("").is_err());
        assert!(query("a=x").ids("a").is_err());
        for upper in ["a=4F79CFD1-C057-47F4-8E4D-1B126CA7BF34", "a=%00"] {
            assert!(query(upper).id("a").is_err() && query(upper).ids("a").is_err());
        }
        assert!(query("a=video/mp4;x=y").mime("a").is_err());
        assert!(query("a=[0:0_5)").timerange("a").is_err());
        for broken in ["a=%ff", "%c3=1", "a=1&b=%e2%82"] {
            assert!(Query::new(broken).is_err(), "{broken}");
        }
        let many: Vec<String> = (0..=MOST_TAG_FILTERS)
            .map(|n| format!("tag.{n}=x"))
            .collect();
        assert!(query(&many.join("&")).tags("").is_err());
    }

    proptest! {
        /// Whatever is asked is taken or refused by name, and what was put in comes out.
        #[test]
        fn any_text_is_taken_or_refused(text in ".{0,200}", name in "[a-z_.%&=]{0,12}") {
            if let Ok(mut query) = Query::new(&text) {
                let _taken = (
                    query.text(&name),
                    query.integer("limit"),
                    query.id("id"),
                    query.ids("ids"),
                    query.mime("codec"),
                    query.timerange("timerange"),
                    query.tags(""),
                    query.page(),
                    query.end(),
                );
            }
        }

        #[test]
        fn what_is_encoded_comes_back(value in ".{0,40}", number in any::<i64>()) {
            let encoded: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
            let mut query = query(&format!("a={encoded}&n={number}"));
            prop_assert_eq!(query.text("a").unwrap(), Some(value));
            prop_assert_eq!(query.integer("n").unwrap(), Some(number));
            prop_assert!(query.end().is_ok());
        }
    }
}
