//! What a list is asked for: filters and order, as TAMS names them.

use std::cmp::{Ordering, Reverse};

use mediatime::TimeRange;
use tams_model::{ContentFormat, DateTime, Flow, FlowStatus, Id, MimeType, Source, TagValue};
use url::Url;

/// A condition on the tags of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagFilter {
    /// The tag has one of these values.
    Is {
        /// Name of the tag.
        name: String,
        /// The values.
        values: Vec<String>,
    },
    /// The tag is there, or is not.
    Exists {
        /// Name of the tag.
        name: String,
        /// Which of the two.
        exists: bool,
    },
}

impl TagFilter {
    fn append(&self, url: &mut Url) {
        match self {
            Self::Is { name, values } => {
                url.query_pairs_mut()
                    .append_pair(&format!("tag.{name}"), &values.join(","));
            }
            Self::Exists { name, exists } => {
                url.query_pairs_mut()
                    .append_pair(&format!("tag_exists.{name}"), word(*exists));
            }
        }
    }

    pub(crate) fn admits(&self, tags: Option<&tams_model::Tags>) -> bool {
        let value = |name: &str| tags.and_then(|tags| tags.get(name));
        match self {
            Self::Is { name, values } => {
                value(name).is_some_and(|value: &TagValue| value.matches_any(values))
            }
            Self::Exists { name, exists } => value(name).is_some() == *exists,
        }
    }
}

/// How a list is sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortBy {
    /// By the time of creation, latest first.
    Created,
    /// By the last change, latest first.
    Updated,
    /// By label, in alphabetical order.
    Label,
}

impl SortBy {
    /// Sorts sources as a server of 8.2 does.
    pub(crate) fn sort_sources(self, sources: &mut [Source], reverse: bool) {
        self.sort(sources, reverse, |source| Facts {
            id: source.id,
            label: source.label.as_deref(),
            created: source.created.as_ref(),
            updated: source.updated.as_ref(),
        });
    }

    /// Sorts flows as a server of 8.2 does.
    pub(crate) fn sort_flows(self, flows: &mut [Flow], reverse: bool) {
        self.sort(flows, reverse, |flow| Facts {
            id: flow.id,
            label: flow.label.as_deref(),
            created: flow.created.as_ref(),
            updated: flow.metadata_updated.as_ref(),
        });
    }

    fn sort<T>(self, items: &mut [T], reverse: bool, facts: impl Fn(&T) -> Facts<'_>) {
        items.sort_by(|one, other| {
            let order = self.compare(&facts(one), &facts(other));
            if reverse { order.reverse() } else { order }
        });
    }

    /// Items without what they are sorted by come last, by id.
    fn compare(self, one: &Facts<'_>, other: &Facts<'_>) -> Ordering {
        let latest_first = |one: Option<&DateTime>, other: Option<&DateTime>| {
            let when = |date: Option<&DateTime>| date.map(|date| Reverse(date.timestamp()));
            present_first(when(one), when(other))
        };
        match self {
            Self::Created => latest_first(one.created, other.created),
            Self::Updated => latest_first(one.updated, other.updated),
            Self::Label => present_first(one.label, other.label),
        }
        .then_with(|| one.id.cmp(&other.id))
    }
}

/// What an item can be sorted by.
struct Facts<'i> {
    id: Id,
    label: Option<&'i str>,
    created: Option<&'i DateTime>,
    updated: Option<&'i DateTime>,
}

fn present_first<T: Ord>(one: Option<T>, other: Option<T>) -> Ordering {
    (one.is_none(), one).cmp(&(other.is_none(), other))
}

/// Which sources, in which order. Empty asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceQuery {
    /// Of this label exactly.
    pub label: Option<String>,
    /// Of this format.
    pub format: Option<ContentFormat>,
    /// With these tags; all conditions hold.
    pub tags: Vec<TagFilter>,
    /// Collected by one of these; an empty list asks for those that nothing collects. 8.2.
    pub collected_by: Option<Vec<Id>>,
    /// Sorted so. 8.2.
    pub sort_by: Option<SortBy>,
    /// The other way round.
    pub reverse: bool,
    /// Page size.
    pub limit: Option<u32>,
}

