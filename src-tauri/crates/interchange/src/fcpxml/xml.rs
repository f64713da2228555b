//! Elements with attributes, which is all that is needed of XML.
//!
//! `quick-xml` tells the events. It expands no entities but those of XML itself, so what a document type
//! declares has no effect; the tree is built here, without recursion and within limits.

use crate::issue::short;
use crate::{MAX_BYTES, MAX_DEPTH, ReadError};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::fmt::Write;

/// A file of more elements is not read; a clip has about five.
pub const MAX_ELEMENTS: usize = 1_000_000;
/// The most attributes an element may have; Final Cut Pro's have up to twenty.
const MAX_ATTRIBUTES: usize = 200;

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) children: Vec<Element>,
    /// Where it begins, from 1.
    pub(super) line: usize,
}

impl Element {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// The element with one more attribute.
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.set(name, value);
        self
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.attributes.push((name.to_owned(), value.into()));
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// All descendants of that name that lie under elements of the names in `through` only.
    pub(super) fn all<'a>(&'a self, name: &str, through: &[&str]) -> Vec<&'a Self> {
        let mut found = Vec::new();
        let mut open: Vec<&Self> = vec![self];
        while let Some(element) = open.pop() {
            for child in element.children.iter().rev() {
                if through.contains(&child.name.as_str()) || child.name == name {
                    open.push(child);
                }
            }
            if element.name == name {
                found.push(element);
            }
        }
        found
    }

    /// The element and all below it, indented.
    pub(super) fn write(&self, out: &mut String, depth: usize) {
        let indent = "    ".repeat(depth);
        // Writing to a string can't fail.
        let _ = write!(out, "{indent}<{}", self.name);
        for (name, value) in &self.attributes {
            let _ = write!(out, " {name}=\"{}\"", escaped(value));
        }
        if self.children.is_empty() {
            out.push_str("/>\n");
            return;
        }
        out.push_str(">\n");
        for child in &self.children {
            child.write(out, depth + 1);
        }
        let _ = writeln!(out, "{indent}</{}>", self.name);
    }
}

/// Text as the value of an attribute. Characters that XML has no place for become U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Reads a document's outermost element.
pub(super) fn parse(text: &str) -> Result<Element, ReadError> {
    if text.len() > MAX_BYTES {
        return Err(ReadError::TooLarge {
            bytes: text.len(),
            limit: MAX_BYTES,
        });
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tree = Tree {
        text,
        line: 1,
        counted: 0,
        open: Vec::new(),
        root: None,
        elements: 0,
    };
    let mut reader = Reader::from_str(text);
    loop {
        let event = reader.read_event();
        let at = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        match event {
            Ok(Event::Start(start)) => tree.start(&start, at)?,
            Ok(Event::Empty(start)) => {
                tree.start(&start, at)?;
                tree.end();
            }
            Ok(Event::End(_)) => tree.end(),
            Ok(Event::Eof) => break,
            // Texts are notes; comments, declarations and the document type say nothing of the cut.
            Ok(_) => {}
            Err(error) => return Err(tree.fail(at, error.to_string())),
        }
    }
    if !tree.open.is_empty() {
        return Err(tree.fail(text.len(), "an element is not closed".to_owned()));
    }
    tree.root.ok_or(ReadError::NotFcpxml)
}

struct Tree<'a> {
    text: &'a str,
    /// The line of byte `counted`.
    line: usize,
    counted: usize,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree<'_> {
    fn start(&mut self, start: &BytesStart<'_>, at: usize) -> Result<(), ReadError> {
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(ReadError::TooManyElements {
                limit: MAX_ELEMENTS,
            });
        }
        let line = self.line_at(at);
        if self.open.len() >= MAX_DEPTH {
            return Err(ReadError::TooDeep {
                line,
                limit: MAX_DEPTH,
            });
        }
        let mut element = Element {
            line,
            ..Element::new(start.name().0)
        };
        // Its check for doubles takes a time that grows with the square of their number.
        let mut attributes = start.attributes();
        for attribute in attributes.with_checks(false) {
            let attribute = attribute.map_err(|error| self.fail(at, error.to_string()))?;
            if element.attributes.len() == MAX_ATTRIBUTES {
                return Err(self.fail(
                    at,
                    format!("an element has more than {MAX_ATTRIBUTES} attributes"),
                ));
            }
            let name = attribute.key.0;
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| {
                    self.fail(at, format!("the attribute {}: {error}", short(name)))
                })?;
            element.set(name, value);
        }
        self.open.push(element);
        Ok(())
    }

    fn end(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None if self.root.is_none() => self.root = Some(element),
            None => {}
        }
    }

    fn line_at(&mut self, at: usize) -> usize {
        let at = at.min(self.text.len());
        let between = self
            .text
            .as_bytes()
            .get(self.counted..at)
            .unwrap_or_default();
        self.line += between.iter().filter(|byte| **byte == b'\n').count();
        self.counted = self.counted.max(at);
        self.line
    }

    fn fail(&mut self, at: usize, why: String) -> ReadError {
        ReadError::Line {
            line: self.line_at(at),
            why: short(&why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_come_back() {
        let mut root = Element::new("a").with("x", "1 < 2 & \"3\"\n\té\u{1}");
        root.children.push(Element::new("b"));
        let mut text = String::new();
        root.write(&mut text, 0);
        let again = parse(&format!("<?xml version=\"1.0\"?>\n<!DOCTYPE a>\n{text}")).unwrap();
        assert_eq!(again.get("x"), Some("1 < 2 & \"3\"\n\té\u{fffd}"));
        assert_eq!((again.line, again.children[0].line), (3, 4));
        assert_eq!(again.child("b").map(|b| b.name.as_str()), Some("b"));
    }

    #[test]
    fn entities_of_the_document_are_not_expanded() {
        let text = "<!DOCTYPE a [<!ENTITY x \"boom\"><!ENTITY y SYSTEM \"file:///etc/passwd\">]>\n<a n=\"&x;\"/>";
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with("line 2: the attribute n"), "{error}");
        assert!(
            parse("<!DOCTYPE a [<!ENTITY x \"boom\">]><a>&x;</a>").is_ok(),
            "text is not looked at"
        );
    }

    #[test]
    fn limits_hold() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        assert!(matches!(parse(&deep), Err(ReadError::TooDeep { .. })));
        let wide = format!("<a {}/>", "b='c' ".repeat(MAX_ATTRIBUTES + 1));
        assert!(parse(&wide).unwrap_err().to_string().contains("attributes"));
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS));
        assert!(matches!(
            parse(&many),
            Err(ReadError::TooManyElements { .. })
        ));
        for text in ["<a>", "<a></b>", "</a>", "<a", "<a b></a>", "<a b='&#0;'/>"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert_eq!(parse("no xml"), Err(ReadError::NotFcpxml));
    }
}
