//! JSON bodies, changed as trees: what a server with a bug, or a spiteful one, would send.

use serde_json::{Map, Value, json};

use super::random::Random;
use super::{NUMBERS, ODD_CHARACTERS, change};

/// `serde_json` reads no deeper than 128 levels; bodies go past that.
const DEEP: usize = 140;

/// Words that the readers look for.
const WORDS: [&str; 14] = [
    "[", "]", "{", "}", ":", ",", "\"", "\\u0000", "\\ud800", "null", "_", "/", "(", "-",
];

/// A body made from one of `seeds` with up to five changes in the tree, and now and then some in the
/// text that it is written as. It need be neither JSON nor UTF-8.
pub fn body(random: &mut Random, seeds: &[Value]) -> Vec<u8> {
    let mut value = random.pick(seeds).clone();
    for _ in 0..random.below(6) {
        let other = random.pick(seeds);
        change_tree(random, &mut value, other);
    }
    let mut text = value.to_string().into_bytes();
    if random.one_in(5) {
        let other = random.pick(seeds).to_string();
        for _ in 0..=random.below(3) {
            change(random, &mut text, other.as_bytes(), &WORDS);
        }
    }
    text
}

/// One change at some place of `value`; `other` is where strange parts come from.
fn change_tree(random: &mut Random, value: &mut Value, other: &Value) {
    let mut left = random.below(count(value));
    let Some(place) = node(value, &mut left) else {
        return;
    };
    match random.below(10) {
        0 | 1 => *place = odd(random),
        2 => {
            let mut other = other.clone();
            let mut left = random.below(count(&other));
            if let Some(part) = node(&mut other, &mut left) {
                *place = part.take();
            }
        }
        3 => wrap(random, place),
        4 => retype(place),
        _ => change_inside(random, place),
    }
}

/// A change that leaves the type as it is.
fn change_inside(random: &mut Random, place: &mut Value) {
    match place {
        Value::Object(members) => change_members(random, members),
        Value::Array(items) if items.is_empty() => items.push(odd(random)),
        Value::Array(items) => {
            let at = random.below(items.len());
            match random.below(4) {
                0 => drop(items.remove(at)),
                1 => items.insert(at, items[at].clone()),
                2 => items.insert(at, odd(random)),
                _ => items.reverse(),
            }
        }
        Value::String(text) => {
            let mut bytes = text.clone().into_bytes();
            let other = random.pick(&TEXTS).as_bytes();
            change(random, &mut bytes, other, &WORDS);
            *text = String::from_utf8_lossy(&bytes).into_owned();
        }
        Value::Number(_) => *place = number(random),
        Value::Bool(set) => *set = !*set,
        Value::Null => *place = odd(random),
    }
}

fn change_members(random: &mut Random, members: &mut Map<String, Value>) {
    let names: Vec<String> = members.keys().cloned().collect();
    if names.is_empty() || random.one_in(4) {
        members.insert(random.pick(&NAMES).to_string(), odd(random));
        return;
    }
    let name = random.pick(&names);
    let Some(value) = members.shift_remove(name) else {
        return;
    };
    match random.below(4) {
        // It is gone.
        0 => {}
        1 => drop(members.insert(random.pick(&NAMES).to_string(), value)),
        2 => drop(members.insert(name.to_uppercase(), value)),
        _ => drop(members.insert(name.clone(), odd(random))),
    }
}

fn wrap(random: &mut Random, place: &mut Value) {
    let inner = place.take();
    *place = match random.below(4) {
        0 => json!([inner]),
        1 => json!({"value": inner}),
        2 => json!({"data": inner}),
        _ if random.one_in(10) => (0..DEEP).fold(inner, |inner, _| json!([inner])),
        _ => json!({"requests": inner}),
    };
}

/// The same in another type: a number as text, a text as number or list.
fn retype(place: &mut Value) {
    *place = match place.take() {
        Value::Null => json!(""),
        Value::Bool(set) => json!(set.to_string()),
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => match text.parse::<f64>() {
            Ok(number) => json!(number),
            Err(_) => json!([text]),
        },
        Value::Array(items) => items.into_iter().next().unwrap_or_default(),
        Value::Object(members) => members.into_iter().map(|(_, value)| value).collect(),
    };
}

/// Texts that mean something to one of the readers.
const TEXTS: [&str; 20] = [
    "",
    "()",
    "_",
    "[0:0_2:0)",
    "-0:1",
    "[281474976710656:0_",
    "2024-01-01T00:00:00Z/2024-01-01T00:00:10Z",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00+02:00[Europe/Berlin]",
    "20240101T000000Z",
    "-009999-01-01T00:00:00Z",
    "2024-02-30T25:61:61Z",
    "30000/1001",
    "29.97",
    "0/0",
    "video/mp4; codecs=\"avc1\"",
    "urn:x-nmos:format:video",
    "4F79CFD1-C057-47F4-8E4D-1B126CA7BF34",
    "018f0000-0000-7000-8000-000000000000",
    "http://u:p@[::1]:99999/a?X-Amz-Signature=x#y",
];

/// Names of properties, of the specification and of servers.
const NAMES: [&str; 32] = [
    "id",
    "object_id",
    "data",
    "requests",
    "value",
    "type",
    "summary",
    "detail",
    "message",
    "title",
    "error",
    "time",
    "traceback",
    "pointer",
    "format",
    "codec",
    "container",
    "essence_parameters",
    "frame_rate",
    "frame_width",
    "frame_height",
    "vfr",
    "sample_rate",
    "channels",
    "bits_per_sample",
    "timerange",
    "tags",
    "get_urls",
    "denominator",
    "flow_references",
    "made_up",
    "",
];

/// A value that is out of place nearly anywhere.
fn odd(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => json!({}),
        2 => json!([]),
        3 => json!(random.one_in(2)),
        4 | 5 => number(random),
        6 => json!(random.pick(&ODD_CHARACTERS)),
        7 if random.one_in(10) => json!("x".repeat(5_000)),
        _ => json!(random.pick(&TEXTS)),
    }
}

/// A number as JSON; those past every type come as the number `serde_json` makes of them.
fn number(random: &mut Random) -> Value {
    let text: &&str = random.pick(&NUMBERS);
    serde_json::from_str(text).unwrap_or_default()
}

/// How many values there are, this one included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// Value number `left`, this one being number 0.
fn node<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, left)),
        Value::Object(members) => members.values_mut().find_map(|member| node(member, left)),
        _ => None,
    }
}