impl SourceQuery {
    pub(crate) fn append(&self, url: &mut Url) {
        let mut set = |name: &str, value: &str| {
            url.query_pairs_mut().append_pair(name, value);
        };
        if let Some(label) = &self.label {
            set("label", label);
        }
        if let Some(format) = self.format {
            set("format", format.urn());
        }
        if let Some(ids) = &self.collected_by {
            set("collected_by_ids", &joined(ids));
        }
        if let Some(sort) = self.sort_by {
            set("sort_by", sort_word(sort, "updated"));
        }
        if self.reverse {
            set("reverse_order", "true");
        }
        for tag in &self.tags {
            tag.append(url);
        }
    }

    /// Whether `source` is one of those that were asked for.
    pub(crate) fn admits(&self, source: &Source) -> bool {
        (self.label.is_none() || self.label == source.label)
            && self.format.is_none_or(|format| format == source.format)
            && self.tags.iter().all(|tag| tag.admits(source.tags.as_ref()))
            && is_collected(self.collected_by.as_deref(), source.collected_by.as_deref())
    }
}

/// Which flows, in which order. Empty asks for all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlowQuery {
    /// Of this source.
    pub source_id: Option<Id>,
    /// With media somewhere in this timerange.
    pub timerange: Option<TimeRange>,
    /// Of this format.
    pub format: Option<ContentFormat>,
    /// Coded so.
    pub codec: Option<MimeType>,
    /// Made from this profile. 8.2.
    pub profile_id: Option<Id>,
    /// Of this label exactly.
    pub label: Option<String>,
    /// Of this status. 8.2.
    pub status: Option<FlowStatus>,
    /// With these tags; all conditions hold.
    pub tags: Vec<TagFilter>,
    /// Of this width in pixels.
    pub frame_width: Option<u32>,
    /// Of this height in pixels.
    pub frame_height: Option<u32>,
    /// Collected by one of these; an empty list asks for those that nothing collects. 8.2.
    pub collected_by: Option<Vec<Id>>,
    /// Sorted so. 8.2.
    pub sort_by: Option<SortBy>,
    /// The other way round.
    pub reverse: bool,
    /// Page size.
    pub limit: Option<u32>,
}

impl FlowQuery {
    pub(crate) fn append(&self, url: &mut Url) {
        let mut set = |name: &str, value: &str| {
            url.query_pairs_mut().append_pair(name, value);
        };
        if let Some(id) = self.source_id {
            set("source_id", &id.to_string());
        }
        if let Some(range) = &self.timerange {
            set("timerange", &range.to_string());
        }
        if let Some(format) = self.format {
            set("format", format.urn());
        }
        if let Some(codec) = &self.codec {
            set("codec", codec.as_str());
        }
        if let Some(id) = self.profile_id {
            set("profile_id", &id.to_string());
        }
        if let Some(label) = &self.label {
            set("label", label);
        }
        if let Some(status) = self.status {
            set("status", status.as_str());
        }
        if let Some(width) = self.frame_width {
            set("frame_width", &width.to_string());
        }
        if let Some(height) = self.frame_height {
            set("frame_height", &height.to_string());
        }
        if let Some(ids) = &self.collected_by {
            set("collected_by_ids", &joined(ids));
        }
        if let Some(sort) = self.sort_by {
            set("sort_by", sort_word(sort, "metadata_updated"));
        }
        if self.reverse {
            set("reverse_order", "true");
        }
        for tag in &self.tags {
            tag.append(url);
        }
    }
}

impl FlowQuery {
    /// Whether `flow` is one of those that were asked for, as far as it tells. What it covers, and
    /// the profile it was made from, is left to the server: a list need not tell.
    pub(crate) fn admits(&self, flow: &Flow) -> bool {
        let technical = &flow.technical;
        let video = technical.video_parameters();
        self.source_id.is_none_or(|id| id == flow.source_id)
            && self
                .format
                .is_none_or(|format| technical.format.is_none_or(|found| found == format))
            && self.codec.as_ref().is_none_or(|codec| {
                technical
                    .codec
                    .as_ref()
                    .is_some_and(|found| found.same_type(codec))
            })
            && (self.label.is_none() || self.label == flow.label)
            && self.status.is_none_or(|status| is_of_status(flow, status))
            && self.tags.iter().all(|tag| tag.admits(flow.tags.as_ref()))
            && self
                .frame_width
                .is_none_or(|width| video.is_none_or(|video| video.frame_width == width))
            && self
                .frame_height
                .is_none_or(|height| video.is_none_or(|video| video.frame_height == height))
            && is_collected(self.collected_by.as_deref(), flow.collected_by.as_deref())
    }
}

