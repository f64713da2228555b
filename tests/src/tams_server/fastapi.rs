//! What FastAPI says by itself, as both vasttams versions are built on it.

use serde_json::{Value, json};

use super::message::Reply;

/// An error in words.
pub(super) fn refuse(status: u16, detail: &str) -> Reply {
    Reply::json(status, &json!({ "detail": detail }))
}

/// 422 for what doesn't fit the model, with its place.
pub(super) fn unfit(place: &[&str], message: &str) -> Reply {
    let error = json!({ "type": "value_error", "loc": place, "msg": message, "input": null });
    Reply::json(422, &json!({ "detail": [error] }))
}

/// What went well, in words.
pub(super) fn done(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message }))
}

/// Whether this is a UUID in lower case, of one of these versions.
pub(super) fn is_uuid(value: &Value, versions: &str) -> bool {
    let Some(text) = value.as_str() else {
        return false;
    };
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let hexadecimal = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    lengths == [8, 4, 4, 4, 12]
        && groups.iter().all(|group| group.chars().all(hexadecimal))
        && groups[2].starts_with(|c| versions.contains(c))
        && groups[3].starts_with(['8', '9', 'a', 'b'])
}
