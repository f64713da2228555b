//! Lists in pages, as the specification has them.

use serde_json::Value;

use super::message::{Reply, Request};
use super::specified::Rules;
use super::store::Store;

/// The part of a list that is asked for.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    limit: usize,
    next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts the page out of `items`, which stand in the order asked for; `key` names an item for good.
    ///
    /// # Errors
    /// The refusal, when `limit` or `page` is wrong.
    pub(super) fn of(
        rules: &dyn Rules,
        request: &Request,
        store: &Store,
        mut items: Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Result<Self, Reply> {
        let (usual, most) = rules.page_sizes();
        let limit = match request.query("limit") {
            None => usual,
            Some(text) => match text.parse::<usize>() {
                Ok(limit) if limit > 0 => limit.min(most),
                _ => return Err(rules.error(store, 400, &format!("limit is wrong: {text}"))),
            },
        };
        let limit = store.page_size.unwrap_or(limit);
        if let Some(page) = request.query("page") {
            let wanted = key_of(page);
            let last = items.iter().position(|item| Some(key(item)) == wanted);
            let Some(last) = last else {
                return Err(rules.error(store, 400, "page is none of this list"));
            };
            items.drain(..=last);
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|item| cursor(&key(item)));
        Ok(Self { items, limit, next })
    }

    /// The header fields of the page, added to the answer.
    pub(super) fn told(&self, rules: &dyn Rules, request: &Request, reply: Reply) -> Reply {
        let reply = reply.with("x-paging-limit", self.limit.to_string());
        let Some(next) = &self.next else {
            return reply;
        };
        let target = next_target(request, next);
        reply
            .with("link", rules.link(&request.origin(), &target, next))
            .with("x-paging-nextkey", next)
    }

    /// Whether pages follow.
    pub(super) fn goes_on(&self) -> bool {
        self.next.is_some()
    }
}

/// Answers with a page of things that have ids.
pub(super) fn list(
    rules: &dyn Rules,
    request: &Request,
    store: &Store,
    items: Vec<Value>,
) -> Reply {
    let id = |item: &Value| item["id"].as_str().unwrap_or_default().to_owned();
    match Page::of(rules, request, store, items, id) {
        Ok(page) => {
            let count = page.items.len().to_string();
            let reply = Reply::json(200, &Value::Array(page.items.clone()));
            let reversed = request.flag("reverse_order").to_string();
            page.told(rules, request, reply)
                .with("x-paging-count", count)
                .with("x-paging-reverse-order", reversed)
        }
        Err(refusal) => refusal,
    }
}

/// The same request for the page after `next`. A token in the query is not repeated: that is the
/// client's to keep.
fn next_target(request: &Request, next: &str) -> String {
    let mut query: Vec<(String, String)> = request
        .query
        .iter()
        .filter(|(name, _)| name != "page" && name != "access_token")
        .cloned()
        .collect();
    query.push(("page".to_owned(), next.to_owned()));
    request.with_query(&query)
}

/// A cursor that says nothing to a reader and needs no encoding in a query.
fn cursor(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The key in a cursor; nothing when it is none.
fn key_of(cursor: &str) -> Option<String> {
    let pairs: Option<Vec<&str>> = (0..cursor.len())
        .step_by(2)
        .map(|at| cursor.get(at..at + 2))
        .collect();
    let bytes = pairs?.into_iter().map(|pair| u8::from_str_radix(pair, 16));
    String::from_utf8(bytes.collect::<Result<_, _>>().ok()?).ok()
}