/// The status of a flow, or the tag that was it before 8.2 (AppNote 0003).
fn is_of_status(flow: &Flow, status: FlowStatus) -> bool {
    match flow.status {
        Some(found) => found == status,
        None => flow
            .tags
            .as_ref()
            .and_then(|tags| tags.text("flow_status"))
            .is_some_and(|found| found == status.as_str()),
    }
}

fn is_collected(wanted: Option<&[Id]>, collectors: Option<&[Id]>) -> bool {
    let collectors = collectors.unwrap_or_default();
    match wanted {
        None => true,
        Some([]) => collectors.is_empty(),
        Some(ids) => ids.iter().any(|id| collectors.contains(id)),
    }
}

/// Which URLs of objects a server is asked for. Making them costs it time, so that browsing asks
/// for none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Urls {
    /// None.
    #[default]
    None,
    /// All.
    All,
    /// Those with one of these labels.
    Labelled(Vec<String>),
}

impl Urls {
    pub(crate) fn append(&self, url: &mut Url) {
        match self {
            Self::None => {
                url.query_pairs_mut().append_pair("accept_get_urls", "");
            }
            Self::All => {}
            Self::Labelled(labels) => {
                url.query_pairs_mut()
                    .append_pair("accept_get_urls", &labels.join(","));
            }
        }
    }
}

/// Which segments of a flow. Empty asks for all, without URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SegmentQuery {
    /// Those that overlap this timerange.
    pub timerange: Option<TimeRange>,
    /// Those of this object.
    pub object_id: Option<String>,
    /// With these URLs.
    pub urls: Urls,
    /// Only URLs on these storage backends.
    pub storage_ids: Vec<Id>,
    /// Only URLs that are presigned, or that are not. 8.2.
    pub presigned: Option<bool>,
    /// URLs with everything that is known of their storage.
    pub verbose_storage: bool,
    /// With what each whole object covers, where the server keeps it.
    pub object_timerange: bool,
    /// Last one first; only [`Connection::segment_pages`](crate::Connection::segment_pages) keeps
    /// this order.
    pub reverse: bool,
    /// Page size.
    pub limit: Option<u32>,
}

pub(crate) fn word(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

pub(crate) fn joined(ids: &[Id]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

fn sort_word(sort: SortBy, updated: &'static str) -> &'static str {
    match sort {
        SortBy::Created => "created",
        SortBy::Updated => updated,
        SortBy::Label => "label",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_without_what_they_are_sorted_by_come_last() {
        let source = |number: u8, label: Option<&str>, created: Option<&str>| -> Source {
            serde_json::from_value(serde_json::json!({
                "id": format!("2aa143ac-0ab7-4d75-bc32-5c00c13d18{number:02x}"),
                "format": "urn:x-nmos:format:video", "label": label, "created": created,
            }))
            .unwrap()
        };
        let all = [
            source(1, None, Some("2026-01-01T00:00:00Z")),
            source(2, Some("b"), None),
            source(3, Some("a"), Some("2026-02-01T00:00:00Z")),
        ];
        let sorted = |sort: SortBy, reverse| {
            let mut sources = all.to_vec();
            sort.sort_sources(&mut sources, reverse);
            sources
                .iter()
                .map(|s| s.id.to_string()[35..].to_owned())
                .collect::<String>()
        };
        assert_eq!(sorted(SortBy::Label, false), "321");
        assert_eq!(sorted(SortBy::Label, true), "123");
        assert_eq!(sorted(SortBy::Created, false), "312");
    }

    #[test]
    fn queries_are_those_of_the_specification() {
        let mut url = Url::parse("http://h/sources").unwrap();
        SourceQuery {
            label: Some("a & b".to_owned()),
            format: Some(ContentFormat::Image),
            tags: vec![
                TagFilter::Is {
                    name: "x y".to_owned(),
                    values: vec!["1".to_owned(), "2".to_owned()],
                },
                TagFilter::Exists {
                    name: "z".to_owned(),
                    exists: false,
                },
            ],
            collected_by: Some(Vec::new()),
            sort_by: Some(SortBy::Updated),
            reverse: true,
            limit: None,
        }
        .append(&mut url);
        assert_eq!(
            url.query(),
            Some(
                "label=a+%26+b&format=urn%3Ax-tam%3Aformat%3Aimage&collected_by_ids=&sort_by=updated&reverse_order=true&tag.x+y=1%2C2&tag_exists.z=false"
            )
        );
    }
}
