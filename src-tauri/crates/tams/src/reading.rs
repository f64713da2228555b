//! Reading answers: straight into the types, and item by item when something in a list is odd.

use http::header::CONTENT_TYPE;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use tams_model::{TamsErrorBody, TolerantList};

use crate::error::TamsError;
use crate::issue::Issue;
use crate::transport::{Answer, shown, summary_of};

/// More unreadable items than this are counted, not named.
const NAMED: usize = 20;

/// A list, and how many items the server sent, readable or not.
pub(crate) struct ReadList<T> {
    pub(crate) items: Vec<T>,
    pub(crate) issues: Vec<Issue>,
    pub(crate) sent: usize,
}

/// Reads a list.
pub(crate) fn list<T: DeserializeOwned>(answer: &Answer) -> Result<ReadList<T>, TamsError> {
    // Nearly every answer is a bare array of good items, which needs no second look.
    if let Ok(items) = serde_json::from_slice::<Vec<T>>(&answer.body) {
        return Ok(ReadList {
            sent: items.len(),
            items,
            issues: Vec::new(),
        });
    }
    let value = json(answer, "a list")?;
    refuse_error(answer, &value)?;
    let list: TolerantList<T> =
        serde_json::from_value(value).map_err(|wrong| TamsError::BadAnswer {
            at: answer.place(),
            what: "a list",
            detail: shown(&wrong.to_string()),
        })?;
    let place = answer.url.path();
    let mut issues: Vec<Issue> = list
        .skipped
        .iter()
        .take(NAMED)
        .map(|reason| Issue::new(place, format!("an item was left out: {}", shown(reason))))
        .collect();
    if list.skipped.len() > NAMED {
        let more = list.skipped.len() - NAMED;
        issues.push(Issue::new(
            place,
            format!("{more} more items were left out"),
        ));
    }
    Ok(ReadList {
        sent: list.items.len() + list.skipped.len(),
        items: list.items,
        issues,
    })
}

/// Reads one thing, bare or in `data`.
pub(crate) fn one<T: DeserializeOwned>(
    answer: &Answer,
    what: &'static str,
) -> Result<T, TamsError> {
    let wrong = match serde_json::from_slice::<T>(&answer.body) {
        Ok(read) => return Ok(read),
        Err(wrong) => wrong,
    };
    let value = json(answer, what)?;
    if let Some(inner) = value.get("data").filter(|inner| inner.is_object())
        && let Ok(read) = T::deserialize(inner)
    {
        return Ok(read);
    }
    refuse_error(answer, &value)?;
    Err(TamsError::BadAnswer {
        at: answer.place(),
        what,
        detail: shown(&wrong.to_string()),
    })
}

/// Refuses an answer of status 2xx that says inside that it failed. A body that is absent, or is no
/// JSON, says nothing.
pub(crate) fn refuse_hidden_error(answer: &Answer) -> Result<(), TamsError> {
    if looks_like_html(answer) {
        return Err(html(answer));
    }
    match serde_json::from_slice::<Value>(&answer.body) {
        Ok(value) => refuse_error(answer, &value),
        Err(_) => Ok(()),
    }
}

/// The body as JSON of any kind.
fn json(answer: &Answer, what: &'static str) -> Result<Value, TamsError> {
    serde_json::from_slice(&answer.body).map_err(|wrong| {
        if looks_like_html(answer) {
            return html(answer);
        }
        let said = summary_of(&answer.body);
        let json_begun = said.starts_with(['{', '[', '"']);
        if answer.body.is_empty() || json_begun {
            return TamsError::BadAnswer {
                at: answer.place(),
                what,
                detail: shown(&wrong.to_string()),
            };
        }
        TamsError::NotTams {
            at: answer.place(),
            what: "something that is no JSON".to_owned(),
        }
    })
}

/// An object that is an error and nothing else: it names one, and holds no list.
fn refuse_error(answer: &Answer, value: &Value) -> Result<(), TamsError> {
    let Value::Object(members) = value else {
        return Ok(());
    };
    let problem = answer
        .text(CONTENT_TYPE.as_str())
        .is_some_and(|mime| mime.starts_with("application/problem+json"));
    let is = |name: &str| members.get(name).is_some_and(|value| !value.is_null());
    // `failed_segments` and deletion requests have errors inside that are no failure of the call.
    let content = [
        "data",
        "requests",
        "failed_segments",
        "id",
        "object_id",
        "media_objects",
    ];
    let error_like = is("error") || is("detail") || is("traceback");
    if !problem && (!error_like || content.iter().any(|name| is(name))) {
        return Ok(());
    }
    // `{"error": {…}}` wraps what the body should have been.
    let told = members
        .get("error")
        .filter(|error| error.is_object() || error.is_string())
        .unwrap_or(value);
    let summary = serde_json::from_value::<TamsErrorBody>(told.clone())
        .map(|error| error.summary)
        .unwrap_or_default();
    let shown = serde_json::to_vec(&serde_json::json!({"summary": summary})).unwrap_or_default();
    Err(TamsError::Rejected {
        at: answer.place(),
        status: answer.status.as_u16(),
        summary: summary_of(&shown),
    })
}

