//! Leaving out of a remote's words what must not be kept: links that carry a secret.
//!
//! A presigned link is a right to read the object for whoever holds it, and soon a dead one. TAMS
//! answers them as `get_urls`, and servers put them into properties of their own as well.

use serde::Serialize;
use serde_json::{Map, Value};

/// The member that holds nothing but links (TAMS `flow-segment.json`, `object.json`).
const LINKS: &str = "get_urls";

/// Parameters whose value is a secret, in lower case: S3 version 4 and 2, Google, Azure, TAMS access
/// by token. `signature=` is also the end of `X-Amz-Signature=` and `X-Goog-Signature=`.
const SECRETS: &[&str] = &[
    "signature=",
    "x-amz-credential=",
    "x-amz-security-token=",
    "awsaccesskeyid=",
    "sig=",
    "access_token=",
];

/// `value` as JSON, without links that carry a secret.
pub(super) fn without<T: Serialize>(value: &T) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    leave_out(&mut value);
    Ok(value)
}

/// The members without links that carry a secret.
pub(super) fn members_without(members: &Map<String, Value>) -> Map<String, Value> {
    let mut members = members.clone();
    leave_out_of_members(&mut members);
    members
}

fn leave_out(value: &mut Value) {
    match value {
        Value::Object(members) => leave_out_of_members(members),
        Value::Array(items) => {
            items.retain(|item| !is_secret(item));
            items.iter_mut().for_each(leave_out);
        }
        _ => {}
    }
}

fn leave_out_of_members(members: &mut Map<String, Value>) {
    members.retain(|name, member| name != LINKS && !has_secret(name) && !is_secret(member));
    members.values_mut().for_each(leave_out);
}

fn is_secret(value: &Value) -> bool {
    value.as_str().is_some_and(has_secret)
}

/// Whether the text has a link in it that carries a secret.
fn has_secret(text: &str) -> bool {
    if !text.contains("://") {
        return false;
    }
    let text = text.to_ascii_lowercase();
    SECRETS.iter().any(|parameter| text.contains(parameter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn links_with_a_secret_are_left_out_wherever_they_are() {
        let said = json!({
            "id": "o",
            "get_urls": [{"url": "https://s3.example/o"}],
            "init": {"id": "i", "get_urls": []},
            "preview": "https://s3.example/o?X-Amz-Signature=abc",
            "https://s3.example/o?sig=abc": 1,
            "tags": {
                "poster": ["https://a.example/p.png", "see HTTPS://a.example/p.png?e=1&SIGNATURE=abc"],
                "page": "https://a.example/watch?v=1#t=2",
            },
        });
        let kept = json!({
            "id": "o",
            "init": {"id": "i"},
            "tags": {
                "poster": ["https://a.example/p.png"],
                "page": "https://a.example/watch?v=1#t=2",
            },
        });
        assert_eq!(without(&said).unwrap(), kept);
        assert_eq!(
            Value::Object(members_without(said.as_object().unwrap())),
            kept
        );
    }

    #[test]
    fn every_kind_of_signed_link_is_known() {
        for query in [
            "X-Amz-Credential=AKIA%2F1",
            "x-amz-security-token=t",
            "X-Goog-Signature=1",
            "AWSAccessKeyId=AKIA&Expires=1",
            "Expires=1&Signature=1",
            "sv=2024&sig=1",
            "access_token=t",
        ] {
            assert!(
                has_secret(&format!("https://a.example/b?{query}")),
                "{query}"
            );
        }
        for text in ["time signature=4/4", "https://a.example/signature", ""] {
            assert!(!has_secret(text), "{text}");
        }
    }
}