fn looks_like_html(answer: &Answer) -> bool {
    let named = answer
        .text(CONTENT_TYPE.as_str())
        .is_some_and(|mime| mime.to_ascii_lowercase().starts_with("text/html"));
    let first = answer.body.iter().find(|byte| !byte.is_ascii_whitespace());
    first == Some(&b'<') || (named && serde_json::from_slice::<IgnoredAny>(&answer.body).is_err())
}

fn html(answer: &Answer) -> TamsError {
    TamsError::NotTams {
        at: answer.place(),
        what: "a page of HTML".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, StatusCode};
    use tams_model::{FlowSegment, Source};
    use url::Url;

    fn answer(body: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec().into(),
            url: Url::parse("http://h/sources?access_token=x").unwrap(),
        }
    }

    const SOURCE: &str =
        r#"{"id":"2aa143ac-0ab7-4d75-bc32-5c00c13d186f","format":"urn:x-nmos:format:video"}"#;

    #[test]
    fn lists_keep_what_makes_sense() {
        for body in [
            format!("[{SOURCE}]"),
            format!(r#"{{"data":[{SOURCE}],"paging":null}}"#),
        ] {
            let read = list::<Source>(&answer(&body)).unwrap();
            assert_eq!((read.items.len(), read.sent), (1, 1));
            assert!(read.issues.is_empty());
        }
        let odd = format!(r#"[{SOURCE},null,{{"language":"q"}},5]"#);
        let read = list::<Source>(&answer(&odd)).unwrap();
        assert_eq!((read.items.len(), read.sent, read.issues.len()), (1, 4, 3));
        assert_eq!(read.issues[0].place, "/sources");
        let nulls = format!("[{}]", vec!["null"; 50].join(","));
        let read = list::<Source>(&answer(&nulls)).unwrap();
        assert_eq!((read.items.len(), read.issues.len()), (0, NAMED + 1));
        assert_eq!(list::<Source>(&answer(r#"{"data":null}"#)).unwrap().sent, 0);
    }

    #[test]
    fn what_is_no_list_says_why() {
        let read = |body: &str| list::<FlowSegment>(&answer(body)).err().unwrap();
        assert!(matches!(read("<html></html>"), TamsError::NotTams { .. }));
        assert!(matches!(read("please sign in"), TamsError::NotTams { .. }));
        for cut in ["[{\"object_id\":\"a", "[", "", "null", "5", "{}"] {
            assert!(matches!(read(cut), TamsError::BadAnswer { .. }), "{cut}");
        }
        for (body, said) in [
            (r#"{"error":"database is down"}"#, "database is down"),
            (r#"{"error":{"summary":"no"}}"#, "no"),
            (r#"{"detail":"broken","error":null}"#, "broken"),
            (
                r#"{"type":"about:blank","title":"x","detail":"overlap"}"#,
                "overlap",
            ),
        ] {
            let TamsError::Rejected {
                status, summary, ..
            } = read(body)
            else {
                panic!("{body}");
            };
            assert_eq!((status, summary.as_str()), (200, said));
        }
        let mut page = answer("Sign in");
        page.headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        assert!(matches!(
            list::<Source>(&page).err().unwrap(),
            TamsError::NotTams { .. }
        ));
    }

    #[test]
    fn no_presigned_url_gets_into_a_complaint() {
        let url = r#""https://s3/a?X-Amz-Signature=s1gned""#;
        let odd =
            format!(r#"[{{"object_id":"a","timerange":"[0:0_1:0)","key_frame_count":{url}}}]"#);
        let read = list::<FlowSegment>(&answer(&odd)).unwrap();
        assert!(read.issues[0].what.contains("s3/a"), "{}", read.issues[0]);
        assert!(
            !read.issues[0].what.contains("s1gned"),
            "{}",
            read.issues[0]
        );
        let error = one::<Source>(&answer(&format!(r#"{{"id":{url}}}"#)), "a source");
        let error = error.err().unwrap().to_string();
        assert!(!error.contains("s1gned"), "{error}");
    }

    #[test]
    fn one_thing_may_be_wrapped() {
        for body in [SOURCE.to_owned(), format!(r#"{{"data":{SOURCE}}}"#)] {
            one::<Source>(&answer(&body), "a source").unwrap();
        }
        assert!(one::<Source>(&answer("null"), "a source").is_err());
        assert!(matches!(
            one::<Source>(&answer(r#"{"error":"gone"}"#), "a source"),
            Err(TamsError::Rejected { status: 200, .. })
        ));
    }

    #[test]
    fn hidden_errors_of_writes_are_found() {
        assert!(refuse_hidden_error(&answer("")).is_ok());
        assert!(refuse_hidden_error(&answer("ok")).is_ok());
        assert!(refuse_hidden_error(&answer(r#"{"message":"deleted"}"#)).is_ok());
        assert!(refuse_hidden_error(&answer(r#"{"failed_segments":[],"error":"x"}"#)).is_ok());
        assert!(refuse_hidden_error(&answer(r#"{"error":"x"}"#)).is_err());
        assert!(refuse_hidden_error(&answer("<!doctype html>")).is_err());
    }
}
